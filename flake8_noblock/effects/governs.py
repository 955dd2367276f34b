"""What decides whether an operation runs: the conditions above it, and what these ask."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.rows import known_as
from flake8_noblock.facts.model import Body, Call, Const
from flake8_noblock.facts.operands import operands
from flake8_noblock.knowledge.schema import Part, Role
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import regions_around
from flake8_noblock.link.values import Function

MOST_PREDICATES = 2
"""Functions of the project in a row that a condition is followed into."""


def is_governed(infer: Inference, place: Place, *parts: Part) -> bool:
    """Whether `place` runs, or doesn't, by what callables that play one of these parts say: under a condition that asks one,
    or in the handler of its failure."""
    body = infer.body(place.site)
    for region in regions_around(body, body.where[place.number]):
        this = body.regions[region]
        if this.kind == "branch" and this.value >= 0:
            condition = Place(place.site, this.value)
            if asks(infer, condition, parts) or _is_set_by(infer, condition, parts):
                return True
        if this.kind in ("except", "else", "finally") and _holds(infer, place.site, this.partner, parts):
            return True
    return False


def _is_set_by(infer: Inference, condition: Place, parts: tuple[Part, ...]) -> bool:
    """Whether a condition is a constant that is set where such a callable is asked and may fail."""
    body = infer.body(condition.site)
    for number in sources(body, condition.number):
        region = body.regions[body.where[number]]
        tried = body.where[number] if region.kind == "try" else region.partner
        if isinstance(body.ops[number], Const) and tried >= 0 and _holds(infer, condition.site, tried, parts):
            return True
    return False


def _holds(infer: Inference, site: Site, region: int, parts: tuple[Part, ...]) -> bool:
    """Whether a region holds a call of a callable that plays one of the parts."""
    body = infer.body(site)
    calls = [n for n, where in enumerate(body.where) if where == region and isinstance(body.ops[n], Call)]
    return any(_asks(infer, Place(site, number), parts, MOST_PREDICATES) for number in calls)


def asks(infer: Inference, place: Place, parts: tuple[Part, ...], depth: int = MOST_PREDICATES) -> bool:
    """Whether the value at `place` depends on a call of a callable that plays one of the parts."""
    return any(_asks(infer, Place(place.site, number), parts, depth) for number in sources(infer.body(place.site), place.number))


def sources(body: Body, number: int) -> Iterator[int]:
    """The operations that the value of operation `number` depends on, itself first."""
    waiting, seen = [number], {number}
    while waiting:
        current = waiting.pop()
        yield current
        new = [value for value in operands(body.ops[current]) if value not in seen]
        seen.update(new)
        waiting.extend(new)


def _asks(infer: Inference, place: Place, parts: tuple[Part, ...], depth: int) -> bool:
    op = infer.body(place.site).ops[place.number]
    if not isinstance(op, Call):
        return False
    known = known_as(infer, Place(place.site, op.func), Role)
    if known is not None:
        return any(infer.knowledge.plays(known[0], part) is not None for part in parts)
    for value in infer.value(place.site, op.func) if depth else ():
        if isinstance(value, Function) and infer.module(value.module).origin == "project":
            site = Site(value.module, value.body)
            calls = [number for number, inner in enumerate(infer.body(site).ops) if isinstance(inner, Call)]
            if any(_asks(infer, Place(site, number), parts, depth - 1) for number in calls):
                return True
    return False
