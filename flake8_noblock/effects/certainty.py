"""Whether a value is certain to be what inference says of it: nothing outside the code at hand can make it another."""

from __future__ import annotations

from flake8_noblock.effects.awaitables import kind_of
from flake8_noblock.effects.origins import Place, definitions_of
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
    Lookup,
    Mapping,
    Narrowed,
    Param,
    Return,
)
from flake8_noblock.link.annotations import declared
from flake8_noblock.link.classes import find_member, is_protocol
from flake8_noblock.link.functions import bound
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import Adapter, CallableValue, ClassValue, Descriptor, Function, Instance, SourceClass, Values, is_unknown


def is_certain(infer: Inference, place: Place) -> bool:
    """Whether the value at `place` is a literal, a function itself, or what a call of a known function or class gives."""
    ops = infer.body(place.site).ops
    if any(isinstance(value, Instance) and value.cls.name == "builtins.object" for value in infer.value(*place)):
        return False
    match ops[place.number]:
        case Display() | Mapping() | Format() | Closure():
            return True
        case Const():
            return True
        case Param(index=index) if infer.body(place.site).params[index].annotation < 0:
            return False
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
            if not all(_is_called_by_name(infer, Place(place.site, func), value) for value in callee):
                return False
            method = ops[func]
            told = isinstance(method, Attr) and isinstance(ops[method.base], Param)
            return bool(callee) and all(_gives_for_certain(infer, value, told) for value in callee)
        case Attr(base=base, name=name):
            receivers = infer.value(place.site, base)
            if receivers and all(_is_property(infer, receiver, name, isinstance(ops[base], Param)) for receiver in receivers):
                return True
    return all(isinstance(value, Function | ClassValue) for value in infer.value(*place))


def _is_called_by_name(infer: Inference, place: Place, callee: object) -> bool:
    """Whether what is called is not named by what stands for whatever is given: a parameter, of this function or one around it."""
    op = infer.body(place.site).ops[place.number]
    if isinstance(op, Param):
        return False
    if isinstance(callee, CallableValue):
        return not any(_is_given(infer, definition) for definition in definitions_of(infer, place))
    if not isinstance(op, Lookup) or not isinstance(callee, Function):
        return True
    return infer.function_body(callee).name == op.name


def _is_given(infer: Inference, place: Place) -> bool:
    """Whether a name or attribute is set to a parameter, or is no more than declared."""
    op = infer.body(place.site).ops[place.number]
    return isinstance(op, Param) or isinstance(op, Declared) and (op.value < 0 or _is_given(infer, Place(place.site, op.value)))


def _is_property(infer: Inference, receiver: object, name: str, told: bool) -> bool:
    """Whether an attribute is a property that is certain to give what it says."""
    if not isinstance(receiver, Instance):
        return False
    member = find_member(infer, receiver.cls, name)
    values = member.values or () if member is not None else ()
    getters = [bound(value.function, receiver) for value in values if isinstance(value, Descriptor) and value.kind == "property"]
    return bool(getters) and len(getters) == len(values) and all(_all_certain(infer, getter, told) for getter in getters)


def _all_certain(infer: Inference, functions: Values, told: bool) -> bool:
    return all(_gives_for_certain(infer, function, told, decorators=1) for function in functions)


def _is_of_standard_class(infer: Inference, value: object) -> bool:
    """Whether a value is declared to be of a class of the standard library: subclasses don't become awaitable."""
    if not isinstance(value, Instance) or not isinstance(value.cls, SourceClass) or value.cls.name == "builtins.object":
        return False
    return infer.is_standard(ClassValue(value.cls)) and not is_protocol(infer, value.cls)


def _gives_for_certain(infer: Inference, callee: object, told: bool, decorators: int = 0) -> bool:
    """Whether what calling `callee` gives is certain; `told`: what its receiver is an annotation says, and one that takes the
    sync class of a library for its async one is a common slip; `decorators`: how many are known to change nothing."""
    match callee:
        case ClassValue() | Adapter() | CallableValue():
            return True
        case Function(receiver=receiver) as function if infer.is_standard(function):
            return not (isinstance(receiver, Instance) and () in receiver.args)  # What is empty now is filled later.
        case Function(receiver=None) as function:
            return not infer.function_body(function).decorators and _keeps_its_word(infer, function)
        case Function(receiver=receiver) as function:
            if told and infer.module(function.module).origin == "library":
                return False
            if not _keeps_its_word(infer, function) or len(infer.function_body(function).decorators) > decorators or is_abstract(infer, function) or _says_nothing(infer, function):
                return False
            return not (isinstance(receiver, Instance) and overrides(infer, function, receiver, everywhere=True))
    return False


def _keeps_its_word(infer: Inference, function: Function) -> bool:
    """Whether nothing that a function returns is, or may be, more than its annotation says."""
    body = infer.function_body(function)
    if body.returns < 0 or body.is_async and body.is_generator or _is_stub(infer, function):
        return True
    site = Site(function.module, function.body)
    said = declared(infer, site, body.returns)
    plain = all(not isinstance(value, Instance) or _is_of_standard_class(infer, value) for value in said)
    returned = [op.value for op in body.ops if isinstance(op, Return) and op.value >= 0]
    made = all(isinstance(body.ops[number], Call | Const | Display | Mapping | Format) for number in returned)
    given = [infer.value(site, number) for number in returned]
    return not any(kind_of(infer, values) for values in given) and (plain or made and not any(map(is_unknown, given)))


def _is_stub(infer: Inference, function: Function) -> bool:
    path = infer.module(function.module).path
    return path is not None and path.suffix == ".pyi"


def _says_nothing(infer: Inference, method: Function) -> bool:
    """Whether a method is empty: a place for subclasses to fill."""
    body = infer.function_body(method)
    says = any(isinstance(op, Return) and op.value >= 0 for op in body.ops)
    return body.returns < 0 and not says and all(isinstance(op, Param | Const | Return) for op in body.ops)
