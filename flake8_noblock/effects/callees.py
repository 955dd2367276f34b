"""The names under which tables may know what a call runs."""

from __future__ import annotations

from flake8_noblock.link.classes import find_member, mro, own_member
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.values import (
    AnyClass,
    ClassValue,
    Foreign,
    Function,
    Instance,
    Literal,
    SourceClass,
    Value,
)

Paths = tuple[str, ...]


def paths(infer: Inference, value: Value) -> Paths | None:
    """The dotted paths of a callable, the most derived first; empty: none that tables know; None: it can't be called."""
    match value:
        case Function(receiver=None):
            return (infer.path(value),)
        case Function(receiver=receiver) if receiver is not None:
            return _method_paths(infer, value, receiver.cls)
        case ClassValue(cls=cls):
            return _constructor_paths(infer, cls)
        case Foreign(name=name, receiver=Instance(cls=cls)):
            owner, _, last = name.rpartition(".")
            return (*_inherited_paths(infer, cls, owner, last), name)
        case Foreign(name=name):
            return (name,)
        case Instance(cls=cls):
            return protocol_paths(infer, cls, "__call__")
        case Literal(value=None):
            return None
    return ()


def _method_paths(infer: Inference, function: Function, cls: AnyClass) -> Paths:
    """The method's path in each class from the receiver's up to the one that defines it."""
    body = infer.function_body(function)
    own = infer.path(function)
    if body.owner < 0:
        return (own,)
    owner = infer.source_class(function.module, body.owner)
    return _up_to(infer, cls, owner, body.name) or (own,)


def _up_to(infer: Inference, cls: AnyClass, owner: AnyClass, name: str) -> Paths:
    found = []
    for ancestor in mro(infer, cls):
        if ancestor.cls is None:
            break
        found.append(f"{ancestor.cls.name}.{name}")
        if ancestor.cls == owner:
            return tuple(found)
    return ()


def _inherited_paths(infer: Inference, cls: AnyClass, owner: str, name: str) -> Paths:
    """The member's path in each class below the one called `owner`, in which tables know it."""
    found: list[str] = []
    for ancestor in mro(infer, cls):
        if ancestor.cls is None or ancestor.cls.name == owner:
            return tuple(found)
        found.append(f"{ancestor.cls.name}.{name}")
    return ()


def protocol_paths(infer: Inference, cls: AnyClass, name: str) -> Paths:
    """The paths of a method that the language calls by name on objects of `cls`."""
    member = find_member(infer, cls, name)
    return () if member is None else _up_to(infer, cls, member.owner, name)


def _constructor_paths(infer: Inference, cls: AnyClass) -> Paths:
    """The class and, as long as none has a constructor of its own, the classes that it inherits the constructor from."""
    found = []
    for ancestor in mro(infer, cls):
        if ancestor.cls is None:
            break
        found.append(ancestor.cls.name)
        if not isinstance(ancestor.cls, SourceClass):
            break
        if any(own_member(infer, ancestor.cls, method) is not None for method in ("__init__", "__new__")):
            break
    return tuple(found)
