"""Whether a call of a blocking operation is one of those that do not block."""

from __future__ import annotations

import re

import msgspec

from flake8_noblock.effects.guarded import is_guarded, was_awaited
from flake8_noblock.effects.origins import Place, calls_on, comes_from, definitions_of, identity, origins
from flake8_noblock.facts.model import Attr, Binary, Call, Compare, Import, Item, Lookup, Param, Spread
from flake8_noblock.knowledge.schema import Argument, Blocking, Condition
from flake8_noblock.link.classes import mro
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.objects import as_instance
from flake8_noblock.link.regions import decided
from flake8_noblock.link.values import Literal, Value, Values


def is_switched_off(infer: Inference, row: Blocking, place: Place, receiver: Place | None) -> bool:
    """Whether the call at `place` of an operation that `row` describes does not block."""
    return any(_holds(infer, condition, place, receiver) for condition in row.unless)


def _holds(infer: Inference, condition: Condition, place: Place, receiver: Place | None) -> bool:
    if condition.guard is not None:
        if receiver is None:
            return False
        key = identity(infer.body(receiver.site).ops, receiver.number)
        return is_guarded(infer, place, key, condition.guard, not condition.fails)
    if condition.awaited:
        return receiver is not None and was_awaited(infer, receiver, place.number)
    if condition.source:
        return receiver is not None and comes_from(infer, receiver, condition.source)
    if condition.creator:
        return receiver is not None and _made_so(infer, condition, receiver, LONGEST_CHAIN)
    if condition.earlier is not None:
        last = next(calls_on(infer, receiver, condition.earlier, place.number), None) if receiver is not None else None
        return last is not None and _call_fulfils(infer, condition, last)
    return _call_fulfils(infer, condition, place)


LONGEST_CHAIN = 4
"""Calls in a row, each on the result of the one before, through which the making of an object is followed."""


def _made_so(infer: Inference, condition: Condition, receiver: Place, depth: int) -> bool:
    """Whether the calls that made the receiver, or made what they were called on, fulfil `condition`."""
    made = origins(infer, receiver)
    if not made or depth == 0:
        return condition.in_doubt and depth == LONGEST_CHAIN
    for call in made:
        if _call_fulfils(infer, condition, call):
            continue
        ops = infer.body(call.site).ops
        op = ops[call.number]
        callee = ops[op.func] if isinstance(op, Call) else None
        if not isinstance(callee, Attr) or not _made_so(infer, condition, Place(call.site, callee.base), depth - 1):
            return False
    return True


def _call_fulfils(infer: Inference, condition: Condition, place: Place) -> bool:
    op = infer.body(place.site).ops[place.number]
    if not isinstance(op, Call | Item):
        return False
    number = argument(infer, place, Argument(keyword=condition.keyword, position=condition.position))
    if condition.given is not None:
        return (number is not None) == condition.given and not _is_open(infer, place, op)
    if number is None:
        return False
    if condition.mentions is not None:
        return _mentions(infer, Place(place.site, number), condition.mentions)
    return _value_fulfils(infer, condition, _setting(infer, Place(place.site, number)))


def _setting(infer: Inference, place: Place) -> Values:
    """What an argument is; a parameter of which callers say nothing is taken to have its default."""
    body = infer.body(place.site)
    op = body.ops[place.number]
    if isinstance(op, Param) and infer.argument(place.site, op.index) is None and body.params[op.index].default >= 0:
        return infer.value(infer.around(place.site), body.params[op.index].default)
    if isinstance(op, Call | Compare):
        return decided(infer, *place) or infer.value(*place)
    return infer.value(*place)


def _is_open(infer: Inference, place: Place, op: Call | Item) -> bool:
    """Whether the call has arguments that can't be seen."""
    if isinstance(op, Item):
        return False
    ops = infer.body(place.site).ops
    return any(name == "" for name, _ in op.keywords) or any(isinstance(ops[arg], Spread) for arg in op.args)


def argument(infer: Inference, place: Place, which: Argument) -> int | None:
    """The number of an argument of the call at `place`; None where it isn't given, or can't be seen."""
    body = infer.body(place.site)
    op = body.ops[place.number]
    if isinstance(op, Item) and which.position == 0:
        return op.key
    if not isinstance(op, Call):
        return None
    if which.receiver:
        callee = body.ops[op.func]
        return callee.base if isinstance(callee, Attr) else None
    for name, value in op.keywords:
        if which.keyword is not None and name == which.keyword:
            return value
    position = which.position
    if position is None or position >= len(op.args):
        return None
    if any(isinstance(body.ops[arg], Spread) for arg in op.args[: position + 1]):
        return None
    return op.args[position]


def arguments(infer: Inference, place: Place, which: Argument) -> tuple[int, ...]:
    """The numbers of all arguments that `which` means: one, or those from a position on."""
    op = infer.body(place.site).ops[place.number]
    if which.rest and which.position is not None and isinstance(op, Call):
        named = [value for _, value in op.keywords] if which.keyword == "**" else []
        spread = any(isinstance(infer.body(place.site).ops[arg], Spread) for arg in op.args[: which.position + 1])
        return () if spread else (*op.args[which.position :], *named)
    first = argument(infer, place, which)
    return () if first is None else (first,)


def _value_fulfils(infer: Inference, condition: Condition, values: Values) -> bool:
    if not values:
        return False
    if condition.equals is not msgspec.UNSET:
        return all(isinstance(value, Literal) and value.value == condition.equals for value in values)
    if condition.equals_none:
        return values == (Literal(None),)
    if condition.one_of:
        return all(isinstance(value, Literal) and value.value in condition.one_of for value in values)
    if condition.instance:
        return any(_is_instance(infer, value, condition.instance) for value in values)  # One of several types may be meant.
    if condition.matches is not None:
        return all(_matches(value, condition.matches) for value in values)
    return False


def _is_instance(infer: Inference, value: Value, classes: tuple[str, ...]) -> bool:
    instance = as_instance(infer, value)
    if instance is None:
        return False
    names = {infer.knowledge.canonical(a.cls.name) for a in mro(infer, instance.cls) if a.cls is not None}
    return any(name in names for name in classes)


def _matches(value: Value, pattern: str) -> bool:
    text = value.value if isinstance(value, Literal) else None
    return isinstance(text, str) and re.match(pattern, text) is not None


def _mentions(infer: Inference, place: Place, name: str) -> bool:
    """Whether the expression, a constant or constants joined by operators, names the constant `name`."""
    ops = infer.body(place.site).ops
    todo = [place.number]
    last = name.rpartition(".")[2]
    while todo:
        match ops[todo.pop()]:
            case Binary(left=left, right=right):
                todo += [left, right]
            case Attr(name=found) | Lookup(name=found) | Import(name=found) if found == last:
                return True
            case Lookup() as op:
                made = definitions_of(infer, Place(place.site, ops.index(op)))
                if len(made) == 1 and made[0].site != place.site and _mentions(infer, made[0], name):
                    return True
    return False
