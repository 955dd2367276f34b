"""The questions of NBL401, 402, 406, 407 and 499 to one body."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_noblock.effects.awaiting import End, rows_of
from flake8_noblock.effects.callers import is_entry
from flake8_noblock.effects.conditions import argument
from flake8_noblock.effects.coverage import Question, uncovered, way_out
from flake8_noblock.effects.errors import Failure, catches_cancellation
from flake8_noblock.effects.failing import Failing, escaping, failing, failure_of_call, reached_numbers
from flake8_noblock.effects.guards import Passed, entered_call, names_of
from flake8_noblock.effects.handlers import is_await
from flake8_noblock.effects.origins import Place, origins
from flake8_noblock.effects.outcomes import sight
from flake8_noblock.effects.rows import last_name
from flake8_noblock.facts.model import Attr, Await, Call
from flake8_noblock.knowledge.schema import Fails, Limit, Task
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import regions_around
from flake8_noblock.link.sources import source_of
from flake8_noblock.link.values import Function, Literal


@dataclass(frozen=True, slots=True)
class Unguarded:
    """An operation that can fail, and the function by which its failure gets out of the program."""

    operation: Failing
    outermost: Site


def unguarded(infer: Inference, site: Site, frameworks_cover: bool) -> Iterator[Unguarded]:
    """The awaits of the body at `site` whose failure nothing catches: one for each place, the failure that is seen first."""
    seen: set[Place] = set()
    for one in failing(infer, site):
        if one.place in seen:
            continue
        outermost = uncovered(infer, _in_body(site, one.made), one.end, one.failure, frameworks_cover)
        if outermost is not None:
            seen.add(one.place)
            yield Unguarded(one, outermost)


def _in_body(site: Site, operation: Place) -> Place:
    """An operation of the body at `site`; for one of a generator expression in it, the first."""
    return operation if operation.site == site else Place(site, 0)


@dataclass(frozen=True, slots=True)
class Unseen:
    """A task whose failure nobody sees: where it is started, and how it can fail."""

    place: Place
    failure: Failure


def unseen_tasks(infer: Inference, site: Site) -> Iterator[Unseen]:
    """The tasks that the body at `site` starts, that can fail, and at whose end nobody looks."""
    for number, op in reached_numbers(infer, site):
        place = Place(site, number)
        if not isinstance(op, Call) or not infer.knowledge.may_have_row(Task, last_name(infer, Place(site, op.func))):
            continue
        task, _ = rows_of(infer, place)
        if task is None or task.kept:
            continue
        coroutine = argument(infer, place, task.coroutine)
        failed = _failure_of(infer, Place(site, coroutine), task.function) if coroutine is not None else None
        if failed is not None and not sight(infer, place):
            yield Unseen(place, failed)


def _failure_of(infer: Inference, coroutine: Place, is_function: bool) -> Failure | None:
    """How a coroutine that is run as a task can fail without catching it."""
    op = infer.body(coroutine.site).ops[coroutine.number]
    if is_function:
        values = infer.value(coroutine.site, coroutine.number)
    elif isinstance(op, Call):
        direct = failure_of_call(infer, coroutine)
        if direct is not None:
            return direct
        values = infer.value(coroutine.site, op.func)
    else:
        return None
    for value in values if len(values) == 1 else ():
        source = source_of(infer, value) if isinstance(value, Function) and not infer.is_standard(value) else None
        if source is not None and infer.is_async_function(source):
            return next(iter(escaping(infer, Site(source.module, source.body))), None)
    return None


# --- time limits ---


def unlimited(infer: Inference, site: Site) -> Iterator[Failing]:
    """The awaits of the network in the body at `site` that nothing ends if the other side never answers."""
    question = Question(_limits, _never, is_entry)
    seen: set[Place] = set()
    for one in failing(infer, site):
        row = one.failure.row
        if row.kind != "network" or one.place in seen or _has_own_limit(infer, one.made, row):
            continue
        if way_out(infer, _in_body(site, one.made), one.end, question) is not None:
            seen.add(one.place)
            yield one


def _has_own_limit(infer: Inference, made: Place, row: Fails) -> bool:
    """Whether the operation that the call at `made` starts ends by itself: by what it is given, or what made its object is."""
    op = infer.body(made.site).ops[made.number]
    if row.timeout is None or not isinstance(op, Call):
        return row.limited
    callee = infer.body(made.site).ops[op.func]
    makers = list(_makers(infer, Place(made.site, callee.base))) if row.limited and isinstance(callee, Attr) else []
    for call in (made, *makers):
        number = argument(infer, call, row.timeout)
        if number is not None:
            return not _is_none(infer, Place(call.site, number))
    return row.limited


def _makers(infer: Inference, receiver: Place) -> Iterator[Place]:
    """The calls that made an object, or what was entered to get it."""
    entered = entered_call(infer, receiver)
    yield from [entered] if entered is not None else origins(infer, receiver) or ()


def _is_none(infer: Inference, place: Place) -> bool:
    return infer.value(*place) == (Literal(None),)


def _never(infer: Inference, site: Site) -> bool:
    return False


def _limits(infer: Inference, end: End, wrapped: bool) -> Passed:
    calls = [*end.through, *_entered_around(infer, end.place)]
    return Passed(any(_ends_at_last(infer, call) for call in calls), False)


def _ends_at_last(infer: Inference, call: Place) -> bool:
    """Whether the call at `call` sets a time limit that isn't None."""
    row = _limit(infer, call)
    number = argument(infer, call, row.limit) if row is not None and row.limit is not None else None
    return row is not None and (number is None or not _is_none(infer, Place(call.site, number)))


def _limit(infer: Inference, call: Place) -> Limit | None:
    return next((row for name in names_of(infer, call) if (row := infer.knowledge.limit(name)) is not None), None)


def _entered_around(infer: Inference, place: Place) -> Iterator[Place]:
    """The calls that make the context managers within which `place` stands, the innermost first."""
    body = infer.body(place.site)
    region = body.regions[body.where[place.number]]
    while region.parent >= 0:
        if region.kind == "with" and region.value >= 0:
            call = entered_call(infer, Place(place.site, region.value))
            if call is not None:
                yield call
        region = body.regions[region.parent]


# --- cancellation during clean-up, and the letter of the rule ---


def cut_short(infer: Inference, site: Site) -> Iterator[Place]:
    """The awaits of the body at `site` that run while the coroutine is cancelled, and that nothing shields."""
    body = infer.body(site)
    critical = {number for number, region in enumerate(body.regions) if _runs_when_cancelled(infer, site, number)}
    for number, op in reached_numbers(infer, site):
        if is_await(op) and not critical.isdisjoint(regions_around(body, body.where[number])):
            if not _is_shielded(infer, Place(site, number)):
                yield Place(site, number)


def _runs_when_cancelled(infer: Inference, site: Site, number: int) -> bool:
    region = infer.body(site).regions[number]
    if region.kind == "except":
        return region.value < 0 or catches_cancellation(infer, infer.value(site, region.value))
    return region.kind == "finally"


def _is_shielded(infer: Inference, place: Place) -> bool:
    op = infer.body(place.site).ops[place.number]
    if isinstance(op, Await):
        for name in names_of(infer, Place(place.site, op.value)):
            row = infer.knowledge.consumer(name)
            if row is not None and row.shields:
                return True
    for call in _entered_around(infer, place):
        limit = _limit(infer, call)
        number = argument(infer, call, limit.shield) if limit is not None and limit.shield is not None else None
        if number is not None and infer.value(call.site, number) != (Literal(False),):
            return True
    return False


def without_handler(infer: Inference, site: Site) -> Iterator[Place]:
    """The awaits of the body at `site` that stand in no ``try`` with a handler."""
    body = infer.body(site)
    handled = {region.partner for region in body.regions if region.kind == "except"}
    for number, op in reached_numbers(infer, site):
        if is_await(op) and handled.isdisjoint(regions_around(body, body.where[number])):
            yield Place(site, number)
