"""Which files of the project hold classes that inherit from a class of a given name: by their text, before they are read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

MOST_FILES = 20_000
"""In a larger tree, and in one that is no project at all, subclasses in other files are not known."""

_HEADER = re.compile(rb"^[ \t]*class[ \t]+\w+[ \t]*(?:\[[^\]]*\][ \t]*)?\(([^)]*)\)", re.MULTILINE)
_NAME = re.compile(rb"\w+")
_SKIPPED = ("__pycache__", "node_modules", "site-packages")


def project_files(roots: tuple[Path, ...]) -> Iterator[Path]:
    """The Python files below `roots`, each once, in a fixed order; not those in hidden folders and environments."""
    seen: set[str] = set()
    for root in roots:
        for folder, folders, files in os.walk(root):
            if folder in seen or "pyvenv.cfg" in files:
                folders.clear()
                continue
            seen.add(folder)
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
            yield from (Path(folder, name) for name in sorted(files) if name.endswith(".py"))


def base_names(text: bytes) -> frozenset[str]:
    """The names in the headers of the classes in `text`."""
    return frozenset(name.decode("ascii", "replace") for header in _HEADER.findall(text) for name in _NAME.findall(header))


Headers = dict[str, tuple[int, int, tuple[str, ...]]]
"""Of each file, by its path: size, time of the last change, and the names in its class headers."""


class Memory(Protocol):
    """Keeps what is known of files from one run to the next."""

    def recall(self) -> Headers:
        """What was kept last; nothing where nothing was."""

    def keep(self, headers: Headers) -> None:
        """Keep this for the next run."""


class Inheritance:
    """An index of the project's files by the names in their class headers, made when it is first asked.

    `memory` holds what is known of files from earlier; only those that have changed since are read.
    """

    def __init__(self, roots: tuple[Path, ...], memory: Memory | None = None) -> None:
        self._roots = roots
        self._memory = memory
        self._files: dict[str, list[Path]] | None = None

    def files(self, name: str) -> list[Path]:
        """The files in which a class may inherit from one called `name`, in a fixed order."""
        if self._files is None:
            self._files = self._index()
        return self._files.get(name, [])

    def _index(self) -> dict[str, list[Path]]:
        known = self._memory.recall() if self._memory is not None else {}
        headers: Headers = {}
        found: dict[str, list[Path]] = {}
        for number, path in enumerate(project_files(self._roots)):
            if number >= MOST_FILES:
                return {}
            state = state_of_file(path)
            before = known.get(str(path))
            if before is None or before[:2] != state:
                before = (*state, tuple(sorted(_names_in(path))))
            headers[str(path)] = before
            for name in before[2]:
                found.setdefault(name, []).append(path)
        if self._memory is not None and headers != known:
            self._memory.keep(headers)
        return found


def state_of_file(path: Path) -> tuple[int, int]:
    """Size and time of the last change of a file."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def _names_in(path: Path) -> frozenset[str]:
    try:
        return base_names(path.read_bytes())
    except OSError:
        return frozenset()
