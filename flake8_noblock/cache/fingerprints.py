"""Fingerprints: what tells whether anything that a module's findings depend on has changed.

That of a module covers its own text and the texts of all modules of the project that it may load, and, where one of these
declares what others implement, of the files that hold the implementations. Modules that import each other have one
fingerprint in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec

from flake8_noblock.cache.signature import plugin_signature
from flake8_noblock.cache.store import Store
from flake8_noblock.link.components import components
from flake8_noblock.link.finder import Finder, module_name
from flake8_noblock.link.imported import Mentioned, mentioned, words
from flake8_noblock.link.inheritance import Inheritance
from flake8_noblock.link.program import absolute_name, digest, read_source

MOST_MODULES = 1_000_000
_KIND = "imports"
_DECODER = msgspec.msgpack.Decoder(Mentioned)


class _Node(msgspec.Struct, frozen=True, cache_hash=True):
    """A module as others see it: its file, and the source root from which its own imports are seen."""

    path: Path
    name: str
    root: Path | None


class Fingerprints:
    """Finds fingerprints; each file is read once. Modules in `loose` library folders count as the project's do."""

    def __init__(self, finder: Finder, inheritance: Inheritance, store: Store, loose: tuple[Path, ...] = ()) -> None:
        self._finder = finder
        self._inheritance = inheritance
        self._store = store
        self._loose = loose
        self._known: dict[_Node, bytes] = {}
        self._nodes: dict[tuple[str, Path | None], _Node | None] = {}
        self._neighbours: dict[_Node, tuple[_Node, ...]] = {}
        self._texts: dict[Path, tuple[bytes, Mentioned]] = {}
        self._sources: dict[Path, bytes] = {}
        self._words: dict[Path, frozenset[str]] = {}

    def of(self, path: Path, name: str, root: Path | None, text: bytes) -> bytes:
        """The fingerprint of the module in file `path` that goes by `name` and has this text, whatever lies on disk."""
        node = _Node(path, name, root)
        mark = digest(text)
        if path in self._texts and self._texts[path][0] != mark:
            self._known.clear()
            self._neighbours.clear()
            self._words.pop(path, None)
        self._sources[path] = text
        self._texts[path] = mark, self._mentioned(text, mark)
        return self._of(node)

    def of_file(self, path: Path) -> bytes:
        """The fingerprint of the module of the project in file `path`, with the text that it was last seen with."""
        name, root = module_name(path, self._finder.roots, Path())
        return self._of(_Node(path, name or path.stem, root))

    def _of(self, node: _Node) -> bytes:
        for component in components(node, self._needed, self._known.__contains__, MOST_MODULES):
            self._fix(component)
        return self._known[node]

    def _fix(self, component: list[_Node]) -> None:
        inside = set(component)
        below = {self._known[other] for node in component for other in self._needed(node) if other not in inside}
        own = sorted(node.name.encode() + b"\0" + self._text(node)[0] for node in component)
        whole = blake2b(b"\0".join([*own, b"", *sorted(below)]), digest_size=16).digest()
        self._known.update(dict.fromkeys(component, whole))

    def _needed(self, node: _Node) -> tuple[_Node, ...]:
        """The modules of the project that a module may load, and those that implement what it declares."""
        found = self._neighbours.get(node)
        if found is None:
            found = self._neighbours[node] = tuple(self._find_needed(node))
        return found

    def _find_needed(self, node: _Node) -> dict[_Node, None]:
        _, text = self._text(node)
        is_package = node.path.stem == "__init__"
        found: dict[_Node, None] = {}
        for name, level in text.modules:
            absolute = absolute_name(node.name, is_package, name, level)
            parts = absolute.split(".") if absolute else []
            for cut in range(1, len(parts) + 1):
                other = self._node(".".join(parts[:cut]), node.root)
                if other is not None:
                    found[other] = None
                elif not self._is_folder(".".join(parts[:cut]), node.root):
                    break
        for other in list(found):
            if other.path.stem == "__init__":
                found.update(dict.fromkeys(self._submodules(node, other)))
        if text.declares:
            found.update(dict.fromkeys(self._implementing(text.classes)))
        return found

    def _submodules(self, node: _Node, package: _Node) -> Iterator[_Node]:
        """The modules of a package that a module names in any way: ``package.module`` need not be imported by that name."""
        if node.path not in self._words:
            self._words[node.path] = words(self._sources.get(node.path) or read_source(node.path))
        for name in self._finder.submodules(package.path.parent) & self._words[node.path]:
            other = self._node(f"{package.name}.{name}", node.root)
            if other is not None:
                yield other

    def _implementing(self, classes: Iterable[str]) -> Iterator[_Node]:
        """The files with classes that inherit from one of `classes`, or from one that does."""
        todo, seen = list(classes), set(classes)
        paths: dict[Path, None] = {}
        while todo:
            for path in self._inheritance.files(todo.pop()):
                if path not in paths:
                    paths[path] = None
                    own, root = module_name(path, self._finder.roots, Path())
                    node = _Node(path, own or path.stem, root)
                    yield node
                    new = [name for name in self._text(node)[1].classes if name not in seen]
                    seen.update(new)
                    todo += new

    def _node(self, name: str, root: Path | None) -> _Node | None:
        key = (name, root)
        if key not in self._nodes:
            self._nodes[key] = self._located(name, root)
        return self._nodes[key]

    def _located(self, name: str, root: Path | None) -> _Node | None:
        location = self._finder.find(name, root)
        if location is None or location.path is None or location.origin == "standard library":
            return None
        if location.origin == "library" and not any(location.path.is_relative_to(folder) for folder in self._loose):
            return None
        return _Node(location.path, location.name, root)

    def _is_folder(self, name: str, root: Path | None) -> bool:
        location = self._finder.find(name, root)
        return location is not None and location.path is None

    def _text(self, node: _Node) -> tuple[bytes, Mentioned]:
        if node.path not in self._texts:
            text = read_source(node.path)
            if node.path.suffix == ".pyi":
                text += b"\n" + read_source(node.path.with_suffix(".py"))  # The bodies of what the stub declares.
            mark = digest(text)
            self._texts[node.path] = mark, self._mentioned(text, mark)
        return self._texts[node.path]

    def _mentioned(self, text: bytes, mark: bytes) -> Mentioned:
        key = plugin_signature() + mark
        content = self._store.get(_KIND, key)
        if content is not None:
            try:
                return _DECODER.decode(content)
            except msgspec.DecodeError:
                pass
        found = mentioned(text)
        self._store.put(_KIND, key, msgspec.msgpack.encode(found))
        return found
