"""The rows of knowledge tables by kind and name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import chain
from typing import TypeVar, cast

from flake8_noblock.knowledge.schema import (
    Awaitable,
    Blocking,
    Combine,
    Consumer,
    Cut,
    Decorator,
    Dispatch,
    Entry,
    Fails,
    Guard,
    Hooks,
    Invoke,
    Limit,
    LoopCallback,
    LoopMethods,
    Offload,
    Outcome,
    Protocol,
    Reads,
    Role,
    SyncMethods,
    Table,
    Task,
    ThreadMethods,
)

Row = (
    Blocking
    | Offload
    | LoopCallback
    | LoopMethods
    | Protocol
    | Invoke
    | Decorator
    | Cut
    | Hooks
    | Dispatch
    | Awaitable
    | Task
    | Consumer
    | Reads
    | SyncMethods
    | Fails
    | Limit
    | Guard
    | Outcome
    | Entry
    | Role
    | Combine
    | ThreadMethods
)
R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Index:
    """One or more tables by name; `rows` by kind of row first."""

    rows: Mapping[type[object], Mapping[str, tuple[Row, ...]]]
    aliases: Mapping[str, str]
    returns: Mapping[str, str]
    attributes: Mapping[str, str]
    asynchronous: Mapping[str, tuple[str, ...]]
    bases: Mapping[str, tuple[str, ...]]
    safe: frozenset[str]
    fields: frozenset[str]
    running: frozenset[str]
    closing: frozenset[str]
    classes: frozenset[str]
    patterns: tuple[str, ...]

    def of(self, kind: type[R]) -> Mapping[str, tuple[R, ...]]:
        """The rows of one kind by name, or by class."""
        return cast("Mapping[str, tuple[R, ...]]", self.rows.get(kind, {}))

    def alias(self, name: str) -> str | None:
        """The path that the alias `name` stands for, or the first pattern among the aliases that it matches, part by part."""
        if name in self.aliases or not self.patterns:
            return self.aliases.get(name)
        dots = name.count(".")
        matching = (p for p in self.patterns if p.count(".") == dots and fnmatchcase(name, p))
        return next((self.aliases[pattern] for pattern in matching), None)

    @property
    def blocking(self) -> Collection[str]:
        """The names that block."""
        return self.of(Blocking)

    @property
    def offload(self) -> Collection[str]:
        """The names that run a callable away from the loop."""
        return self.of(Offload)

    @property
    def loop_callback(self) -> Collection[str]:
        """The names that have the loop run a callable."""
        return self.of(LoopCallback)


def index_of(tables: Iterable[Table]) -> Index:
    """The rows of `tables` by name; a later table wins."""
    rows: dict[type[object], dict[str, tuple[Row, ...]]] = {}
    whole = Table()
    for table in tables:
        for kind, named in _rows_of(table).items():
            rows.setdefault(kind, {}).update(named)
        whole = Table(
            aliases={**whole.aliases, **table.aliases},
            returns={**whole.returns, **table.returns},
            attributes={**whole.attributes, **table.attributes},
            asynchronous={**whole.asynchronous, **table.asynchronous},
            bases={**whole.bases, **table.bases},
            safe=(*whole.safe, *table.safe),
            fields=(*whole.fields, *table.fields),
            running=(*whole.running, *table.running),
            closing=(*whole.closing, *table.closing),
        )
    classes = _classes(rows, whole)
    sets = frozenset(whole.safe), frozenset(whole.fields), frozenset(whole.running), frozenset(whole.closing)
    mappings = whole.aliases, whole.returns, whole.attributes, whole.asynchronous, whole.bases
    patterns = tuple(alias for alias in whole.aliases if "*" in alias)
    return Index(rows, *mappings, *sets, classes, patterns)


def _rows_of(table: Table) -> dict[type[object], dict[str, tuple[Row, ...]]]:
    """The rows of `table` by kind and name."""
    found: dict[type[object], dict[str, tuple[Row, ...]]] = {}
    called = (table.blocking, table.offload, table.loop_callback, table.protocol, table.invoke, table.decorator, table.dispatch)
    awaited = (table.awaitable, table.task, table.consumer, table.reads, table.fails, table.role, table.combine)
    failing = (table.limit, table.guard, table.outcome)
    methods = (table.loop_methods, table.thread_methods, table.sync_methods)
    for row in chain[Row](*called, *awaited, *failing, *methods, table.cut, table.hooks, table.entry):
        named = found.setdefault(type(row), {})
        for name in _names(row):
            named[name] = (*named.get(name, ()), row)
    return found


BY_NAME = "functions by name"
"""The name under which rows of frameworks stand that go by the names of functions."""


def _names(row: Row) -> tuple[str, ...]:
    match row:
        case LoopMethods() | ThreadMethods() | Hooks() | SyncMethods():
            return row.classes
        case Entry():
            return (*row.decorators, *row.classes, *row.registers, *([BY_NAME] if row.functions else []))
    return row.names


def _classes(rows: Mapping[type[object], Mapping[str, object]], table: Table) -> frozenset[str]:
    """Names that can only be classes: what has members, is returned, or is the base of something."""
    kinds = (rows.get(kind, ()) for kind in (Blocking, Invoke, Decorator, Dispatch, Awaitable))
    owned = [name.rpartition(".") for name in {*chain.from_iterable(kinds), *table.returns, *table.attributes}]
    classes = {o for o, _, last in owned if o.rpartition(".")[2][:1].isupper() or last.startswith("__")}
    return frozenset(
        classes.union(table.returns.values(), table.attributes.values(), table.asynchronous, table.bases, table.fields)
    )
