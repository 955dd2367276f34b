"""Coroutines that are made and never awaited: dropped as a statement, or kept in a name that nobody awaits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from flake8_noblock.effects.awaitables import Kind, gives, kind_at, kind_of
from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.kind_checks import is_checked
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.other_kind import may_be_of_other_kind
from flake8_noblock.effects.uses import Fate, fate, uses_in
from flake8_noblock.facts.model import (
    Attr,
    Await,
    Call,
    Choice,
    Compare,
    Const,
    Display,
    Drop,
    Item,
    Mapping,
    Op,
    Return,
    StoreAttr,
    StoreItem,
    Unary,
)
from flake8_noblock.facts.operands import returned_values
from flake8_noblock.link.classes import find_member
from flake8_noblock.link.functions import result
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import CallableValue, ClassValue, Descriptor, Function, Instance, Partial, Value

Loss = Literal["dropped", "stored"]


@dataclass(frozen=True, slots=True)
class Lost:
    """A call whose result has to be awaited and isn't; `many`: it is made in a loop or next to others."""

    loss: Loss
    kind: Kind
    place: Place
    many: bool = False


def lost(infer: Inference, site: Site) -> Iterator[Lost]:
    """What the body at `site` makes and loses, in source order."""
    body = infer.body(site)
    for number, op in enumerate(body.ops):
        if isinstance(op, Drop):
            yield from _dropped(infer, Place(site, number), op.value, many=False)
        elif isinstance(op, Call):
            yield from _stored(infer, Place(site, number))
        elif isinstance(op, Display | Mapping):
            yield from _stored_items(infer, Place(site, number), op)


def is_lost(infer: Inference, place: Place) -> bool:
    """Whether nobody does anything with the value at `place` by which what it holds could be awaited."""
    what = fate(infer, place)
    ops = infer.body(place.site).ops
    return not what.named and all(_is_idle(ops[user]) or _is_read(infer, Place(place.site, user)) for user in what.users)


def _is_read(infer: Inference, place: Place) -> bool:
    """Whether a call only looks into its argument (``len(x)``), or makes another container of it that is lost (``list(x)``)."""
    op = infer.body(place.site).ops[place.number]
    if not isinstance(op, Call):
        return False
    names = [name for value in infer.value(place.site, op.func) for name in paths(infer, value) or ()]
    if _only_counts(infer, names):
        return True
    rows = [row for name in names for row in infer.knowledge.reads(name)]
    if not rows or any(row.argument.items for row in rows):
        return False
    keeps = any(isinstance(value, ClassValue) for value in infer.value(place.site, op.func))
    return not keeps or is_lost(infer, place)


def _only_counts(infer: Inference, names: list[str]) -> bool:
    """Whether a callable asks a container no more than how much it holds."""
    return any("__len__" in row.methods for name in names for row in infer.knowledge.protocol(name))


def _is_idle(user: Op) -> bool:
    """Whether an operation looks at a value without using it."""
    match user:
        case Drop():
            return True
        case Unary(operator="Test" | "Not"):
            return True
        case Compare(operators=operators):
            return set(operators) <= {"Is", "IsNot"}
    return False


def _is_dropped(what: Fate, ops: tuple[Op, ...]) -> bool:
    """Whether a value that a statement drops is not also in a name: the statement is where it is lost."""
    return len(what.users) == 1 and isinstance(ops[what.users[0]], Drop)


def _dropped(infer: Inference, statement: Place, number: int, many: bool) -> Iterator[Lost]:
    site = statement.site
    body = infer.body(site)
    op = body.ops[number]
    match op:
        case Call() | Attr() if body.statements[number] == body.statements[statement.number]:
            kind = _kind(infer, Place(site, number))
            if kind is not None and len(fate(infer, Place(site, number)).users) == 1:
                doubtful = kind == "coroutine" and may_be_of_other_kind(infer, Place(site, number))
                if not doubtful and not is_checked(infer, Place(site, number)):
                    yield Lost("dropped", kind, Place(site, number), many)
        case Choice(values=values, where=where):
            for value in values if where else ():
                yield from _dropped(infer, statement, value, many)
        case Display(items=items):
            for item in items:
                yield from _dropped(infer, statement, item, many=True)
        case Mapping(keys=keys, values=values):
            for key, item in zip(keys, values, strict=True):
                if key >= 0:
                    yield from _dropped(infer, statement, item, many=True)


def _is_property(infer: Inference, site: Site, op: Attr) -> bool:
    """Whether an attribute is a property, which makes what it gives each time that it is read."""
    receivers = infer.value(site, op.base)
    members = [find_member(infer, value.cls, op.name) for value in receivers if isinstance(value, Instance)]
    made = [value for member in members for value in (member.values or () if member is not None else ())]
    return len(members) == len(receivers) and bool(made) and all(_makes_anew(value) for value in made)


def _makes_anew(value: Value) -> bool:
    return isinstance(value, Descriptor) and value.kind == "property"


def _stored(infer: Inference, place: Place) -> Iterator[Lost]:
    ops = infer.body(place.site).ops
    if any(isinstance(ops[user], Call | Await | Return) for user in uses_in(infer, place.site).by[place.number]):
        return
    what = fate(infer, place)
    if (
        all(_says_nothing(infer, Place(place.site, user)) for user in what.users)
        and not what.named
        and not _is_dropped(what, ops)
    ):
        kind = _kind(infer, place)
        if kind == "coroutine" and not may_be_of_other_kind(infer, place):
            yield Lost("stored", kind, place)


def _says_nothing(infer: Inference, user: Place) -> bool:
    """Whether an operation neither uses a value nor is a mistake of its own: it drops or compares it, or puts it into a tuple
    that is taken apart again."""
    ops = infer.body(user.site).ops
    match ops[user.number]:
        case Compare(operators=operators, values=values):
            return set(operators) <= {"Is", "IsNot"} and not any(isinstance(ops[value], Const) for value in values)
        case Display(kind="tuple"):
            return not fate(infer, user).users and not fate(infer, user).named
    return isinstance(ops[user.number], Drop)


def _stored_items(infer: Inference, place: Place, display: Display | Mapping) -> Iterator[Lost]:
    """Coroutines in a list or the like that nobody takes them from."""
    ops = infer.body(place.site).ops
    items = display.values if isinstance(display, Mapping) else display.items
    calls = [Place(place.site, item) for item in items if isinstance(ops[item], Call)]
    spread = isinstance(display, Mapping) and -1 in display.keys
    if (
        spread
        or _is_argument(infer, place)
        or isinstance(display, Display)
        and display.kind == "tuple"
        or not calls
        or _is_dropped(fate(infer, place), ops)
        or not is_lost(infer, place)
    ):
        return
    for call in calls:
        if _kind(infer, call) == "coroutine" and not may_be_of_other_kind(infer, call):
            yield Lost("stored", "coroutine", call, many=True)


def _is_argument(infer: Inference, place: Place) -> bool:
    """Whether a list or the like is written as an argument into which a callable looks, so that what it holds is judged there."""
    users = uses_in(infer, place.site).by[place.number]
    op = infer.body(place.site).ops[users[0]] if len(users) == 1 else None
    if not isinstance(op, Call):
        return False
    names = [name for value in infer.value(place.site, op.func) for name in paths(infer, value) or ()]
    rows = [row for name in names for row in infer.knowledge.reads(name)]
    return bool(rows) and not _only_counts(infer, names) and not any(row.argument.items or row.tests for row in rows)


def _kind(infer: Inference, place: Place) -> Kind | None:
    """What the call or property at `place` gives, if that has to be awaited and nobody else keeps it."""
    op = infer.body(place.site).ops[place.number]
    kind = kind_at(infer, place)
    if not isinstance(op, Call):
        return "coroutine" if kind == "coroutine" and isinstance(op, Attr) and _is_property(infer, place.site, op) else None
    callee = infer.value(place.site, op.func)
    if kind is not None and not all(_makes(infer, value) for value in callee):
        return None
    if isinstance(infer.body(place.site).ops[op.func], Call) and any(isinstance(value, CallableValue) for value in callee):
        return None  # A decorator, called by hand, is declared to give what it is given.
    if kind == "future":
        return None if _has_rules_of_its_own(infer, place) else kind
    if kind is None:
        given = gives(infer, callee)
        kind = "coroutine" if given == "manager" else "async generator" if given == "iterator" else None
    return kind


def _makes(infer: Inference, callee: Value) -> bool:
    """Whether a callable makes what it gives: what it takes out of a container, or is given, may be in other hands."""
    if isinstance(callee, Partial):
        return all(_makes(infer, value) for value in callee.callee)
    if not isinstance(callee, Function):
        return True
    return (
        kind_of(infer, result(infer, callee)) is not None
        and not _keeps(infer, callee)
        and not _is_called_by_framework(infer, callee)
    )


def _keeps(infer: Inference, function: Function) -> bool:
    """Whether what a plain function gives is also in an attribute or container."""
    site = Site(function.module, function.body)
    body = infer.body(site)
    returned = returned_values(body) if not body.is_async else []
    return any(_is_kept(infer, Place(site, number)) for number in returned)


def _is_kept(infer: Inference, place: Place) -> bool:
    if isinstance(infer.body(place.site).ops[place.number], Attr | Item):
        return True
    return any(
        isinstance(op, StoreAttr | StoreItem) for op in (infer.body(place.site).ops[user] for user in fate(infer, place).users)
    )


def _is_called_by_framework(infer: Inference, function: Function) -> bool:
    """Whether a decorator makes a function something that its framework runs, so that calling it may do anything."""
    around = Site(function.module, infer.function_body(function).parent)
    ops = infer.body(around).ops
    for decorator in infer.function_body(function).decorators:
        op = ops[decorator]
        for value in infer.value(around, op.func if isinstance(op, Call) else decorator):
            rows = [row for name in paths(infer, value) or () for row in infer.knowledge.entries(name)]
            if any(row.what not in ("route", "hook") for row in rows):
                return True
    return False


def _has_rules_of_its_own(infer: Inference, place: Place) -> bool:
    """Whether a future comes from a call that starts tasks or awaits several at once."""
    op = infer.body(place.site).ops[place.number]
    names = [n for v in infer.value(place.site, op.func) for n in paths(infer, v) or ()] if isinstance(op, Call) else []
    return any(infer.knowledge.task(name) or infer.knowledge.consumer(name) for name in names)
