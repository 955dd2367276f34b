"""The tables of the standard library against the Python that runs the tests."""

from __future__ import annotations

import bz2
import contextlib
import importlib
import inspect
import io
import lzma
import operator
import os
import pkgutil
import select
import sys
import threading
import tomllib
import zlib
from collections.abc import Callable, Iterator
from importlib.resources import files

import msgspec
import pytest

from flake8_noblock.knowledge.schema import Argument, Blocking, Condition, LoopCallback, Offload, Table

DATA = files("flake8_noblock.knowledge") / "data"
GONE = {"_gdbm", "cgi", "crypt", "imghdr", "nis", "nntplib", "sndhdr", "telnetlib"}
MODULES = sorted(
    name
    for name in (entry.name.removesuffix(".toml") for entry in DATA.iterdir() if entry.name.endswith(".toml"))
    if name.split(".")[0] in sys.stdlib_module_names or name in GONE
)

# Classes that have no public name, or whose instances have methods that the class has not: what makes one.
MADE_BY: dict[str, Callable[[], object]] = {
    "os.ScandirIterator": os.scandir,
    "os._wrap_close": lambda: os.popen("exit"),
    "threading.Condition": threading.Condition,
    "threading.Lock": threading.Lock,
    "threading.RLock": threading.RLock,
    "zlib.Compress": zlib.compressobj,
    "zlib.Decompress": zlib.decompressobj,
    "bz2.BZ2Compressor": bz2.BZ2Compressor,
    "lzma.LZMACompressor": lzma.LZMACompressor,
    "sys.stdin": lambda: io.TextIOWrapper(io.BytesIO()),  # pytest puts something else there
    "sys.stdin.buffer": lambda: io.BufferedReader(io.BytesIO()),
}
if hasattr(select, "poll"):
    MADE_BY["select.poll"] = select.poll

# Names that nothing at hand can show, and why.
UNSEEN = {
    "importlib.abc.Loader.exec_module": "every concrete subclass has it, the base class only in typeshed",
    "io.IOBase.read": "every concrete subclass has it, the base class only in typeshed",
    "io.IOBase.write": "every concrete subclass has it, the base class only in typeshed",
    "sqlite3.Connection.load_extension": "a choice of those who build Python",
    "typing.IO.__iter__": "every concrete subclass has it, the base class only in typeshed",
    "typing.IO.__next__": "every concrete subclass has it, the base class only in typeshed",
    "typing.Generator.__next__": "the alias hides its dunder methods",
    "typing.Iterator.__next__": "the alias hides its dunder methods",
    "multiprocessing.managers.BaseManager.shutdown": "set on the instance by start()",
    "multiprocessing.synchronize.Condition.acquire": "set on the instance by its lock",
    "multiprocessing.synchronize.SemLock.acquire": "set on the instance by its C object",
    **dict.fromkeys(
        (
            f"subprocess.Popen.{pipe}.{method}"
            for pipe in ("stderr", "stdin", "stdout")
            for method in (
                "__iter__",
                "__next__",
                "flush",
                "read",
                "readline",
                "readlines",
                "write",
                "writelines",
            )
        ),
        "a pipe is an attribute of the instance",
    ),
}
OPTIONAL = {
    "_curses",
    "_dbm",
    "_gdbm",
    "_posixsubprocess",
    "curses",
    "dbm.gnu",
    "dbm.ndbm",
    "tkinter",
    "turtle",
}


def table(module: str) -> Table:
    return msgspec.convert(tomllib.loads((DATA / f"{module}.toml").read_text("utf-8")), Table)


def movers(facts: Table) -> list[Offload | LoopCallback]:
    return [*facts.offload, *facts.loop_callback]


def others(facts: Table) -> list[str]:
    """The names of the rows that say what a call runs, gives or starts, and how it fails."""
    rows = (*facts.invoke, *facts.decorator, *facts.cut, *facts.dispatch, *facts.protocol)
    awaited = (*facts.awaitable, *facts.task, *facts.consumer, *facts.reads, *facts.fails)
    parts = (*facts.role, *facts.combine)
    names = [name for row in (*rows, *awaited, *parts) for name in row.names]
    names += [name for row in facts.thread_methods for name in row.classes]
    names += [name for entry in facts.entry for name in (*entry.decorators, *entry.classes, *entry.registers)]
    names += [name for row in facts.sync_methods for name in row.classes]
    names += [name for entry in facts.dispatch for name in entry.register]
    return [*names, *(name for entry in facts.hooks for name in (*entry.classes, *entry.decorators))]


def exists_here(row: Blocking) -> bool:
    """``python`` is a comparison with a version, ``platform`` a value of sys.platform or os.name."""
    if row.platform and row.platform not in (sys.platform, os.name):
        return False
    if not row.python:
        return True
    sign = row.python.rstrip("0123456789.")
    version = tuple(map(int, row.python.removeprefix(sign).split(".")))
    compare = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}[sign]
    return bool(compare(sys.version_info[: len(version)], version))


def look_up(name: str) -> object:
    """The object of a dotted name; LookupError where there is none."""
    owner, _, rest = name.rpartition(".")
    if owner in MADE_BY:
        made = MADE_BY[owner]()
        try:
            return getattr(made, rest)
        except AttributeError:
            raise LookupError(name) from None
        finally:
            if hasattr(made, "close"):
                made.close()
    try:
        return pkgutil.resolve_name(name)
    except (ImportError, AttributeError) as problem:
        raise LookupError(f"{name}: {problem}") from None


def rows() -> Iterator[tuple[str, Blocking]]:
    for module in MODULES:
        for row in table(module).blocking:
            yield module, row


@pytest.mark.parametrize("module", MODULES)
def test_table_holds_only_names_below_its_own(module: str) -> None:
    facts = table(module)
    names = [name for row in facts.blocking for name in row.names]
    names += [name for entry in movers(facts) for name in entry.names]
    names += [name for entry in facts.loop_methods for name in entry.classes]
    names += others(facts)
    names += [*facts.aliases, *facts.returns, *facts.attributes, *facts.bases, *facts.safe]
    assert [name for name in names if not name.startswith(f"{module}.")] == []


@pytest.mark.parametrize("module", MODULES)
def test_no_name_is_listed_twice(module: str) -> None:
    facts = table(module)
    blocking = [name for row in facts.blocking for name in row.names]
    assert sorted(blocking) == sorted(set(blocking))
    moving = [name for entry in movers(facts) for name in entry.names]
    assert sorted(moving) == sorted(set(moving))


@pytest.mark.parametrize("module", MODULES)
def test_every_name_exists(module: str) -> None:
    facts = table(module)
    names = [name for row in facts.blocking if exists_here(row) for name in row.names]
    names += [name for entry in movers(facts) for name in entry.names]
    names += others(facts)
    names += [f"{name}.{method}" for entry in facts.loop_methods for name in entry.classes for method in entry.methods]
    missing = []
    for name in names:
        if name in UNSEEN or any(name == part or name.startswith(f"{part}.") for part in OPTIONAL):
            continue
        try:
            look_up(name)
        except LookupError as problem:
            missing.append(str(problem))
    assert missing == []


@pytest.mark.parametrize("module", MODULES)
def test_every_row_has_a_way_out(module: str) -> None:
    for row in table(module).blocking:
        assert not row.instead.endswith((".", "!")) or row.instead.endswith("...")
        assert "\n" not in row.instead
        assert row.instead.count(" or ") <= 1


@pytest.mark.parametrize("module", MODULES)
def test_micro_rows_are_of_the_kinds_that_are_off(module: str) -> None:
    for row in table(module).blocking:
        assert row.severity != "micro" or row.kind in {"metadata", "import", "lock"}, row.names


@pytest.mark.parametrize("module", MODULES)
def test_each_condition_is_one_test_of_one_argument(module: str) -> None:
    for row in table(module).blocking:
        for condition in row.unless:
            tests = (
                condition.equals is not msgspec.UNSET,
                condition.equals_none,
                condition.one_of != (),
                condition.instance != (),
                condition.given is not None,
                condition.mentions is not None,
                condition.matches is not None,
                condition.guard is not None,
                condition.source != (),
                condition.awaited,
            )
            assert sum(tests) == 1, condition
            of_receiver = condition.guard is not None or condition.source != () or condition.awaited
            assert of_receiver or condition.keyword is not None or condition.position is not None, condition
            assert not (condition.earlier and condition.creator), condition


def parameters(name: str) -> list[inspect.Parameter] | None:
    """The parameters of a callable without ``self``; None where Python can't tell."""
    with contextlib.suppress(LookupError, TypeError, ValueError):
        called = look_up(name)
        signature = inspect.signature(called)  # type: ignore[arg-type]
        found = list(signature.parameters.values())
        owner, _, method = name.rpartition(".")
        if owner in MADE_BY or inspect.isclass(called) or inspect.ismethod(called):
            return found
        with contextlib.suppress(LookupError):
            holder = look_up(owner)
            if inspect.isclass(holder) and not isinstance(inspect.getattr_static(holder, method), staticmethod):
                return found[1:]
        return found
    return None


def misplaced(name: str, argument: Argument | Condition) -> str:
    """What is wrong with the place of an argument in the signature of a function, or an empty string."""
    found = parameters(name)
    if found is None or name.endswith("__"):  # ``with`` and ``next()`` give no arguments
        return ""
    kinds = {parameter.kind for parameter in found}
    by_position = [p for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    at = next((i for i, p in enumerate(by_position) if p.name == argument.keyword), None)
    if argument.keyword is not None:
        named = [p for p in found if p.name == argument.keyword and p.kind is not p.POSITIONAL_ONLY]
        if not named and inspect.Parameter.VAR_KEYWORD not in kinds:
            return f"{name}: no argument {argument.keyword}"
        if at is not None and argument.position is not None and at != argument.position:
            return f"{name}: {argument.keyword} is at {at}"
    elif argument.position is not None:
        if argument.position >= len(by_position) and inspect.Parameter.VAR_POSITIONAL not in kinds:
            return f"{name}: no argument at {argument.position}"
        if argument.position < len(by_position) and by_position[argument.position].kind is not inspect.Parameter.POSITIONAL_ONLY:
            return f"{name}: argument {argument.position} has a keyword, {by_position[argument.position].name}"
    return ""


@pytest.mark.parametrize("module", MODULES)
def test_arguments_are_where_the_table_says(module: str) -> None:
    facts = table(module)
    wrong = []
    for row in facts.blocking:
        if not exists_here(row):
            continue
        arguments: list[Argument | Condition] = [
            c for c in row.unless if not c.creator and not c.earlier and not c.guard and not c.source and not c.awaited
        ]
        arguments += [row.handle] if row.handle else []
        wrong += [misplaced(name, argument) for name in row.names for argument in arguments]
        made = [c for c in row.unless if c.creator and c.keyword]
        classes = {name.rpartition(".")[0] for name in row.names}
        wrong += [misplaced(name, argument) for name in classes for argument in made if len({*made}) == 1]
    for entry in movers(facts):
        wrong += [misplaced(name, entry.callable) for name in entry.names]
    for called in facts.invoke:
        wrong += [misplaced(name, called.callable) for name in called.names if look_up(name) is not iter]
    for protocol in facts.protocol:
        wrong += [misplaced(name, protocol.argument) for name in protocol.names if protocol.argument.keyword]
    for dispatch in facts.dispatch:
        wrong += [misplaced(name, dispatch.callable) for name in dispatch.register if not dispatch.method]
    assert [problem for problem in wrong if problem] == []


@pytest.mark.parametrize("module", MODULES)
def test_each_alias_leads_to_a_listed_name(module: str) -> None:
    for alias, name in table(module).aliases.items():
        assert alias != name
        target = next((m for m in sorted(MODULES, key=len, reverse=True) if name.startswith(f"{m}.")), None)
        assert target is not None, name
        facts = table(target)
        listed = [n for row in facts.blocking for n in row.names]
        listed += [n for entry in movers(facts) for n in entry.names]
        listed += [n for entry in facts.loop_methods for n in entry.classes]
        listed += [n.removesuffix(".*") for n in facts.safe] + others(facts)
        assert any(n == name or n.startswith(f"{name}.") for n in listed), (alias, name)
        assert name not in facts.aliases, (alias, name)


def test_reviewed_operations_agree_with_the_tables() -> None:
    import csv
    from pathlib import Path

    listed = {name: row for _, row in rows() for name in row.names}
    aliases = {alias: name for module in MODULES for alias, name in table(module).aliases.items()}
    with (Path(__file__).parent / "data" / "stdlib_operations.csv").open(encoding="utf-8", newline="") as stream:
        for operation in csv.DictReader(stream):
            row = listed.get(aliases.get(operation["name"], operation["name"]))
            if row is not None:
                assert (row.kind, row.severity) == (operation["kind"], operation["severity"]), operation["name"]
                assert row.python == operation["python"], operation["name"]
                assert row.platform == operation["platform"], operation["name"]


def test_modules_import() -> None:
    for module in MODULES:
        if module not in GONE and module not in OPTIONAL and importlib.util.find_spec(module) is not None:
            importlib.import_module(module)
