"""What is found of a body from what is found of those that it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from flake8_noblock.link.components import components
from flake8_noblock.link.identity import identity
from flake8_noblock.link.inference import Inference, Site

MOST_BODIES = 20_000
"""Bodies looked at to answer one question; what lies beyond runs nothing that is known."""

T = TypeVar("T")


Silent = tuple[str, str, int, bytes]
"""A body of which nothing was found: the aspect, the module, the body's number there, and what tells its context."""

Earlier = Mapping[Silent, int]
"""Of which bodies earlier runs found nothing, with the masks of what was read for that."""


class BottomUp(Generic[T]):
    """Finds something of bodies, on demand, over the strongly connected components of what they run: a least fixpoint within
    each, from `nothing` upwards.

    `callees` gives the bodies that one runs and that count; `look` finds what is true of a body from what is known of these.
    Most often that is nothing: `earlier` knows where, so that these bodies, and what they reach, are not looked at again.
    """

    def __init__(
        self, infer: Inference, aspect: str, nothing: T, callees: Callable[[Site], Iterable[Site]], look: Callable[[Site], T]
    ) -> None:
        self._infer = infer
        self._aspect = aspect
        self._nothing = nothing
        self._callees = callees
        self._look = look
        self._known: dict[Site, T] = {}
        self._masks: dict[Site, int] = {}
        self._asked: set[Site] = set()
        self._earlier: Earlier = {}

    def begin(self, earlier: Earlier) -> None:
        """Questions are asked for another module from now on."""
        self._earlier = earlier
        self._asked.clear()

    def solve(self, start: Site) -> None:
        """Find what there is to be found of the body at `start`, and of all that it reaches."""
        self._asked.add(start)
        for component in components(start, self._callees, self._is_known, MOST_BODIES):
            _, mask = self._infer.reads.during(self._fix, component)
            self._masks.update(dict.fromkeys(component, mask))
        self._infer.reads.mask |= self._masks.get(start, 0)

    def get(self, site: Site) -> T:
        """What was found of a body; nothing, where it was not looked at."""
        self._infer.reads.mask |= self._masks.get(site, 0)
        return self._known.get(site, self._nothing)

    def found_nothing(self, module: str) -> dict[Silent, int]:
        """Bodies outside of `module` of which there is nothing to be found, with the masks of what was read to find that: the
        first ones on each way from those that were asked of since `begin`."""
        found = {}
        own = self._infer.program.mark(module)
        seen, waiting = set(self._asked), list(self._asked)
        while waiting:
            site = waiting.pop()
            mask = self._masks.get(site)
            if mask is None:
                continue
            if self._known[site] == self._nothing and site.module != module and not mask & own:
                digest, read = identity(self._infer, site)
                found[self._aspect, site.module, site.body, digest] = mask | read
                continue
            for other in self._callees(site):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return found

    def _is_known(self, site: Site) -> bool:
        if site in self._known:
            return True
        if not self._earlier:
            return False
        mask = self._earlier.get((self._aspect, site.module, site.body, identity(self._infer, site).digest))
        if mask is None:
            return False
        self._known[site], self._masks[site] = self._nothing, mask
        return True

    def _fix(self, component: list[Site]) -> None:
        for site in component:
            self._known[site] = self._nothing
        changed = True
        while changed:
            changed = False
            for site in component:
                found = self._look(site)
                if found != self._known[site]:
                    self._known[site] = found
                    changed = len(component) > 1 or site in self._callees(site)
