"""Functions that are taken for async ones, or the reverse, by what only declares them, where what runs is of the other kind."""

from __future__ import annotations

from flake8_noblock.effects.awaitables import kind_of
from flake8_noblock.effects.mixed_overrides import common_sort, sort_of
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.overrides import is_abstract
from flake8_noblock.facts.model import Attr, Call
from flake8_noblock.link.arguments import NO_ARGUMENTS
from flake8_noblock.link.calls import call
from flake8_noblock.link.classes import find_member
from flake8_noblock.link.functions import is_place_for_others
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.sources import source_of
from flake8_noblock.link.subclasses import subclasses
from flake8_noblock.link.values import Descriptor, Function, Instance, SourceClass, Value, Values, is_unknown


def may_be_of_other_kind(infer: Inference, place: Place) -> bool:
    """Whether a call, or a property, may run something of another kind than what it is declared to run: an abstract method that a
    subclass has so, or a function whose stub isn't true of the source beside it."""
    op = infer.body(place.site).ops[place.number]
    match op:
        case Call(func=func):
            callee = infer.value(place.site, func)
            return any(isinstance(v, Function) and (_is_belied(infer, v) or _is_turned_below(infer, v, v.receiver)) for v in callee)
        case Attr(base=base, name=name):
            return any(_is_turned_below(infer, v, receiver) for receiver in infer.value(place.site, base) for v in _getters(infer, receiver, name))
    return False


def _getters(infer: Inference, receiver: Value, name: str) -> list[Function]:
    member = find_member(infer, receiver.cls, name) if isinstance(receiver, Instance) else None
    found = [value for value in member.values or () if isinstance(value, Descriptor)] if member is not None else []
    return [function for value in found for function in value.function if isinstance(function, Function)]


def _is_belied(infer: Inference, function: Function) -> bool:
    """Whether the source beside a stub has a function of another kind."""
    source = source_of(infer, function)
    if source is None or source.module == function.module:
        return False
    given = call(infer, _as_defined(infer, source), NO_ARGUMENTS)
    return not is_unknown(given) and (kind_of(infer, given) == "coroutine") != (sort_of(infer, function) == "async")


def _as_defined(infer: Inference, function: Function) -> Values:
    """What the decorators of a function make of it."""
    body = infer.function_body(function)
    around = Site(function.module, body.parent)
    number = infer.body(around).names.get(body.name)
    return infer.value(around, number) if number is not None else ()


def _is_turned_below(infer: Inference, method: Function, receiver: Value | None) -> bool:
    """Whether a method is only a place for others, and those that subclasses have are of another kind, or of one that isn't known."""
    if not isinstance(receiver, Instance) or not isinstance(receiver.cls, SourceClass) or infer.function_body(method).owner < 0:
        return False
    body = infer.function_body(method)
    if infer.is_standard(method) or not is_abstract(infer, method) and not is_place_for_others(body):
        return False
    members = [find_member(infer, cls, body.name) for cls in subclasses(infer, receiver.cls, everywhere=True)]
    declared = infer.source_class(method.module, body.owner)
    below = {common_sort(infer, member.values or ()) for member in members if member is not None and member.owner != declared}
    return bool(below) and sort_of(infer, method) not in below
