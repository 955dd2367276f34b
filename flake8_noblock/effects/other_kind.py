"""Functions that are taken for async ones, or the reverse, by what only declares them, where what runs is of the other kind."""

from __future__ import annotations

from flake8_noblock.effects.awaitables import kind_of
from flake8_noblock.effects.mixed_overrides import common_sort, sort_of
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.overrides import is_abstract
from flake8_noblock.facts.model import Attr, Call
from flake8_noblock.link.annotations import declared
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
    subclass has so, one that is declared as an async generator, or a function whose stub isn't true of the source beside it."""
    op = infer.body(place.site).ops[place.number]
    match op:
        case Call(func=func):
            callee = infer.value(place.site, func)
            return any(isinstance(v, Function) and _may_turn_out_otherwise(infer, v) for v in callee)
        case Attr(base=base, name=name):
            return any(
                _is_turned_below(infer, v, receiver)
                for receiver in infer.value(place.site, base)
                for v in _getters(infer, receiver, name)
            )
    return False


def _may_turn_out_otherwise(infer: Inference, function: Function) -> bool:
    return (
        _is_belied(infer, function)
        or _is_generator_declared(infer, function)
        or _is_turned_below(infer, function, function.receiver)
    )


def _is_generator_declared(infer: Inference, function: Function) -> bool:
    """Whether a method that only declares is annotated as an async generator: to the letter an ``async def`` without a ``yield``
    gives a coroutine of one, while those that implement it have the ``yield``."""
    body = infer.function_body(function)
    if not body.is_async or body.is_generator or body.owner < 0 or body.returns < 0 or infer.is_standard(function):
        return False
    if not is_abstract(infer, function) and not is_place_for_others(body):
        return False
    return kind_of(infer, declared(infer, Site(function.module, function.body), body.returns)) == "async generator"


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
    """Whether a method is only a place for others, and those that subclasses have are of another kind, or of one that isn't
    known."""
    if not isinstance(receiver, Instance) or not isinstance(receiver.cls, SourceClass) or infer.function_body(method).owner < 0:
        return False
    body = infer.function_body(method)
    if infer.is_standard(method) or not is_abstract(infer, method) and not is_place_for_others(body):
        return False
    members = [find_member(infer, cls, body.name) for cls in subclasses(infer, receiver.cls, everywhere=True)]
    declared = infer.source_class(method.module, body.owner)
    below = [member.values or () for member in members if member is not None and member.owner != declared]
    alike = any(common_sort(infer, values) == sort_of(infer, method) for values in below)
    return bool(below) and (not alike or any(_are_generators(infer, values) for values in below))


def _are_generators(infer: Inference, values: Values) -> bool:
    return any(isinstance(value, Function) and infer.function_body(value).is_generator for value in values)
