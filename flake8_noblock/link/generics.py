"""Type parameters: putting values in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from flake8_noblock.link.values import (
    UNKNOWN,
    CallableValue,
    ClassOf,
    ClassValue,
    Coroutine,
    Deferred,
    Instance,
    TupleValue,
    TypeForm,
    TypeVariable,
    Value,
    Values,
    union,
)

Bindings = Mapping[str, Values]


def substitute(values: Values, bindings: Bindings) -> Values:
    """`values` with each type variable replaced by what `bindings` say; those not bound stay."""
    return union(*[_replace(value, bindings) for value in values]) if is_open(values) else values


def close(values: Values) -> Values:
    """`values` with each type variable replaced by its bound, or by anything."""
    return union(*[_close(value) for value in values]) if is_open(values) else values


def classes_of(members: Values) -> Values:
    """The classes of objects like `members`."""
    return union(*[_class_of(value) for value in members])


def _class_of(value: Value) -> Values:
    match value:
        case Instance(cls=cls, args=args):
            return (ClassValue(cls, args),)
        case TypeVariable():
            return (ClassOf((value,)),)
    return UNKNOWN


def is_open(values: Values) -> bool:
    """Whether there are type variables in `values`."""
    for value in values:  # Asked for nearly every call: generator expressions would cost more than it does.
        for inside in _within(value):
            if is_open(inside):
                return True
        if type(value) is TypeVariable:
            return True
    return False


def _within(value: Value) -> tuple[Values, ...]:
    """The parts of a value in which there may be type variables."""
    match value:
        case Instance(args=parts) | ClassValue(args=parts) | TupleValue(items=parts):
            return parts
        case Deferred(instance=Instance(args=parts)):
            return parts
        case Coroutine(result=part) | CallableValue(result=part) | TypeForm(members=part) | ClassOf(members=part):
            return (part,)
    return ()


def _replace(value: Value, bindings: Bindings) -> Values:
    if isinstance(value, TypeVariable):
        replaced = bindings.get(value.name)
        return (value,) if replaced in (None, (TypeVariable(value.name),)) else replaced  # The one with the bound stays.
    if isinstance(value, ClassOf):
        return classes_of(substitute(value.members, bindings))
    return (_inside(value, lambda inner: substitute(inner, bindings)),)


def _close(value: Value) -> Values:
    if isinstance(value, TypeVariable):
        return value.bound or UNKNOWN
    if isinstance(value, ClassOf):
        return classes_of(close(value.members))
    return (_inside(value, close),)


def _inside(value: Value, change: Callable[[Values], Values]) -> Value:
    match value:
        case Instance(cls=cls, args=args, made=made) if args:
            return Instance(cls, tuple([change(arg) for arg in args]), made)
        case ClassValue(cls=cls, args=args) if args:
            return ClassValue(cls, tuple([change(arg) for arg in args]))
        case TupleValue(items=items, kind=kind):
            return TupleValue(tuple([change(item) for item in items]), kind)
        case Deferred(instance=Instance(cls=cls, args=args)):
            return replace(value, instance=Instance(cls, tuple([change(arg) for arg in args])))
        case Coroutine(result=result):
            return Coroutine(change(result))
        case CallableValue(result=result):
            return CallableValue(change(result))
        case TypeForm(members=members):
            return TypeForm(change(members))
    return value
