"""Decorators that tables know: what they make of the callable that they are given."""

from __future__ import annotations

from flake8_noblock.knowledge.schema import Decorator
from flake8_noblock.link.arguments import Arguments
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.values import (
    UNKNOWN,
    Adapter,
    ClassValue,
    Foreign,
    Function,
    Partial,
    Value,
    Values,
)


def adapted(infer: Inference, callee: Value, arguments: Arguments) -> Values | None:
    """What calling `callee` gives where a table says that it is a decorator; None: no table does."""
    if isinstance(callee, Adapter):
        row = infer.knowledge.decorator(callee.name)
        return _decorated(row, callee.name, arguments) if callee.kind == "decorator" and row is not None else None
    name = _path(infer, callee)
    row = _row(infer, name) if name else None
    if row is None or name is None:
        return UNKNOWN if name and _takes_off_loop(infer, name) else None
    if row.factory == "never" or (row.factory == "maybe" and _is_callable_only(arguments)):
        return _decorated(row, name, arguments)
    return (Adapter("decorator", name),)


def _decorated(row: Decorator, name: str, arguments: Arguments) -> Values:
    given = arguments.positional[0] if arguments.positional else UNKNOWN
    if row.gives == "context manager":
        return (Adapter("manager", name, given),)
    return (Adapter("runs", row.runs, given),) if row.runs else given


def _path(infer: Inference, callee: Value) -> str | None:
    match callee:
        case Function():
            return infer.path(callee)
        case ClassValue(cls=cls):
            return cls.name
        case Foreign(name=name, receiver=None):
            return name
    return None


def _row(infer: Inference, name: str) -> Decorator | None:
    cache = infer.caches.setdefault("decorators", {})
    if name not in cache:
        cache[name] = infer.knowledge.decorator(name)
    return cache[name]  # type: ignore[return-value]


def _takes_off_loop(infer: Inference, name: str) -> bool:
    cache = infer.caches.setdefault("decorators that take off the loop", {})
    if name not in cache:
        row = infer.knowledge.offload(name)
        cache[name] = row is not None and row.decorator
    return bool(cache[name])


def _is_callable_only(arguments: Arguments) -> bool:
    """Whether a decorator that may be written with or without arguments is given what it decorates."""
    if len(arguments.positional) != 1 or arguments.keywords or arguments.more:
        return False
    return any(isinstance(value, Function | ClassValue | Partial | Adapter | Foreign) for value in arguments.positional[0])
