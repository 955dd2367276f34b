"""What the tables say of following calls: the form of those rows, and how they are looked up."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator
from functools import cached_property

import pytest

from flake8_noblock.knowledge.index import index_of
from flake8_noblock.knowledge.schema import Blocking
from flake8_noblock.knowledge.tables import Knowledge, data, parse_table, shipped
from tests.test_knowledge_thirdparty import Unavailable, imported

TABLES = {name: parse_table((data() / f"{name}.toml").read_text("utf-8"), name) for name in sorted(shipped())}
ATTRIBUTES = [name for table in TABLES.values() for row in table.blocking if row.attribute for name in row.names]


def blocking_rows() -> Iterator[tuple[str, Blocking]]:
    for table in TABLES.values():
        for row in table.blocking:
            yield from ((name, row) for name in row.names)


@pytest.mark.parametrize("module", [name for name, table in TABLES.items() if table.cut])
def test_every_cut_says_why_in_a_sentence(module: str) -> None:
    for row in TABLES[module].cut:
        assert row.reason[:1].isupper(), row
        assert row.reason.endswith("."), row
        assert row.reason.count(". ") == 0, row


@pytest.mark.parametrize("module", [name for name, table in TABLES.items() if table.decorator])
def test_what_a_decorator_runs_is_a_blocking_operation(module: str) -> None:
    for row in TABLES[module].decorator:
        assert not row.runs or Knowledge().blocking(row.runs) is not None, row


def test_no_decorator_or_cut_is_listed_twice() -> None:
    for table in TABLES.values():
        for rows in (table.decorator, table.cut):
            assert not [name for name, count in Counter(n for row in rows for n in row.names).items() if count > 1]


def test_rows_of_one_callable_are_of_different_arguments() -> None:
    for table in TABLES.values():
        given = Counter((name, row.callable) for row in table.invoke for name in row.names)
        assert not [pair for pair, count in given.items() if count > 1]


def test_no_callable_is_both_followed_and_moved_away() -> None:
    for table in TABLES.values():
        moved = {(name, row.callable) for row in table.offload if not row.decorator for name in row.names}
        assert not [n for row in table.invoke for n in row.names if (n, row.callable) in moved]
        marked = {name for row in table.offload if row.decorator for name in row.names}
        assert not [n for row in table.decorator for n in row.names if n in marked]


def static(name: str) -> object:
    """The member `name` of a class as the class holds it; LookupError where it can't be seen."""
    parts = name.split(".")
    for size in range(len(parts) - 1, 0, -1):
        try:
            found = imported(".".join(parts[:size]))
        except LookupError:
            continue
        for part in parts[size:-1]:
            found = getattr(found, part)
        return inspect.getattr_static(found, parts[-1])
    raise LookupError(name)


def is_property(member: object) -> bool:
    return hasattr(type(member), "__get__") and not callable(member) and not isinstance(member, staticmethod | classmethod)


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes_are_properties(name: str) -> None:
    try:
        assert is_property(static(name))
    except (LookupError, Unavailable) as missing:
        pytest.skip(str(missing))


def test_no_other_row_names_a_property() -> None:
    wrong = []
    for name, row in blocking_rows():
        owner = name.rpartition(".")[0].rpartition(".")[2]
        if row.attribute or name.endswith(".*") or not owner[:1].isupper():
            continue
        try:
            if isinstance(static(name), property | cached_property):
                wrong.append(name)
        except (LookupError, AttributeError, Unavailable):
            continue
    assert not wrong


def knowledge(text: str) -> Knowledge:
    return Knowledge(index_of([parse_table(text, "own")]))


def test_a_callable_may_call_several_arguments() -> None:
    hooks = {row.callable.keyword for row in Knowledge().invoke("json.loads")}
    assert {"object_hook", "parse_float"} <= hooks
    assert Knowledge().invoke("json.JSONDecoder") == ()


def test_the_users_row_comes_first() -> None:
    own = knowledge('[[invoke]]\nnames = ["builtins.sorted"]\ncallable = { keyword = "by" }')
    assert [row.callable.keyword for row in own.invoke("builtins.sorted")] == ["by"]
    assert [row.callable.keyword for row in own.invoke("builtins.max")] == ["key"]


def test_a_name_is_found_by_where_it_is_defined() -> None:
    assert Knowledge().invoke("_bisect.bisect_left") == Knowledge().invoke("bisect.bisect_left") != ()
    assert Knowledge().decorator("backoff._decorator.on_exception") is not None
    assert Knowledge().hooks("attr.s") == Knowledge().hooks("attr.attrs") != ()


def test_a_cut_holds_for_what_lies_below() -> None:
    own = knowledge('[[cut]]\nnames = ["pkg.Class", "pkg.inner.*"]\nreason = "Because."')
    assert own.cut("pkg.Class") is not None
    assert own.cut("pkg.Class.method") is not None
    assert own.cut("pkg.inner.deep.function") is not None
    assert own.cut("pkg.inner") is None
    assert own.cut("pkg.Classes") is None
    assert own.cut("pkg") is None


def test_hooks_of_the_user_come_on_top() -> None:
    own = knowledge('[[hooks]]\nclasses = ["pydantic.BaseModel"]\nmethods = ["ready"]')
    methods = [method for row in own.hooks("pydantic.main.BaseModel") for method in row.methods]
    assert methods == ["ready", "model_post_init"]


def test_logging_runs_its_handlers() -> None:
    rows = Knowledge().dispatch("logging.Logger.info")
    assert [(row.register, row.method) for row in rows] == [
        (("logging.Logger.addHandler",), "emit"),
        (("logging.Logger.addFilter",), "filter"),
    ]


def test_every_table_can_be_looked_up() -> None:
    for table in TABLES.values():
        for row in table.invoke:
            assert all(row in Knowledge().invoke(name) for name in row.names)
        for decorator in table.decorator:
            assert all(Knowledge().decorator(name) == decorator for name in decorator.names)
        for cut in table.cut:
            assert all(Knowledge().cut(name.replace("*", "x")) == cut for name in cut.names)
        for dispatch in table.dispatch:
            assert all(dispatch in Knowledge().dispatch(name) for name in dispatch.names)
        for hooks in table.hooks:
            assert all(hooks in Knowledge().hooks(name) for name in hooks.classes)
