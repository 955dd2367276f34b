"""Annotations: what objects a type expression stands for, and what subscribing a type gives."""

from __future__ import annotations

from flake8_noblock.facts.model import Display, Opaque
from flake8_noblock.link.classes import parameters
from flake8_noblock.link.generics import classes_of, substitute
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.names import builtin
from flake8_noblock.link.values import (
    UNKNOWN,
    CallableValue,
    ClassValue,
    Foreign,
    ForeignClass,
    Instance,
    Literal,
    SourceClass,
    Special,
    TupleValue,
    TypeForm,
    TypeVariable,
    Value,
    Values,
    union,
)

SELF = TypeVariable("Self")


def declared(infer: Inference, site: Site, number: int) -> Values:
    """The objects that the type expression with number `number` stands for."""
    return instances(infer, infer.value(site, number))


def instances(infer: Inference, types: Values) -> Values:
    """The objects of `types`."""
    return union(*[_instances(infer, value) for value in types])


def _instances(infer: Inference, value: Value) -> Values:
    match value:
        case ClassValue(cls=cls, args=args):
            return (Instance(cls, args),)
        case TypeForm(members=members):
            return members
        case TypeVariable() | Literal(value=None):
            return (value,)
        case Foreign(name=name):
            return (Instance(ForeignClass(infer.knowledge.canonical(name))),)
        case Special(name="Self"):
            return (SELF,)
        case Special(name="Tuple"):
            return (Instance(builtin(infer, "tuple").cls),)
        case Special(name="Callable"):
            return (CallableValue(UNKNOWN),)
        case Special(name="LiteralString"):
            return (Instance(builtin(infer, "str").cls),)
        case Special(name="Never" | "NoReturn"):
            return ()
    return UNKNOWN


def subscript(infer: Inference, site: Site, base: Value, key: int) -> Values | None:
    """The type ``base[key]``; None where `base` is no type."""
    match base:
        case Special(name=name):
            return _special(infer, site, name, key)
        case ClassValue(cls=SourceClass(name="builtins.tuple")):
            return _special(infer, site, "Tuple", key)
        case ClassValue(cls=SourceClass(name="builtins.type")):
            return _special(infer, site, "Type", key)
        case ClassValue(cls=SourceClass() as cls, args=args) if args:
            return classes_of(_applied(infer, (Instance(cls, args),), _arguments(infer, site, key)))
        case ClassValue(cls=SourceClass() as cls):
            return (ClassValue(cls, _arguments(infer, site, key)),)
        case ClassValue():
            return (base,)
        case TypeForm(members=members):
            return (TypeForm(_applied(infer, members, _arguments(infer, site, key))),)
        case Foreign():
            return (base,)
    return None


def _special(infer: Inference, site: Site, name: str, key: int) -> Values:
    items = _items(infer, site, key)
    match name:
        case "Optional":
            return (TypeForm(union(declared(infer, site, key), (Literal(None),))),)
        case "Union":
            return (TypeForm(union(*[declared(infer, site, item) for item in items])),)
        case "Annotated" | "ClassVar" | "Final" | "Required" | "NotRequired" | "ReadOnly" | "Unpack":
            return (TypeForm(declared(infer, site, items[0])),) if items else UNKNOWN
        case "Literal":
            return (TypeForm(union(*[infer.value(site, item) for item in items])),)
        case "Type":
            return (TypeForm(classes_of(declared(infer, site, key))),)
        case "Callable":
            return (TypeForm((CallableValue(declared(infer, site, items[-1]) if len(items) == 2 else UNKNOWN),)),)
        case "Tuple":
            return (TypeForm((_tuple(infer, site, items),)),)
        case "Generic" | "Protocol":
            return (TypeForm(union(*[declared(infer, site, item) for item in items])),)
        case "TypeGuard" | "TypeIs":
            return (builtin(infer, "bool"),)
    return UNKNOWN


def _tuple(infer: Inference, site: Site, items: tuple[int, ...]) -> Value:
    # An ellipsis in an annotation is read as an operation of which nothing is known.
    if len(items) == 2 and isinstance(infer.body(site).ops[items[1]], Opaque):
        return Instance(builtin(infer, "tuple").cls, (declared(infer, site, items[0]),))
    return TupleValue(tuple([declared(infer, site, item) for item in items]))


def _items(infer: Inference, site: Site, key: int) -> tuple[int, ...]:
    op = infer.body(site).ops[key]
    return op.items if isinstance(op, Display) and op.kind == "tuple" else (key,)


def _arguments(infer: Inference, site: Site, key: int) -> tuple[Values, ...]:
    return tuple([declared(infer, site, item) for item in _items(infer, site, key)])


def _applied(infer: Inference, members: Values, args: tuple[Values, ...]) -> Values:
    """A generic alias with its type variables, in the order in which they stand there, replaced by `args`."""
    names: dict[str, None] = {}
    for value in members:
        match value:
            case TypeVariable(name=name):
                names[name] = None
            case Instance(args=inner):
                names.update((v.name, None) for arg in inner for v in arg if isinstance(v, TypeVariable))
    return substitute(members, dict(zip(names, args, strict=False)))


def fill(infer: Inference, cls: SourceClass) -> tuple[Values, ...]:
    """The type parameters of `cls` as its own methods see them."""
    return tuple([(TypeVariable(name),) for name in parameters(infer, cls)])
