"""Whether a module whose own text holds nothing asynchronous may call coroutine functions of modules that it imports.

Told by texts alone, before the engine is loaded, and only as far as that is cheap: names, not what they stand for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

MOST_MODULES = 64
"""Modules of the project that one is looked up in: those that it imports, those that these import, and once more."""

DEEPEST = 2
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]*(\([^)]*\)|[^\n#;]*)|import[ \t]+([\w., \t]+))", re.MULTILINE
)
_NAME = re.compile(r"(\w+)(?:\s+as\s+\w+)?")
_ASYNC = re.compile(rb"\basync[ \t]+def[ \t]+(\w+)")
_CALLED = re.compile(r"(\w+)\(")
_OF_BUILTINS = frozenset(name for kind in (bytes, dict, int, list, set, str, tuple) for name in dir(kind))
_INIT = "__init__.py"


class Neighbours:
    """The project's modules around those that are linted; each is read once.

    A method that has the name of one of the language's own types is no sign of a coroutine: nearly every module calls those.
    """

    def __init__(self, roots: tuple[str, ...]) -> None:
        self._roots = roots
        self._folders: dict[str, frozenset[str]] = {}
        self._above: dict[str, str] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._imports: dict[str, tuple[str, ...]] = {}

    def may_give_coroutines(self, path: str, text: str) -> bool:
        """Whether the text of the module at `path` calls something by the name of an async function of a module around it."""
        found = self._imported(path, text)
        if not found:
            return False
        called: frozenset[str] | None = None
        for file in self._around(path, found):
            names = self._async_names(file)
            if names and called is None:
                called = frozenset(_CALLED.findall(text)) - _OF_BUILTINS
            if called is not None and not called.isdisjoint(names):
                return True
        return False

    def _around(self, path: str, files: tuple[str, ...]) -> Iterator[str]:
        """The modules that may be meant, the nearest first."""
        seen = {path}
        for depth in range(DEEPEST + 1):
            fresh = list(dict.fromkeys(file for file in files if file not in seen))[: MOST_MODULES + 1 - len(seen)]
            yield from fresh
            seen.update(fresh)
            if depth < DEEPEST:
                files = tuple(inner for file in fresh for inner in self._imported_by(file))

    def _async_names(self, file: str) -> frozenset[str]:
        if file not in self._names:
            text = _read(file)
            found = _ASYNC.findall(text) if b"async" in text else ()
            self._names[file] = frozenset(name.decode("utf-8", "replace") for name in found)
        return self._names[file]

    def _imported_by(self, file: str) -> tuple[str, ...]:
        if file not in self._imports:
            self._imports[file] = self._imported(file, _read(file).decode("utf-8", "replace"))
        return self._imports[file]

    def _imported(self, path: str, text: str) -> tuple[str, ...]:
        """The project's modules that a text imports, once each, in its order."""
        found: dict[str, None] = {}
        for dots, base, names, modules in _IMPORT.findall(text):
            if modules:
                for name in _NAME.findall(modules.replace(".", "\u00b7")):
                    found.update(self._find(path, 0, name.replace("\u00b7", ".").split(".")))
                continue
            parts = base.split(".") if base else []
            found.update(self._find(path, len(dots), parts))
            for name in _NAME.findall(names):
                found.update(self._find(path, len(dots), [*parts, name]))
        return tuple(found)

    def _find(self, path: str, level: int, parts: list[str]) -> dict[str, None]:
        """The file of a module as `path` imports it; nothing where the project has none."""
        folder = os.path.dirname(path)
        for _ in range(level - 1):
            folder = os.path.dirname(folder)
        for root in (folder,) if level else (*self._roots, self._above_package(folder)):
            file = self._below(root, parts)
            if file is not None:
                return {file: None}
        return {}

    def _above_package(self, folder: str) -> str:
        known = self._above.get(folder)
        if known is None:
            parent = os.path.dirname(folder)
            known = self._above_package(parent) if _INIT in self._entries(folder) and parent != folder else folder
            self._above[folder] = known
        return known

    def _below(self, folder: str, parts: list[str]) -> str | None:
        for index, part in enumerate(parts):
            entries = self._entries(folder)
            if index == len(parts) - 1 and f"{part}.py" in entries:
                return os.path.join(folder, f"{part}.py")
            if part not in entries:
                return None
            folder = os.path.join(folder, part)
        return os.path.join(folder, _INIT) if _INIT in self._entries(folder) else None

    def _entries(self, folder: str) -> frozenset[str]:
        known = self._folders.get(folder)
        if known is None:
            try:
                known = frozenset(os.listdir(folder))
            except OSError:
                known = frozenset()
            self._folders[folder] = known
        return known


def _read(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except OSError:
        return b""
