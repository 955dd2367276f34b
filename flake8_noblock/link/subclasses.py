"""Classes that inherit from a class."""

from __future__ import annotations

from flake8_noblock.link.classes import find_member, is_subclass
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.values import Function, Instance, SourceClass


def subclasses(infer: Inference, cls: SourceClass, everywhere: bool) -> tuple[SourceClass, ...]:
    """The subclasses of a class in its module, or `everywhere` in the project."""
    return infer.remember_from((), "subclasses", (cls, everywhere), _find_subclasses, infer, cls, everywhere)


def _find_subclasses(infer: Inference, cls: SourceClass, everywhere: bool) -> tuple[SourceClass, ...]:
    modules = [cls.module, *(infer.program.modules_inheriting(_names(infer, cls)) if everywhere else ())]
    return tuple([other for module in dict.fromkeys(modules) for other in _of_module(infer, module, cls)])


def _names(infer: Inference, cls: SourceClass) -> list[str]:
    """The names by which subclasses may inherit from `cls`: its own, and those of subclasses next to it."""
    return [infer.class_facts(other).name for other in (cls, *_of_module(infer, cls.module, cls))]


def _of_module(infer: Inference, module: str, cls: SourceClass) -> list[SourceClass]:
    classes = [infer.source_class(module, index) for index in range(len(infer.facts(module).classes))]
    return [other for other in classes if other != cls and is_subclass(infer, other, cls)]


def is_overridden(infer: Inference, function: Function, receiver: Instance) -> bool:
    """Whether a class of the project that inherits from that of `receiver` has another method in the place of `function`."""
    if not isinstance(receiver.cls, SourceClass):
        return True
    name = infer.function_body(function).name
    members = (find_member(infer, cls, name) for cls in subclasses(infer, receiver.cls, everywhere=True))
    return any(
        not isinstance(value, Function) or (value.module, value.body) != (function.module, function.body)
        for member in members
        for value in (member.values or () if member is not None else ())
    )
