"""Which files of the project hold classes that inherit from a class of a given name: by their text, before they are read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

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


class Inheritance:
    """An index of the project's files by the names in their class headers, made when it is first asked."""

    def __init__(self, roots: tuple[Path, ...]) -> None:
        self._roots = roots
        self._files: dict[str, list[Path]] | None = None

    def files(self, name: str) -> list[Path]:
        """The files in which a class may inherit from one called `name`, in a fixed order."""
        if self._files is None:
            self._files = self._index()
        return self._files.get(name, [])

    def _index(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        for number, path in enumerate(project_files(self._roots)):
            if number >= MOST_FILES:
                return {}
            try:
                names = base_names(path.read_bytes())
            except OSError:
                continue
            for name in names:
                found.setdefault(name, []).append(path)
        return found
