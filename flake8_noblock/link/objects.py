"""Values as objects: of which class, and whether of a given one."""

from __future__ import annotations

from flake8_noblock.link.classes import find_member, has_unknown_base, is_subclass
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.names import builtin, named_class
from flake8_noblock.link.values import (
    UNKNOWN,
    Coroutine,
    Deferred,
    DictValue,
    Instance,
    Literal,
    Partial,
    TupleValue,
    Value,
    Values,
    union,
)


def as_instance(infer: Inference, value: Value) -> Instance | None:
    """`value` as an object of a class; None where it is none that is known."""
    match value:
        case Instance():
            return value
        case Literal(value=constant) if constant is not None:
            return Instance(builtin(infer, type(constant).__name__).cls)
        case TupleValue(items=items, kind=kind):
            return Instance(builtin(infer, kind).cls, (union(*items),))
        case DictValue(items=entries):
            keys: Values = union(*[(Literal(key),) for key, _ in entries])
            return Instance(builtin(infer, "dict").cls, (keys, union(*[values for _, values in entries])))
        case Partial():
            return Instance(named_class(infer, "functools.partial").cls, (UNKNOWN,))
        case Deferred(instance=instance):
            return instance
        case Coroutine(result=values):
            return Instance(named_class(infer, "typing.Coroutine").cls, (UNKNOWN, UNKNOWN, values))
    return None


def is_of(infer: Inference, value: Value, kind: Value) -> bool:
    """Whether `value` is certain to be an object of the class of `kind`, or of a subclass."""
    instance = as_instance(infer, value)
    return instance is not None and isinstance(kind, Instance) and is_subclass(infer, instance.cls, kind.cls)


def may_be_of(infer: Inference, value: Value, kind: Value) -> bool:
    """Whether `value` may be an object of the class of `kind`; false only where it is certain not to be one."""
    instance = as_instance(infer, value)
    if instance is None or not isinstance(kind, Instance):
        return value != Literal(None)
    return is_subclass(infer, instance.cls, kind.cls) or has_unknown_base(infer, instance.cls)


def has_attribute(infer: Inference, values: Values | None, name: str) -> bool | None:
    """Whether each of some objects, or none of them, has an attribute; None where that isn't known."""
    verdicts = {_has_attribute(infer, value, name) for value in values or ()}
    return verdicts.pop() if len(verdicts) == 1 else None


def _has_attribute(infer: Inference, value: Value, name: str) -> bool | None:
    instance = as_instance(infer, value)
    if instance is not None and find_member(infer, instance.cls, name) is not None:
        return True
    is_plain = instance is not None and instance.cls.name.startswith("builtins.") and instance.cls.name != "builtins.object"
    return False if is_plain or value == Literal(None) else None


def flat(types: Values) -> Values:
    """A tuple of types, as ``isinstance`` takes it, as one of them."""
    return union(*[union(*[flat(i) for i in t.items]) if isinstance(t, TupleValue) else (t,) for t in types])
