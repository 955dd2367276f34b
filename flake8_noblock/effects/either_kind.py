"""Methods of objects whose class need not be the one that works synchronously: a subclass has a coroutine function for it, and
the call takes either kind (``await ensure_async(manager.stop())``)."""

from __future__ import annotations

from flake8_noblock.effects.awaitables import kind_of
from flake8_noblock.effects.origins import Place
from flake8_noblock.facts.model import Attr, Await, Body, Call, Choice, Narrowed, Param
from flake8_noblock.facts.operands import returned_values
from flake8_noblock.link.arguments import NO_ARGUMENTS
from flake8_noblock.link.attributes import attribute
from flake8_noblock.link.calls import call
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.subclasses import subclasses
from flake8_noblock.link.values import Function, Instance, SourceClass, Values

MOST_RETURNS = 2
"""Functions in a row through which what a method gives is handed on."""


def may_be_coroutine(infer: Inference, place: Place, op: Call, consumer: int | None) -> bool:
    """Whether what the call at `place` gives is handed by call `consumer` to a coroutine function that awaits it if
    it can be awaited, and may be a coroutine."""
    if consumer is None or not _is_awaited_by_callee(infer, place, consumer):
        return False
    return _may_give_coroutine(infer, place.site, op, MOST_RETURNS)


def _may_give_coroutine(infer: Inference, site: Site, op: Call, depth: int) -> bool:
    """Whether a method that is called is async in a subclass, or the function that is called hands on what such a method
    gives."""
    method = infer.body(site).ops[op.func]
    if isinstance(method, Attr) and _is_async_in_subclass(infer, infer.value(site, method.base), method.name):
        return True
    functions = [value for value in infer.value(site, op.func) if isinstance(value, Function)] if depth else []
    return any(_hands_on_coroutine(infer, function, depth - 1) for function in functions)


def _is_async_in_subclass(infer: Inference, receivers: Values, name: str) -> bool:
    return any(
        kind_of(infer, call(infer, attribute(infer, (Instance(cls),), name), NO_ARGUMENTS)) is not None
        for value in receivers
        if isinstance(value, Instance) and isinstance(value.cls, SourceClass)
        for cls in subclasses(infer, value.cls, everywhere=False)
    )


def _hands_on_coroutine(infer: Inference, function: Function, depth: int) -> bool:
    body = infer.function_body(function)
    if body.is_async or body.is_generator:
        return False
    site = Site(function.module, function.body)
    returned = [body.ops[number] for number in returned_values(body)]
    return any(isinstance(op, Call) and _may_give_coroutine(infer, site, op, depth) for op in returned)


def _is_awaited_by_callee(infer: Inference, place: Place, consumer: int) -> bool:
    op = infer.body(place.site).ops[consumer]
    if not isinstance(op, Call) or place.number not in op.args:
        return False
    callee = infer.value(place.site, op.func)
    position = op.args.index(place.number)
    return bool(callee) and all(isinstance(v, Function) and position in _awaited_arguments(infer, v) for v in callee)


def _awaited_arguments(infer: Inference, function: Function) -> frozenset[int]:
    """The positions of the arguments of a coroutine function that it awaits."""
    body = infer.function_body(function)
    if not body.is_async:
        return frozenset()
    site = Site(function.module, function.body)
    awaited = infer.remember("awaited arguments", site, _find_awaited, infer, site)
    first = 0 if function.receiver is None else 1
    return frozenset([index - first for index in awaited])


def _find_awaited(infer: Inference, site: Site) -> list[int]:
    body = infer.body(site)
    awaited = [_parameter(infer, site, body, op.value) for op in body.ops if isinstance(op, Await)]
    return [index for index in awaited if index >= 0]


def _parameter(infer: Inference, site: Site, body: Body, number: int) -> int:
    """The index of the parameter that operation `number` is; -1: none."""
    match body.ops[number]:
        case Param(index=index):
            return index
        case Narrowed(value=value):
            return _parameter(infer, site, body, value)
        case Choice(values=values):
            return max([_parameter(infer, site, body, value) for value in values if value < number], default=-1)
        case Call(func=func, args=(_, value)) if _is_cast(infer, site, func):
            return _parameter(infer, site, body, value)
    return -1


def _is_cast(infer: Inference, site: Site, func: int) -> bool:
    callee = infer.value(site, func)
    return bool(callee) and all(isinstance(v, Function) and infer.path(v) == "typing.cast" for v in callee)
