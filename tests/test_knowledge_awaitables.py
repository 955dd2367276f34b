"""What the tables say of awaitables, tasks, failures and entries: their form, what inference makes of them, and the libraries."""

from __future__ import annotations

import inspect
import sys
import typing
from collections import Counter, abc
from collections.abc import Iterator
from pathlib import Path

import pytest

from flake8_noblock.facts import model
from flake8_noblock.facts.build import parse_facts
from flake8_noblock.knowledge.tables import Knowledge, data, parse_table, shipped
from flake8_noblock.link.evaluate import inference
from flake8_noblock.link.finder import Finder
from flake8_noblock.link.inference import Site
from flake8_noblock.link.program import Module, Program
from flake8_noblock.link.values import Coroutine as CoroutineValue
from flake8_noblock.link.values import Instance, Value
from tests.test_knowledge_thirdparty import Unavailable, awaited_names, imported, installed, is_unseen

TABLES = {name: parse_table((data() / f"{name}.toml").read_text("utf-8"), name) for name in sorted(shipped())}
SPEAKING = [name for name, t in TABLES.items() if t.awaitable or t.task or t.consumer or t.fails or t.entry]

# Names, with all below them, that a supported version of the library has and the installed one has not, and why.
GONE = {
    "fastapi.FastAPI.add_event_handler": "gone with starlette 1",
    "starlette.applications.Starlette.add_event_handler": "gone in starlette 1",
    "starlette.applications.Starlette.add_websocket_route": "gone in starlette 1",
    "starlette.applications.Starlette.exception_handler": "gone in starlette 1",
    "starlette.applications.Starlette.middleware": "gone in starlette 1",
    "starlette.applications.Starlette.on_event": "gone in starlette 1",
    "starlette.applications.Starlette.route": "gone in starlette 1",
    "starlette.applications.Starlette.websocket_route": "gone in starlette 1",
    "starlette.routing.Router.add_websocket_route": "gone in starlette 1",
}

# Names, with all below them, that no import shows, and why.
MADE_AT_RUN_TIME = {
    "trio._file_io.AsyncIOWrapper": "its methods are those of the file that it wraps",
}

# Names, with all below them, whose result has to be awaited though nothing in the function says so, and why.
SAID_BY_DOCUMENTATION = {
    "unittest.mock.AsyncMock.__call__": "calling one gives a coroutine",
    "kubernetes_asyncio.client": "generated methods return the coroutine of another",
    "redis.asyncio": "commands are shared with the sync client and annotated as either",
}


def below(name: str, listed: dict[str, str]) -> bool:
    return any(f"{name}.".startswith(f"{other}.") for other in listed)


@pytest.mark.parametrize("module", SPEAKING)
def test_names_stand_in_the_table_of_their_module(module: str) -> None:
    facts = TABLES[module]
    deeper = [other for other in TABLES if other.startswith(f"{module}.")]
    for name in awaited_names(facts):
        assert name.startswith(f"{module}."), name
        assert not any(f"{name}.".startswith(f"{other}.") for other in deeper), name
        assert "*" not in name, name
        assert not below(name, facts.aliases), f"{name} stands under an aliased name"


@pytest.mark.parametrize("module", SPEAKING)
def test_every_name_stands_in_one_row_of_a_form(module: str) -> None:
    facts = TABLES[module]
    for rows in (facts.awaitable, facts.task, facts.consumer, facts.fails):
        assert not [name for name, count in Counter(n for row in rows for n in row.names).items() if count > 1]


@pytest.mark.parametrize("module", SPEAKING)
def test_what_can_fail_is_awaited(module: str) -> None:
    """An operation that can fail has a row that says that it is awaited, or is called by the language; the standard
    library's stubs say it without one."""
    awaited = {name for row in TABLES[module].awaitable for name in row.names if row.gives != "value"}
    if module.split(".")[0] not in sys.stdlib_module_names:
        failing = {name for row in TABLES[module].fails for name in row.names}
        assert not [name for name in failing - awaited if not name.rpartition(".")[2].startswith("__")]


@pytest.mark.parametrize("module", SPEAKING)
def test_errors_are_dotted_paths(module: str) -> None:
    for row in TABLES[module].fails:
        assert row.errors, row
        assert all("." in error and "*" not in error for error in row.errors), row


def test_closing_does_not_fail() -> None:
    closing = {"aclose", "close", "disconnect", "wait_closed"}
    assert not [n for t in TABLES.values() for row in t.fails for n in row.names if n.rpartition(".")[2] in closing]


@pytest.mark.parametrize("module", SPEAKING)
def test_an_entry_says_what_it_is_about(module: str) -> None:
    for row in TABLES[module].entry:
        assert row.decorators or row.classes or row.registers or row.functions, row
        assert bool(row.classes) == bool(row.methods), row
        assert bool(row.functions) == bool(row.modules), row


# --- against the libraries ---


def found(name: str) -> object:
    """The object that `name` stands for; None where nothing shows it, LookupError where it doesn't exist."""
    parts = name.split(".")
    for size in range(len(parts), 0, -1):
        try:
            value = imported(".".join(parts[:size]))
        except LookupError:
            continue
        for part in parts[size:]:
            owner, value = value, inspect.getattr_static(value, part, None)
            if value is None:
                if hasattr(owner, part):
                    value = getattr(owner, part)
                elif any(part in vars(cls).get("__annotations__", {}) for cls in getattr(owner, "__mro__", ())):
                    return None
                else:
                    raise LookupError(name)
        return getattr(value, "__func__", value)
    raise LookupError(name)


def checked_names(names: Iterator[str]) -> Iterator[tuple[str, object]]:
    for name in names:
        if is_unseen(name) or below(name, GONE) or below(name, MADE_AT_RUN_TIME):
            continue
        try:
            yield name, found(name)
        except Unavailable:
            continue


def skip_if_missing(module: str) -> None:
    library = module.split(".")[0]
    if not installed(module):
        pytest.skip(f"{module} is not installed")
    try:
        imported(library)
    except Unavailable as error:
        pytest.skip(f"{library} can't be imported here: {error}")


@pytest.mark.parametrize("module", SPEAKING)
def test_every_name_exists_where_the_library_is_installed(module: str) -> None:
    skip_if_missing(module)
    errors = (error for row in TABLES[module].fails for error in row.errors)
    missing = []
    for name in (*awaited_names(TABLES[module]), *errors):
        try:
            list(checked_names(iter([name])))
        except LookupError:
            missing.append(name)
    assert not missing


@pytest.mark.parametrize("module", [name for name in SPEAKING if TABLES[name].fails])
def test_errors_are_exceptions(module: str) -> None:
    skip_if_missing(module)
    for name, value in checked_names((error for row in TABLES[module].fails for error in row.errors)):
        assert inspect.isclass(value), name
        assert issubclass(value, BaseException), name


def is_coroutine_function(value: object) -> bool:
    """Whether calling it gives a coroutine, by its code or its annotation."""
    whole = inspect.unwrap(value) if callable(value) else value
    if inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(whole):
        return True
    try:
        given = typing.get_type_hints(whole).get("return")
    except (NameError, TypeError, AttributeError):
        given = getattr(whole, "__annotations__", {}).get("return")
    if isinstance(given, str):
        return given.strip("'\"").rpartition("Coroutine[")[0] == "" and given.startswith(("Awaitable", "Coroutine"))
    return typing.get_origin(given) in (abc.Awaitable, abc.Coroutine) or given in (typing.Awaitable, typing.Coroutine)


@pytest.mark.parametrize("module", [name for name in SPEAKING if TABLES[name].awaitable])
def test_coroutines_are_coroutines(module: str) -> None:
    skip_if_missing(module)
    names = (name for row in TABLES[module].awaitable if row.gives == "coroutine" for name in row.names)
    wrong = [
        name
        for name, value in checked_names(names)
        if value is not None and not below(name, SAID_BY_DOCUMENTATION) and not is_coroutine_function(value)
    ]
    assert not wrong


@pytest.mark.parametrize("module", [name for name in SPEAKING if TABLES[name].awaitable])
def test_other_awaitables_are_no_coroutines(module: str) -> None:
    skip_if_missing(module)
    names = (name for row in TABLES[module].awaitable if row.gives in ("manager", "iterator", "value") for name in row.names)
    for name, value in checked_names(names):
        assert value is None or inspect.isclass(value) or not inspect.iscoroutinefunction(value), name


# --- what inference makes of them, with no library at hand ---


def last_value(tmp_path: Path, text: str, libraries: tuple[Path, ...] = ()) -> tuple[Value, ...]:
    """What the name ``it`` is that `text` passes to ``print``."""
    facts = parse_facts(text.encode())
    assert facts is not None
    path = tmp_path / "code.py"
    program = Program(Finder((tmp_path,), libraries))
    program.put(Module("code", "code", path, False, "project", facts, tmp_path))
    infer = inference(program, Knowledge())
    for number, body in enumerate(facts.bodies):
        for op in body.ops:
            if isinstance(op, model.Call) and op.spelling == "print":
                return infer.value(Site("code", number), op.args[0])
    raise AssertionError("no print(it)")


CHAINS = [
    ("aiohttp.ClientResponse", "import aiohttp", "async with aiohttp.ClientSession() as s, s.get('') as it:\n    print(it)"),
    ("aiohttp.ClientResponse", "import aiohttp", "s = aiohttp.ClientSession()\nit = await s.get('')\nprint(it)"),
    ("httpx.Response", "import httpx", "async with httpx.AsyncClient() as c:\n    it = await c.get('')\n    print(it)"),
    ("httpx.Response", "import httpx", "async with httpx.AsyncClient().stream('GET', '') as it:\n    print(it)"),
    ("asyncpg.Connection", "import asyncpg", "it = await asyncpg.connect()\nprint(it)"),
    ("asyncpg.Connection", "import asyncpg", "p = await asyncpg.create_pool()\nasync with p.acquire() as it:\n    print(it)"),
    ("asyncpg.Connection", "import asyncpg", "async with asyncpg.create_pool() as p:\n    it = await p.acquire()\n    print(it)"),
    ("redis.asyncio.client.Pipeline", "import redis.asyncio as r", "it = r.from_url('').pipeline().set('a', 1)\nprint(it)"),
]
CHAINS += [
    ("aiosqlite.Cursor", "import aiosqlite", "async with aiosqlite.connect('') as d, d.execute('') as it:\n    print(it)"),
    (
        "motor.motor_asyncio.AsyncIOMotorCursor",
        "import motor.motor_asyncio as m",
        "it = m.AsyncIOMotorClient().a.b.find()\nprint(it)",
    ),
    ("psycopg.AsyncCursor", "import psycopg", "c = await psycopg.AsyncConnection.connect()\nit = await c.execute('')\nprint(it)"),
    ("sqlalchemy.engine.Result", "import sqlalchemy.ext.asyncio as a\ns: a.AsyncSession", "it = await s.execute('')\nprint(it)"),
    ("trio.Nursery", "import trio", "async with trio.open_nursery() as it:\n    print(it)"),
    ("websockets.asyncio.client.ClientConnection", "import websockets", "async for it in websockets.connect(''):\n    print(it)"),
    ("websockets.asyncio.client.ClientConnection", "import websockets", "it = await websockets.connect('')\nprint(it)"),
]
COROUTINES = [
    ("import motor.motor_asyncio as m", "it = m.AsyncIOMotorClient().a.b.find().next()\nprint(it)"),
    ("from sqlalchemy.ext.asyncio import async_sessionmaker", "m = async_sessionmaker()\nit = m().commit()\nprint(it)"),
    ("import sqlalchemy.ext.asyncio as a", "async with a.create_async_engine().begin() as c:\n  it = c.execute()\n  print(it)"),
    ("import aiohttp", "r = await aiohttp.ClientSession().get('')\nit = r.json()\nprint(it)"),
    ("import httpx", "it = httpx.AsyncClient().get('')\nprint(it)"),
    ("from redis.asyncio import Redis", "it = Redis().get('a')\nprint(it)"),
    ("from redis import asyncio as aioredis", "p = aioredis.from_url('').pubsub()\nit = p.subscribe('a')\nprint(it)"),
    ("from fastapi import Request\nr: Request", "it = r.json()\nprint(it)"),
]


def body(head: str, text: str) -> str:
    return f"{head}\nasync def f():\n" + "".join(f"    {line}\n" for line in text.splitlines())


@pytest.mark.parametrize(("expected", "head", "text"), CHAINS)
def test_chains_resolve_without_the_library(tmp_path: Path, expected: str, head: str, text: str) -> None:
    (value,) = last_value(tmp_path, body(head, text))
    assert isinstance(value, Instance)
    assert value.cls.name == expected


@pytest.mark.parametrize(("head", "text"), COROUTINES)
def test_coroutines_are_seen_without_the_library(tmp_path: Path, head: str, text: str) -> None:
    (value,) = last_value(tmp_path, body(head, text))
    assert isinstance(value, CoroutineValue)


@pytest.mark.parametrize("module", [name for name, table in TABLES.items() if table.cut])
def test_no_alias_leads_out_of_a_cut(module: str) -> None:
    """What stands below a name that is cut is cut by the name that tables use, too."""
    facts = TABLES[module]
    knowledge = Knowledge()
    cuts = [name.removesuffix("*") for row in facts.cut for name in row.names if name.endswith(".*")]
    inside = [(alias, name) for alias, name in facts.aliases.items() if alias.startswith(tuple(cuts))]
    assert not [alias for alias, name in inside if knowledge.cut(name) is None]


AT_HAND = """
class ClientResponse:
    async def start(self): ...
    def text(self): ...
class ClientSession:
    def get(self): ...
class Other(ClientSession): ...
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it = ClientResponse().start()", "Coroutine(result=(Instance"),
        ("it = await ClientResponse().start()", "Instance"),
        ("it = ClientResponse().text()", "Coroutine(result=(Unknown"),
        ("it = Other().get()", "Instance"),
    ],
)
def test_tables_tell_of_libraries_at_hand(tmp_path: Path, text: str, expected: str) -> None:
    """An async function of which tables say what it gives gives a coroutine of that."""
    library = tmp_path / "lib"
    (library / "aiohttp").mkdir(parents=True)
    (library / "aiohttp" / "__init__.py").write_text(AT_HAND)
    (value,) = last_value(tmp_path, body("from aiohttp import *", f"{text}\nprint(it)"), (library,))
    assert str(value).startswith(expected)
