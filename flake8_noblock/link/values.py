"""What an expression may be: abstract values. A set of them is a tuple in a fixed order; several mean "one of these"."""

from __future__ import annotations

from typing import Literal as TypingLiteral

from msgspec import Struct
from msgspec.structs import replace

from flake8_noblock.facts.model import Constant

NO_CONTEXT = 0
"""The context of code of whose callers nothing is known."""


class _Plain(Struct, frozen=True, gc=False, cache_hash=True):
    """Base of all values: they are made and compared most often of all, and form no cycles."""


class Unknown(_Plain, frozen=True):
    """Anything at all."""


class Literal(_Plain, frozen=True):
    """A constant."""

    value: Constant


class SourceClass(_Plain, frozen=True):
    """A class whose source or stub is at hand: class `index` of module `module`; `name` is its dotted path."""

    module: str
    index: int
    name: str


class ForeignClass(_Plain, frozen=True):
    """A class of a library that isn't at hand, by the path it was reached by."""

    name: str


AnyClass = SourceClass | ForeignClass


class Instance(_Plain, frozen=True):
    """An object of `cls` or of a subclass; `args` are the values of its type parameters.

    `made` is the context (see `Context`) in which its constructor ran, where that hands over something to be called.
    """

    cls: AnyClass
    args: tuple[Values, ...] = ()
    made: int = NO_CONTEXT


class ClassValue(_Plain, frozen=True):
    """A class itself."""

    cls: AnyClass
    args: tuple[Values, ...] = ()


class Function(_Plain, frozen=True):
    """A function of the program: body `body` of module `module`, with the object that it is bound to, if any.

    `outer` is the context (see `Context`) in which the function around it made it.
    """

    module: str
    body: int
    receiver: Instance | ClassValue | None = None
    outer: int = NO_CONTEXT


class Context(_Plain, frozen=True):
    """What a call says of the parameters of a function, by index, and the context of the function around that one.

    Contexts are known by their numbers in an `Inference`. `depth` and `size` count the contexts and values within.
    """

    arguments: tuple[tuple[int, Values], ...] = ()
    outer: int = NO_CONTEXT
    depth: int = 0
    size: int = 0


class ModuleValue(_Plain, frozen=True):
    name: str


class Foreign(_Plain, frozen=True):
    """Something in a library that isn't at hand, by its path; `receiver`: the object it was read from."""

    name: str
    receiver: Instance | None = None


class TupleValue(_Plain, frozen=True):
    """A tuple or list of known length."""

    items: tuple[Values, ...]
    kind: TypingLiteral["tuple", "list"] = "tuple"


class DictValue(_Plain, frozen=True):
    """A dictionary with these constants as keys."""

    items: tuple[tuple[Constant, Values], ...]


class Partial(_Plain, frozen=True):
    """``functools.partial(callee, *positional, **keywords)``; `is_method`: ``partialmethod``, as a class holds it."""

    callee: Values
    positional: tuple[Values, ...]
    keywords: tuple[tuple[str, Values], ...]
    is_method: bool = False


class Adapter(_Plain, frozen=True):
    """A callable that the decorator called `name` made, or makes, of another one.

    ``decorator``: what it decorates is still to come. `given` are the keywords of the decorator's own call. ``runs``: calling it
    calls `callee`, and does what `name` says besides. ``manager``: calling it gives a context manager that runs the generator
    function `callee`. `around` are objects that each call enters and leaves (``contextlib.ContextDecorator``).
    """

    kind: TypingLiteral["decorator", "runs", "manager"]
    name: str
    callee: Values = ()
    given: frozenset[str] = frozenset()
    around: Values = ()


class Deferred(_Plain, frozen=True):
    """An object of class `instance` that runs code when it is iterated or entered.

    It runs `function` in `context` where that is a generator; else it calls one of `calls` with arguments unknown, and
    iterates over each of `sources`.
    """

    instance: Instance
    when: TypingLiteral["iterated", "entered"]
    function: Function | None = None
    context: int = NO_CONTEXT
    calls: Values = ()
    sources: tuple[Values, ...] = ()


class Coroutine(_Plain, frozen=True):
    """What calling an ``async def`` gives; `result` is what awaiting it gives."""

    result: Values


class CallableValue(_Plain, frozen=True):
    """Something of which only the result of calling it is known (``Callable[..., X]``)."""

    result: Values


class TypeVariable(_Plain, frozen=True):
    """A type parameter, to be replaced by what it stands for, or else by its bound."""

    name: str
    bound: Values = ()


class ClassOf(_Plain, frozen=True):
    """The class of objects like `members`, where these hold type variables (``type[T]``)."""

    members: Values


class Special(_Plain, frozen=True):
    """A construct of the typing module (``Optional``, ``Any``), by its name there."""

    name: str


class TypeForm(_Plain, frozen=True):
    """An expression that stands for a type (``Optional[X]``, ``A | B``); `members` are the objects of that type."""

    members: Values


DescriptorKind = TypingLiteral["static", "class", "property", "field"]


class Descriptor(_Plain, frozen=True):
    """A ``staticmethod``, ``classmethod`` or ``property`` around a function; a ``field`` holds an object like `function`."""

    kind: DescriptorKind
    function: Values


class Super(_Plain, frozen=True):
    """``super()`` in a method of `cls` with receiver `receiver`."""

    cls: SourceClass
    receiver: Instance | ClassValue


Value = (
    Unknown
    | Literal
    | Instance
    | ClassValue
    | Function
    | ModuleValue
    | Foreign
    | TupleValue
    | DictValue
    | Partial
    | Adapter
    | Deferred
    | Coroutine
    | CallableValue
    | TypeVariable
    | ClassOf
    | Special
    | TypeForm
    | Descriptor
    | Super
)
Values = tuple[Value, ...]

UNKNOWN: Values = (Unknown(),)
NOTHING: Values = ()
"""No value at all: what never returns, or what is only known to depend on itself."""

WIDEST = 24
"""More alternatives than these say nothing any more."""


def union(*parts: Values) -> Values:
    """One of all `parts`, in order, without repetition."""
    if len(parts) == 1:
        merged = parts[0] if len(parts[0]) < 2 else tuple(dict.fromkeys(parts[0]))
    else:
        merged = tuple(dict.fromkeys([value for part in parts for value in part]))
    return merged if len(merged) <= WIDEST else UNKNOWN


DEEPEST_TYPE = 5
"""Type arguments within type arguments; deeper ones are unknown."""


WIDEST_TYPE = 4
"""Alternatives for an argument of a type that is an argument itself; more say nothing, since they would multiply."""


def shallow(values: Values, depth: int = DEEPEST_TYPE) -> Values:
    """`values` with nested type arguments cut, so that no type grows without end."""
    if depth < DEEPEST_TYPE - 1 and len(values) > WIDEST_TYPE:
        return UNKNOWN
    for value in values:
        if _is_nested(value):
            break
    else:
        return values
    return UNKNOWN if depth == 0 else tuple([_shallow(value, depth - 1) for value in values])


DEEPEST_ASSUMED = 3
"""Type arguments within type arguments of what is assumed while a type that depends on itself is found."""


def widened(values: Values) -> Values:
    """`values` with type arguments so few levels deep that a type that holds itself is soon the same."""
    return tuple([_shallow(value, DEEPEST_ASSUMED - 1) for value in values])


def _is_nested(value: Value) -> bool:
    if isinstance(value, (Instance, ClassValue)):
        return bool(value.args)
    return isinstance(value, (TupleValue, DictValue, Partial, Adapter, Deferred, Coroutine, CallableValue))


def _shallow(value: Value, depth: int) -> Value:
    match value:
        case Instance(cls=cls, args=args, made=made) if args:
            return Instance(cls, tuple([shallow(arg, depth) for arg in args]), made)
        case ClassValue(cls=cls, args=args) if args:
            return ClassValue(cls, tuple([shallow(arg, depth) for arg in args]))
        case TupleValue(items=items, kind=kind):
            return TupleValue(tuple([shallow(item, depth) for item in items]), kind)
        case DictValue(items=items):
            return DictValue(tuple([(key, shallow(item, depth)) for key, item in items]))
        case Partial(callee=callee, positional=positional, keywords=keywords):
            given = tuple([shallow(item, depth) for item in positional])
            named = tuple([(name, shallow(item, depth)) for name, item in keywords])
            return Partial(shallow(callee, depth), given, named, value.is_method)
        case Adapter(kind=kind, name=name, callee=callee):
            return Adapter(kind, name, shallow(callee, depth), value.given, shallow(value.around, depth))
        case Deferred(instance=instance, calls=calls, sources=sources):
            args = tuple([shallow(arg, depth - 1) for arg in instance.args]) if depth else ()
            return replace(
                value,
                instance=Instance(instance.cls, args),
                calls=shallow(calls, depth),
                sources=tuple([shallow(s, depth) for s in sources]),
            )
        case Coroutine(result=result):
            return Coroutine(shallow(result, depth))
        case CallableValue(result=result):
            return CallableValue(shallow(result, depth))
    return value


def is_unknown(values: Values) -> bool:
    """Whether `values` says nothing, or leaves open that it may be anything."""
    for value in values:  # Asked most often of all: a generator expression would cost more than it does.
        if type(value) is Unknown:
            return True
    return False
