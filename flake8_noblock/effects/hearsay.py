"""Values of which no more is known than what an annotation says, and attributes that a program gives to objects of others."""

from __future__ import annotations

from flake8_noblock.effects.awaitables import kind_of
from flake8_noblock.effects.origins import Place, definitions_of
from flake8_noblock.facts.model import Attr, Declared, Element, Item, Lookup, Narrowed, Param, StoreAttr
from flake8_noblock.link.classes import find_member
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.values import Descriptor, Instance, Value


def is_only_declared(infer: Inference, place: Place) -> bool:
    """Whether a value is a parameter, of this function or one around it, an attribute, or an element of one: functions are often
    declared as coroutines there, and tasks as mere awaitables."""
    op = infer.body(place.site).ops[place.number]
    match op:
        case Param() | Declared(value=-1):
            return True
        case Declared(value=value) | Narrowed(value=value) | Element(value=value) | Item(base=value):
            return is_only_declared(infer, Place(place.site, value))
        case Lookup():
            return any(isinstance(infer.body(one.site).ops[one.number], Param) for one in definitions_of(infer, place))
        case Attr(base=base, name=name):
            return not any(_is_property(infer, receiver, name) for receiver in infer.value(place.site, base))
    return False


def _is_property(infer: Inference, receiver: Value, name: str) -> bool:
    member = find_member(infer, receiver.cls, name) if isinstance(receiver, Instance) else None
    return any(isinstance(value, Descriptor) for value in member.values or ()) if member is not None else False


def is_added(infer: Inference, place: Place, base: int, op: Attr | StoreAttr) -> bool:
    """Whether an attribute of a task or future is one that the module gives it: they take what they are given."""
    if isinstance(op, Attr) and op.name not in attributes_set(infer, place.site.module):
        return False
    return kind_of(infer, infer.value(place.site, base)) in ("task", "future")


def attributes_set(infer: Inference, module: str) -> frozenset[str]:
    """The names of attributes that a module sets on anything but an object's own ``self``."""
    return infer.remember("attributes set on others", module, _find_stored, infer, module)


def _find_stored(infer: Inference, module: str) -> frozenset[str]:
    bodies = infer.facts(module).bodies
    stored = [(body, op) for body in bodies for op in body.ops if isinstance(op, StoreAttr)]
    return frozenset([op.name for body, op in stored if body.owner < 0 or body.ops[op.base] != Param(0)])
