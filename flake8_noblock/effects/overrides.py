"""Methods that override another where the object is only known by its base class."""

from __future__ import annotations

from flake8_noblock.facts.model import Attr, Body, Import, Lookup, Raise, Return
from flake8_noblock.link.classes import find_member, is_protocol
from flake8_noblock.link.functions import is_place_for_others
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.subclasses import subclasses
from flake8_noblock.link.values import Function, Instance, SourceClass


def is_abstract(infer: Inference, function: Function) -> bool:
    """Whether a method only declares: it is marked so, stands in a protocol, or says that a subclass must implement it."""
    return infer.remember("abstract methods", (function.module, function.body), _is_abstract, infer, function)


def _is_abstract(infer: Inference, function: Function) -> bool:
    body = infer.function_body(function)
    if _is_marked(infer, function, body):
        return True
    if body.owner >= 0 and is_protocol(infer, infer.source_class(function.module, body.owner)):
        return True
    if any(isinstance(op, Return) and op.value >= 0 for op in body.ops):
        return False
    raised = [number for number, op in enumerate(body.ops) if isinstance(op, Raise)]
    return any(not body.where[number] for number in raised) or bool(raised) and is_place_for_others(body)


def _is_marked(infer: Inference, function: Function, body: Body) -> bool:
    ops = infer.facts(function.module).bodies[body.parent].ops
    made_by = [ops[decorator] for decorator in body.decorators]
    return any(isinstance(op, Lookup | Attr | Import) and op.name == "abstractmethod" for op in made_by)


def overrides(infer: Inference, function: Function, receiver: Instance, everywhere: bool) -> tuple[Function, ...]:
    """The methods that override `function` in subclasses of the receiver's class: those in its module, or `everywhere` in the
    project."""
    cls = receiver.cls
    if not isinstance(cls, SourceClass) or infer.module(cls.module).origin == "standard library":
        return ()
    key = (function.module, function.body, cls, everywhere)
    return infer.remember_from((), "overrides", key, _find_overrides, infer, function, cls, everywhere)


def _find_overrides(infer: Inference, function: Function, cls: SourceClass, everywhere: bool) -> tuple[Function, ...]:
    name = infer.function_body(function).name
    found: dict[Function, None] = {}
    for other in subclasses(infer, cls, everywhere):
        member = find_member(infer, other, name)
        for value in member.values or () if member is not None else ():
            if isinstance(value, Function) and (value.module, value.body) != (function.module, function.body):
                found[Function(value.module, value.body, Instance(other), value.outer)] = None
    return tuple(found)
