"""Decorators that tables know: what they make of the callable that they are given."""

from __future__ import annotations

from flake8_noblock.knowledge.schema import Argument, Decorator, Invoke, Protocol
from flake8_noblock.link.arguments import Arguments
from flake8_noblock.link.contexts import holds_callable
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.names import named_class
from flake8_noblock.link.values import (
    UNKNOWN,
    Adapter,
    ClassValue,
    Deferred,
    Foreign,
    Function,
    Instance,
    Partial,
    Value,
    Values,
    union,
)


def adapted(infer: Inference, callee: Value, arguments: Arguments) -> Values | None:
    """What calling `callee` gives where a table says that it is a decorator; None: no table does."""
    if isinstance(callee, Adapter):
        row = infer.knowledge.decorator(callee.name)
        return _decorated(row, callee.name, arguments, callee.given) if callee.kind == "decorator" and row is not None else None
    name = table_path(infer, callee)
    row = _row(infer, name) if name else None
    if row is None or name is None:
        return _taken_off_loop(infer, name, arguments) if name and _takes_off_loop(infer, name) else None
    if row.factory == "never" or (row.factory == "maybe" and _is_callable_only(arguments)):
        return _decorated(row, name, arguments)
    return (Adapter("decorator", name, given=frozenset(arguments.keywords)),)


def lazily(infer: Inference, callee: Function | ClassValue, arguments: Arguments, given: Values) -> Values:
    """`given`, what calling `callee` gives, as what calls and iterates over arguments when it is iterated itself."""
    name = table_path(infer, callee) or ""
    invoked, iterated = _lazy_rows(infer, name)
    if not invoked and not iterated or len(given) != 1 or not isinstance(given[0], Instance):
        return given
    calls = union(*[_argument(row.callable, arguments) for row in invoked])
    sources = tuple([values for row in iterated for values in _arguments(row.argument, arguments)])
    if not any(holds_callable(value) for values in (calls, *sources) for value in values):
        return given
    return (Deferred(given[0], "iterated", calls=calls, sources=sources),)


def _lazy_rows(infer: Inference, name: str) -> tuple[list[Invoke], list[Protocol]]:
    invoked = [row for row in infer.knowledge.invoke(name) if row.lazily]
    return invoked, [row for row in infer.knowledge.protocol(name) if row.lazily]


def _argument(which: Argument, arguments: Arguments) -> Values:
    if which.keyword is not None and which.keyword in arguments.keywords:
        return arguments.keywords[which.keyword]
    position = which.position
    return arguments.positional[position] if position is not None and position < len(arguments.positional) else ()


def _arguments(which: Argument, arguments: Arguments) -> tuple[Values, ...]:
    """The arguments that `which` means: one, or all from a position on."""
    if which.rest and which.position is not None:
        return arguments.positional[which.position :]
    return (_argument(which, arguments),)


def _decorated(row: Decorator, name: str, arguments: Arguments, keywords: frozenset[str] = frozenset()) -> Values:
    given = arguments.positional[0] if arguments.positional else UNKNOWN
    if row.gives == "context manager":
        return (Adapter("manager", name, given),)
    return (Adapter("runs", row.runs, given, keywords),) if row.runs else given


def table_path(infer: Inference, callee: Value) -> str | None:
    """The path under which tables may know a callable."""
    match callee:
        case Function():
            return infer.path(callee)
        case ClassValue(cls=cls):
            return cls.name
        case Foreign(name=name, receiver=None):
            return name
    return None


def _row(infer: Inference, name: str) -> Decorator | None:
    return infer.knowledge.decorator(name)


def _takes_off_loop(infer: Inference, name: str) -> bool:
    row = infer.knowledge.offload(name)
    return row is not None and row.decorator


def _taken_off_loop(infer: Inference, name: str, arguments: Arguments) -> Values:
    """What a decorator gives that runs the function elsewhere: an object whose class tables say, when it is given one."""
    known = infer.knowledge.returns(name) if len(arguments.positional) == 1 else None
    return (Instance(named_class(infer, known).cls),) if known is not None else UNKNOWN


def _is_callable_only(arguments: Arguments) -> bool:
    """Whether a decorator that may be written with or without arguments is given what it decorates."""
    if len(arguments.positional) != 1 or arguments.keywords or arguments.more:
        return False
    return any(isinstance(value, Function | ClassValue | Partial | Adapter | Foreign) for value in arguments.positional[0])
