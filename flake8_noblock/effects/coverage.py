"""Covered functions: whether a failure that leaves a function is caught on every known way out of the program.

Walked from the function upwards, over calls that nothing guards, until a function is reached that nobody is known to call. A walk
that comes back to itself ends there, so recursion alone uncovers nothing (a greatest fixpoint of "covered").
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from flake8_noblock.effects.awaiting import End, ends, rows_of
from flake8_noblock.effects.callers import FoundCall, callers, is_entry, may_be_called_elsewhere
from flake8_noblock.effects.errors import Failure
from flake8_noblock.effects.failing import collects
from flake8_noblock.effects.guards import Passed, decorators_of, on_the_way_out, out_of_group
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.outcomes import sight
from flake8_noblock.effects.programs import is_beside
from flake8_noblock.facts.model import Call
from flake8_noblock.link.contexts import context_of_call
from flake8_noblock.link.evaluate import arguments_of
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.regions import excluded_regions
from flake8_noblock.link.values import Function

MOST_FUNCTIONS = 400
"""Functions that are looked at for one failure; if they don't decide, it counts as caught."""


class Node(NamedTuple):
    """A body that a failure leaves, wrapped in an exception group or not."""

    site: Site
    wrapped: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked on the way: what stops a failure at an end of an awaitable, and whether a function as a whole does.

    `stops` gives None where that can't be seen, which counts as stopped. Functions that are called by code that `is_out` of the
    program let the failure out.
    """

    stops: Callable[[Inference, End, bool], Passed | None]
    covers: Callable[[Inference, Site], bool]
    is_out: Callable[[Inference, Site], bool]


def way_out(infer: Inference, operation: Place, end: End, asked: Question) -> Site | None:
    """The function by which a failure of `operation`, which arises at `end`, an end of what that makes, gets out of the program.

    It is the nearest such function; None: the failure doesn't get out. Where a module itself lets it out it is the function that
    the module calls.
    """
    site = operation.site
    starts = list(_through(infer, Node(site, False), end, asked))
    if _ROOT in starts:
        return site
    before = {start: start for start in starts if start is not None}
    waiting = deque(before)
    while waiting and len(before) <= MOST_FUNCTIONS:
        node = waiting.popleft()
        if infer.body(node.site).kind == "module":
            if is_beside(infer, node.site.module, operation.site.module):
                continue
            return before[node].site
        if asked.covers(infer, node.site):
            continue
        found = list(_onwards(infer, node, asked, operation))
        if _ROOT in found:
            return node.site
        for one in found:
            if one is not None and one not in before:
                before[one] = node
                waiting.append(one)
    return None


_ROOT = None
"""Instead of a node: the failure gets out of the program here."""


def _onwards(infer: Inference, node: Node, asked: Question, operation: Place) -> Iterator[Node | None]:
    """Where a failure of `operation` that leaves the function of `node` goes."""
    body = infer.body(node.site)
    if body.kind != "function":
        return  # A lambda is called by whoever it is handed to.
    found = callers(infer, node.site)
    if found is None:
        return
    telling = [call for call in found.calls if _tells(call.end)]
    calls = [call for call in telling if call.certainty == "known"]
    if not calls and not may_be_called_elsewhere(infer, node.site):
        calls = telling
    for call in calls:
        if node.site != operation.site or not _passes_by(infer, call, operation):
            yield from _through(infer, node, call.end, asked)
    if asked.is_out(infer, node.site):
        yield _ROOT
    elif calls:
        return
    elif not found.calls and not found.escapes and not may_be_called_elsewhere(infer, node.site):
        yield _ROOT


def _passes_by(infer: Inference, found: FoundCall, operation: Place) -> bool:
    """Whether a call of the function in which `operation` stands makes it take another branch."""
    body = infer.body(operation.site)
    region = body.where[operation.number]
    op = infer.body(found.call.site).ops[found.call.number] if found.call is not None and region > 0 else None
    if found.call is None or not isinstance(op, Call):
        return False
    meant = (operation.site.module, operation.site.body)
    called = [v for v in infer.value(found.call.site, op.func) if isinstance(v, Function) and (v.module, v.body) == meant]
    arguments = arguments_of(infer, found.call.site, op)
    contexts = [context_of_call(infer, function, arguments) for function in called]
    return bool(contexts) and all(region in excluded_regions(infer, Site(*meant, context)) for context in contexts)


def _tells(end: End) -> bool:
    """Whether an end says where a failure goes."""
    return end.kind in ("awaited", "kept", "returned") or (end.task and end.kind in ("task", "stored", "method"))


def _through(infer: Inference, node: Node, end: End, asked: Question) -> Iterator[Node | None]:
    if end.kind == "returned":
        yield Node(end.place.site, node.wrapped)
    elif end.kind in ("task", "stored", "method"):
        yield from _through_task(infer, node, end, asked)
    else:
        passed = asked.stops(infer, end, node.wrapped)
        if passed is not None and not passed.caught:
            yield from _out_of_body(infer, end, passed.wrapped, asked)


def _out_of_body(infer: Inference, end: End, wrapped: bool, asked: Question) -> Iterator[Node | None]:
    """A failure leaves the body where the end stands; if that was given the awaitable, it goes on where it was given it."""
    node = Node(end.place.site, wrapped)
    if end.given is None:
        yield node
    elif infer.body(end.place.site).is_async:
        for after in ends(infer, end.given):
            yield from _through(infer, node, after, asked)
    else:
        yield from _through(infer, node, End("awaited", end.given), asked)


def _through_task(infer: Inference, node: Node, end: End, asked: Question) -> Iterator[Node | None]:
    """A task ends with the failure: it shows where somebody awaits the task, and gets out where nobody looks at it."""
    started = next((call for call in end.through if rows_of(infer, call)[0] is not None), None)
    if started is None:
        return  # Nothing has started it yet where it is stored: who does is not followed.
    seen = sight(infer, started)
    if not seen:
        yield _ROOT
    for place in seen.awaited:
        passed = asked.stops(infer, End("awaited", place, end.through, True), node.wrapped)
        if passed is not None and not passed.caught:
            yield Node(place.site, passed.wrapped)


# --- failures ---


def uncovered(infer: Inference, operation: Place, end: End, failed: Failure, frameworks_cover: bool) -> Site | None:
    """The function by which a failure of `operation`, which arises at `end`, gets out of the program; None: it is caught."""

    def stops(infer: Inference, end: End, wrapped: bool) -> Passed | None:
        if collects(infer, end):
            return Passed(True, wrapped)
        if end.kind == "kept":
            return out_of_group(infer, end.place, failed)
        return on_the_way_out(infer, end.place, failed, wrapped)

    def covers(infer: Inference, site: Site) -> bool:
        key = site, failed.key, frameworks_cover
        return infer.remember("what functions as a whole catch", key, _covers, infer, site, failed, frameworks_cover)

    def is_out(infer: Inference, site: Site) -> bool:
        return not frameworks_cover and is_entry(infer, site)

    return way_out(infer, operation, end, Question(stops, covers, is_out))


def _covers(infer: Inference, site: Site, failed: Failure, frameworks_cover: bool) -> bool:
    decorated = decorators_of(infer, site, failed)
    entry = is_entry(infer, site)
    return decorated == "guarded" or (frameworks_cover if entry else decorated == "unknown")
