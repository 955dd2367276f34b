"""Module names to files: the project's source roots, the standard library's stubs, installed libraries."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

Origin = Literal["project", "standard library", "library"]
_INITS = ("__init__.pyi", "__init__.py")

NO_GUESS = Path()
"""No source root is a guess."""


@dataclass(frozen=True, slots=True)
class Location:
    """A module's file; `path` is None for a folder without ``__init__`` (a namespace package)."""

    name: str
    path: Path | None
    is_package: bool
    origin: Origin


def module_name(path: Path, roots: tuple[Path, ...], guess: Path) -> tuple[str, Path]:
    """The dotted name of the file `path` and the folder below which it has that name.

    That is the innermost of `roots` above it, else the folder that holds the outermost package. If the innermost is no more
    than a `guess`, it counts for files outside packages only: a package in a subfolder is rather one of another project.
    """
    folder = path.parent
    parts = [] if path.stem == "__init__" else [path.stem]
    while any(os.path.isfile(folder / init) for init in _INITS):
        parts.insert(0, folder.name)
        if folder.parent == folder:
            break
        folder = folder.parent
    inside = [root for root in roots if folder != root and folder.is_relative_to(root)]
    root = max(inside, key=lambda r: len(r.parts), default=folder)
    if root == guess and folder != path.parent:
        root = folder
    between = folder.relative_to(root).parts
    if all(part.isidentifier() for part in between):
        return ".".join((*between, *parts)), root
    return ".".join(parts), folder


class Finder:
    """Finds modules by name, a stub rather than the source beside it; answers are kept for the life of the finder.

    `guess` is that of `roots` of which nobody has said that it is one.
    """

    def __init__(self, roots: tuple[Path, ...], libraries: tuple[Path, ...], guess: Path = NO_GUESS) -> None:
        self.roots = roots
        self._guess = guess
        self._libraries = libraries
        self._found: dict[str, Location | None] = {}
        self._folders: dict[Path, frozenset[str]] = {}
        self._stubs = _Typeshed()

    def name_of(self, path: Path) -> tuple[str, Path]:
        """The dotted name of a file of the project, and the source root below which it has that name."""
        return module_name(path, self.roots, self._guess)

    def find(self, name: str, root: Path | None = None) -> Location | None:
        """Where module `name` is, as seen from a module whose own source root is `root`.

        The standard library comes first, then the project, then its libraries.
        """
        key = name if root is None or root in self.roots else f"{root}:{name}"
        if key not in self._found:
            self._found[key] = self._search(name, root)
        return self._found[key]

    def may_change(self, location: Location) -> bool:
        """Whether a module may change while nothing is installed: the project's, and loose sources that PYTHONPATH names."""
        path = location.path
        if location.origin != "library" or path is None:
            return location.origin == "project"
        return any(path.is_relative_to(folder) for folder in self._loose)

    @cached_property
    def _loose(self) -> tuple[Path, ...]:
        """The library folders with plain sources rather than installed distributions."""
        return tuple(
            [folder for folder in self._libraries if not any(name.endswith(".dist-info") for name in self._entries(folder))]
        )

    def is_standard(self, name: str) -> bool:
        top = name.partition(".")[0]
        return top in sys.stdlib_module_names or top == "_typeshed" or top == "typing_extensions"

    def _search(self, name: str, root: Path | None) -> Location | None:
        if not all(part.isidentifier() for part in name.split(".")):
            return None
        if self.is_standard(name):
            path = self._stubs.find(name)
            if path is not None:
                return Location(name, path, path.stem == "__init__", "standard library")
            return None
        parts = name.split(".")
        roots = self.roots if root is None or root in self.roots else (root, *self.roots)
        namespace: Location | None = None
        for origin, folders in (("project", roots), ("library", self._libraries)):
            for folder in folders:
                found = self._below(folder, parts, name, origin)  # type: ignore[arg-type]
                if found is not None and found.path is not None:
                    return found
                namespace = namespace or found
        return namespace

    def _below(self, folder: Path, parts: list[str], name: str, origin: Origin) -> Location | None:
        for part in parts[:-1]:
            if part not in self._entries(folder):
                return None
            folder = folder / part
        last = parts[-1]
        entries = self._entries(folder)
        if last in entries:
            for init in _INITS:
                if init in self._entries(folder / last) and os.path.isfile(folder / last / init):
                    return Location(name, folder / last / init, True, origin)
        for suffix in (".pyi", ".py"):
            if last + suffix in entries and os.path.isfile(folder / (last + suffix)):
                return Location(name, folder / (last + suffix), False, origin)
        if last in entries and self._entries(folder / last):
            return Location(name, None, True, origin)
        return None

    def _entries(self, folder: Path) -> frozenset[str]:
        """The names in `folder`; none where it can't be read or is no folder."""
        known = self._folders.get(folder)
        if known is None:
            try:
                known = frozenset(os.listdir(folder))
            except OSError:
                known = frozenset()
            self._folders[folder] = known
        return known


class _Typeshed:
    """The standard library's stubs, as package typeshed-client ships them."""

    def find(self, name: str) -> Path | None:
        # Imported here: a run that asks for no type of the standard library does without.
        from typeshed_client.finder import get_search_context, get_stub_file

        return get_stub_file(name, search_context=get_search_context(search_path=[]))
