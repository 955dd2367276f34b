"""Look-ups in the knowledge tables; a table is read when the first name below its module is asked for."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, cast

import msgspec

from flake8_noblock.knowledge import words
from flake8_noblock.knowledge.index import BY_NAME, Index, R, Row, index_of
from flake8_noblock.knowledge.schema import (
    Awaitable,
    Blocking,
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
    Part,
    Protocol,
    Reads,
    Role,
    SyncMethods,
    Table,
    Task,
    ThreadMethods,
)


class TableError(Exception):
    """A knowledge table that can't be used; the text says which and why, in one line."""


_ByKind = defaultdict[type[object], dict[str, tuple[Row, ...]]]

Verdict = Blocking | Literal["safe"] | None
"""A row for a name, that it is safe, or nothing."""


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


@dataclass(frozen=True)
class Knowledge:
    """The shipped tables and, before them, what the user's options and tables say."""

    own: Index = _NONE
    safe_patterns: tuple[str, ...] = ()
    _canonical: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    _speaking: dict[str, tuple[Index, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _kinds: _ByKind = field(default_factory=lambda: defaultdict(dict), init=False, repr=False, compare=False)
    _every: _ByKind = field(default_factory=lambda: defaultdict(dict), init=False, repr=False, compare=False)
    _verdicts: dict[str, Verdict] = field(default_factory=dict, init=False, repr=False, compare=False)
    _listed: dict[type[object], frozenset[str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _cuts: dict[str, Cut | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def own_names(self) -> tuple[str, ...]:
        """The names of callables that the user's own rows speak of."""
        return (*self.own.blocking, *self.own.offload, *self.own.loop_callback, *self.own.returns)

    def may_concern_loop(self, text: str) -> bool:
        """Whether a module with this text can hold code that the loop runs; cheap, and in doubt true."""
        own = (name.rpartition(".")[2] for name in (*self.own.loop_callback, *self.own.of(LoopMethods)))
        return words.may_concern_loop(text) or any(name in text for name in own)

    def may_register(self, word: str) -> bool:
        """Whether a callable whose last name is `word` may hand the loop a callable."""
        return word in words.loop_words()["callables"] or any(n.rpartition(".")[2] == word for n in self.own.loop_callback)

    def may_be_property(self, word: str) -> bool:
        """Whether a property called `word` may block when it is read."""
        return word in words.loop_words()["properties"] or any(
            row.attribute and name.rpartition(".")[2] == word for name, rows in self.own.of(Blocking).items() for row in rows
        )

    def may_read(self, word: str) -> bool:
        """Whether a callable whose last name is `word` may look into its arguments."""
        own = (*self.own.of(Reads), *self.own.of(Protocol))
        return word in words.loop_words()["readers"] or any(name.rpartition(".")[2] == word for name in own)

    def may_have_row(self, kind: type[Row], word: str) -> bool:
        """Whether a callable whose last name is `word` may have a row of `kind`, one of those that are listed
        (`collect.LISTED`)."""
        listed = self._listed.get(kind)
        if listed is None:
            own = [name.rpartition(".")[2] for name in self.own.of(kind)]
            listed = self._listed[kind] = words.loop_words()[f"{kind.__name__} rows"].union(own)
        return word in listed

    def canonical(self, name: str) -> str:
        """The path under which tables know `name`: its longest prefix that is an alias, replaced."""
        known = self._canonical.get(name)
        if known is None:
            known = self._canonical[name] = self._unaliased(name)
        return known

    def _unaliased(self, name: str) -> str:
        head, tail = name, ""
        while head:
            for index in self._indexes(head):
                alias = index.alias(head)
                if alias is not None:
                    return self.canonical(alias + tail)
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

    def verdict(self, name: str) -> Verdict:
        """What is known of calling `name`: its row, that it is safe, or nothing."""
        if name not in self._verdicts:
            self._verdicts[name] = self._verdict(self.canonical(name))
        return self._verdicts[name]

    def _verdict(self, name: str) -> Verdict:
        if any(fnmatchcase(name, pattern) for pattern in self.safe_patterns):
            return "safe"
        owner, _, last = name.rpartition(".")
        every = f"{owner}.*"
        for index in self._indexes(name):
            blocking = index.of(Blocking)
            if name in blocking:
                return blocking[name][-1]
            if name in index.safe or every in index.safe:
                return "safe"
            if every in blocking and not last.startswith("_"):
                return blocking[every][-1]
        return None

    def offload(self, name: str) -> Offload | None:
        """The row saying that `name` runs a callable away from the loop."""
        return _last(self._rows(Offload, name))

    def loop_callback(self, name: str) -> LoopCallback | None:
        """The row saying that `name` has the loop run a callable."""
        return _last(self._rows(LoopCallback, name))

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

    def may_speak_of(self, name: str) -> bool:
        """Whether tables may say something of `name`, or of what is in it; cheap, and in doubt true."""
        return self.own != _NONE or _module_of(name) is not None

    def has_table(self, name: str) -> bool:
        """Whether any table speaks of the module tree that `name` is in."""
        top = name.partition(".")[0]
        return _module_of(name) is not None or any(row.partition(".")[0] == top for row in self.own.blocking)

    def protocol(self, name: str) -> tuple[Protocol, ...]:
        """The rows saying that `name` calls methods of its arguments."""
        return self._rows(Protocol, name)

    def loop_methods(self, name: str) -> frozenset[str]:
        """The methods that the loop calls on subclasses of class `name`."""
        return frozenset(method for row in self._all_rows(LoopMethods, name) for method in row.methods)

    def invoke(self, name: str) -> tuple[Invoke, ...]:
        """The rows saying that `name` calls an argument of its own, one for each such argument."""
        return self._rows(Invoke, name)

    def decorator(self, name: str) -> Decorator | None:
        """The row saying that what decorator `name` gives runs the decorated function."""
        return _last(self._rows(Decorator, name))

    def cut(self, name: str) -> Cut | None:
        """The row saying that calls of `name` are not followed: one for it, or for a class or module that it is in."""
        if name not in self._cuts:
            self._cuts[name] = self._cut(self.canonical(name))
        return self._cuts[name]

    def _cut(self, name: str) -> Cut | None:
        head = name
        while head:
            for index in self._indexes(head):
                cuts = index.of(Cut)
                found = cuts.get(head) or (cuts.get(f"{head}.*") if head != name else None)
                if found:
                    return found[-1]
            head = head.rpartition(".")[0]
        return None

    def is_cut(self, name: str) -> bool:
        """Whether a row says of `name` itself that it doesn't count below other calls."""
        row = self.cut(name)
        return row is not None and name in row.names

    def hooks(self, name: str) -> tuple[Hooks, ...]:
        """The rows for what making an object of a subclass of class `name` runs, or of a class that `name` decorates."""
        return self._all_rows(Hooks, name)

    def dispatch(self, name: str) -> tuple[Dispatch, ...]:
        """The rows saying that `name` runs what was registered on its object, one for each way of registering."""
        return self._rows(Dispatch, name)

    def awaitable(self, name: str) -> Awaitable | None:
        """The row saying that what calling `name` gives has to be awaited."""
        return _last(self._rows(Awaitable, name))

    def task(self, name: str) -> Task | None:
        """The row saying that `name` starts a coroutine as a task."""
        return _last(self._rows(Task, name))

    def consumer(self, name: str) -> Consumer | None:
        """The row saying that `name` awaits coroutines that it is given."""
        return _last(self._rows(Consumer, name))

    def reads(self, name: str) -> tuple[Reads, ...]:
        """The rows saying that `name` looks into arguments of its own at once."""
        return self._rows(Reads, name)

    def sync_methods(self, name: str) -> tuple[SyncMethods, ...]:
        """The rows about methods that a framework calls, and does not await, on subclasses of class `name`."""
        return self._rows(SyncMethods, name)

    def fails(self, name: str) -> Fails | None:
        """The row saying that awaiting what `name` gives can fail."""
        return _last(self._rows(Fails, name))

    def limit(self, name: str) -> Limit | None:
        """The row saying that `name` puts a time limit on what is awaited."""
        return _last(self._rows(Limit, name))

    def guard(self, name: str) -> Guard | None:
        """The row saying that `name`, a context manager or decorator, keeps errors in."""
        return _last(self._rows(Guard, name))

    def outcome(self, name: str) -> Outcome | None:
        """The row saying what method `name` of a task has to do with how it ends."""
        return _last(self._rows(Outcome, name))

    def outcome_by_word(self, word: str) -> str | None:
        """What a method called `word` does if it is one of a task or future, such as look or cancel; None: it is none."""
        known = words.loop_words()["outcomes"]
        return next((does for does in ("look", "cancel", "fail", "succeed", "register") if f"{does} {word}" in known), None)

    def may_start_loop(self, word: str) -> bool:
        """Whether a callable whose last name is `word` may start a loop."""
        return word in words.loop_words()["starting"]

    def may_collect(self, keywords: Iterable[str]) -> bool:
        """Whether a call with these keywords may give errors as results."""
        return not words.loop_words()["collecting"].isdisjoint(keywords)

    def keeps_tasks(self, cls: str) -> bool:
        """Whether objects of class `cls` keep the tasks that are started with them, and raise their failures together."""
        name = self.canonical(cls)
        rows = [row for index in self._indexes(name) for named in index.of(Task).items() for row in named[1] if row.kept]
        return any(owner.rpartition(".")[0] == name for row in rows for owner in row.names)

    def entries(self, name: str) -> tuple[Entry, ...]:
        """The rows saying that a framework calls what `name`, a decorator, class or registering callable, gives it."""
        return self._all_rows(Entry, name)

    def rows(self, kind: type[R], name: str) -> tuple[R, ...]:
        """The rows of a kind for `name`."""
        return self._rows(kind, name)

    def plays(self, name: str, part: Part) -> Role | None:
        """The row saying that `name` plays this part."""
        return next((row for row in self._all_rows(Role, name) if row.part == part), None)

    def thread_methods(self, name: str) -> frozenset[str]:
        """The methods that other threads call on subclasses of class `name`."""
        return frozenset(method for row in self._all_rows(ThreadMethods, name) for method in row.methods)

    def entries_by_name(self) -> Iterator[Entry]:
        """The rows of frameworks that go by the names of functions and modules."""
        for index in (self.own, *map(shipped_index, words.loop_words()["going by names"])):
            yield from index.of(Entry).get(BY_NAME, ())

    def is_closing(self, word: str) -> bool:
        """Whether methods called `word` give something back, so that a failure of theirs is nothing to act on."""
        return word in words.loop_words()["closing"] or word in self.own.closing

    def returns(self, name: str) -> str | None:
        """The class of which calling `name` gives an instance."""
        name = self.canonical(name)
        for index in self._indexes(name):
            if name in index.returns:
                return index.returns[name]
        return None

    def attribute(self, name: str) -> str | None:
        """The class of the value of attribute `name`."""
        name = self.canonical(name)
        for index in self._indexes(name):
            if name in index.attributes:
                return index.attributes[name]
        return None

    def asynchronous(self, name: str) -> tuple[str, ...]:
        """Those of ``__aenter__`` and ``__aiter__`` that objects of class `name` have, and not the plain twin of."""
        name = self.canonical(name)
        return next((index.asynchronous[name] for index in self._indexes(name) if name in index.asynchronous), ())

    def bases(self, name: str) -> tuple[str, ...]:
        """The base classes of class `name` as far as tables say them."""
        name = self.canonical(name)
        return next((index.bases[name] for index in self._indexes(name) if name in index.bases), ())

    def may_ask_for_loop(self, word: str) -> bool:
        """Whether a callable whose last name is `word` may be one that `asks_for_loop`."""
        return word in words.loop_words()["running"]

    def asks_for_loop(self, name: str) -> bool:
        """Whether `name` gives something where a loop runs, and fails elsewhere."""
        name = self.canonical(name)
        return any(name in index.running for index in self._indexes(name))

    def is_field(self, name: str) -> bool:
        """Whether `name` is a descriptor that is made with the class of what it holds."""
        name = self.canonical(name)
        return any(name in index.fields for index in self._indexes(name))

    def is_class(self, name: str) -> bool:
        """Whether tables speak of `name` as a class."""
        name = self.canonical(name)
        return any(name in index.classes for index in self._indexes(name))

    def _rows(self, kind: type[R], name: str) -> tuple[R, ...]:
        """The rows of a kind for `name`, the user's own if there are any."""
        found = self._kinds[kind].get(name)
        if found is None:
            known = self.canonical(name)
            rows = (index.of(kind).get(known) for index in self._indexes(known))
            found = self._kinds[kind][name] = next((listed for listed in rows if listed), ())
        return cast("tuple[R, ...]", found)

    def _all_rows(self, kind: type[R], name: str) -> tuple[R, ...]:
        """The rows of a kind for `name`, the user's own and those that come with the plugin."""
        found = self._every[kind].get(name)
        if found is None:
            known = self.canonical(name)
            found = self._every[kind][name] = tuple([r for index in self._indexes(known) for r in index.of(kind).get(known, ())])
        return cast("tuple[R, ...]", found)

    def _indexes(self, name: str) -> tuple[Index, ...]:
        found = self._speaking.get(name)
        if found is None:
            module = _module_of(name)
            found = self._speaking[name] = (self.own,) if module is None else (self.own, shipped_index(module))
        return found


def _last(rows: tuple[R, ...]) -> R | None:
    return rows[-1] if rows else None


@cache
def _module_of(name: str) -> str | None:
    """The shipped table that speaks of `name`: the longest prefix that is one, or the family that its package belongs to."""
    if name in shipped():
        return name
    head = name.rpartition(".")[0]
    return _module_of(head) if head else next((family for family in _families() if name.startswith(family)), None)


@cache
def _families() -> tuple[str, ...]:
    return tuple(sorted(name for name in shipped() if name.endswith("_")))
