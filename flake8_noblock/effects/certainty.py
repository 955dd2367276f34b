"""Whether a value is certain to be what inference says of it: nothing outside the code at hand can make it another."""

from __future__ import annotations

from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.overrides import is_abstract, overrides
from flake8_noblock.facts.model import Call, Choice, Closure, Const, Declared, Display, Format, Mapping, Narrowed, Return
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.values import ClassValue, Function, Instance


def is_certain(infer: Inference, place: Place) -> bool:
    """Whether the value at `place` is a literal, a function itself, or what a call of a known function or class gives."""
    ops = infer.body(place.site).ops
    match ops[place.number]:
        case Display() | Mapping() | Format() | Closure():
            return True
        case Const(value=value):
            return value is not None
        case Choice(values=values):
            return all(is_certain(infer, Place(place.site, value)) for value in values if value != place.number)
        case Declared(value=value) | Narrowed(value=value) if value >= 0:
            return is_certain(infer, Place(place.site, value))
        case Call(func=func):
            callee = infer.value(place.site, func)
            return bool(callee) and all(_gives_for_certain(infer, value) for value in callee)
    return all(isinstance(value, Function) for value in infer.value(*place))


def _gives_for_certain(infer: Inference, callee: object) -> bool:
    match callee:
        case ClassValue():
            return True
        case Function(receiver=None) as function:
            return infer.is_standard(function) or not infer.function_body(function).decorators
        case Function(receiver=receiver) as function:
            if infer.function_body(function).decorators or is_abstract(infer, function) or _says_nothing(infer, function):
                return False
            return not (isinstance(receiver, Instance) and overrides(infer, function, receiver, everywhere=True))
    return False


def _says_nothing(infer: Inference, method: Function) -> bool:
    """Whether a method neither declares nor returns anything: subclasses may."""
    body = infer.function_body(method)
    return body.returns < 0 and not any(isinstance(op, Return) and op.value >= 0 for op in body.ops)
