"""What all tests of the cache share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cache.support import ENVIRONMENT, FILES, printed, run
from tests.support import write


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    return write(tmp_path / "environment", ENVIRONMENT)


@pytest.fixture
def project(tmp_path: Path, environment: Path) -> Path:
    return write(tmp_path / "project", FILES)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project and its environment, for tests that change neither."""
    folder = tmp_path_factory.mktemp("shared")
    write(folder / "environment", ENVIRONMENT)
    write(folder / "project", FILES)
    return folder / "project"


@pytest.fixture(scope="module")
def expected(shared: Path) -> str:
    """What flake8 prints for the project without a cache, in one process."""
    return printed(run(shared, "none"))
