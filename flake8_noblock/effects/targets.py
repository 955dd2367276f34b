"""What calling, reading or using a value runs."""

from __future__ import annotations

from msgspec.structs import replace

from flake8_noblock.effects.callees import paths, protocol_paths
from flake8_noblock.effects.conditions import is_switched_off
from flake8_noblock.effects.construction import constructors, factories
from flake8_noblock.effects.operations import Operation
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.overrides import is_abstract, overrides
from flake8_noblock.effects.protocols import FALLBACKS
from flake8_noblock.effects.remembered import is_warm
from flake8_noblock.effects.runs import NOTHING, OneOf, Run, all_of, one_of
from flake8_noblock.facts.model import Attr, Call
from flake8_noblock.knowledge.schema import Blocking
from flake8_noblock.link.arguments import NO_ARGUMENTS, Arguments, completed
from flake8_noblock.link.calls import call_method
from flake8_noblock.link.classes import Member, find_member, owner_of
from flake8_noblock.link.contexts import context_of_call
from flake8_noblock.link.functions import bound
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.objects import as_instance
from flake8_noblock.link.sources import source_of
from flake8_noblock.link.values import (
    Adapter,
    AnyClass,
    ClassValue,
    Deferred,
    Descriptor,
    Foreign,
    ForeignClass,
    Function,
    Instance,
    Literal,
    ModuleValue,
    Partial,
    SourceClass,
    Unknown,
    Value,
    Values,
)


def call_runs(infer: Inference, callee: Values, arguments: Arguments, place: Place) -> Run:
    """What calling one of `callee` with `arguments` at `place` runs."""
    if not any(map(_may_run, callee)):
        return NOTHING
    return one_of([_called(infer, value, arguments, place) for value in callee if value != Literal(None)])


def _may_run(value: Value) -> bool:
    """Whether anything can be known of what calling `value` runs."""
    return not isinstance(value, (Unknown, Literal))


def _called(infer: Inference, value: Value, arguments: Arguments, place: Place) -> Run:
    match value:
        case Partial(callee=callee):
            return call_runs(infer, callee, completed(value, arguments), place)
        case Adapter(kind="runs", callee=callee):
            # A coroutine function that is decorated waits without blocking.
            own = NOTHING if any(infer.is_async_function(inner) for inner in callee) else _added(infer, value, place)
            entered = [method_runs(infer, value.around, method, place) for method in _MANAGING] if value.around else []
            return all_of([*entered[:1], call_runs(infer, callee, arguments, place), *entered[1:], own])
    row = _row_run(infer, paths(infer, value) or (), place)
    if row is not None:
        return row
    match value:
        case Function():
            return _function(infer, value, arguments)
        case ClassValue(cls=SourceClass()):
            made = [call_runs(infer, called, NO_ARGUMENTS, place) for called in factories(infer, value, arguments)]
            return all_of([*[_function(infer, method, arguments) for method in constructors(infer, value)], *made])
        case Instance():
            return method_runs(infer, (value,), "__call__", place, arguments)
    return NOTHING


_MANAGING = ("__enter__", "__exit__")


def _added(infer: Inference, value: Adapter, place: Place) -> Run:
    """What a decorator adds to each call, unless its own arguments switch it off."""
    row = infer.knowledge.blocking(value.name)
    if row is None or any(c.creator and c.given == (c.keyword in value.given) for c in row.unless if c.given is not None):
        return NOTHING
    return Operation(place, infer.knowledge.canonical(value.name), row, value.name)


def _row_run(infer: Inference, names: tuple[str, ...], place: Place) -> Run | None:
    """What tables say of a callable with these names: it blocks, or it doesn't; None: they say nothing."""
    for name in names:
        verdict = infer.knowledge.verdict(name)
        if isinstance(verdict, Blocking) and not verdict.attribute:
            if verdict.iterates or is_switched_off(infer, verdict, place, _receiver(infer, place)):
                return NOTHING
            name = infer.knowledge.canonical(name)
            return Operation(place, name, verdict, name)
        if verdict == "safe":
            return NOTHING
    return None


def _receiver(infer: Inference, place: Place) -> Place | None:
    ops = infer.body(place.site).ops
    op = ops[place.number]
    callee = ops[op.func] if isinstance(op, Call) else None
    return Place(place.site, callee.base) if isinstance(callee, Attr) else None


MOST_OVERRIDES = 100
"""Methods that a call of a method may run in place of it; where there are more, none of them is followed."""


def _function(infer: Inference, function: Function, arguments: Arguments) -> Run:
    """A function, or the methods that override it where it is only declared."""
    own = _body(infer, function, arguments)
    receiver = function.receiver
    if not isinstance(receiver, Instance) or infer.function_body(function).owner < 0:
        return own
    abstract = is_abstract(infer, function)
    found = overrides(infer, function, receiver, everywhere=abstract)
    if not found:
        return own
    if len(found) > MOST_OVERRIDES:
        return NOTHING if abstract else own
    others = [_body(infer, other, arguments) for other in found]
    return one_of(others) if abstract else OneOf((own, *others), declared=True)


def _body(infer: Inference, function: Function, arguments: Arguments) -> Run:
    """The body that calling `function` runs at once; generators and coroutine functions run nothing yet."""
    source = source_of(infer, function)
    if source is None:
        return NOTHING
    body = infer.function_body(source)
    if body.is_async or body.is_generator or body.failed or infer.knowledge.cut(infer.path(function)) is not None:
        return NOTHING
    if body.decorators and is_warm(infer, source):
        return NOTHING
    return Site(source.module, source.body, context_of_call(infer, source, arguments))


def method_runs(infer: Inference, values: Values, method: str, place: Place, arguments: Arguments = NO_ARGUMENTS) -> Run:
    """What the language runs when it calls `method` on one of `values`."""
    if not any(_may_have_source(infer, value) for value in values):
        return NOTHING
    return one_of([_method(infer, value, method, place, arguments) for value in values if value != Literal(None)])


def _may_have_source(infer: Inference, value: Value) -> bool:
    """Whether an object may have methods or attributes of its own that are at hand."""
    if isinstance(value, (Instance, ClassValue)):
        return _has_source(infer, value.cls)
    return not isinstance(value, (Unknown, Literal, Function, ModuleValue, Foreign))


def named_method_runs(infer: Inference, values: Values, method: str, place: Place) -> Run:
    """What a library runs when it calls `method`, which it names, on one of `values`."""
    return one_of([_member(infer, value, method, place, NO_ARGUMENTS) for value in values])


def _method(infer: Inference, value: Value, method: str, place: Place, arguments: Arguments) -> Run:
    if isinstance(value, Deferred):
        return _deferred(infer, value, method, place)
    if isinstance(value, Literal):
        return NOTHING
    instance = as_instance(infer, value)
    if instance is None or not _has_source(infer, instance.cls):
        return NOTHING
    if method in ("__next__", "__anext__"):
        iterators = call_method(infer, instance, "__aiter__" if method == "__anext__" else "__iter__", NO_ARGUMENTS)
        return one_of([_member(infer, iterator, method, place, arguments) for iterator in iterators])
    return _member(infer, instance, method, place, arguments)


def _member(infer: Inference, value: Value, method: str, place: Place, arguments: Arguments) -> Run:
    """The method itself, or the one that stands in for it."""
    if isinstance(value, Deferred):
        return _deferred(infer, value, method, place)
    instance = as_instance(infer, value)
    if instance is None:
        return NOTHING
    for name in (method, *FALLBACKS.get(method, ())):
        row = _row_run(infer, protocol_paths(infer, instance.cls, name), place)
        if row is not None:
            return row
        functions = _functions(infer, instance, name)
        if functions:
            return one_of([_driven(infer, function, method, arguments, place) for function in functions])
    return NOTHING


def _driven(infer: Inference, function: Function, method: str, arguments: Arguments, place: Place) -> Run:
    """A method and, where it is a generator that the language runs on, that."""
    run = _function(infer, function, arguments)
    if run == NOTHING and method in ("__iter__", "__await__"):
        for value in call_method(infer, function.receiver or function, method, NO_ARGUMENTS):
            if isinstance(value, Deferred):
                return _deferred(infer, value, "__next__", place)
    return run


def _functions(infer: Inference, instance: Instance, name: str) -> list[Function]:
    """The methods called `name` whose source is at hand."""
    owner = owner_of(infer, instance.cls, name)
    if not isinstance(owner, SourceClass) or not _is_ours(infer, owner):
        return []
    member = find_member(infer, instance.cls, name)
    values = member.values if member is not None else None
    return [value for value in bound(values or (), instance) if isinstance(value, Function)]


def _has_source(infer: Inference, cls: AnyClass) -> bool:
    """Whether a class, or one that it inherits from, is defined outside the standard library."""
    return isinstance(cls, ForeignClass) or _is_ours(infer, cls)


def _is_ours(infer: Inference, cls: SourceClass) -> bool:
    return infer.module(cls.module).origin != "standard library"


def _deferred(infer: Inference, value: Deferred, method: str, place: Place) -> Run:
    """Generators run when they are asked for their items, the context managers made of them when they are entered."""
    if (method, value.when) not in (("__next__", "iterated"), ("__contains__", "iterated"), ("__enter__", "entered")):
        return NOTHING
    if value.function is None:
        iterated = [method_runs(infer, values, name, place) for values in value.sources for name in ("__iter__", "__next__")]
        return all_of([*iterated, call_runs(infer, value.calls, NO_ARGUMENTS, place)])
    source = source_of(infer, value.function)
    is_cut = infer.knowledge.cut(infer.path(value.function)) is not None
    return NOTHING if source is None or is_cut else Site(source.module, source.body, value.context)


def reading_runs(infer: Inference, values: Values, name: str, place: Place) -> Run:
    """What reading attribute `name` of one of `values` runs: properties and other descriptors, ``__getattr__``."""
    if all(not _may_have_source(infer, value) or _is_quiet(infer, value, name) for value in values):
        return NOTHING
    return one_of([_read(infer, value, name, place) for value in values if value != Literal(None)])


def _is_quiet(infer: Inference, value: Value, name: str) -> bool:
    """Whether attribute `name` is plain data or a method, so that reading it runs nothing."""
    if not isinstance(value, Instance):
        return False
    return infer.remember("quiet attributes", (value.cls, name), _is_plain, infer, value, name)


def _is_plain(infer: Inference, instance: Instance, name: str) -> bool:
    if _functions(infer, instance, "__getattribute__"):
        return False
    member = find_member(infer, instance.cls, name)
    if member is None:
        return not _functions(infer, instance, "__getattr__")
    return not any(isinstance(inner, (Descriptor, Instance)) for inner in member.values or ())


def _read(infer: Inference, value: Value, name: str, place: Place) -> Run:
    instance = as_instance(infer, value) if not isinstance(value, Literal) else None
    if isinstance(value, ClassValue):
        return _read_from_class(infer, value, name, place)
    if instance is None or not _has_source(infer, instance.cls):
        return NOTHING
    hooks = _functions(infer, instance, "__getattribute__")
    if hooks:
        return one_of([_function(infer, function, NO_ARGUMENTS) for function in hooks])
    member = find_member(infer, instance.cls, name)
    if member is None:
        functions = _functions(infer, instance, "__getattr__")
        return all_of([_function(infer, function, NO_ARGUMENTS) for function in functions[:1]])
    return one_of([_descriptor(infer, inner, instance, place) for inner in member.values or ()])


def _read_from_class(infer: Inference, value: ClassValue, name: str, place: Place) -> Run:
    """Descriptors run when they are read from the class, too; properties don't."""
    if not _has_source(infer, value.cls):
        return NOTHING
    member = find_member(infer, value.cls, name)
    held = [inner for inner in member.values or () if isinstance(inner, Instance)] if member is not None else []
    return one_of([_member(infer, inner, "__get__", place, NO_ARGUMENTS) for inner in held])


def _descriptor(infer: Inference, value: Value, instance: Instance, place: Place) -> Run:
    """What a member of a class runs when it is read from an object."""
    if isinstance(value, Descriptor) and value.kind == "property":
        functions = [f for f in bound(value.function, instance) if isinstance(f, Function)]
        return one_of([_function(infer, function, Arguments(more=False)) for function in functions])
    if isinstance(value, Instance):
        return _member(infer, value, "__get__", place, NO_ARGUMENTS)
    return NOTHING


def definition_runs(infer: Inference, module: str, index: int) -> Run:
    """What defining a class runs besides its body: the ``__init_subclass__`` of a base."""
    cls = infer.source_class(module, index)
    member = find_member(infer, cls, "__init_subclass__", after=cls)
    functions = [value for value in member.values or () if isinstance(value, Function)] if member is not None else []
    return all_of([_body(infer, replace(function, receiver=ClassValue(cls)), NO_ARGUMENTS) for function in functions])


def storing_runs(infer: Inference, values: Values, name: str, place: Place) -> Run:
    """What setting attribute `name` of one of `values` runs: setters, ``__set__``, ``__setattr__``."""
    return one_of([_changed(infer, value, name, "setter", place) for value in values if value != Literal(None)])


def deleting_runs(infer: Inference, values: Values, name: str, place: Place) -> Run:
    """What ``del value.name`` runs for one of `values`: deleters, ``__delete__``, ``__delattr__``."""
    return one_of([_changed(infer, value, name, "deleter", place) for value in values if value != Literal(None)])


_HOOKS = {"setter": "__setattr__", "deleter": "__delattr__"}


def _changed(infer: Inference, value: Value, name: str, kind: str, place: Place) -> Run:
    instance = as_instance(infer, value) if not isinstance(value, Literal) else None
    if instance is None or not _has_source(infer, instance.cls):
        return NOTHING
    functions = _functions(infer, instance, _HOOKS[kind])
    if functions:
        return one_of([_function(infer, function, NO_ARGUMENTS) for function in functions])
    member = find_member(infer, instance.cls, name)
    return NOTHING if member is None else _accessor(infer, member, name, instance, kind, place)


_BY_DESCRIPTORS = {"setter": "__set__", "deleter": "__delete__"}


def _accessor(infer: Inference, member: Member, name: str, instance: Instance, kind: str, place: Place) -> Run:
    """The part of a property, or of another descriptor, that sets or deletes an attribute."""
    for inner in member.values or () if isinstance(member.owner, SourceClass) else ():
        if isinstance(inner, Descriptor) and inner.kind == "property":
            return _part_of_property(infer, member.owner, name, instance, kind)  # type: ignore[arg-type]
        if isinstance(inner, Instance) and _has_source(infer, inner.cls):
            return _member(infer, inner, _BY_DESCRIPTORS[kind], place, NO_ARGUMENTS)
    return NOTHING


def _part_of_property(infer: Inference, owner: SourceClass, name: str, instance: Instance, kind: str) -> Run:
    bodies = infer.facts(owner.module).bodies
    for number, body in enumerate(bodies):
        if body.owner == owner.index and body.name == name:
            made_by = [bodies[body.parent].ops[decorator] for decorator in body.decorators]
            if any(isinstance(op, Attr) and op.name == kind for op in made_by):
                return _function(infer, Function(owner.module, number, instance), NO_ARGUMENTS)
    return NOTHING
