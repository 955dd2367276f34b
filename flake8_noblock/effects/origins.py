"""Where a value comes from: the calls that made it, and earlier calls on the same object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flake8_noblock.effects.callees import paths
from flake8_noblock.facts.model import (
    Attr,
    Call,
    Choice,
    Declared,
    Element,
    Enter,
    Import,
    Item,
    Lookup,
    Narrowed,
    Param,
    Return,
    Spread,
    StoreAttr,
    Unpack,
)
from flake8_noblock.link.inference import MOST_DEFINITIONS, Inference, Site
from flake8_noblock.link.values import Function


class Place(NamedTuple):
    """An operation of a body of the program."""

    site: Site
    number: int


def origins(infer: Inference, place: Place) -> list[Place] | None:
    """The calls one of which made the value at `place`; None where it may come from elsewhere, too."""
    found: list[Place] = []
    return found if _collect(infer, place, found, set()) else None


def _collect(infer: Inference, place: Place, found: list[Place], seen: set[Place]) -> bool:
    if place in seen:
        return True
    seen.add(place)
    site, number = place
    op = infer.body(site).ops[number]
    match op:
        case Call():
            found.append(place)
            return True
        case Choice(values=values):
            return all(_collect(infer, Place(site, value), found, seen) for value in values)
        case Declared(value=value) if value < 0:
            return True
        case Narrowed(value=value) | Enter(value=value, is_async=False) | Declared(value=value):
            return _collect(infer, Place(site, value), found, seen)
        case Attr() | Lookup() | Import():
            definitions = definitions_of(infer, place)
            return bool(definitions) and all(_collect(infer, other, found, seen) for other in definitions)
        case Param():
            outer = _generator_argument(infer, site)
            return outer is not None and _collect(infer, outer, found, seen)
    return _is_none(infer, place)


def _is_none(infer: Inference, place: Place) -> bool:
    """A name that starts as None says nothing of where its later values come from."""
    op = infer.body(place.site).ops[place.number]
    return getattr(op, "value", 0) is None


def _generator_argument(infer: Inference, site: Site) -> Place | None:
    """What a generator expression goes over, as seen where it is made."""
    made = infer.made_at(site)
    call = infer.body(made[0]).ops[made[1]] if made is not None else None
    return Place(made[0], call.args[0]) if made is not None and isinstance(call, Call) else None


def definitions_of(infer: Inference, place: Place) -> list[Place]:
    """Where an attribute of ``self`` or a name from outside gets its values; empty where that isn't known."""
    site, number = place
    body = infer.body(site)
    op = body.ops[number]
    facts = infer.facts(site.module)
    if isinstance(op, Attr) and body.owner >= 0 and body.ops[op.base] == Param(0):
        cls = facts.classes[body.owner]
        definitions = list(cls.attributes.get(op.name, ()))
        own = facts.bodies[cls.body].names.get(op.name)
        if own is not None:
            definitions.append((cls.body, own))
    elif isinstance(op, Lookup):
        definitions = _name_definitions(infer, site, op.name)
    elif isinstance(op, Import):
        return _imported(infer, site, op)
    else:
        definitions = []
    if len(definitions) > MOST_DEFINITIONS:
        return []
    return [Place(Site(site.module, where), what) for where, what in definitions]


def _imported(infer: Inference, site: Site, op: Import) -> list[Place]:
    """Where a name that is imported from a module whose source is at hand gets its value."""
    this = infer.module(site.module)
    absolute = this.absolute(op.module, op.level)
    module = infer.program.get(absolute, this.root) if absolute and op.name else None
    if module is None or module.facts is None or op.name in module.facts.globals:
        return []
    number = module.facts.bodies[0].names.get(op.name or "")
    return [] if number is None else [Place(Site(module.key, 0), number)]


def _name_definitions(infer: Inference, site: Site, name: str) -> list[tuple[int, int]]:
    facts = infer.facts(site.module)
    number = site.body
    while number > 0:
        if name in facts.bodies[number].cells:
            return list(facts.bodies[number].cells[name])
        number = facts.bodies[number].parent
    found = list(facts.globals.get(name, ()))
    if name in facts.bodies[0].names:
        found.append((0, facts.bodies[0].names[name]))
    return found


def comes_from(infer: Inference, place: Place, sources: tuple[str, ...]) -> bool:
    """Whether the value at `place` is an element, item or part of what a call of one of `sources` gives."""
    site, number = place
    ops = infer.body(site).ops
    match ops[number]:
        case Element(value=value) | Unpack(value=value) | Item(base=value) | Enter(value=value) | Spread(value=value):
            return comes_from(infer, Place(site, value), sources)
        case Choice(values=values):
            return all(value != number and comes_from(infer, Place(site, value), sources) for value in values)
        case Param():
            outer = _generator_argument(infer, site)
            return outer is not None and comes_from(infer, outer, sources)
        case Call(func=func, args=args):
            names = [name for value in infer.value(site, func) for name in paths(infer, value) or ()]
            if any(infer.knowledge.canonical(name) in sources for name in names):
                return True
            return any(map(infer.knowledge.protocol, names)) and bool(args) and comes_from(infer, Place(site, args[0]), sources)
    return False


def same_function(infer: Inference, site: Site, other: Site) -> bool:
    """Whether both bodies belong to one function, generator expressions counting to the one that they stand in."""
    return site.module == other.module and _function(infer, site) == _function(infer, other)


def _function(infer: Inference, site: Site) -> int:
    number = site.body
    bodies = infer.facts(site.module).bodies
    while bodies[number].kind == "generator expression":
        number = bodies[number].parent
    return number


def calls_on(infer: Inference, place: Place, method: str, before: int) -> Iterator[Place]:
    """Calls of `method` on the object at `place`: in the same body before operation `before`, the latest first, or wherever
    its attribute or name is set up."""
    site, number = place
    ops = infer.body(site).ops
    key = identity(ops, number)
    for index in range(before - 1, -1, -1):
        if is_call_on(ops, index, method, lambda base: identity(ops, base) == key):
            yield Place(site, index)
    if isinstance(ops[number], Attr):
        yield from _calls_on_attribute(infer, place, method)
    if isinstance(ops[number], Call):
        yield from _calls_on_result(infer, place, method)
    for made in definitions_of(infer, place):
        others = infer.body(made.site).ops
        for index in range(len(others)):
            if is_call_on(others, index, method, lambda base, n=made.number: base == n):
                yield Place(made.site, index)


def _calls_on_result(infer: Inference, place: Place, method: str) -> Iterator[Place]:
    """Calls on an object in the function that made and returned it."""
    op = infer.body(place.site).ops[place.number]
    for value in infer.value(place.site, op.func) if isinstance(op, Call) else ():
        if isinstance(value, Function):
            site = Site(value.module, value.body)
            ops = infer.body(site).ops
            for returned in ops:
                if isinstance(returned, Return) and returned.value >= 0 and not isinstance(ops[returned.value], Attr):
                    key = identity(ops, returned.value)
                    for index in range(len(ops) - 1, -1, -1):
                        if is_call_on(ops, index, method, lambda b, k=key, o=ops: identity(o, b) == k):
                            yield Place(site, index)


def _calls_on_attribute(infer: Inference, place: Place, method: str) -> Iterator[Place]:
    """Calls on ``self.name`` in other methods of the class."""
    body = infer.body(place.site)
    attribute = body.ops[place.number]
    if not isinstance(attribute, Attr) or body.owner < 0:
        return
    for index, other in enumerate(infer.facts(place.site.module).bodies):
        if other.owner != body.owner or index == place.site.body:
            continue
        stored = {op.value for op in other.ops if isinstance(op, StoreAttr) and op.name == attribute.name}
        for number in range(len(other.ops)):
            if is_call_on(other.ops, number, method, lambda b, o=other, s=stored: _is_attribute(o.ops, b, attribute) or b in s):
                yield Place(Site(place.site.module, index), number)


def _is_attribute(ops: tuple[object, ...], number: int, attribute: Attr) -> bool:
    op = ops[number]
    return isinstance(op, Attr) and op.name == attribute.name and ops[op.base] == Param(0)


def is_call_on(ops, number, method, is_receiver) -> bool:  # type: ignore[no-untyped-def]
    """Whether an operation is a call of `method` on a receiver."""
    op = ops[number]
    if not isinstance(op, Call):
        return False
    callee = ops[op.func]
    return isinstance(callee, Attr) and callee.name == method and is_receiver(callee.base)


def identity(ops, number: int) -> object:  # type: ignore[no-untyped-def]
    """The same for reads of one attribute or name, told apart by nothing but their place."""
    op = ops[number]
    if isinstance(op, Attr):
        return (identity(ops, op.base), op.name)
    if isinstance(op, Lookup):
        return op.name
    if isinstance(op, (Enter, Narrowed)):
        return identity(ops, op.value)
    return number
