"""What values have to be awaited, entered or iterated asynchronously, and what can't be."""

from __future__ import annotations

from typing import Literal

from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.overrides import is_abstract, overrides
from flake8_noblock.facts.model import Call, Declared, Narrowed, Return
from flake8_noblock.facts.operands import returned_values
from flake8_noblock.link.annotations import declared
from flake8_noblock.link.classes import find_member, has_unknown_base, mro, own_member
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.names import named_class
from flake8_noblock.link.objects import as_instance
from flake8_noblock.link.regions import excluded_regions
from flake8_noblock.link.values import (
    AnyClass,
    ClassValue,
    Coroutine,
    Function,
    Instance,
    ModuleValue,
    SourceClass,
    Value,
    Values,
)
from flake8_noblock.link.values import Literal as Constant

Kind = Literal["coroutine", "async generator", "task", "future"]


def kind_of(infer: Inference, values: Values) -> Kind | None:
    """What all of `values` are; None: nothing of that kind, or not all of them the same."""
    kinds = {_kind(infer, value) for value in values}
    return kinds.pop() if len(kinds) == 1 else None


def kind_at(infer: Inference, place: Place) -> Kind | None:
    """What the value at `place` is; of a call of async functions without looking at what awaiting it gives."""
    body = infer.body(place.site)
    op = body.ops[place.number]
    if isinstance(op, Call):
        callee = infer.value(place.site, op.func)
        if not body.is_async and any(_asks_for_loop(infer, value) for value in callee):
            return None
        functions = [value for value in callee if isinstance(value, Function)]
        if functions and all(infer.is_coroutine_function(value) for value in functions):
            if all(isinstance(value, Function) or lacks(infer, value, "__call__") for value in callee):
                return "coroutine"
        if any(runs_by_itself(infer, value) for value in callee):
            return "future" if kind_of(infer, infer.value(*place)) is not None else None
    return kind_of(infer, infer.value(*place))


def runs_by_itself(infer: Inference, callee: Value) -> bool:
    """Whether a function says no more than that its result can be awaited, and gives something that may run by itself: a task, an
    object of its own, or, where only methods that override it have a body, what one of these gives."""
    if not isinstance(callee, Function) or infer.is_async_function(callee):
        return False
    return infer.remember_from(False, "functions whose awaitables run by themselves", callee, _finds_running, infer, callee)


def _finds_running(infer: Inference, callee: Function) -> bool:
    body = infer.function_body(callee)
    site = Site(callee.module, callee.body)
    returned = returned_values(body)
    if body.kind == "lambda":
        return any(runs_by_itself(infer, one) for number in returned for one in _called_at(infer, Place(site, number)))
    if body.returns < 0 or not _is_mere(infer, declared(infer, site, body.returns)):
        return False
    if returned:
        return not all(kind_at(infer, Place(site, number)) == "coroutine" for number in returned)
    receiver = callee.receiver
    below = overrides(infer, callee, receiver, everywhere=True) if isinstance(receiver, Instance) else ()
    return not all(infer.is_async_function(one) for one in below)


def _called_at(infer: Inference, place: Place) -> Values:
    op = infer.body(place.site).ops[place.number]
    return infer.value(place.site, op.func) if isinstance(op, Call) else ()


def _is_mere(infer: Inference, values: Values) -> bool:
    """Whether `values` are declared as a mere ``Awaitable``."""
    awaitable = named_class(infer, "typing.Awaitable").cls
    return bool(values) and all(isinstance(value, Instance) and value.cls == awaitable for value in values)


def _asks_for_loop(infer: Inference, callee: Value) -> bool:
    """Whether a function gives one thing where a loop runs, which is all that is looked at, and may give another elsewhere."""
    if not isinstance(callee, Function) or infer.is_async_function(callee):
        return False
    site = Site(callee.module, callee.body)
    body = infer.body(site)
    excluded = excluded_regions(infer, site)
    return bool(excluded) and any(isinstance(op, Return) and body.where[n] in excluded for n, op in enumerate(body.ops))


def _kind(infer: Inference, value: Value) -> Kind | None:
    """A ``Coroutine``, or what is declared as a mere ``Awaitable``, is taken to do nothing until it is awaited; of futures, and
    whatever else can be awaited, that isn't known."""
    if isinstance(value, Coroutine):
        return "coroutine"
    if not isinstance(value, Instance):
        return None
    kinds = _kinds(infer)
    if value.cls in kinds:
        return kinds[value.cls]
    inherited = next((kinds[a.cls] for a in mro(infer, value.cls) if a.cls in kinds and _inherits(infer, a.cls)), None)
    return inherited or ("future" if has(infer, value, "__await__") else None)


def _kinds(infer: Inference) -> dict[AnyClass, Kind]:
    return infer.remember(
        "kinds of awaitables", None, lambda: {named_class(infer, name).cls: kind for name, kind in _CLASSES.items()}
    )


def _inherits(infer: Inference, cls: AnyClass) -> bool:
    """Whether subclasses are what the class is: not every class that can be awaited or iterated does nothing before."""
    return cls.name not in _EXACT


_CLASSES: dict[str, Kind] = {
    "typing.Coroutine": "coroutine",
    "typing.Awaitable": "coroutine",
    "typing.AsyncGenerator": "async generator",
    "typing.AsyncIterator": "async generator",
    "asyncio.Task": "task",
}
"""The language's own classes of awaitables, by their place in the standard library's stubs."""

_EXACT = ("typing.Awaitable", "typing.AsyncIterator")


def lacks(infer: Inference, value: Value, method: str) -> bool:
    """Whether it is certain that the type of `value` has no `method` for the language to call."""
    if isinstance(value, Function | ModuleValue) or value == Constant(None):
        return True
    if isinstance(value, ClassValue):
        return _has_plain_metaclass(infer, value)
    instance = as_instance(infer, value)
    if instance is not None and _is_told(infer, instance.cls, _TWINS.get(method, ""), instead=method):
        return True
    if instance is None or has_unknown_base(infer, instance.cls):
        return False
    return find_member(infer, instance.cls, method) is None


def _has_plain_metaclass(infer: Inference, value: ClassValue) -> bool:
    classes = [ancestor.cls for ancestor in mro(infer, value.cls)]
    return all(isinstance(cls, SourceClass) and not infer.class_facts(cls).keywords for cls in classes)


def has(infer: Inference, value: Value, method: str) -> bool:
    """Whether it is certain that the type of `value` has `method`."""
    instance = as_instance(infer, value)
    if instance is None:
        return False
    if method in _TWINS.values() and _is_told(infer, instance.cls, method):
        return True
    member = find_member(infer, instance.cls, method)
    return member is not None and member.values is not None


_TWINS = {"__enter__": "__aenter__"} | dict.fromkeys(("__iter__", "__next__", "__contains__", "__getitem__"), "__aiter__")
"""The async methods that objects have in place of plain ones."""


def _is_told(infer: Inference, cls: AnyClass, method: str, instead: str = "") -> bool:
    """Whether tables say that objects of `cls` have the async `method`, to which no class at hand gives a plain twin
    (`instead`)."""
    for ancestor in mro(infer, cls) if method else ():
        if ancestor.cls is None:
            return False
        if isinstance(ancestor.cls, SourceClass):
            if instead and _works(infer, own_member(infer, ancestor.cls, instead)):
                return False
            if infer.module(ancestor.cls.module).origin == "project":
                continue
        if method in infer.knowledge.asynchronous(ancestor.cls.name):
            return True
    return False


def _works(infer: Inference, member: Values | None) -> bool:
    """Whether a method is there that does more than to fail: some only say that the async one is meant."""
    return member is not None and not (
        member and all(isinstance(value, Function) and is_abstract(infer, value) for value in member)
    )


def is_async_only(infer: Inference, values: Values, plain: str, asynchronous: str) -> bool:
    """Whether all of `values` have the method `asynchronous` and lack `plain`: ``async with`` or ``async for`` is meant."""
    return bool(values) and all(has(infer, v, asynchronous) and lacks(infer, v, plain) for v in values)


def given_by_tables(infer: Inference, place: Place) -> str | None:
    """What tables say that the call at `place` gives: ``manager`` or ``iterator``, say; None: nothing, or it is no call."""
    ops = infer.body(place.site).ops
    op = ops[place.number]
    while isinstance(op, Declared | Narrowed) and op.value >= 0:
        op = ops[op.value]
    return gives(infer, infer.value(place.site, op.func)) if isinstance(op, Call) else None


def gives(infer: Inference, callee: Values) -> str | None:
    """What tables say that calling any of `callee` gives; None: nothing, or not the same."""
    rows = {_row(infer, value) for value in callee}
    return rows.pop() if len(rows) == 1 else None


def _row(infer: Inference, value: Value) -> str | None:
    for name in paths(infer, value) or ():
        row = infer.knowledge.awaitable(name)
        if row is not None:
            return row.gives
    return None
