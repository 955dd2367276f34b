"""Which operations of a body depend on the context in which it runs: all others are looked at once for all contexts."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from flake8_noblock.facts.model import (
    Alias,
    Attr,
    Await,
    Binary,
    Body,
    Call,
    Caught,
    Choice,
    ClassDef,
    Closure,
    Compare,
    Declared,
    Delete,
    Display,
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
from flake8_noblock.link.changes import changes, stores


def operands(op: Op) -> tuple[int, ...]:
    """The numbers of the operations whose values `op` uses; -1 for one that isn't there."""
    match op:
        case Call(func=func, args=args, keywords=keywords):
            return (func, *args, *[value for _, value in keywords])
        case Attr(base=base) | Delete(base=base, key=-1):
            return (base,)
        case Item(base=base, key=key) | Delete(base=base, key=key):
            return (base, key)
        case Slice(lower=lower, upper=upper, step=step):
            return (lower, upper, step)
        case StoreAttr(base=base, value=value):
            return (base, value)
        case StoreItem(base=base, key=key, value=value):
            return (base, key, value)
        case Binary(left=left, right=right):
            return (left, right)
        case Compare(values=values) | Choice(values=values) | Format(values=values):
            return values
        case Display(items=items):
            return items
        case Mapping(keys=keys, values=values):
            return (*keys, *values)
        case Narrowed(value=value, type=kind):
            return (value, kind)
        case Declared(annotation=annotation, value=value):
            return (annotation, value)
        case Caught(type=kind):
            return (kind,)
        case Spread(value=value) | Await(value=value) | Unary(value=value) | Element(value=value) | Enter(value=value):
            return (value,)
        case Unpack(value=value) | Alias(value=value) | Exit(value=value) | StoreName(value=value) | Return(value=value):
            return (value,)
        case Yield(value=value) | Raise(value=value):
            return (value,)
    return ()


def dependent(body: Body, given: Collection[int], around: Collection[str] | None) -> frozenset[int]:
    """The numbers of the operations that may have other values where the context says something of the parameters `given`.

    `around` are the names of the functions around the body; None: the context says nothing of those functions.
    """
    found = {number for number, op in enumerate(body.ops) if _is_source(body, op, given, around)}
    todo = list(found)
    users = _users(body) if found else {}
    while todo:
        for user in users.get(todo.pop(), ()):
            if user not in found:
                found.add(user)
                todo.append(user)
    return frozenset(found)


def _is_source(body: Body, op: Op, given: Collection[int], around: Collection[str] | None) -> bool:
    match op:
        case Param(index=index):
            return index in given or (around is not None and _takes_from_around(body, index))
        case Closure() | ClassDef():
            return True  # They remember the context.
        case Choice(where=(_, *_)):
            return True  # What runs depends on it.
        case Call(spelling="super"):
            return True
        case Lookup(name=name):
            return name in body.cells or (around is not None and name in around)
    return False


def _takes_from_around(body: Body, index: int) -> bool:
    """Whether the body around decides what a parameter is: the default, or what a generator expression goes over."""
    return body.kind == "generator expression" or body.params[index].default >= 0


def _users(body: Body) -> dict[int, list[int]]:
    users: dict[int, list[int]] = {}
    for number, op in enumerate(body.ops):
        for operand in _operands_of(op):
            users.setdefault(operand, []).append(number)
    for base, numbers in changes(body).items():
        for number in numbers:
            users.setdefault(number, []).append(base)  # What is put into a container decides what that holds.
    stored = stores(body)
    for number, op in enumerate(body.ops) if stored else ():
        if isinstance(op, Attr):
            for _, value in stored.get((op.base, op.name), ()):
                users.setdefault(value, []).append(number)
    return users


def _operands_of(op: Op) -> Iterator[int]:
    return (operand for operand in operands(op) if operand >= 0)
