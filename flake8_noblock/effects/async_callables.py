"""Async functions given to what calls them like sync ones: the coroutine that they give is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_noblock.effects.awaitables import kind_of, runs_by_itself
from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.conditions import argument
from flake8_noblock.effects.lost import is_lost
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import (
    Attr,
    Binary,
    Call,
    Choice,
    Closure,
    Compare,
    Declared,
    Drop,
    Format,
    Import,
    Lookup,
    Narrowed,
    Op,
    Param,
    Unary,
)
from flake8_noblock.link.arguments import Arguments, places
from flake8_noblock.link.calls import call
from flake8_noblock.link.evaluate import arguments_of
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import Adapter, Function, Partial, Value, Values


@dataclass(frozen=True, slots=True)
class AsyncCallable:
    """The call at `place` is given an async function as operation `given` and calls it without awaiting what it gives."""

    place: Place
    given: int
    function: Values


def async_callables(infer: Inference, site: Site) -> Iterator[AsyncCallable]:
    """The calls in the body at `site` that are given an async function where a sync one is called, in source order."""
    body = infer.body(site)
    for number, op in enumerate(body.ops):
        if not isinstance(op, Call):
            continue
        given = [value for value in (*op.args, *[value for _, value in op.keywords]) if _may_be_function(body.ops[value])]
        coroutine_functions = {value: values for value in given if _is_async(infer, values := infer.value(site, value))}
        if coroutine_functions:
            for value in _called(infer, Place(site, number), op):
                if value in coroutine_functions:
                    yield AsyncCallable(Place(site, number), value, coroutine_functions[value])
                    break


def _may_be_function(op: object) -> bool:
    return isinstance(op, Closure | Lookup | Import | Attr | Call)


def _is_async(infer: Inference, values: Values) -> bool:
    """Whether calling any of `values` gives a coroutine that nobody awaits."""
    if not values or not all(isinstance(value, Function | Partial | Adapter) for value in values):
        return False
    if any(runs_by_itself(infer, value) for value in values):
        return False
    return kind_of(infer, call(infer, values, Arguments())) in ("coroutine", "async generator")


def _called(infer: Inference, place: Place, op: Call) -> Iterator[int]:
    """The arguments of a call that are called there, and whose results are dropped or taken for plain values."""
    callee = infer.value(place.site, op.func)
    for value in callee if len(callee) == 1 else ():
        for name in paths(infer, value) or ():
            yield from _called_by_tables(infer, place, name)
        if isinstance(value, Function) and infer.module(value.module).origin != "standard library":
            yield from _dropped_by(infer, place, op, value)


def run_plainly(infer: Inference, module: str) -> Iterator[tuple[int, str]]:
    """The numbers of async functions in `module` that a decorator has a framework call without awaiting, with its name."""
    for number, body in enumerate(infer.facts(module).bodies):
        if body.is_async and not body.is_generator and body.decorators:
            around = Site(module, body.parent)
            names = [_decorator_names(infer, around, decorator) for decorator in body.decorators]
            for index, listed in enumerate(names):
                framework = next((n for n in listed if any(row.sync for row in infer.knowledge.entries(n))), None)
                if framework is not None and all(_is_below(inner, framework) for inner in names[index + 1 :]):
                    yield number, framework
                    break


def _decorator_names(infer: Inference, around: Site, decorator: int) -> tuple[str, ...]:
    op = infer.body(around).ops[decorator]
    values = infer.value(around, op.func if isinstance(op, Call) else decorator)
    return tuple([name for value in values for name in paths(infer, value) or ()])


def _is_below(names: tuple[str, ...], other: str) -> bool:
    """Whether a decorator is one of the framework's own, which leave the function as it is."""
    return any(name.partition(".")[0] == other.partition(".")[0] for name in names)


def _called_by_tables(infer: Inference, place: Place, name: str) -> Iterator[int]:
    known = infer.knowledge
    rows = [row for row in (known.offload(name), known.loop_callback(name)) if row is not None and not row.decorator]
    for row in rows:
        given = argument(infer, place, row.callable)
        if given is not None and not row.takes_async:
            yield given
    for invoke in known.invoke(name):
        given = argument(infer, place, invoke.callable)
        if given is not None and (not invoke.takes_async or is_lost(infer, place)):
            yield given


def _dropped_by(infer: Inference, place: Place, op: Call, function: Function) -> Iterator[int]:
    """The arguments that a function of the program calls and whose results it drops."""
    dropping = _dropping(infer, function)
    if not dropping:
        return
    body = infer.function_body(function)
    numbers: dict[Values, int] = {infer.value(place.site, value): value for value in (*op.args, *dict(op.keywords).values())}
    for index, values in places(body, function.receiver is not None, arguments_of(infer, place.site, op)) or ():
        if index in dropping and values in numbers:
            yield numbers[values]


def _dropping(infer: Inference, function: Function) -> frozenset[int]:
    """The indices of parameters that a function does nothing with but call them and drop what they give."""
    site = Site(function.module, function.body)
    return infer.remember_from(frozenset[int](), "parameters called and dropped", site, _find_dropping, infer, site)


def _find_dropping(infer: Inference, site: Site) -> frozenset[int]:
    params = {number: op.index for number, op in enumerate(infer.body(site).ops) if isinstance(op, Param)}
    return frozenset(index for number, index in params.items() if _only_drops(infer, Place(site, number)))


def _only_drops(infer: Inference, parameter: Place) -> bool:
    ops = infer.body(parameter.site).ops
    what = fate(infer, parameter)
    calls = [user for user in what.users if not isinstance(ops[user], Compare | Unary)]
    return bool(calls) and not what.named and all(_is_dropped_call(infer, parameter, user) for user in calls)


def _is_dropped_call(infer: Inference, parameter: Place, user: int) -> bool:
    """Whether `user` calls the parameter and takes what that gives for a plain value, or hands it to what does."""
    ops = infer.body(parameter.site).ops
    op = ops[user]
    if not isinstance(op, Call):
        return False
    if not _may_be(ops, op.func, parameter.number):
        return parameter.number in _called(infer, Place(parameter.site, user), op)
    result = fate(infer, Place(parameter.site, user))
    return not result.named and all(isinstance(ops[number], _PLAIN) for number in result.users)


def _may_be(ops: tuple[Op, ...], number: int, value: int) -> bool:
    """Whether operation `number` gives operation `value`, or another one where ways meet."""
    match ops[number]:
        case Choice(values=values):
            return number == value or any(_may_be(ops, one, value) for one in values if one < number)
        case Narrowed(value=inner) | Declared(value=inner) if inner >= 0:
            return number == value or _may_be(ops, inner, value)
    return number == value


_PLAIN = (Binary, Drop, Format, Unary)
"""Operations that no coroutine takes, and dropping it."""


def described(infer: Inference, value: Value) -> str:
    """A callable as a message names it."""
    match value:
        case Function():
            return infer.function_body(value).qualname.rpartition("<locals>.")[2]
        case Partial(callee=callee) | Adapter(callee=callee) if callee:
            return described(infer, callee[0])
    return "the callable"
