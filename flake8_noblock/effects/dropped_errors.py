"""Handlers that drop all errors without a trace."""

from __future__ import annotations

from flake8_noblock.effects.clean_up import gives_back, is_clean_up, is_future
from flake8_noblock.effects.errors import catches_everything
from flake8_noblock.effects.failing import failure_of_call, is_standard_call
from flake8_noblock.effects.guards import names_of
from flake8_noblock.effects.handlers import Handler, handled, handlers, is_await, loops_around
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import (
    Attr,
    Await,
    Body,
    Call,
    Caught,
    Const,
    Drop,
    Element,
    Item,
    Jump,
    Lookup,
    Param,
    Raise,
    Return,
)
from flake8_noblock.link.classes import find_member
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import layout, regions_around, within
from flake8_noblock.link.values import Function, Instance, Value


def drops_errors(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether a handler of all errors does nothing at all, where the work was more than giving something back."""
    if handler.types is not None and not catches_everything(infer, handler.types):
        return False
    body = infer.body(site)
    if not (handler.silent if handler.region < 0 else _does_nothing(infer, site, handler)):
        return False
    if gives_back(infer, body) or _comes_after(body, handler.tried) or _awaits_others(infer, site, handler.tried):
        return False
    if _only_waits(infer, site, handler.tried) or _are_told_before(infer, site, handler.tried):
        return False
    return not (
        is_clean_up(infer, site, handler.tried) or _fails_later(infer, site, handler) or _skips_something(infer, site, handler)
    )


def _skips_something(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether a handler leaves by ``return`` or ``continue`` what would come next, or by ``break`` a loop after which something
    comes: the failure changes what is done."""
    body = infer.body(site)
    own = handled(infer, site, handler)
    left = [op for number in own if isinstance(op := body.ops[number], Return | Jump)]
    if not left:
        return False
    others = {n for r in layout(infer, site).partners[handler.tried] for n in within(infer, site, r)}
    if _goes_on_after(infer, site, handler.tried, max((*own, *within(infer, site, handler.tried))), others):
        return True
    loops = loops_around(body, handler.tried) if Jump("break") in left else []
    return bool(loops) and _goes_on_after(infer, site, loops[0], max(within(infer, site, loops[0])), set())


def _goes_on_after(infer: Inference, site: Site, region: int, last: int, without: set[int]) -> bool:
    """Whether something follows operation `last` around a region, other than the end of a function."""
    body = infer.body(site)
    after = [n for n in within(infer, site, body.regions[region].parent) if n > last and n not in without]
    return any(body.ops[number] != Return(-1) for number in after)


def _comes_after(body: Body, region: int) -> bool:
    """Whether a region lies in a handler or a ``finally``, where a second error would hide the first."""
    return any(body.regions[number].kind in ("except", "finally") for number in regions_around(body, region))


def _awaits_others(infer: Inference, site: Site, region: int) -> bool:
    """Whether all that is awaited in a region are tasks that others have started, at whose failure they may look."""
    body = infer.body(site)
    inside = within(infer, site, region)
    awaited = [op.value for number, op in enumerate(body.ops) if number in inside and isinstance(op, Await)]
    others = [number for number in awaited if isinstance(body.ops[number], Attr | Element | Item | Lookup | Param)]
    values = [infer.value(site, number) for number in others]
    return (
        bool(awaited)
        and len(others) == len(awaited)
        and all(found and all(_is_task(infer, v) for v in found) for found in values)
    )


def _only_waits(infer: Inference, site: Site, region: int) -> bool:
    """Whether all that is awaited in a region are waits of the standard library that can't fail, such as a sleep."""
    ops = infer.body(site).ops
    awaits = [op for number, op in enumerate(ops) if number in within(infer, site, region) and is_await(op)]
    return all(isinstance(op, Await) and _only_waits_for(infer, Place(site, op.value)) for op in awaits)


def _only_waits_for(infer: Inference, made: Place) -> bool:
    known = infer.knowledge
    runs = any(known.consumer(name) or known.task(name) or known.offload(name) for name in names_of(infer, made))
    return is_standard_call(infer, made) and not runs and failure_of_call(infer, made) is None


def _are_told_before(infer: Inference, site: Site, region: int) -> bool:
    """Whether all that is awaited in a region are functions of the project that tell of each error and raise it again."""
    ops = infer.body(site).ops
    awaited = [op for number, op in enumerate(ops) if number in within(infer, site, region) and is_await(op)]
    return bool(awaited) and all(
        isinstance(op, Await | Element) and _is_told_by_callee(infer, Place(site, op.value)) for op in awaited
    )


def _is_told_by_callee(infer: Inference, made: Place) -> bool:
    op = infer.body(made.site).ops[made.number]
    callee = infer.value(made.site, op.func) if isinstance(op, Call) else ()
    return bool(callee) and all(isinstance(value, Function) and _tells_errors(infer, value) for value in callee)


def _tells_errors(infer: Inference, function: Function) -> bool:
    """Whether all that a coroutine function awaits stands in ``try`` blocks whose handlers do something with each error and raise
    one."""
    site = Site(function.module, function.body)
    body = infer.body(site)
    awaits = {number for number, op in enumerate(body.ops) if is_await(op)}
    told = [handler for handler in handlers(infer, site) if _tells(infer, site, handler)]
    covered = {number for handler in told for number in within(infer, site, handler.tried)}
    return infer.module(site.module).origin == "project" and body.is_async and bool(awaits) and awaits <= covered


def _tells(infer: Inference, site: Site, handler: Handler) -> bool:
    ops = infer.body(site).ops
    own = [ops[number] for number in handled(infer, site, handler)]
    is_told = any(isinstance(op, Drop) and isinstance(ops[op.value], Call) for op in own)
    everything = handler.types is None or catches_everything(infer, handler.types)
    return everything and is_told and any(isinstance(op, Raise) for op in own)


def _is_task(infer: Inference, value: Value) -> bool:
    """Whether a value is a future that can be cancelled, rather than anything that can be awaited."""
    return is_future(infer, value) and isinstance(value, Instance) and find_member(infer, value.cls, "cancel") is not None


def _does_nothing(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether a handler holds no more than ``pass``, ``continue``, ``break`` or a ``return`` of nothing."""
    body = infer.body(site)
    own = within(infer, site, handler.region)
    returned = {op.value for number in own if isinstance(op := body.ops[number], Return)}
    for number in own:
        op = body.ops[number]
        if isinstance(op, Return):
            fine = op.value < 0 or body.ops[op.value] == Const(None)
        elif isinstance(op, Caught):
            fine = not fate(infer, Place(site, number)).users
        else:
            fine = isinstance(op, Jump) or (number in returned and op == Const(None))
        if not fine:
            return False
    return True


def _fails_later(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether a loop of tries ends in an error of its own, or an error comes next in any case."""
    body = infer.body(site)
    around = body.regions[handler.tried].parent
    last = max(within(infer, site, handler.tried), default=0)
    raised = [number for number, op in enumerate(body.ops) if number > last and isinstance(op, Raise)]
    return any(body.where[number] == around for number in raised) or bool(raised and loops_around(body, handler.tried))
