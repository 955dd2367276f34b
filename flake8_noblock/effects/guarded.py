"""What is known of an object where an operation on it runs, since a condition asked it before (``if future.done():``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from flake8_noblock.effects.absent import method_read
from flake8_noblock.effects.once import missing_attributes
from flake8_noblock.effects.origins import Place, definitions_of, identity, is_call_on
from flake8_noblock.effects.overrides import is_abstract, overrides
from flake8_noblock.facts.model import (
    Attr,
    Await,
    Body,
    Call,
    Choice,
    Compare,
    Const,
    Display,
    Jump,
    Lookup,
    Op,
    Param,
    StoreAttr,
    Unary,
)
from flake8_noblock.facts.operands import joined
from flake8_noblock.knowledge.schema import Blocking
from flake8_noblock.link.classes import mro
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import regions_around
from flake8_noblock.link.values import Function, Instance


def is_guarded(infer: Inference, place: Place, key: object, method: str, truth: bool) -> bool:
    """Whether `place` runs only where a call of `method` on the object that `key` identifies was true, or wasn't: under such a
    condition, or after a loop that went on until then."""
    body = infer.body(place.site)
    around: set[int] = set()
    number = body.where[place.number]
    while number >= 0:
        region = body.regions[number]
        governs = region.kind in ("branch", "loop") and region.value >= 0
        if governs and _tells(body, region.value, region.positive, key, method, truth):
            return True
        around.add(number)
        number = region.parent
    return any(
        region.kind == "loop"
        and 0 <= region.value < place.number
        and region.parent in around
        and number not in around
        and _tells(body, region.value, False, key, method, truth)
        and not _is_left_early(body, number)
        for number, region in enumerate(body.regions)
    )


def _tells(body: Body, condition: int, positive: bool, key: object, method: str, truth: bool) -> bool:
    """Whether `condition` being true (or, not `positive`, false) says that the call of `method` gave `truth`."""
    op: Op = body.ops[condition]
    match op:
        case Unary(operator="Not" | "Test" as operator, value=value):
            return _tells(body, value, positive == (operator == "Test"), key, method, truth)
        case Choice(where=(*_, last)) if body.regions[last].positive == positive:
            return any(_tells(body, value, positive, key, method, truth) for value in joined(body.ops, condition))
    return positive == truth and is_call_on(body.ops, condition, method, lambda base: identity(body.ops, base) == key)


def _is_left_early(body: Body, loop: int) -> bool:
    """Whether a ``break`` may leave a loop before its condition is false."""
    inside = {loop}
    for number, region in enumerate(body.regions):
        if region.parent in inside:
            inside.add(number)
    return any(op == Jump("break") and where in inside for op, where in zip(body.ops, body.where, strict=True))


def is_guarded_by_caller(infer: Inference, call: Place, place: Place, row: Blocking) -> bool:
    """Whether the caller of a method has asked what an operation in it, at `place` and on an attribute of the same object,
    would wait for."""
    caller, body = infer.body(call.site).ops, infer.body(place.site).ops
    op, inner = caller[call.number], body[place.number]
    if not isinstance(op, Call) or not isinstance(inner, Call):
        return False
    method, receiver = caller[op.func], body[inner.func]
    if not isinstance(method, Attr) or not isinstance(receiver, Attr):
        return False
    attribute = body[receiver.base]
    if not isinstance(attribute, Attr) or body[attribute.base] != Param(0):
        return False
    key = (identity(caller, method.base), attribute.name)
    return any(c.guard is not None and is_guarded(infer, call, key, c.guard, not c.fails) for c in row.unless)


def is_only_overridden(body: Body, call: int) -> bool:
    """Whether a method is called only where a subclass has another in its place (``if type(self).read is not Base.read:``)."""
    op = body.ops[call]
    method = body.ops[op.func] if isinstance(op, Call) else None
    number = body.where[call]
    while number > 0 and isinstance(method, Attr):
        region = body.regions[number]
        asked = body.ops[region.value] if region.kind == "branch" and region.value >= 0 else None
        if isinstance(asked, Compare) and asked.operators in (("IsNot",), ("Is",)):
            named = [part.name for part in (body.ops[value] for value in asked.values) if isinstance(part, Attr)]
            if named == [method.name, method.name]:
                return region.positive == (asked.operators == ("IsNot",))
        number = region.parent
    return False


_Kind = TypeVar("_Kind", Await, Call)

LONGEST_WAY = 4
"""Calls in a row, each of which takes what the one before gave, through which an object is followed to an ``await``."""


def was_awaited(infer: Inference, receiver: Place, before: int) -> bool:
    """Whether on each way to operation `before` something was awaited that is, or was made of, the object `receiver`."""
    body = infer.body(receiver.site)
    awaited = [Place(receiver.site, op.value) for op in _earlier(body, before, Await)]
    key = _object(infer, receiver)
    return any(_is_made_of(infer, place, key, LONGEST_WAY) for place in awaited)


def _earlier(body: Body, before: int, kind: type[_Kind]) -> list[_Kind]:
    """The operations of a kind that run on each way to operation `before`."""
    around = frozenset(regions_around(body, body.where[before]))
    return [op for op, where in zip(body.ops[:before], body.where, strict=False) if isinstance(op, kind) and where in around]


def _object(infer: Inference, place: Place) -> object:
    """The same for all that is known to be one object: a name of the function around is what it is there."""
    made = _made_around(infer, place)
    return (made.site.body, identity(infer.body(made.site).ops, made.number))


def _made_around(infer: Inference, place: Place) -> Place:
    """Where a value was made, if its name is one of the function around that has one value."""
    if isinstance(infer.body(place.site).ops[place.number], Lookup):
        definitions = definitions_of(infer, place)
        if len(definitions) == 1 and definitions[0].site.body > 0:
            return definitions[0]
    return place


def _is_made_of(infer: Inference, place: Place, key: object, depth: int) -> bool:
    """Whether a value is the object that `key` identifies, or a call gives it that was handed that."""
    if _object(infer, place) == key:
        return True
    site, number = _made_around(infer, place)
    ops = infer.body(site).ops
    op = ops[number]
    parts: tuple[int, ...] = ()
    match op:
        case Call(func=func, args=args, keywords=keywords):
            callee = ops[func]
            given = (*args, *[value for _, value in keywords])
            parts = (*given, callee.base) if isinstance(callee, Attr) else given
        case Display(items=items):
            parts = items
    return depth > 0 and any(_is_made_of(infer, Place(site, part), key, depth - 1) for part in parts)


def was_stored_by_caller(infer: Inference, call: Place, place: Place) -> bool:
    """Whether a method at `place` runs only where an attribute is missing that the caller has had set before, by another method
    of the object (``await future.wait()``, then ``future.state``)."""
    inner, body = infer.body(place.site), infer.body(call.site)
    read = method_read(body.ops, call.number)
    if read is None or read.name != inner.name or inner.owner < 0:
        return False
    missing = missing_attributes(inner, inner.where[place.number])
    key = _object(infer, Place(call.site, read.base)) if missing else None
    for op in _earlier(body, call.number, Call) if missing else ():
        method = body.ops[op.func]
        if isinstance(method, Attr) and _object(infer, Place(call.site, method.base)) == key:
            functions = infer.value(call.site, op.func)
            if functions and all(isinstance(f, Function) and not missing.isdisjoint(_stored(infer, f)) for f in functions):
                return True
    return False


def _stored(infer: Inference, function: Function) -> frozenset[str]:
    """The attributes of its object that a method, or one that overrides it where it only declares, sets to what may be true."""
    if isinstance(function.receiver, Instance) and is_abstract(infer, function):
        others = overrides(infer, function, function.receiver, everywhere=False)
        return frozenset([name for other in others for name in _stored(infer, other)])
    ops = infer.function_body(function).ops
    stores = [op for op in ops if isinstance(op, StoreAttr) and ops[op.base] == Param(0)]
    return frozenset([op.name for op in stores if _is_something(ops[op.value])])


def _is_something(op: Op) -> bool:
    return not isinstance(op, Const) or bool(op.value)


def was_awaited_by_caller(infer: Inference, call: Place, way: Sequence[Site], row: Blocking) -> bool:
    """Whether the caller has awaited an object, or what it made of it, a method of which asks for a result that is there then:
    the operation in it, or a method on `way` that overrides such an operation."""
    body = infer.body(call.site)
    op = body.ops[call.number]
    method = body.ops[op.func] if isinstance(op, Call) else None
    if not isinstance(method, Attr) or not was_awaited(infer, Place(call.site, method.base), call.number):
        return False
    return any(condition.awaited for condition in row.unless) or any(_overrides_result(infer, site) for site in way)


def _overrides_result(infer: Inference, site: Site) -> bool:
    body = infer.body(site)
    if body.owner < 0:
        return False
    names = [f"{a.cls.name}.{body.name}" for a in mro(infer, infer.source_class(site.module, body.owner)) if a.cls is not None]
    rows = [infer.knowledge.blocking(name) for name in names]
    return any(condition.awaited for row in rows if row is not None for condition in row.unless)
