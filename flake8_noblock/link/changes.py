"""Which operations of a body change, or may change, an object that another operation of it made."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.facts.model import Attr, Body, Call, Const, Declared, Delete, Display, Item, Mapping, StoreAttr, StoreItem

DEEPEST_ITEM = 3
"""Containers within containers through which a change is followed."""

ADDERS = ("append", "appendleft", "add", "insert")
SPREADERS = ("extend", "extendleft", "update")
OTHERS = ("setdefault", "pop", "popleft", "popitem", "remove", "discard", "clear")
_METHODS = frozenset((*ADDERS, *SPREADERS, *OTHERS))


def changes(body: Body) -> dict[int, tuple[int, ...]]:
    """The numbers of the operations that change an object or hand it to a call, by the number of the object, in order."""
    found: dict[int, list[int]] = {}
    for number, op in enumerate(body.ops):
        match op:
            case StoreItem(base=base) | Delete(base=base, name=""):
                for holder in _holders(body, base):
                    found.setdefault(holder, []).append(number)
            case Call(func=func):
                callee = body.ops[func]
                if isinstance(callee, Attr) and callee.name in _METHODS:
                    for holder in _holders(body, callee.base):
                        found.setdefault(holder, []).append(number)
                for arg in (*op.args, *[value for _, value in op.keywords]):
                    if _is_made(body, arg):
                        found.setdefault(arg, []).append(number)
    return {base: tuple(dict.fromkeys(numbers)) for base, numbers in found.items()}


def changed(body: Body, number: int) -> int:
    """The object that operation `number` changes."""
    op = body.ops[number]
    if isinstance(op, StoreItem | Delete):
        return op.base
    callee = body.ops[op.func] if isinstance(op, Call) else None
    return callee.base if isinstance(callee, Attr) and callee.name in _METHODS else -1


def holder_of(body: Body, number: int) -> tuple[int, int] | None:
    """The container that operation `number` takes an object from by a key, and the key; None: it does no such thing."""
    match body.ops[number]:
        case Item(base=base, key=key):
            return base, key
        case Call(func=func, args=(key, *_)):
            callee = body.ops[func]
            if isinstance(callee, Attr) and callee.name == "setdefault":
                return callee.base, key
    return None


def _holders(body: Body, number: int) -> Iterator[int]:
    """An object, and the containers that it is taken from."""
    yield number
    for _ in range(DEEPEST_ITEM):
        holder = holder_of(body, number)
        if holder is None:
            return
        number = holder[0]
        yield number


def stores(body: Body) -> dict[tuple[int, str], tuple[tuple[int, int], ...]]:
    """Where an attribute of an object is set, and to which operation's value, by the number of the object and the name."""
    found: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for number, op in enumerate(body.ops):
        match op:
            case StoreAttr(base=base, name=name, value=value):
                found.setdefault((base, name), []).append((number, value))
            case Call(spelling="setattr", args=(base, key, value)):
                given = body.ops[key]
                if isinstance(given, Const) and isinstance(given.value, str):
                    found.setdefault((base, given.value), []).append((number, value))
    return {key: tuple(values) for key, values in found.items()}


def _is_made(body: Body, number: int) -> bool:
    op = body.ops[number]
    if isinstance(op, Declared) and op.value >= 0:
        op = body.ops[op.value]
    return isinstance(op, Display | Mapping) and getattr(op, "kind", "") != "tuple"
