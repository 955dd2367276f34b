"""What tells one state of the plugin, or of the installed libraries, from another."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

_USED = ("astroid", "msgspec", "typeshed-client")
PACKAGE = Path(__file__).parents[1]


@cache
def plugin_signature() -> bytes:
    """Changes with the plugin's own files, tables included, what it is built on, and the Python that runs it."""
    parts = [sys.version, sys.platform, os.name, *[version(name) for name in _USED]]
    for folder, folders, files in os.walk(PACKAGE):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        parts += [state_of(os.path.join(folder, name)) for name in sorted(files)]
    return signature_of(parts)


def libraries_signature(folders: Iterable[Path]) -> bytes:
    """Changes with what is installed in `folders`: their entries and when each was changed last.

    Installing, upgrading and removing a distribution changes the folder of its metadata. The files themselves are not read.
    """
    parts = []
    for folder in folders:
        parts.append(str(folder))
        try:
            with os.scandir(folder) as entries:
                parts += sorted(f"{entry.name} {entry.stat().st_mtime_ns}" for entry in entries)
        except OSError:
            continue
    return signature_of(parts)


def state_of(path: str) -> str:
    """Name, size and time of a file; the name alone where it can't be asked."""
    try:
        status = os.stat(path)
    except OSError:
        return path
    return f"{path} {status.st_size} {status.st_mtime_ns}"


def signature_of(parts: Iterable[str]) -> bytes:
    """A digest of texts, in their order."""
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
