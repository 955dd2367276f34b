"""What tests of files on disk share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


def everything(folder: Path) -> list[tuple[str, int, int]]:
    """The path, mode and time of `folder` and of all that is in it."""
    return [(str(path), path.lstat().st_mode, path.lstat().st_mtime_ns) for path in sorted([folder, *folder.rglob("*")])]


def let_only_read(folder: Path) -> None:
    """Nobody may write to `folder` and what is in it; it belongs to nobody, where root runs the tests."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o500 if path.is_dir() else 0o400)
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
