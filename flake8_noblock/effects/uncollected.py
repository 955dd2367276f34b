"""Errors that a gathering call gives as results, at which nobody looks."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.awaiting import ends
from flake8_noblock.effects.conditions import argument
from flake8_noblock.effects.failing import collects_errors, reached_numbers
from flake8_noblock.effects.guards import names_of
from flake8_noblock.effects.handlers import cancels, gives_back, is_closing
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import Await, Call, Closure, Display, Drop, Spread, Yield
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import Literal


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
            if not cancels(infer, site) and not _closes(infer, call) and not gives_back(infer, body):
                yield call


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
    """An argument, or what a list, comprehension or generator expression that is spread there holds."""
    ops = infer.body(given.site).ops
    op = ops[given.number]
    match op:
        case Spread(value=value):
            yield from _gathered(infer, Place(given.site, value))
        case Display(items=items):
            yield from [Place(given.site, item) for item in items]
        case Call(func=func) if isinstance(made := ops[func], Closure):
            site = Site(given.site.module, made.body)
            yield from [Place(site, one.value) for one in infer.body(site).ops if isinstance(one, Yield)]
        case _:
            yield given
