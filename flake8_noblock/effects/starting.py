"""Who starts an event loop: calls that do, and functions that reach one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flake8_noblock.effects.alternatives import synchronous_regions
from flake8_noblock.effects.bottom_up import BottomUp
from flake8_noblock.effects.errors import catches_running_loop
from flake8_noblock.effects.governs import is_governed
from flake8_noblock.effects.once import once_regions
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.rows import part_at, parts_played
from flake8_noblock.effects.runs import AllOf, OneOf, Run, sites_of
from flake8_noblock.effects.summaries import Summaries
from flake8_noblock.facts.model import Call
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import handlers_around
from flake8_noblock.link.regions import excluded_regions, selective_regions


class _Way(NamedTuple):
    """A body starts a loop, or reaches a start in some steps, by operation `number`: the body that this runs is next. `once`:
    only where something in the body's module is missing yet."""

    steps: int
    number: int
    through: Site | None
    once: bool


class _Reached(NamedTuple):
    """The body by which a start is reached, and in how many steps."""

    once: bool
    steps: int
    site: Site


class Starters:
    """Which bodies start a loop on the thread that runs them; each is found once, over strongly connected components.

    A call that stands under a question whether a loop runs counts nowhere, nor does one that is made for particular texts or
    types only, nor any in a module that allows nested loops. What is done once counts for who calls into its module: further away
    it may have been done before.
    """

    def __init__(self, summaries: Summaries) -> None:
        self._summaries = summaries
        self._infer = summaries.infer
        self.found = BottomUp[_Way | None](summaries.infer, "starts", None, self._callees, self._look)

    def chain(self, run: Run) -> tuple[Place, ...]:
        """How `run` reaches the start of a loop: an operation of each body on the shortest way; empty: it doesn't."""
        for site in sites_of(run):
            self.found.solve(site)
        soonest = self._of(run)
        places: list[Place] = []
        through = soonest.site if soonest is not None else None
        while through is not None:
            way = self.found.get(through)
            assert way is not None
            places.append(Place(through, way.number))
            through = way.through
        return tuple(places)

    def _of(self, run: Run) -> _Reached | None:
        """The body by which `run` reaches a start the soonest, and in how many steps."""
        match run:
            case Site():
                known = self.found.get(run)
                return None if known is None else _Reached(known.once, known.steps, run)
            case AllOf(parts=parts):
                return _soonest([way for way in map(self._of, parts) if way is not None])
            case OneOf(parts=parts, declared=declared):
                ways = [self._of(part) for part in (parts[:1] if declared else parts)]
                return None if None in ways else _soonest([way for way in ways if way is not None])
        return None

    def _look(self, site: Site) -> _Way | None:
        body = self._infer.body(site)
        selective = selective_regions(self._infer, site)
        once = once_regions(self._infer, site)
        own = [number for number in direct_starts(self._infer, site) if body.where[number] not in selective]
        ways = [_Way(0, number, None, body.where[number] in once.regions) for number in own]
        for edge in self._summaries.edges_on_loop(site) if not any(not way.once for way in ways) else ():
            found = self._of(edge.run) if body.where[edge.number] not in selective else None
            if (
                found is None
                or (found.once and found.site.module != site.module)
                or is_guarded(self._infer, Place(site, edge.number))
            ):
                continue
            ways.append(_Way(found.steps + 1, edge.number, found.site, found.once or body.where[edge.number] in once.regions))
        return min(ways, key=lambda way: (way.once, way.steps, way.number), default=None)

    def _callees(self, site: Site) -> Iterator[Site]:
        if self._summaries.scope.enters(self._infer.module(site.module).origin):
            for edge in self._summaries.edges(site):
                yield from sites_of(edge.run)


def _soonest(ways: list[_Reached]) -> _Reached | None:
    """The first of the shortest ways, those first that always lead there."""
    return min(ways, key=lambda way: (way.once, way.steps), default=None)


def direct_starts(infer: Inference, site: Site) -> Iterator[int]:
    """The calls in the body at `site` that start a loop whether or not one runs."""
    body = infer.body(site)
    for number, op in enumerate(body.ops):
        place = Place(site, number)
        if not isinstance(op, Call) or part_at(infer, place, "starts a loop") is None:
            continue
        if allows_nesting(infer, site.module):
            return
        elsewhere = excluded_regions(infer, site) | synchronous_regions(infer, site)
        if body.where[number] not in elsewhere and not is_guarded(infer, place):
            yield number


def is_guarded(infer: Inference, place: Place) -> bool:
    """Whether `place` runs depending on whether a loop runs, or what it raises then is caught by its class."""
    return is_governed(infer, place, "checks for a loop", "gets the loop") or _is_expected(infer, place)


def _is_expected(infer: Inference, place: Place) -> bool:
    body = infer.body(place.site)
    types = [part.value for part in handlers_around(body, body.where[place.number]) if part.value >= 0]
    return any(catches_running_loop(infer, infer.value(place.site, number)) for number in types)


def allows_nesting(infer: Inference, module: str) -> bool:
    """Whether a module makes it possible to start a loop inside a running one."""
    return bool(infer.remember("modules that allow nested loops", module, parts_played, infer, module, "allows nested loops"))


def starters(summaries: Summaries) -> Starters:
    """The one `Starters` of a program."""
    return summaries.infer.remember("starters", None, Starters, summaries)
