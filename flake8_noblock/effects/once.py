"""Work that is done once: it runs where something is missing yet, and puts it there (``if self.x is None: self.x = make()``),
or in a function that remembers what it gave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flake8_noblock.effects.remembered import remembers
from flake8_noblock.facts.model import (
    Attr,
    Body,
    Call,
    Choice,
    Compare,
    Const,
    Declared,
    Enter,
    Import,
    Item,
    Lookup,
    Narrowed,
    Op,
    Param,
    StoreAttr,
    StoreItem,
    StoreName,
    Unary,
)
from flake8_noblock.facts.operands import joined
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import regions_around
from flake8_noblock.link.values import Function

_Key = object
"""What is the same for all reads and stores of one attribute or outer name of a body."""


class Once(NamedTuple):
    """The numbers of the regions of a body that don't run again; `of_object`: those for which the object keeps what they make."""

    regions: frozenset[int] = frozenset()
    of_object: frozenset[int] = frozenset()


def once_regions(infer: Inference, site: Site) -> Once:
    """The regions of a body that don't run again, since running them makes their own condition false."""
    return infer.remember("once regions", (site.module, site.body), _once_regions, infer, site)


def _once_regions(infer: Inference, site: Site) -> Once:
    body = infer.body(site)
    if body.decorators and remembers(infer, Function(site.module, site.body)):
        return Once(frozenset(range(len(body.regions))))
    once: dict[int, bool] = {}
    for number, region in enumerate(body.regions):
        if region.parent in once:
            once[number] = once[region.parent]
        elif region.kind == "branch" and region.value >= 0:
            missing = set(_missing(body.ops, region.value, region.positive))
            provided = missing.intersection(_provided(infer, site, body, number)) if missing else ()
            if provided:
                once[number] = body.owner >= 0 and all(map(_is_of_object, provided))
    return Once(frozenset(once), frozenset([number for number, of_object in once.items() if of_object]))


def _is_of_object(key: _Key) -> bool:
    """Whether something is an attribute of the object whose method a body is."""
    match key:
        case (0, str()):
            return True
    return False


def missing_attributes(body: Body, region: int) -> frozenset[str]:
    """The attributes of its object that are missing, or false, where a method runs what stands in a region."""
    found: set[str] = set()
    for inner in regions_around(body, region):
        around = body.regions[inner]
        if around.kind == "branch" and around.value >= 0:
            for key in _missing(body.ops, around.value, around.positive):
                match key:
                    case (0, str(name)):
                        found.add(name)
    return frozenset(found)


def _missing(ops: tuple[Op, ...], number: int, positive: bool) -> Iterator[_Key]:
    """What is missing, or false, where operation `number` is (or, not `positive`, is not) true."""
    op = ops[number]
    match op:
        case Unary(operator="Not" | "Test" as operator, value=value):
            yield from _missing(ops, value, positive if operator == "Test" else not positive)
        case Compare(operators=("Is" | "IsNot" | "Eq" | "NotEq" as operator,), values=(left, right)):
            if isinstance(ops[right], Const) and (operator in ("Is", "Eq")) == positive:
                yield from _keys(ops, left)
        case Compare(operators=("In" | "NotIn" as operator,), values=(_, right)) if (operator == "NotIn") == positive:
            yield from _outer(ops, right)
        case Choice(where=(_, *_)):
            for value in joined(ops, number):
                yield from _missing(ops, value, positive)
        case Call(args=(subject, name), spelling="hasattr") if not positive:
            yield from _attribute(ops, subject, ops[name])
        case Attr(base=base) if positive and isinstance(ops[base], Attr | Lookup):
            yield from _outer(ops, base)  # What is of no more use: ``if self.client.is_closed: self.client = make()``.
        case _ if not positive:
            yield from _keys(ops, number)


def _keys(ops: tuple[Op, ...], number: int) -> Iterator[_Key]:
    """What a value is, or was looked up in."""
    op = ops[number]
    match op:
        case Attr() | Lookup():
            yield from _outer(ops, number)
        case Item(base=base):
            yield from map(_Items, _outer(ops, base))
        case Narrowed(value=value) | Declared(value=value) if value >= 0:
            yield from _keys(ops, value)
        case Call(args=(subject, name, *_), spelling="getattr"):
            yield from _attribute(ops, subject, ops[name])
        case Call(func=func, args=args):
            callee = ops[func]
            if isinstance(callee, Attr) and args:
                for owner in _outer(ops, callee.base):
                    yield _Items(owner)
                    yield _LookedUp(owner, _identity(ops, args[0]))


class _Items(NamedTuple):
    """What some object holds under any key."""

    owner: _Key


class _LookedUp(NamedTuple):
    """What some object holds under a key, by whatever methods it is got and put there."""

    owner: _Key
    key: _Key


def _provided(infer: Inference, site: Site, body: Body, region: int) -> Iterator[_Key]:
    """What operations in a region, and functions of the same class or module that it calls, store."""
    inside = {region}
    for number, other in enumerate(body.regions):
        if other.parent in inside:
            inside.add(number)
    for op, where in zip(body.ops, body.where, strict=True):
        if where in inside:
            yield from _stored(body.ops, op)
            if isinstance(op, Call):
                yield from _stored_by_call(infer, site, body, op)


def _stored(ops: tuple[Op, ...], op: Op) -> Iterator[_Key]:
    match op:
        case StoreAttr(base=base, name=name):
            yield from _attribute(ops, base, Const(name))
        case StoreItem(base=base):
            for owner in _outer(ops, base):
                yield owner
                yield _Items(owner)
        case StoreName(name=name):
            yield name
        case Call(args=(subject, name, _), spelling="setattr"):
            yield from _attribute(ops, subject, ops[name])
        case Call(func=func, args=args, keywords=keywords) if len(args) + len(keywords) > 1:
            callee = ops[func]
            if isinstance(callee, Attr):
                given = [*args, *[value for _, value in keywords]]
                for owner in _outer(ops, callee.base):
                    yield _LookedUp(owner, _identity(ops, given[0]))
        case Call(func=func, args=(_,)):
            callee = ops[func]
            if isinstance(callee, Attr) and isinstance(ops[callee.base], Lookup):
                yield from _outer(ops, callee.base)  # A container of the module that is filled: ``CONFIG.update(...)``.


def _stored_by_call(infer: Inference, site: Site, body: Body, call: Call) -> Iterator[_Key]:
    callee = body.ops[call.func]
    owner = -1
    if isinstance(callee, Attr) and body.ops[callee.base] == Param(0):
        owner = body.owner
    elif not isinstance(callee, Lookup):
        return
    for other in infer.facts(site.module).bodies:
        if other.name == callee.name and other.kind == "function" and other.owner == owner:
            for op in other.ops:
                if isinstance(op, StoreName | StoreAttr | StoreItem | Call):
                    yield from _stored(other.ops, op)


def _attribute(ops: tuple[Op, ...], base: int, name: Op) -> Iterator[_Key]:
    if isinstance(name, Const):
        for owner in _outer(ops, base):
            yield (owner, name.value)


def _outer(ops: tuple[Op, ...], number: int) -> Iterator[_Key]:
    """What a value is the same as outside of the function; nothing for an object that it makes itself."""
    op = ops[number]
    match op:
        case Attr(base=base, name=name):
            yield from _attribute(ops, base, Const(name))
        case Lookup(name=name):
            yield name
        case Import(module=module, name=name):
            yield name or module
        case Param(index=index):
            yield index
        case Call(args=(subject, name, *_), spelling="getattr"):
            yield from _attribute(ops, subject, ops[name])
        case Narrowed(value=value) | Enter(value=value) | Declared(value=value) if value >= 0:
            yield from _outer(ops, value)
        case Choice(values=values):
            for value in values:
                if value < number and not isinstance(ops[value], Choice):
                    yield from _outer(ops, value)


def _identity(ops: tuple[Op, ...], number: int) -> _Key:
    """The same for one value, and for constants that are equal."""
    op = ops[number]
    return ("constant", op.value) if isinstance(op, Const) else number
