"""Look-ups in the knowledge tables; a table is read when the first name below its module is asked for."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

import msgspec

from flake8_noblock.knowledge import words
from flake8_noblock.knowledge.schema import Blocking, LoopCallback, LoopMethods, Offload, Protocol, Table


class TableError(Exception):
    """A knowledge table that can't be used; the text says which and why, in one line."""


@dataclass(frozen=True, slots=True)
class Index:
    """One or more tables by name."""

    blocking: Mapping[str, Blocking]
    offload: Mapping[str, Offload]
    loop_callback: Mapping[str, LoopCallback]
    loop_methods: Mapping[str, frozenset[str]]
    protocol: Mapping[str, Protocol]
    aliases: Mapping[str, str]
    returns: Mapping[str, str]
    attributes: Mapping[str, str]
    bases: Mapping[str, tuple[str, ...]]
    safe: frozenset[str]
    classes: frozenset[str]


def parse_table(text: str, name: str) -> Table:
    """The table whose TOML text is `text`.

    Raises TableError, naming `name`, where it is no TOML or doesn't follow the schema.
    """
    try:
        return msgspec.convert(tomllib.loads(text), Table)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise TableError(f"{name}: {' '.join(str(error).split())}") from None


def read_table(path: Path) -> Table:
    """The table in file `path`.

    Raises TableError where it can't be read or used.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path.name}: {error}") from None
    return parse_table(text, path.name)


def index_of(tables: Iterable[Table]) -> Index:
    """The rows of `tables` by name; a later table wins."""
    index = _Builder()
    for table in tables:
        index.add(table)
    return index.done()


@dataclass(slots=True)
class _Builder:
    blocking: dict[str, Blocking] = field(default_factory=dict)
    offload: dict[str, Offload] = field(default_factory=dict)
    loop_callback: dict[str, LoopCallback] = field(default_factory=dict)
    loop_methods: dict[str, frozenset[str]] = field(default_factory=dict)
    protocol: dict[str, Protocol] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    returns: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    bases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    safe: set[str] = field(default_factory=set)

    def add(self, table: Table) -> None:
        for blocking in table.blocking:
            self.blocking.update(dict.fromkeys(blocking.names, blocking))
        for offload in table.offload:
            self.offload.update(dict.fromkeys(offload.names, offload))
        for callback in table.loop_callback:
            self.loop_callback.update(dict.fromkeys(callback.names, callback))
        for methods in table.loop_methods:
            self._add_methods(methods)
        for protocol in table.protocol:
            self.protocol.update(dict.fromkeys(protocol.names, protocol))
        self.aliases.update(table.aliases)
        self.returns.update(table.returns)
        self.attributes.update(table.attributes)
        self.bases.update(table.bases)
        self.safe.update(table.safe)

    def _add_methods(self, methods: LoopMethods) -> None:
        for cls in methods.classes:
            self.loop_methods[cls] = self.loop_methods.get(cls, frozenset()) | frozenset(methods.methods)

    def done(self) -> Index:
        return Index(
            self.blocking,
            self.offload,
            self.loop_callback,
            self.loop_methods,
            self.protocol,
            self.aliases,
            self.returns,
            self.attributes,
            self.bases,
            frozenset(self.safe),
            self._classes(),
        )

    def _classes(self) -> frozenset[str]:
        """Names that can only be classes: what has members, is returned, or is the base of something."""
        members = {*self.blocking, *self.returns, *self.attributes}
        owned = [name.rpartition(".") for name in members]
        classes = {o for o, _, last in owned if o.rpartition(".")[2][:1].isupper() or last.startswith("__")}
        return frozenset(classes.union(self.returns.values(), self.attributes.values(), self.bases))


_NONE = index_of(())


@cache
def shipped() -> frozenset[str]:
    """The names of the tables that come with the plugin."""
    return frozenset(entry.name.removesuffix(".toml") for entry in data().iterdir() if entry.name.endswith(".toml"))


def data() -> Traversable:
    """The folder of the tables that come with the plugin."""
    return files("flake8_noblock.knowledge") / "data"


@cache
def shipped_index(module: str) -> Index:
    """The rows of one table that comes with the plugin."""
    return index_of([parse_table((data() / f"{module}.toml").read_text(encoding="utf-8"), module)])


def collect_loop_words() -> dict[str, list[str]]:
    """The loop words (see `words`) as the tables say them."""
    speaking = {name: shipped_index(name) for name in sorted(shipped())}
    rows = {name: index for name, index in speaking.items() if index.loop_callback or index.loop_methods}
    callables = {row.rpartition(".")[2] for index in rows.values() for row in index.loop_callback}
    methods = {method for index in rows.values() for row in index.loop_methods.values() for method in row}
    return {"modules": list(rows), "callables": sorted(callables), "methods": sorted(methods)}


@dataclass(frozen=True)
class Knowledge:
    """The shipped tables and, before them, what the user's options and tables say."""

    own: Index = _NONE
    safe_patterns: tuple[str, ...] = ()

    def may_concern_loop(self, text: str) -> bool:
        """Whether a module with this text can hold code that the loop runs; cheap, and in doubt true."""
        own = (name.rpartition(".")[2] for name in (*self.own.loop_callback, *self.own.loop_methods))
        return words.may_concern_loop(text) or any(name in text for name in own)

    def may_register(self, word: str) -> bool:
        """Whether a callable whose last name is `word` may hand the loop a callable."""
        return word in words.loop_words()["callables"] or any(n.rpartition(".")[2] == word for n in self.own.loop_callback)

    def canonical(self, name: str) -> str:
        """The path under which tables know `name`: its longest prefix that is an alias, replaced."""
        head, tail = name, ""
        while head:
            for index in self._indexes(head):
                if head in index.aliases:
                    return self.canonical(index.aliases[head] + tail)
            head, _, last = head.rpartition(".")
            tail = f".{last}{tail}"
        return name

    def blocking(self, name: str) -> Blocking | None:
        """The row for calling `name`; None where calling it is not known to block, or known not to.

        A row for the very name counts more than one for every method of its class; so does a name that is safe.
        """
        verdict = self.verdict(name)
        return verdict if isinstance(verdict, Blocking) else None

    def is_safe(self, name: str) -> bool:
        """Whether calling `name` is known not to block."""
        return self.verdict(name) == "safe"

    def verdict(self, name: str) -> Blocking | Literal["safe"] | None:
        """What is known of calling `name`: its row, that it is safe, or nothing."""
        name = self.canonical(name)
        if any(fnmatchcase(name, pattern) for pattern in self.safe_patterns):
            return "safe"
        owner, _, last = name.rpartition(".")
        every = f"{owner}.*"
        for index in self._indexes(name):
            if name in index.blocking:
                return index.blocking[name]
            if name in index.safe or every in index.safe:
                return "safe"
            if every in index.blocking and not last.startswith("_"):
                return index.blocking[every]
        return None

    def offload(self, name: str) -> Offload | None:
        """The row saying that `name` runs a callable away from the loop."""
        name = self.canonical(name)
        return next((index.offload[name] for index in self._indexes(name) if name in index.offload), None)

    def loop_callback(self, name: str) -> LoopCallback | None:
        """The row saying that `name` has the loop run a callable."""
        name = self.canonical(name)
        return next((index.loop_callback[name] for index in self._indexes(name) if name in index.loop_callback), None)

    def blocking_methods(self, modules: Iterable[str]) -> dict[str, frozenset[str]]:
        """The names of blocking methods in the tables of these import names, and in the user's own, each with the last names
        of the classes that have one of that name."""
        tops = {module.partition(".")[0] for module in modules}
        tables = [shipped_index(name) for name in sorted(shipped()) if name.partition(".")[0] in tops]
        found: dict[str, set[str]] = {}
        for index in (self.own, *tables):
            for row in index.blocking:
                owner, _, method = row.rpartition(".")
                found.setdefault(method, set()).add(owner.rpartition(".")[2])
        return {method: frozenset(classes) for method, classes in found.items()}

    def has_table(self, name: str) -> bool:
        """Whether any table speaks of the module tree that `name` is in."""
        top = name.partition(".")[0]
        return _module_of(name) is not None or any(row.partition(".")[0] == top for row in self.own.blocking)

    def protocol(self, name: str) -> Protocol | None:
        """The row saying that `name` calls methods of its argument."""
        name = self.canonical(name)
        return next((index.protocol[name] for index in self._indexes(name) if name in index.protocol), None)

    def loop_methods(self, name: str) -> frozenset[str]:
        """The methods that the loop calls on subclasses of class `name`."""
        name = self.canonical(name)
        return frozenset().union(*(index.loop_methods.get(name, frozenset()) for index in self._indexes(name)))

    def returns(self, name: str) -> str | None:
        """The class of which calling `name` gives an instance."""
        name = self.canonical(name)
        return next((index.returns[name] for index in self._indexes(name) if name in index.returns), None)

    def attribute(self, name: str) -> str | None:
        """The class of the value of attribute `name`."""
        name = self.canonical(name)
        return next((index.attributes[name] for index in self._indexes(name) if name in index.attributes), None)

    def bases(self, name: str) -> tuple[str, ...]:
        """The base classes of class `name` as far as tables say them."""
        name = self.canonical(name)
        return next((index.bases[name] for index in self._indexes(name) if name in index.bases), ())

    def is_class(self, name: str) -> bool:
        """Whether tables speak of `name` as a class."""
        name = self.canonical(name)
        return any(name in index.classes for index in self._indexes(name))

    def _indexes(self, name: str) -> tuple[Index, ...]:
        module = _module_of(name)
        return (self.own,) if module is None else (self.own, shipped_index(module))


@cache
def _module_of(name: str) -> str | None:
    """The shipped table that speaks of `name`: the longest prefix that is one."""
    head = name
    while head:
        if head in shipped():
            return head
        head = head.rpartition(".")[0]
    return None
