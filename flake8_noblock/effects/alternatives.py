"""Functions that work either way: where one branch returns a coroutine or task (``if self.asynchronous: return self._close()``),
code on the loop takes that one, and the others run elsewhere."""

from __future__ import annotations

from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.tasks import is_start
from flake8_noblock.facts.model import Body, Call, Choice, Declared, Region, Return
from flake8_noblock.facts.operands import joined
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.regions import excluded_regions
from flake8_noblock.link.values import Coroutine


def synchronous_regions(infer: Inference, site: Site) -> frozenset[int]:
    """The numbers of the regions of a function that run where it is not to give a coroutine or task."""
    body = infer.body(site)
    if body.is_async or len(body.regions) == 1 or body.kind != "function":
        return frozenset()
    plain = Site(site.module, site.body)
    return infer.remember("synchronous regions", plain, _synchronous, infer, plain, body)


def _synchronous(infer: Inference, site: Site, body: Body) -> frozenset[int]:
    conditions = set()
    for op, where in zip(body.ops, body.where, strict=True):
        if isinstance(op, Return) and op.value >= 0 and where > 0 and _is_awaitable(infer, site, body, op.value):
            while where > 0:
                region = body.regions[where]
                conditions.update([(region.parent, region.value, region.positive)] if region.kind == "branch" else [])
                where = region.parent
    if not conditions:
        return frozenset()
    excluded = excluded_regions(infer, site)
    found: set[int] = set()
    for number, region in enumerate(body.regions):
        if region.parent in found or (_opposite(region) in conditions and number not in excluded):
            found.add(number)
    return frozenset(found)


def _opposite(region: Region) -> tuple[int, int, bool]:
    return (region.parent, region.value, not region.positive)


def _is_awaitable(infer: Inference, site: Site, body: Body, number: int) -> bool:
    op = body.ops[number]
    if isinstance(op, Choice):
        return any(_is_awaitable(infer, site, body, value) for value in joined(body.ops, number))
    if isinstance(op, Declared):
        return op.value >= 0 and _is_awaitable(infer, site, body, op.value)
    if not isinstance(op, Call):
        return False
    return (
        any(isinstance(value, Coroutine) for value in infer.value(site, number))
        or is_start(infer, Place(site, number)) is not None
    )
