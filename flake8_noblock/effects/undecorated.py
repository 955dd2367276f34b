"""Decorated functions by their names, where nobody knows what decorating them gave."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.origins import Place, definitions_of
from flake8_noblock.facts.model import Attr, Call, Closure, Import, Lookup
from flake8_noblock.link.classes import mro
from flake8_noblock.link.functions import bound
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import ClassValue, Function, Instance, ModuleValue, SourceClass, Values


def undecorated(infer: Inference, place: Place) -> Values:
    """The functions that the name or attribute at `place` would stand for if they were not decorated."""
    site, number = place
    op = infer.body(site).ops[number]
    if isinstance(op, Attr):
        return tuple([found for value in infer.value(site, op.base) for found in _member(infer, value, op.name)])
    places = [place] if isinstance(op, Call) else definitions_of(infer, place)
    return tuple([function for one in places for function in _decorated(infer, one)])


MOST_IMPORTS = 5
"""Modules in a row that hand on a name."""


def undecorated_anywhere(infer: Inference, place: Place) -> Values:
    """The same for names that are imported, too, from whichever module."""
    found = undecorated(infer, place)
    places = [place]
    for _ in range(MOST_IMPORTS):
        if found or not places:
            break
        places = [made for one in places for made in _imported_from(infer, one)]
        found = tuple([function for one in places for function in _decorated(infer, one)])
    return found


def _imported_from(infer: Inference, place: Place) -> list[Place]:
    """Where a name, an attribute of a module, or what an import statement imports is defined."""
    op = infer.body(place.site).ops[place.number]
    if isinstance(op, Attr):
        modules = [value.name for value in infer.value(place.site, op.base) if isinstance(value, ModuleValue)]
        tops = [(name, facts.bodies[0].names.get(op.name)) for name in modules if (facts := infer.module(name).facts) is not None]
        return [Place(Site(name, 0), number) for name, number in tops if number is not None]
    return definitions_of(infer, place) if isinstance(op, Lookup | Import) else []


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
