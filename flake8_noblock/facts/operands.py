"""Which operations an operation takes its values from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from flake8_noblock.facts.model import (
    Alias,
    Attr,
    Await,
    Binary,
    Body,
    Call,
    Caught,
    Choice,
    Compare,
    Declared,
    Delete,
    Display,
    Drop,
    Element,
    Enter,
    Exit,
    Format,
    Item,
    Lookup,
    Mapping,
    Narrowed,
    Op,
    Param,
    Raise,
    Return,
    Slice,
    Spread,
    StoreAttr,
    StoreItem,
    StoreName,
    Unary,
    Unpack,
    Yield,
)


def joined(ops: Sequence[Op], number: int) -> list[int]:
    """The parts of ``a and b`` or ``a or b`` that are values of their own, not what several branches gave before."""
    op = ops[number]
    values = op.values if isinstance(op, Choice) else ()
    return [part for part in values if part < number and not _is_merged(ops[part])]


def _is_merged(op: Op) -> bool:
    return isinstance(op, Choice) and not op.where


def called_name(body: Body, call: Call) -> str:
    """The last name of what is called, as it is written."""
    callee = body.ops[call.func]
    return callee.name if isinstance(callee, Attr | Lookup) else call.spelling.rpartition(".")[2]


def returned_values(body: Body) -> list[int]:
    """The numbers of the values that a body returns, where it returns any."""
    return [op.value for op in body.ops if isinstance(op, Return) and op.value >= 0]


def is_parameter(body: Body, number: int) -> bool:
    """Whether a value is, or may be, one that a function is given, other than the object of which it is a method."""
    match body.ops[number]:
        case Param(index=index):
            return index > 0 or body.owner < 0
        case Choice(values=values):
            return any(is_parameter(body, value) for value in values if value < number)
        case Narrowed(value=value) | Declared(value=value) if value >= 0:
            return is_parameter(body, value)
    return False


@cache
def alone(number: int) -> tuple[int, ...]:
    """A tuple of one number, the same for all: what is kept of operations mostly has one."""
    return (number,)


def operands(op: Op) -> Iterator[int]:
    """The numbers of the operations whose values `op` uses, in source order; an annotation is none of them."""
    match op:
        case Call(func=func, args=args, keywords=keywords):
            yield func
            yield from args
            yield from (value for _, value in keywords)
        case Attr(base=base):
            yield base
        case Item(base=base, key=key):
            yield base
            yield key
        case Slice(lower=lower, upper=upper, step=step):
            yield from (part for part in (lower, upper, step) if part >= 0)
        case StoreAttr(base=base, value=value):
            yield base
            yield value
        case StoreItem(base=base, key=key, value=value):
            yield base
            yield key
            yield value
        case Delete(base=base, key=key):
            yield base
            yield from (key,) if key >= 0 else ()
        case Binary(left=left, right=right):
            yield left
            yield right
        case Compare(values=values) | Choice(values=values) | Format(values=values) | Display(items=values):
            yield from values
        case Mapping(keys=keys, values=values):
            yield from (key for key in keys if key >= 0)
            yield from values
        case Declared(value=value) | Return(value=value) | Raise(value=value):
            yield from (value,) if value >= 0 else ()
        case Caught(type=kind):
            yield from (kind,) if kind >= 0 else ()
        case (
            Await(value=value)
            | Spread(value=value)
            | Unary(value=value)
            | Element(value=value)
            | Enter(value=value)
            | Unpack(value=value)
            | Narrowed(value=value)
            | Alias(value=value)
            | Exit(value=value)
            | StoreName(value=value)
            | Yield(value=value)
            | Drop(value=value)
        ):
            yield value
