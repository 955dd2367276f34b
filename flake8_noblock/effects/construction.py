"""What making an object runs."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.facts.model import Call, Declared
from flake8_noblock.knowledge.schema import Hooks
from flake8_noblock.link.arguments import Arguments
from flake8_noblock.link.classes import find_member, mro
from flake8_noblock.link.functions import bound
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import AnyClass, ClassValue, Foreign, Function, Instance, Partial, SourceClass, Value, Values


def constructors(infer: Inference, made: ClassValue) -> Iterator[Function]:
    """The methods that run when an object of class `made` is made, in their order."""
    cls = made.cls
    if not isinstance(cls, SourceClass):
        return
    for metaclass in _metaclasses(infer, cls):
        yield from _methods(infer, metaclass, "__call__", made)
    yield from _methods(infer, made, "__new__", made)
    instance = Instance(cls, made.args)
    yield from _methods(infer, made, "__init__", instance)
    for row in _hooks(infer, cls):
        for name in row.methods:
            yield from _methods(infer, made, name, instance)
        if row.decorators:
            yield from _marked(infer, cls, row, instance)


def factories(infer: Inference, made: ClassValue, arguments: Arguments) -> Iterator[Values]:
    """What is called to make the fields of an object of class `made` that its constructor isn't given."""
    rows = [row for row in _hooks(infer, made.cls) if row.fields] if isinstance(made.cls, SourceClass) else []
    if not rows or arguments.more:
        return
    for position, (site, name, number) in enumerate(_fields(infer, made.cls)):
        factory = _factory(infer, site, number, rows)
        if factory is not None and name not in arguments.keywords and position >= len(arguments.positional):
            yield factory


def _fields(infer: Inference, cls: AnyClass) -> Iterator[tuple[Site, str, int]]:
    """The fields of a class, those of its bases first: where they stand, their names and values."""
    for ancestor in reversed(mro(infer, cls)):
        if isinstance(ancestor.cls, SourceClass) and not infer.is_standard(ClassValue(ancestor.cls)):
            site = infer.class_site(ancestor.cls)
            body = infer.body(site)
            for name, number in body.names.items():
                op = body.ops[number]
                if isinstance(op, Declared):
                    yield site, name, op.value


def _factory(infer: Inference, site: Site, number: int, rows: list[Hooks]) -> Values | None:
    """What makes the value of a field."""
    op = infer.body(site).ops[number] if number >= 0 else None
    if not isinstance(op, Call):
        return None
    names = {infer.knowledge.canonical(name) for name in _names_of(infer, site, number)}
    for keyword, value in op.keywords:
        if any(keyword == row.factory and not names.isdisjoint(row.fields) for row in rows):
            return infer.value(site, value)
    return None


def _methods(infer: Inference, cls: ClassValue, name: str, receiver: Instance | ClassValue) -> Iterator[Function]:
    member = find_member(infer, cls.cls, name)
    if member is None or not isinstance(member.owner, SourceClass):
        return
    for value in member.values or ():
        if isinstance(value, Function):
            yield Function(value.module, value.body, receiver, value.outer)


def _metaclasses(infer: Inference, cls: SourceClass) -> Iterator[ClassValue]:
    for ancestor in mro(infer, cls):
        if isinstance(ancestor.cls, SourceClass):
            facts = infer.class_facts(ancestor.cls)
            for name, number in facts.keywords:
                if name == "metaclass":
                    values = infer.value(Site(ancestor.cls.module, facts.parent), number)
                    yield from [value for value in values if isinstance(value, ClassValue)]
                    return


def _hooks(infer: Inference, cls: SourceClass) -> list[Hooks]:
    """The rows for the bases of a class, and for what decorates it or them."""
    found: dict[Hooks, None] = {}
    for ancestor in mro(infer, cls):
        if ancestor.cls is None:
            break
        names = [ancestor.cls.name, *(_decorators(infer, ancestor.cls) if isinstance(ancestor.cls, SourceClass) else ())]
        for name in names:
            found.update(dict.fromkeys(infer.knowledge.hooks(name)))
    return list(found)


def _decorators(infer: Inference, cls: SourceClass) -> Iterator[str]:
    facts = infer.class_facts(cls)
    for number in facts.decorators:
        yield from _names_of(infer, Site(cls.module, facts.parent), number)


def _names_of(infer: Inference, site: Site, number: int) -> Iterator[str]:
    """The paths of a decorator, as it is written or as it is called."""
    op = infer.body(site).ops[number]
    values: Values = infer.value(site, op.func if isinstance(op, Call) else number)
    for value in values:
        name = _path(infer, value)
        if name is not None:
            yield name


def _path(infer: Inference, value: Value) -> str | None:
    match value:
        case Function():
            return infer.path(value)
        case ClassValue(cls=cls):
            return cls.name
        case Foreign(name=name):
            return name
        case Partial(callee=(callee,)):
            return _path(infer, callee)
    return None


def _marked(infer: Inference, cls: SourceClass, row: Hooks, instance: Instance) -> Iterator[Function]:
    """The methods that a decorator marks as run with the constructor."""
    names = {infer.knowledge.canonical(name) for name in row.decorators}
    for ancestor in mro(infer, cls):
        if not isinstance(ancestor.cls, SourceClass) or infer.module(ancestor.cls.module).origin == "standard library":
            continue
        module = ancestor.cls.module
        for number, body in enumerate(infer.facts(module).bodies):
            if body.owner == ancestor.cls.index and any(
                infer.knowledge.canonical(name) in names
                for decorator in body.decorators
                for name in _names_of(infer, Site(module, body.parent), decorator)
            ):
                yield from [f for f in bound((Function(module, number),), instance) if isinstance(f, Function)]
