"""What one body calls, in one context: resolved, by name or by the language."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.conditions import argument
from flake8_noblock.effects.construction import constructors, factories
from flake8_noblock.effects.edges import edges
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.overrides import is_abstract, overrides
from flake8_noblock.effects.runs import sites_of
from flake8_noblock.effects.undecorated import undecorated
from flake8_noblock.effects.written import import_path
from flake8_noblock.facts.model import Body, Call, ClassDef, Closure, Element, Enter, Exit, Op, Raise, Spread, Unpack, Yield
from flake8_noblock.link.arguments import NO_ARGUMENTS, Arguments, completed
from flake8_noblock.link.attributes import element
from flake8_noblock.link.calls import call_method
from flake8_noblock.link.classes import find_member
from flake8_noblock.link.contexts import context_of_call
from flake8_noblock.link.evaluate import arguments_of
from flake8_noblock.link.functions import bound
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.objects import as_instance
from flake8_noblock.link.regions import excluded_regions, regions_below
from flake8_noblock.link.sources import source_of
from flake8_noblock.link.values import (
    NO_CONTEXT,
    Adapter,
    ClassValue,
    Context,
    Foreign,
    Function,
    Instance,
    Partial,
    SourceClass,
    Value,
    Values,
    is_unknown,
    union,
)

_DESCRIPTORS = ("builtins.property", "builtins.staticmethod", "builtins.classmethod")
"""Decorators that are part of the language: writing one is no call."""


class BodyNumber(NamedTuple):
    """A body of a module, in whatever context."""

    module: str
    body: int


class Outside(NamedTuple):
    """Something outside the folder that is called, by its path (``builtins.str.join``).

    `written`: the path is that of the import; else it is where the callable is defined.
    """

    path: str
    written: bool = False


Callee = BodyNumber | Outside


class Inside:
    """The modules whose files are `files`, by whatever keys they go."""

    def __init__(self, infer: Inference, files: Collection[Path]) -> None:
        self._infer = infer
        self._files = files

    def __contains__(self, module: object) -> bool:
        known = self._infer.program.loaded(module) if isinstance(module, str) else None
        return known is not None and known.path in self._files


@dataclass(slots=True)
class BodyCalls:
    """What running a body in one context calls, and the bodies that run for it, named as calls or not."""

    callees: dict[Callee, None] = field(default_factory=dict)
    runs: dict[Site, None] = field(default_factory=dict)


class Reader:
    """Reads bodies of the modules `inside` the folder."""

    def __init__(self, infer: Inference, inside: Inside) -> None:
        self.infer = infer
        self._inside = inside

    def read(self, site: Site, seen: BodyCalls) -> None:
        """Note in `seen` what the body at `site` calls."""
        infer = self.infer
        body = infer.body(site)
        skipped = regions_below(body, "typing") | excluded_regions(infer, site)
        descriptors = _decorators(infer, site, body)
        for number, op in enumerate(body.ops):
            if body.where[number] not in skipped and number not in descriptors:
                self._operation(Place(site, number), op, seen)
        for edge in edges(infer, site):
            for other in sites_of(edge.run):
                if other.module in self._inside:
                    seen.runs[other] = None
                    if self._is_unnamed(site, body.ops[edge.number], infer.body(other)):
                        seen.callees[BodyNumber(other.module, other.body)] = None

    def _is_unnamed(self, site: Site, op: Op, other: Body) -> bool:
        """Whether the language, or a callable outside, calls a function that `op` doesn't name."""
        if other.kind not in ("function", "lambda") or other.is_generator:
            return False
        return not isinstance(op, Call) or not any(map(self._is_inside, self.infer.value(site, op.func)))

    def _operation(self, place: Place, op: Op, seen: BodyCalls) -> None:
        infer, site = self.infer, place.site
        match op:
            case Call(func=func):
                inner = infer.body(site).ops[func]
                if isinstance(inner, Closure) and infer.facts(site.module).bodies[inner.body].kind == "generator expression":
                    seen.runs[Site(site.module, inner.body, self._within(site))] = None
                else:
                    self._call(place, op, seen)
            case ClassDef(index=index):
                seen.runs[Site(site.module, infer.facts(site.module).classes[index].body, self._within(site))] = None
            case Raise(value=value) if value >= 0:
                for raised in infer.value(site, value):
                    if isinstance(raised, ClassValue):
                        self._constructed(raised, NO_ARGUMENTS, seen)
            case Element(value=value, is_async=is_async):
                self._iterated(infer.value(site, value), is_async, seen)
            case Unpack(value=value) | Spread(value=value) | Yield(value=value, delegates=True):
                self._iterated(infer.value(site, value), False, seen)
            case Enter(value=value, is_async=is_async):
                self._methods_of(infer.value(site, value), "__aenter__" if is_async else "__enter__", seen)
            case Exit(value=value, is_async=is_async):
                self._methods_of(infer.value(site, value), "__aexit__" if is_async else "__exit__", seen)

    def _within(self, site: Site) -> int:
        return NO_CONTEXT if site.context == NO_CONTEXT else self.infer.context_number(Context((), site.context))

    # --- calls ---

    def _call(self, place: Place, op: Call, seen: BodyCalls) -> None:
        infer = self.infer
        callee = infer.value(place.site, op.func)
        path = import_path(infer, Place(place.site, op.func), self._inside)
        arguments = arguments_of(infer, place.site, op)
        if path is not None and not any(self._is_inside(value) for value in callee):
            seen.callees[Outside(path, written=True)] = None
            if is_unknown(callee):
                return
        else:
            decorated = undecorated(infer, Place(place.site, op.func)) if is_unknown(callee) else ()
            for value in union(callee, decorated):
                self._called(value, arguments, seen)
        self._handed_over(place, callee, seen)

    def _is_inside(self, value: Value) -> bool:
        match value:
            case Function(module=module) | ClassValue(cls=SourceClass(module=module)) | Instance(cls=SourceClass(module=module)):
                return module in self._inside
            case Partial(callee=callee) | Adapter(callee=callee):
                return any(map(self._is_inside, callee))
        return False

    def _called(self, value: Value, arguments: Arguments, seen: BodyCalls) -> None:
        match value:
            case Function():
                self._function(value, arguments, seen)
            case ClassValue(cls=SourceClass(module=module)) if module in self._inside:
                self._constructed(value, arguments, seen)
            case ClassValue(cls=cls):
                seen.callees[Outside(cls.name)] = None
            case Foreign(name=name):
                seen.callees[Outside(name)] = None
            case Partial(callee=callee):
                for inner in callee:
                    self._called(inner, completed(value, arguments), seen)
            case Adapter(kind="runs" | "manager", callee=callee):
                for inner in callee:
                    self._called(inner, arguments, seen)
            case Instance():
                self._method(value, "__call__", arguments, seen)

    def _function(self, function: Function, arguments: Arguments, seen: BodyCalls) -> None:
        source = source_of(self.infer, function)
        if source is None or source.module not in self._inside:
            seen.callees[Outside(self._path(function))] = None
            return
        receiver = source.receiver
        meant: tuple[Function, ...] = (source,)
        if isinstance(receiver, Instance) and self.infer.function_body(source).owner >= 0 and is_abstract(self.infer, source):
            meant = overrides(self.infer, source, receiver, everywhere=True) or meant
        for one in meant:
            seen.callees[BodyNumber(one.module, one.body)] = None
            seen.runs[Site(one.module, one.body, context_of_call(self.infer, one, arguments))] = None

    def _path(self, function: Function) -> str:
        """The path of a function outside; a method's is below the class of the object, unless that is defined inside."""
        receiver = function.receiver
        if receiver is None or getattr(receiver.cls, "module", None) in self._inside:
            return self.infer.path(function)
        return f"{receiver.cls.name}.{self.infer.function_body(function).name}"

    def _constructed(self, made: ClassValue, arguments: Arguments, seen: BodyCalls) -> None:
        for method in constructors(self.infer, made):
            if method.module in self._inside:
                self._function(method, arguments, seen)
        for factory in factories(self.infer, made, arguments):
            for value in factory:
                if self._is_inside(value):
                    self._called(value, NO_ARGUMENTS, seen)

    def _method(self, value: Value, name: str, arguments: Arguments, seen: BodyCalls) -> None:
        """A method that the language calls, if it is defined inside."""
        instance = as_instance(self.infer, value)
        member = None if instance is None else find_member(self.infer, instance.cls, name)
        if (
            instance is None
            or member is None
            or not isinstance(member.owner, SourceClass)
            or member.owner.module not in self._inside
        ):
            return
        for function in bound(member.values or (), instance):
            self._called(function, arguments, seen)

    def _methods_of(self, values: Values, name: str, seen: BodyCalls) -> None:
        for value in values:
            self._method(value, name, NO_ARGUMENTS, seen)

    def _iterated(self, values: Values, is_async: bool, seen: BodyCalls) -> None:
        begin, go_on = ("__aiter__", "__anext__") if is_async else ("__iter__", "__next__")
        for value in values:
            if not isinstance(value, Instance) or not self._is_inside(value):
                continue
            if find_member(self.infer, value.cls, begin) is None:
                self._method(value, "__getitem__", NO_ARGUMENTS, seen)
            self._method(value, begin, NO_ARGUMENTS, seen)
            self._methods_of(call_method(self.infer, value, begin, NO_ARGUMENTS), go_on, seen)

    def _handed_over(self, place: Place, callee: Values, seen: BodyCalls) -> None:
        """What a callable outside calls of its arguments: functions, and the iteration of objects."""
        infer = self.infer
        for name in (paths(infer, callee[0]) or ()) if len(callee) == 1 else ():
            for row in infer.knowledge.invoke(name):
                given = argument(infer, place, row.callable)
                for value in infer.value(place.site, given) if given is not None else ():
                    if self._is_inside(value):
                        self._called(value, self._passed(place, given), seen)
            for protocol in infer.knowledge.protocol(name):
                given = argument(infer, place, protocol.argument)
                if given is not None and "__iter__" in protocol.methods:
                    values = infer.value(place.site, given)
                    if protocol.elements:
                        values = union(*[element(infer, value, False) for value in values])
                    self._iterated(values, False, seen)

    def _passed(self, place: Place, given: int | None) -> Arguments:
        """What a callable outside passes to the function that it is given: items of its other arguments."""
        infer = self.infer
        op = infer.body(place.site).ops[place.number]
        others = [arg for arg in op.args if arg != given] if isinstance(op, Call) else []
        items = [union(*[element(infer, value, False) for value in infer.value(place.site, other)]) for other in others]
        return Arguments(tuple(items))


def _decorators(infer: Inference, site: Site, body: Body) -> frozenset[int]:
    """The calls of decorators of the language in a body."""
    bodies = infer.facts(site.module).bodies
    used = {decorator for inner in bodies if inner.parent == site.body for decorator in inner.decorators}
    return frozenset(
        number
        for number, op in enumerate(body.ops)
        if isinstance(op, Call)
        and op.func in used
        and any(isinstance(v, ClassValue) and v.cls.name in _DESCRIPTORS for v in infer.value(site, op.func))
    )
