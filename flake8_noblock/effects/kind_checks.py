"""Code that asks whether something is a coroutine, or an async function, before it uses it."""

from __future__ import annotations

from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.origins import Place
from flake8_noblock.facts.model import Call, Choice, Closure, Compare, Unary
from flake8_noblock.facts.operands import operands
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import regions_around


def tells_kind(infer: Inference, call: Place) -> bool:
    """Whether a call says whether something can be awaited, or gives what can be."""
    op = infer.body(call.site).ops[call.number]
    if not isinstance(op, Call):
        return False
    names = [name for value in infer.value(call.site, op.func) for name in paths(infer, value) or ()]
    return any(infer.knowledge.plays(name, "tells awaitables") for name in names)


def is_checked(infer: Inference, place: Place) -> bool:
    """Whether an operation, or the definition of a function around it, runs under such a question: what it finds is of the kind
    that it is used as."""
    body = infer.body(place.site)
    around = [body.regions[number] for number in regions_around(body, body.where[place.number])]
    if any(found.kind == "branch" and found.value >= 0 and _asks(infer, place.site, found.value) for found in around):
        return True
    outer = infer.around(place.site)
    ops = infer.body(outer).ops
    definition = Closure(place.site.body)
    return place.site.body > 0 and definition in ops and is_checked(infer, Place(outer, ops.index(definition)))


def _asks(infer: Inference, site: Site, condition: int) -> bool:
    op = infer.body(site).ops[condition]
    if isinstance(op, Unary | Choice | Compare):
        return any(_asks(infer, site, number) for number in operands(op) if number < condition)
    return tells_kind(infer, Place(site, condition))
