"""Handlers around awaits: what they stand around, and what they catch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_noblock.effects.failing import reached_numbers
from flake8_noblock.effects.guards import classes_of, guarding_row
from flake8_noblock.effects.origins import Place, definitions_of
from flake8_noblock.facts.model import Attr, Await, Body, ClassDef, Display, Element, Enter, Import, Lookup, Op, Raise
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import regions_around, within
from flake8_noblock.link.values import UNKNOWN, Foreign, ModuleValue, Values


@dataclass(frozen=True, slots=True)
class Handler:
    """What handles the errors of awaits: an ``except``, whose region is `region`, or a ``with``, where that is -1.

    `line` and `column` are its place; `tried` is the region of the awaits; `types` are None for a bare ``except``.
    """

    line: int
    column: int
    tried: int
    region: int
    types: Values | None
    silent: bool = False


def handlers(infer: Inference, site: Site) -> Iterator[Handler]:
    """The handlers around awaits in the coroutine function at `site`."""
    body = infer.body(site)
    for number, region in enumerate(body.regions):
        if region.kind == "except" and has_await(infer, site, region.partner):
            types = None if region.value < 0 else named_classes(infer, Place(site, region.value))
            yield Handler(region.line, region.column, region.partner, number, types)
        elif region.kind == "with" and region.value >= 0 and has_await(infer, site, number):
            known = guarding_row(infer, Place(site, region.value))
            if known is not None:
                classes = classes_of(infer, *known)
                entered = region.value
                yield Handler(body.line_of(entered), body.columns[entered], number, -1, classes, known[0].silent)


def named_classes(infer: Inference, place: Place) -> Values:
    """The classes that a handler names; what it takes from elsewhere, of which only a bound is known, is none."""
    op = infer.body(place.site).ops[place.number]
    match op:
        case Display(items=items):
            return tuple([value for item in items for value in named_classes(infer, Place(place.site, item))])
        case Import():
            return infer.value(*place)
        case Attr(base=base):
            modules = infer.value(place.site, base)
            return infer.value(*place) if all(isinstance(v, ModuleValue | Foreign) for v in modules) else UNKNOWN
        case Lookup():
            made = definitions_of(infer, place)
            kinds = [type(infer.body(one.site).ops[one.number]) for one in made]
            if not made or all(kind in (Import, ClassDef) for kind in kinds):
                return infer.value(*place)
            return named_classes(infer, made[0]) if kinds == [Display] or kinds == [Attr] else UNKNOWN
    return UNKNOWN


def is_await(op: Op) -> bool:
    """Whether an operation waits for something else to run."""
    return isinstance(op, Await) or isinstance(op, Enter | Element) and op.is_async


def has_await(infer: Inference, site: Site, region: int) -> bool:
    """Whether something is awaited in a region."""
    awaits = infer.remember(
        "awaits that run", site, lambda: frozenset(number for number, op in reached_numbers(infer, site) if is_await(op))
    )
    return not within(infer, site, region).isdisjoint(awaits)


def handled(infer: Inference, site: Site, handler: Handler) -> frozenset[int]:
    """The numbers of the operations of an ``except``; a ``with`` has none of its own."""
    return within(infer, site, handler.region) if handler.region >= 0 else frozenset()


def loops_around(body: Body, region: int) -> list[int]:
    """The loops in which a region lies, the innermost first."""
    return [number for number in regions_around(body, region) if body.regions[number].kind == "loop"]


def stands_in_failure(infer: Inference, site: Site, region: int) -> bool:
    """Whether a region lies in a handler that raises an error."""
    body = infer.body(site)
    return any(
        body.regions[number].kind == "except" and any(isinstance(body.ops[n], Raise) for n in within(infer, site, number))
        for number in regions_around(body, region)
    )
