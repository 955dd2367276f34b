"""Parts that an object doesn't have: what its methods do with them (``if self.remote is not None: self.remote.get()``) doesn't
run where it was made without them, or where the caller has seen that they are missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flake8_noblock.effects.origins import Place, identity, origins
from flake8_noblock.facts.model import Attr, Body, Call, Choice, Compare, Const, Declared, Op, Param, StoreAttr, Unary
from flake8_noblock.facts.operands import joined
from flake8_noblock.link.arguments import places
from flake8_noblock.link.classes import find_member, mro
from flake8_noblock.link.evaluate import arguments_of
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import regions_around
from flake8_noblock.link.values import ClassValue, Function, Literal, SourceClass

_NONE = (Literal(None),)


def lacks_part(infer: Inference, way: Sequence[Place]) -> bool:
    """Whether a method on `way`, each place of which runs the body of the next, goes on only with a part that its object
    lacks."""
    made: Place | None = None
    for caller, inner in zip(way, way[1:], strict=False):
        outer, body = infer.body(caller.site), infer.body(inner.site)
        read = method_read(outer.ops, caller.number)
        if read is None or read.name != body.name or body.owner < 0:
            made = None
            continue
        if outer.owner < 0 or outer.ops[read.base] != Param(0):
            made = Place(caller.site, read.base)
        needed = _parts(body, inner.number, Param(0), present=True)
        if needed and not needed.isdisjoint(_parts(outer, caller.number, identity(outer.ops, read.base), present=False)):
            return True
        if made is not None and any(_was_made_without(infer, made, name) for name in needed):
            return True
    return False


def method_read(ops: Sequence[Op], number: int) -> Attr | None:
    """The attribute that an operation calls, or reads."""
    op = ops[number]
    read = ops[op.func] if isinstance(op, Call) else op
    return read if isinstance(read, Attr) else None


def _parts(body: Body, number: int, owner: object, present: bool) -> frozenset[str]:
    """The attributes of an object, `owner` as a parameter or by its identity, that are known to be `present`, or to be missing,
    where operation `number` runs."""
    found = set()
    for inner in regions_around(body, body.where[number]):
        around = body.regions[inner]
        if around.kind == "branch" and around.value >= 0:
            for value, is_there in _told(body, around.value, around.positive):
                read = body.ops[value]
                if is_there == present and isinstance(read, Attr):
                    if owner in (body.ops[read.base], identity(body.ops, read.base)):
                        found.add(read.name)
    return frozenset(found)


def _told(body: Body, number: int, positive: bool) -> Iterator[tuple[int, bool]]:
    """What operation `number` being true (or, not `positive`, false) says of values: that they are something, or None or
    false."""
    op = body.ops[number]
    match op:
        case Unary(operator="Not" | "Test" as operator, value=value):
            yield from _told(body, value, positive == (operator == "Test"))
        case Choice(where=(*_, last)):
            if body.regions[last].positive == positive:
                for part in joined(body.ops, number):
                    yield from _told(body, part, positive)
        case Compare(operators=("Is" | "IsNot" as operator,), values=(left, right)):
            if body.ops[right] == Const(None):
                yield left, (operator == "IsNot") == positive
        case _:
            yield number, positive


def _was_made_without(infer: Inference, place: Place, name: str) -> bool:
    """Whether the object at `place` is known to have been made with None for an attribute that nobody sets later."""
    made = origins(infer, place)
    return bool(made) and all(_is_left_out(infer, one, name) for one in made or ())


def _is_left_out(infer: Inference, made: Place, name: str) -> bool:
    op = infer.body(made.site).ops[made.number]
    callee = infer.value(made.site, op.func) if isinstance(op, Call) else ()
    cls = callee[0].cls if len(callee) == 1 and isinstance(callee[0], ClassValue) else None
    if not isinstance(op, Call) or not isinstance(cls, SourceClass) or _is_set_from_outside(infer, made.site.module, name):
        return False
    ancestors = [one.cls for one in mro(infer, cls) if isinstance(one.cls, SourceClass)]
    stored = [(one, *where) for one in ancestors for where in infer.class_facts(one).attributes.get(name, ())]
    member = find_member(infer, cls, "__init__")
    constructors = [value for value in (member.values or () if member is not None else ()) if isinstance(value, Function)]
    if len(constructors) != 1 or not stored:
        return False
    constructor = constructors[0]
    return all(
        (one.module, body) == (constructor.module, constructor.body) and _is_none(infer, made.site, op, constructor, number)
        for one, body, number in stored
    )


def _is_none(infer: Inference, site: Site, call: Call, constructor: Function, number: int) -> bool:
    """Whether operation `number` of a constructor is None for the arguments of `call`."""
    body = infer.function_body(constructor)
    op = body.ops[number]
    if isinstance(op, Declared) and op.value >= 0:
        op = body.ops[op.value]
    if not isinstance(op, Param):
        return op == Const(None)
    arguments = arguments_of(infer, site, call)
    given = places(body, True, arguments)
    if given is None or arguments.more:
        return False
    default = body.params[op.index].default
    around = infer.body(infer.around(Site(constructor.module, constructor.body)))
    passed = dict(given).get(op.index)
    return passed == _NONE if passed is not None else default >= 0 and around.ops[default] == Const(None)


def _is_set_from_outside(infer: Inference, module: str, name: str) -> bool:
    """Whether a module sets an attribute of that name on anything but the object whose method it is in."""
    return any(
        isinstance(op, StoreAttr) and op.name == name and body.ops[op.base] != Param(0)
        for body in infer.facts(module).bodies
        for op in body.ops
    )
