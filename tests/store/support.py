"""What tests of the store are made of: folders, entries and programs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from flake8_noblock.cache import store
from flake8_noblock.cache.store import Store

ROOT = Path(__file__).parents[2]
KIND = "facts"
KEY = b"key"
LONG = bytes(range(256)) * 400
SHORT = b"short"


def filled(folder: Path, value: bytes = LONG, limit: int = store.LIMIT) -> Store:
    kept = Store(folder, limit)
    kept.put(KIND, KEY, value)
    kept.flush()
    return kept


def entry_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in ("CACHEDIR.TAG", ".gitignore"))


def only_file(folder: Path) -> Path:
    (path,) = entry_files(folder)
    return path


def many(count: int, size: int = 300) -> dict[bytes, bytes]:
    """Keys and values that tell, by themselves, whether they belong together."""
    return {str(number).encode(): value_of(str(number).encode(), size) for number in range(count)}


def value_of(key: bytes, size: int) -> bytes:
    return hashlib.shake_128(key).digest(size)


def python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", program, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60
    )
