"""What keeps the cost down changes no finding: what is asked once, what is set aside, what is cut. And the benchmark's sums."""

from __future__ import annotations

import ast
import gc
from pathlib import Path

import pytest

from flake8_noblock import session as session_module
from flake8_noblock.facts.build import module_facts
from flake8_noblock.facts.model import Attr, Body, Call, Closure, Lookup, Param
from flake8_noblock.link.astroid_bridge import Oracle
from flake8_noblock.link.dependence import dependent
from flake8_noblock.link.finder import Finder
from flake8_noblock.link.kept import Answers
from flake8_noblock.link.values import UNKNOWN, WIDEST_TYPE, ForeignClass, Instance, Literal, Values, shallow
from tests.bench import figures
from tests.bench.corpus import File, Sources
from tests.bench.figures import Round, Tree
from tests.bench.measure import Cost

FUNCTION = """\
import shop
def serve(handler, request, limit=shop.limit):
    handler(shop.open(), request.user)
    return lambda: handler
"""


def body_of(text: str) -> Body:
    return module_facts(ast.parse(text)).bodies[1]


def kinds(body: Body, numbers: frozenset[int]) -> set[str]:
    """What operations are, as far as the tests tell them apart."""
    named = {Param: "param", Closure: "closure", Call: "call"}
    found = set()
    for number in numbers:
        op = body.ops[number]
        found.add(op.name if isinstance(op, Attr | Lookup) else named.get(type(op), "other"))
    return found


def test_only_what_uses_a_given_parameter_depends_on_a_context() -> None:
    body = body_of(FUNCTION)
    of_handler = dependent(body, (0,), None)
    of_request = dependent(body, (1,), None)
    assert "user" not in kinds(body, of_handler) and "user" in kinds(body, of_request)
    assert all({"shop", "open"}.isdisjoint(kinds(body, numbers)) for numbers in (of_handler, of_request))
    assert all("closure" in kinds(body, numbers) for numbers in (of_handler, of_request))


def test_names_and_defaults_from_around_depend_on_a_context_of_the_function_around() -> None:
    body = body_of(FUNCTION)
    assert "param" not in kinds(body, dependent(body, (), None))
    inside = dependent(body, (), {"shop"})
    assert {"param", "shop", "open"} <= kinds(body, inside)


def test_places_of_operations_take_a_byte_each_and_are_right_in_long_bodies() -> None:
    short = module_facts(ast.parse("\n" * 400 + FUNCTION)).bodies[1]
    assert all(isinstance(listed, bytes) for listed in (short.lines, short.columns, short.where, short.statements))
    long = body_of("def serve():\n" + "    work()\n" * 400)
    for body, first in ((short, 402), (long, 1)):
        assert sorted({body.line_of(number) for number in range(len(body.ops))})[0] >= first
        assert body.line_of(len(body.ops) - 1) == (404 if body is short else 401)


def test_names_and_operands_of_a_module_are_kept_once() -> None:
    ops = body_of("def serve():\n    work(1)\n    work(2)\n").ops
    one, other = [op for op in ops if op == Lookup("work")]
    assert one is other
    bodies = module_facts(ast.parse("def f(a):\n    a(a)\ndef g(a):\n    a(a)\n")).bodies
    first, second = [op.args for body in bodies for op in body.ops if isinstance(op, Call)]
    assert first is second


def test_equal_answers_are_kept_once_and_constants_of_different_types_apart() -> None:
    answers: Answers[str, int] = Answers()
    for number, value in enumerate(
        (Instance(ForeignClass("shop.C")), Instance(ForeignClass("shop.C")), Literal(1), Literal(True))
    ):
        answers["site", number] = (value,), 1 << 100
    assert answers["site", 0] is answers["site", 1]
    assert [type(answers["site", number][0][0].value) for number in (2, 3)] == [int, bool]  # type: ignore[union-attr]
    assert answers["site", 0][1] is answers["site", 2][1]
    assert ("site", 4) not in answers and answers.get(("other", 0)) is None


def test_what_astroid_has_built_is_freed_and_made_again_for_another_question(tmp_path: Path) -> None:
    oracle = Oracle(Finder((tmp_path,), ()), "class Shop: ...\ndef f():\n    shop = Shop()\n    shop.open()\n", "m")
    assert oracle.receiver_classes(4, 4) == ("m.Shop",)
    oracle.forget_trees()
    assert oracle._calls is None and not oracle._modules
    assert oracle.receiver_classes(4, 4) == ("m.Shop",)


def test_types_within_types_are_bounded_in_width() -> None:
    many: Values = tuple([Instance(ForeignClass(f"shop.C{number}")) for number in range(WIDEST_TYPE + 1)])
    a_list = Instance(ForeignClass("shop.List"), (many,))
    assert shallow((a_list,)) == (a_list,)
    nested = shallow((Instance(ForeignClass("shop.List"), ((a_list,),)),))
    assert nested == (Instance(ForeignClass("shop.List"), ((Instance(ForeignClass("shop.List"), (UNKNOWN,)),),)),)


def test_what_was_made_is_set_aside_and_the_collector_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "FIRST_SET_ASIDE", 100)
    collector = session_module._Collector()
    before, kept = gc.get_freeze_count(), []
    try:
        with collector.standing_still():
            assert not gc.isenabled()
            kept.extend([[number] for number in range(10_000)])
        assert gc.isenabled()
        assert gc.get_freeze_count() >= before + len(kept)
        aside = gc.get_freeze_count()
        with collector.standing_still():
            kept.append([0])
        assert gc.get_freeze_count() <= aside
    finally:
        gc.unfreeze()


def test_the_figures_of_a_benchmark_are_sums_over_packages(tmp_path: Path) -> None:
    file = File(tmp_path, tmp_path / "a.py", 1_000_000, True, True)
    trees = [Tree(Sources(name, (tmp_path,), (file,)), tmp_path) for name in ("one", "two")]
    costs = {
        "bare": Cost(10, 10),
        "cold": Cost(60, 60, peak=300_000_000),
        "warm": Cost(15, 12),
        "edited": Cost(16, 16),
        "bare, two jobs": Cost(11, 6),
        "warm, two jobs": Cost(16, 8.16),
    }
    known = {tree.sources.name: [Round(costs, 3)] for tree in trees}
    rows = figures._figures(trees, known, [(Cost(0.1, 0.1), Cost(0.2, 0.2))], trees[0])
    assert [measured for _, _, measured in rows] == ["50.0", "5.0", "6.0", "0.80", "300", "100"]
    assert figures._package(trees[0], known["one"])[2:] == ("10.0", "50.0", "5.0", "6.0", "3 of 1", "300")
