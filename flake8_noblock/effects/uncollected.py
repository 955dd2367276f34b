"""Errors that a gathering call gives as results, at which nobody looks."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.awaiting import ends, rows_of
from flake8_noblock.effects.clean_up import cancels, gives_back, is_closing, registers
from flake8_noblock.effects.conditions import argument
from flake8_noblock.effects.errors import catches_everything
from flake8_noblock.effects.failing import collects_errors, failing, failure_of_call, is_standard_call, reached_numbers
from flake8_noblock.effects.guards import names_of
from flake8_noblock.effects.handlers import is_await, stands_in_failure
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import Await, Call, Closure, Display, Drop, Region, Spread, Yield
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import handlers_around
from flake8_noblock.link.values import ClassValue, Coroutine, Function, Literal


def uncollected(infer: Inference, site: Site) -> Iterator[Place]:
    """The gathering calls in the body at `site` that are awaited for nothing but their end."""
    body = infer.body(site)
    for number, op in reached_numbers(infer, site):
        call = Place(site, number)
        if not isinstance(op, Call) or not infer.knowledge.may_collect(name for name, _ in op.keywords):
            continue
        if not _surely_collects(infer, call):
            continue
        found = ends(infer, call)
        awaited = [end.place for end in found if end.kind == "awaited" and end.place.site == site]
        if awaited and len(awaited) == len(found) and all(_is_dropped(infer, place) for place in awaited):
            ends_anyway = gives_back(infer, body) or stands_in_failure(infer, site, body.where[number])
            if not (ends_anyway or cancels(infer, site) or _closes(infer, call) or _is_seen_elsewhere(infer, call)):
                yield call


MOST_COROUTINES = 3
"""Coroutines that await each other of which it is asked whether they see to their errors themselves."""


def _is_seen_elsewhere(infer: Inference, call: Place) -> bool:
    """Whether others see to the errors of what is gathered: who made the tasks, callbacks, or the coroutines themselves."""
    op = infer.body(call.site).ops[call.number]
    given = [made for number in op.args for made in _gathered(infer, Place(call.site, number))] if isinstance(op, Call) else []
    if registers(infer, call.site):
        return True
    made = [one for one in (*given, *_made_for(infer, call)) if _is_started(infer, one)]
    return all(_sees_to_itself(infer, one) or _only_waits(infer, one) for one in made)


def _is_started(infer: Inference, place: Place) -> bool:
    """Whether a value is a coroutine, or a task of one, that is made there."""
    if not isinstance(infer.body(place.site).ops[place.number], Call):
        return False
    return rows_of(infer, place)[0] is not None or any(isinstance(value, Coroutine) for value in infer.value(*place))


def _made_for(infer: Inference, call: Place) -> Iterator[Place]:
    """The coroutines that are made before a gathering call, and handed to it in a container."""
    for number, op in enumerate(infer.body(call.site).ops[: call.number]):
        place = Place(call.site, number)
        if isinstance(op, Call) and any(isinstance(value, Coroutine) for value in infer.value(*place)):
            if any(call in end.through for end in ends(infer, place)):
                yield place


def _sees_to_itself(infer: Inference, made: Place, depth: int = MOST_COROUTINES) -> bool:
    """Whether a call makes a coroutine of the project that awaits nothing outside of a ``try`` that catches every error, but
    others of the kind and what can't fail."""
    op = infer.body(made.site).ops[made.number]
    values = infer.value(made.site, op.func) if isinstance(op, Call) else ()
    ours = [value for value in values if isinstance(value, Function) and infer.module(value.module).origin == "project"]
    functions = [value for value in ours if infer.is_async_function(value)]
    return bool(values) and len(functions) == len(values) and all(_guards_itself(infer, one, depth) for one in functions)


def _guards_itself(infer: Inference, function: Function, depth: int) -> bool:
    site = Site(function.module, function.body)
    body = infer.body(site)
    if body.decorators:
        return True  # A decorator may see to them, too.
    fragile = {one.place.number for one in failing(infer, site)}
    guarded = False
    for number, op in reached_numbers(infer, site):
        if not is_await(op):
            continue
        if any(_is_for_all(infer, site, part) for part in handlers_around(body, body.where[number])):
            guarded = True
        elif isinstance(op, Await) and depth and _sees_to_itself(infer, Place(site, op.value), depth - 1):
            guarded = True
        elif number in fragile or (isinstance(op, Await) and not is_standard_call(infer, Place(site, op.value))):
            return False
    return guarded


def _is_for_all(infer: Inference, site: Site, handler: Region) -> bool:
    return handler.value < 0 or catches_everything(infer, infer.value(site, handler.value))


def _only_waits(infer: Inference, made: Place) -> bool:
    """Whether a call makes a coroutine of the standard library that can't fail."""
    return is_standard_call(infer, made) and failure_of_call(infer, made) is None


def _surely_collects(infer: Inference, call: Place) -> bool:
    for name in names_of(infer, call) if collects_errors(infer, call) else ():
        row = infer.knowledge.consumer(name)
        number = argument(infer, call, row.collects) if row is not None and row.collects is not None else None
        if number is not None:
            return infer.value(call.site, number) == (Literal(True),)
    return False


def _is_dropped(infer: Inference, awaited: Place) -> bool:
    ops = infer.body(awaited.site).ops
    known = fate(infer, awaited)
    return isinstance(ops[awaited.number], Await) and not known.named and all(isinstance(ops[u], Drop) for u in known.users)


def _closes(infer: Inference, call: Place) -> bool:
    """Whether all that is gathered are calls that give something back."""
    ops = infer.body(call.site).ops
    op = ops[call.number]
    given = [made for number in op.args for made in _gathered(infer, Place(call.site, number))] if isinstance(op, Call) else []
    return bool(given) and all(is_closing(infer, infer.body(made.site), made.number) for made in given)


def _gathered(infer: Inference, given: Place) -> Iterator[Place]:
    """An argument, or what a list, comprehension or generator expression that is spread there holds; the spread itself, where
    a function gives what it holds."""
    ops = infer.body(given.site).ops
    op = ops[given.number]
    match op:
        case Spread(value=value):
            found = list(_gathered(infer, Place(given.site, value)))
            yield from [given] if found == [Place(given.site, value)] and isinstance(ops[value], Call) else found
        case Display(items=items):
            yield from [Place(given.site, item) for item in items]
        case Call(func=func) if isinstance(made := ops[func], Closure):
            site = Site(given.site.module, made.body)
            yield from [Place(site, one.value) for one in infer.body(site).ops if isinstance(one, Yield)]
        case Call(args=(copied,)) if _copies(infer, Place(given.site, op.func)):
            yield from _gathered(infer, Place(given.site, copied))
        case _:
            yield given


def _copies(infer: Inference, callee: Place) -> bool:
    """Whether what is called is a class of containers of the standard library."""
    values = infer.value(*callee)
    return bool(values) and all(isinstance(value, ClassValue) and infer.is_standard(value) for value in values)
