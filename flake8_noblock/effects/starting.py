"""Who starts an event loop: calls that do, and functions that reach one."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.errors import catches_running_loop
from flake8_noblock.effects.governs import is_governed
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.rows import part_at, parts_played
from flake8_noblock.effects.runs import AllOf, OneOf, Run, sites_of
from flake8_noblock.effects.summaries import MOST_BODIES, Summaries
from flake8_noblock.facts.model import Call
from flake8_noblock.link.components import components
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import handlers_around
from flake8_noblock.link.regions import excluded_regions


class Starters:
    """Which bodies start a loop on the thread that runs them; each is found once, over strongly connected components.

    A call that stands under a question whether a loop runs counts nowhere, nor does any in a module that allows nested loops.
    """

    def __init__(self, summaries: Summaries) -> None:
        self._summaries = summaries
        self._infer = summaries.infer
        self._known: dict[Site, tuple[int, int, Site | None] | None] = {}
        self._masks: dict[Site, int] = {}

    def chain(self, run: Run) -> tuple[Place, ...]:
        """How `run` reaches the start of a loop: an operation of each body on the shortest way; empty: it doesn't."""
        for site in sites_of(run):
            self._solve(site)
            self._infer.reads.mask |= self._masks.get(site, 0)
        found = self._of(run)
        places: list[Place] = []
        while found is not None:
            _, site = found
            known = self._known[site]
            assert known is not None
            places.append(Place(site, known[1]))
            found = (0, known[2]) if known[2] is not None else None
        return tuple(places)

    def _of(self, run: Run) -> tuple[int, Site] | None:
        """The body by which `run` reaches a start the soonest, and in how many steps."""
        match run:
            case Site():
                known = self._known.get(run)
                self._infer.reads.mask |= self._masks.get(run, 0)
                return None if known is None else (known[0], run)
            case AllOf(parts=parts):
                return _soonest([way for way in map(self._of, parts) if way is not None])
            case OneOf(parts=parts, declared=declared):
                ways = [self._of(part) for part in (parts[:1] if declared else parts)]
                return None if None in ways else _soonest([way for way in ways if way is not None])
        return None

    def _solve(self, start: Site) -> None:
        for component in components(start, self._callees, self._known.__contains__, MOST_BODIES):
            _, mask = self._infer.reads.during(self._fix, component)
            self._masks.update(dict.fromkeys(component, mask))

    def _fix(self, component: list[Site]) -> None:
        """The least fixpoint over bodies that call each other."""
        for site in component:
            self._known[site] = None
        changed = True
        while changed:
            changed = False
            for site in component:
                if self._known[site] is None and (found := self._look(site)) is not None:
                    self._known[site] = found
                    changed = len(component) > 1

    def _look(self, site: Site) -> tuple[int, int, Site | None] | None:
        own = next(direct_starts(self._infer, site), None)
        if own is not None:
            return 0, own, None
        edges = self._summaries.edges(site)
        ways = [(*found, edge.number) for edge in edges if (found := self._of(edge.run)) is not None]
        ways = [way for way in ways if not is_guarded(self._infer, Place(site, way[2]))]
        if not ways:
            return None
        steps, through, number = min(ways, key=lambda way: (way[0], way[2]))
        return steps + 1, number, through

    def _callees(self, site: Site) -> Iterator[Site]:
        if self._summaries.scope.enters(self._infer.module(site.module).origin):
            for edge in self._summaries.edges(site):
                yield from sites_of(edge.run)


def _soonest(ways: list[tuple[int, Site]]) -> tuple[int, Site] | None:
    """The first of the shortest ways."""
    return min(ways, key=lambda way: way[0], default=None)


def direct_starts(infer: Inference, site: Site) -> Iterator[int]:
    """The calls in the body at `site` that start a loop whether or not one runs."""
    body = infer.body(site)
    if allows_nesting(infer, site.module):
        return
    excluded = excluded_regions(infer, site)
    for number, op in enumerate(body.ops):
        if isinstance(op, Call) and body.where[number] not in excluded:
            place = Place(site, number)
            if part_at(infer, place, "starts a loop") is not None and not is_guarded(infer, place):
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

