"""What all tests of the store share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outer" / "cache"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, which those of pytest are not."""
    made = Path(tempfile.mkdtemp(prefix="store-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)
