"""The tables of third-party libraries: their form, and their names against the libraries installed here."""

from __future__ import annotations

import importlib
import sys
import tomllib
from collections import Counter
from importlib.resources import files
from importlib.util import find_spec

import msgspec
import pytest

from flake8_noblock.knowledge.schema import Awaitable, Consumer, Fails, Table, Task

DATA = files("flake8_noblock.knowledge") / "data"
STDLIB_GONE = {"_gdbm", "cgi", "crypt", "imghdr", "nis", "nntplib", "sndhdr", "telnetlib"}
WAY_OUT = "await asyncio.to_thread(...)"
SOURCES = {
    name: (DATA / f"{name}.toml").read_text("utf-8")
    for name in sorted(entry.name.removesuffix(".toml") for entry in DATA.iterdir() if entry.name.endswith(".toml"))
    if name.split(".")[0] not in sys.stdlib_module_names | STDLIB_GONE
}
MODULES = list(SOURCES)

# Names, with all below them, that the library has in another version or that no import shows, and why.
UNSEEN = {
    "anthropic.resources.Completions": "gone in anthropic 2",
    "boto3.resources.collection.CollectionManager": "batch actions are made from JSON",
    "boto3.resources.collection.ResourceCollection": "batch actions are made from JSON",
    "duckdb.DuckDBPyConnection": "duckdb 2 dropped some methods of duckdb 1",
    "duckdb.DuckDBPyRelation": "duckdb 2 dropped some methods of duckdb 1",
    "filelock._api._register_fork_object": "its name in filelock 3",
    "filelock._api.register_fork_object": "its name in filelock 4",
    "filelock._core._fork.fork_transition": "its name in filelock 4.3",
    "ldap3.Connection.open": "set on the instance by its strategy",
    "mistralai": "mistralai 2 moved its classes",
    "ncclient.manager.Manager": "made by a metaclass",
    "neo4j.Session.read_transaction": "gone in neo4j 6",
    "neo4j.Session.write_transaction": "gone in neo4j 6",
    "pandas.DataFrame.to_gbq": "gone in pandas 3",
    "pandas.read_gbq": "gone in pandas 3",
    "twisted.internet.interfaces": "an interface shows its methods by its own API only",
}


class Unavailable(Exception):
    """A module that exists but can't be imported here: it needs settings or another library."""


def table(module: str) -> Table:
    return msgspec.convert(tomllib.loads(SOURCES[module]), Table)


def called_names(facts: Table) -> list[str]:
    return [name for row in (*facts.blocking, *facts.offload, *facts.loop_callback) for name in row.names]


def following_names(facts: Table) -> list[str]:
    """The names of the rows that say what a call runs."""
    rows = (*facts.invoke, *facts.decorator, *facts.cut, *facts.dispatch)
    names = [name for row in rows for name in row.names]
    names += [name for row in facts.dispatch for name in row.register]
    return [*names, *(name for row in facts.hooks for name in (*row.classes, *row.decorators))]


def awaited_names(facts: Table) -> list[str]:
    """The names of the rows that say what is awaited, started and called by frameworks."""
    rows: tuple[Awaitable | Task | Consumer | Fails, ...] = (*facts.awaitable, *facts.task, *facts.consumer, *facts.fails)
    entries = [name for row in facts.entry for name in (*row.decorators, *row.classes, *row.registers)]
    return [*(name for row in rows for name in row.names), *entries]


def own_names(facts: Table) -> list[str]:
    """Every name that a table speaks about; the values of its mappings may point anywhere."""
    mappings = (facts.aliases, facts.returns, facts.attributes, facts.asynchronous, facts.bases)
    classes = [name for row in (*facts.loop_methods, *facts.thread_methods) for name in row.classes]
    classes += [name for row in (*facts.role, *facts.combine, *facts.limit, *facts.guard, *facts.outcome) for name in row.names]
    names = [*called_names(facts), *following_names(facts), *awaited_names(facts), *classes]
    names += [*facts.safe, *facts.fields, *facts.running]
    return [*names, *(name for mapping in mappings for name in mapping)]


def installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def imported(name: str) -> object:
    """The module `name`; LookupError where there is none."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise LookupError(name) from None
        raise Unavailable(str(error)) from error
    except Exception as error:
        raise Unavailable(str(error)) from error


def has_member(owner: object, name: str) -> bool:
    """Whether `owner` has the attribute, or a class says in an annotation that its instances do."""
    if hasattr(owner, name):
        return True
    return any(name in vars(cls).get("__annotations__", {}) for cls in getattr(owner, "__mro__", ()))


def is_unseen(name: str) -> bool:
    return any(f"{name}.".startswith(f"{unseen}.") for unseen in UNSEEN)


def resolves(name: str) -> bool:
    parts = name.removesuffix(".*").split(".")
    for size in range(len(parts), 0, -1):
        try:
            found = imported(".".join(parts[:size]))
        except LookupError:
            continue
        for index, part in enumerate(parts[size:], size):
            if not has_member(found, part):
                return False
            found = getattr(found, part, None)
            if found is None:
                return index == len(parts) - 1
        return True
    return False


@pytest.mark.parametrize("module", MODULES)
def test_every_table_follows_the_schema(module: str) -> None:
    facts = table(module)
    assert SOURCES[module].startswith("# "), "a line that says what the table is about comes first"
    assert own_names(facts), "an empty table"


@pytest.mark.parametrize("module", MODULES)
def test_no_name_is_outside_the_module_of_its_table(module: str) -> None:
    head = module if module.endswith("_") else f"{module}."
    assert not [name for name in own_names(table(module)) if not f"{name}.".startswith(head)]


@pytest.mark.parametrize("module", MODULES)
def test_no_name_of_a_table_belongs_to_the_table_of_a_submodule(module: str) -> None:
    deeper = [other for other in MODULES if other.startswith(f"{module}.")]
    assert not [name for name in own_names(table(module)) for other in deeper if f"{name}.".startswith(f"{other}.")]


@pytest.mark.parametrize("module", MODULES)
def test_every_name_stands_in_one_row(module: str) -> None:
    facts = table(module)
    assert not [name for name, count in Counter(called_names(facts)).items() if count > 1]


@pytest.mark.parametrize("module", MODULES)
def test_every_row_has_a_way_out(module: str) -> None:
    for row in table(module).blocking:
        way_out = row.instead or WAY_OUT
        assert way_out.strip() == way_out != ""
        assert not way_out.endswith((".", "!")) or way_out.endswith("...")
        assert not way_out.startswith("use ")
        assert way_out.count(" or ") <= 1


@pytest.mark.parametrize("module", MODULES)
def test_a_condition_asks_one_thing(module: str) -> None:
    for row in table(module).blocking:
        for condition in row.unless:
            tests = (
                condition.equals is not msgspec.UNSET,
                condition.equals_none,
                bool(condition.one_of),
                bool(condition.instance),
                condition.given is not None,
                condition.mentions is not None,
                condition.matches is not None,
            )
            assert sum(tests) == 1, (row.names, condition)
            assert condition.keyword is not None or condition.position is not None, (row.names, condition)


@pytest.mark.parametrize("module", MODULES)
def test_rows_and_aliases_meet(module: str) -> None:
    """A look-up replaces aliases first, so no row may stand under an aliased name, and aliases may not go in circles."""
    facts = table(module)
    shadowed = [
        name
        for name in (*called_names(facts), *following_names(facts), *facts.safe, *facts.returns, *facts.attributes, *facts.bases)
        for alias in facts.aliases
        if f"{name}.".startswith(f"{alias}.")
    ]
    assert not shadowed
    for alias in facts.aliases:
        seen = [alias]
        while seen[-1] in facts.aliases:
            seen.append(facts.aliases[seen[-1]])
            assert seen.count(seen[-1]) == 1, seen


@pytest.mark.parametrize("module", MODULES)
def test_every_name_exists_where_the_library_is_installed(module: str) -> None:
    library = module.split(".")[0]
    if not installed(module):
        pytest.skip(f"{module} is not installed")
    try:
        imported(library)
    except Unavailable as error:
        pytest.skip(f"{library} can't be imported here: {error}")
    missing = []
    facts = table(module)
    for name in (*called_names(facts), *following_names(facts)):
        if is_unseen(name):
            continue
        try:
            if not resolves(name):
                missing.append(name)
        except Unavailable:
            continue
    assert not missing
