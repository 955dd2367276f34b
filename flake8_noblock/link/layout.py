"""How the regions of a body lie in each other, and which operations stand in them; found once for each body."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_noblock.facts.model import Body, Region
from flake8_noblock.link.inference import Inference, Site


@dataclass(frozen=True, slots=True)
class Layout:
    """For each region, by its number: the regions right inside it, those that belong to it (the handlers, ``else`` and
    ``finally`` of a ``try``), its own operations."""

    children: tuple[tuple[int, ...], ...]
    partners: tuple[tuple[int, ...], ...]
    numbers: tuple[tuple[int, ...], ...]


def layout(infer: Inference, site: Site) -> Layout:
    """The layout of the body at `site`."""
    return infer.derive("layouts", site, _layout, infer.body(site))


def _layout(body: Body) -> Layout:
    children: list[list[int]] = [[] for _ in body.regions]
    partners: list[list[int]] = [[] for _ in body.regions]
    numbers: list[list[int]] = [[] for _ in body.regions]
    for number, region in enumerate(body.regions):
        if region.parent >= 0:
            children[region.parent].append(number)
        if region.partner >= 0:
            partners[region.partner].append(number)
    for number, where in enumerate(body.where):
        numbers[where].append(number)
    return Layout(tuple(map(tuple, children)), tuple(map(tuple, partners)), tuple(map(tuple, numbers)))


def regions_within(infer: Inference, site: Site, region: int) -> frozenset[int]:
    """The numbers of a region and of those inside it."""
    found = layout(infer, site)
    inside = [region]
    for at in inside:
        inside.extend(found.children[at])
    return frozenset(inside)


def within(infer: Inference, site: Site, region: int) -> frozenset[int]:
    """The numbers of the operations in a region and in those inside it."""
    numbers = layout(infer, site).numbers
    return frozenset([number for inner in regions_within(infer, site, region) for number in numbers[inner]])


def regions_around(body: Body, region: int) -> Iterator[int]:
    """The numbers of a region and of those in which it lies, the innermost first."""
    while region >= 0:
        yield region
        region = body.regions[region].parent


def handlers_around(body: Body, region: int) -> Iterator[Region]:
    """The handlers that stand ready for what fails in a region, the nearest first."""
    for number in regions_around(body, region):
        yield from [other for other in body.regions if other.kind == "except" and other.partner == number]
