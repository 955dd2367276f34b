"""Decorated functions by their names, where nobody knows what decorating them gave."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.origins import Place, definitions_of
from flake8_noblock.facts.model import Attr, Call, Closure
from flake8_noblock.link.classes import mro
from flake8_noblock.link.functions import bound
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.values import ClassValue, Function, Instance, SourceClass, Values


def undecorated(infer: Inference, place: Place) -> Values:
    """The functions that the name or attribute at `place` would stand for if they were not decorated."""
    site, number = place
    op = infer.body(site).ops[number]
    if isinstance(op, Attr):
        return tuple([found for value in infer.value(site, op.base) for found in _member(infer, value, op.name)])
    places = [place] if isinstance(op, Call) else definitions_of(infer, place)
    return tuple([function for one in places for function in _decorated(infer, one)])


def _member(infer: Inference, receiver: object, name: str) -> Values:
    if not isinstance(receiver, Instance | ClassValue):
        return ()
    for ancestor in mro(infer, receiver.cls):
        if not isinstance(ancestor.cls, SourceClass):
            return ()
        site = infer.class_site(ancestor.cls)
        number = infer.body(site).names.get(name)
        if number is not None:
            return bound(tuple(_decorated(infer, Place(site, number))), receiver)
    return ()


def _decorated(infer: Inference, place: Place) -> Iterator[Function]:
    """The function that the call at `place` decorates, if it is such a call."""
    site, number = place
    ops = infer.body(site).ops
    op, decorators = ops[number], []
    while isinstance(op, Call) and len(op.args) == 1 and not op.keywords:
        decorators.append(op.func)
        op = ops[op.args[0]]
    if isinstance(op, Closure) and decorators and set(decorators) <= set(infer.facts(site.module).bodies[op.body].decorators):
        yield Function(site.module, op.body, outer=site.context)
