"""Whether a value is certain to be what inference says of it: nothing outside the code at hand can make it another."""

from __future__ import annotations

from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.overrides import is_abstract, overrides
from flake8_noblock.facts.model import (
    Attr,
    Await,
    Call,
    Choice,
    Closure,
    Const,
    Declared,
    Display,
    Format,
    Mapping,
    Narrowed,
    Param,
    Return,
)
from flake8_noblock.link.classes import is_protocol
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.values import Adapter, CallableValue, ClassValue, Function, Instance, SourceClass


def is_certain(infer: Inference, place: Place) -> bool:
    """Whether the value at `place` is a literal, a function itself, or what a call of a known function or class gives."""
    ops = infer.body(place.site).ops
    match ops[place.number]:
        case Display() | Mapping() | Format() | Closure():
            return True
        case Const():
            return True
        case Param() | Declared(value=-1):
            return all(_is_of_standard_class(infer, value) for value in infer.value(*place))
        case Await(value=value):
            return is_certain(infer, Place(place.site, value))
        case Choice(values=values) if any(ops[value] == Const(None) for value in values):
            return False
        case Choice(values=values):
            return all(is_certain(infer, Place(place.site, value)) for value in values if value != place.number)
        case Declared(value=value) | Narrowed(value=value) if value >= 0:
            return is_certain(infer, Place(place.site, value))
        case Call(func=func):
            callee = infer.value(place.site, func)
            method = ops[func]
            told = isinstance(method, Attr) and isinstance(ops[method.base], Param)
            return bool(callee) and all(_gives_for_certain(infer, value, told) for value in callee)
    return all(isinstance(value, Function | ClassValue) for value in infer.value(*place))


def _is_of_standard_class(infer: Inference, value: object) -> bool:
    """Whether a value is declared to be of a class of the standard library: subclasses don't become awaitable."""
    if not isinstance(value, Instance) or not isinstance(value.cls, SourceClass) or value.cls.name == "builtins.object":
        return False
    return infer.is_standard(ClassValue(value.cls)) and not is_protocol(infer, value.cls)


def _gives_for_certain(infer: Inference, callee: object, told: bool) -> bool:
    """Whether what calling `callee` gives is certain; `told`: what its receiver is an annotation says, and one that takes the
    sync class of a library for its async one is a common slip."""
    match callee:
        case ClassValue() | Adapter() | CallableValue():
            return True
        case Function() as function if infer.is_standard(function):
            return True
        case Function(receiver=None) as function:
            return not infer.function_body(function).decorators
        case Function(receiver=receiver) as function:
            if told and infer.module(function.module).origin == "library":
                return False
            if infer.function_body(function).decorators or is_abstract(infer, function) or _says_nothing(infer, function):
                return False
            return not (isinstance(receiver, Instance) and overrides(infer, function, receiver, everywhere=True))
    return False


def _says_nothing(infer: Inference, method: Function) -> bool:
    """Whether a method is empty: a place for subclasses to fill."""
    body = infer.function_body(method)
    says = any(isinstance(op, Return) and op.value >= 0 for op in body.ops)
    return body.returns < 0 and not says and all(isinstance(op, Param | Const | Return) for op in body.ops)
