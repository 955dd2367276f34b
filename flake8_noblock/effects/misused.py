"""Coroutines used as if they were their result, async objects in plain ``with`` and ``for``, and what can't be awaited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from flake8_noblock.effects.awaitables import given_by_tables, has, is_async_only, kind_at, kind_of, lacks
from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.certainty import is_certain
from flake8_noblock.effects.conditions import argument, arguments
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.protocols import operator_methods, steps
from flake8_noblock.effects.returns import returns_plainly
from flake8_noblock.effects.rows import last_name
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import (
    Attr,
    Binary,
    Call,
    Choice,
    Compare,
    Const,
    Declared,
    Display,
    Element,
    Exit,
    Format,
    Mapping,
    Narrowed,
    Op,
    Raise,
    Return,
    StoreAttr,
    Unary,
)
from flake8_noblock.knowledge.schema import Offload
from flake8_noblock.link.attributes import element
from flake8_noblock.link.classes import find_member
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.names import named_class
from flake8_noblock.link.regions import excluded_regions, regions_below
from flake8_noblock.link.values import Values, is_unknown, union

Misuse = Literal["as value", "truth", "plain protocol", "not awaitable"]


@dataclass(frozen=True, slots=True)
class Misused:
    """The operation at `place` uses the value of operation `value` by `method`, or by what else `method` says of it."""

    misuse: Misuse
    place: Place
    value: int
    method: str


def misused(infer: Inference, site: Site) -> Iterator[Misused]:
    """What the body at `site` does to coroutines and to async objects that they don't take, in source order."""
    body = infer.body(site)
    skipped = regions_below(body, "typing") | excluded_regions(infer, site)
    matched: set[int] = set()
    for number, op in enumerate(body.ops):
        if body.where[number] in skipped:
            continue
        place = Place(site, number)
        for demand in _demands(infer, place, op):
            misuse = None if demand.value in matched else _judged(infer, Place(site, demand.value), demand)
            if misuse is not None:
                matched |= {demand.value} if demand.method == "match" else set()
                yield Misused(misuse, place, demand.value, demand.method)
                break


class Demand(NamedTuple):
    """A method, or the word for what else is asked, of value `value`, or of what that holds (`of_items`)."""

    value: int
    method: str
    of_items: bool = False


def _demands(infer: Inference, place: Place, op: Op) -> Iterator[Demand]:
    """What an operation asks of its values."""
    body = infer.body(place.site)
    ops = body.ops
    match op:
        case Exit():
            return
        case Attr(base=base, name=name) | StoreAttr(base=base, name=name):
            asked = [Demand(base, f".{name}")]
        case Binary(left=left, right=right):
            own, reflected = operator_methods(op)
            known = not is_unknown(infer.value(place.site, left))
            asked = [Demand(left, own), *([Demand(right, reflected)] if known else [])]
        case Call(func=func):
            asked = [Demand(func, "__call__"), *_asked_by_callee(infer, place, op)]
        case Return(value=value) if value >= 0 and _is_made(ops, value, body.is_async):
            asked = [Demand(value, "return")] if returns_plainly(infer, place.site) else []
        case Raise(value=value) if value >= 0:
            asked = [Demand(value, "raise")]
        case Compare():
            asked = [*[Demand(value, method) for value, method in steps(op)], *_compared(infer, place, op)]
        case Mapping(keys=keys, values=values):
            asked = [Demand(value, ".keys") for key, value in zip(keys, values, strict=True) if key < 0]
        case Format(values=values):
            asked = [Demand(value, "__format__") for value in values]
        case Unary(operator="Match", value=value):
            asked = [Demand(value, "match")]
        case _:
            asked = [Demand(value, method) for value, method in steps(op)]
    for demand in asked:
        if demand.of_items or demand.method in _JUDGED_BY_TYPE or _is_made(ops, demand.value, body.is_async):
            yield demand


def _compared(infer: Inference, place: Place, op: Compare) -> Iterator[Demand]:
    """What is compared with constants by ``is`` and ``in``, which never hold for a coroutine, and is not awaited after all."""
    ops = infer.body(place.site).ops
    for operator, left, right in zip(op.operators, op.values, op.values[1:], strict=False):
        other = ops[right]
        if operator in ("Is", "IsNot") and isinstance(other, Const):
            users = fate(infer, Place(place.site, left)).users
            if all(isinstance(ops[user], Compare) for user in users):
                yield Demand(left, "is")
        elif operator in ("In", "NotIn") and isinstance(other, Display) and all(isinstance(ops[n], Const) for n in other.items):
            yield Demand(left, "in")


def _is_made(ops: tuple[Op, ...], number: int, on_loop: bool) -> bool:
    """Whether a value may come out of a call in the same body or, on the loop, out of a property."""
    made = (Attr, Call, Element, Choice, Declared, Narrowed) if on_loop else (Call, Element, Choice, Declared, Narrowed)
    return isinstance(ops[number], made)


def _asked_by_callee(infer: Inference, place: Place, op: Call) -> Iterator[Demand]:
    """What a callable that tables know, or one that it runs elsewhere (``to_thread(json.dumps, x)``), asks of the arguments."""
    given = [*op.args, *[value for _, value in op.keywords]]
    word = last_name(infer, Place(place.site, op.func))
    if not given or not (infer.knowledge.may_read(word) or infer.knowledge.may_have_row(Offload, word)):
        return
    if not any(_may_matter(infer, infer.value(place.site, value)) for value in given):
        return
    for name in _names(infer, place.site, op.func):
        for protocol in infer.knowledge.protocol(name):
            number = argument(infer, place, protocol.argument)
            if number is not None and not protocol.elements and not protocol.lazily:
                yield from (Demand(number, method) for method in protocol.methods)
        for row in infer.knowledge.reads(name):
            for number in arguments(infer, place, row.argument):
                yield Demand(number, "__bool__" if row.tests else "argument", row.argument.items)
        offload = infer.knowledge.offload(name)
        first = offload.callable.position if offload is not None and not offload.decorator else None
        if first is not None and first + 1 < len(op.args):
            for run in _names(infer, place.site, op.args[first]):
                yield from _asked_elsewhere(infer, run, op.args[first + 1 :])


def _asked_elsewhere(infer: Inference, name: str, args: tuple[int, ...]) -> Iterator[Demand]:
    """What the callable `name` asks of its arguments, which are handed over with it."""
    for protocol in infer.knowledge.protocol(name):
        position = protocol.argument.position
        if position is not None and position < len(args) and not protocol.elements and not protocol.lazily:
            yield from (Demand(args[position], method) for method in protocol.methods)
    for row in infer.knowledge.reads(name):
        position = row.argument.position
        if position is not None and position < len(args) and not row.argument.items:
            yield Demand(args[position], "__bool__" if row.tests else "argument")


def _names(infer: Inference, site: Site, number: int) -> list[str]:
    return [name for value in infer.value(site, number) for name in paths(infer, value) or ()]


def _may_matter(infer: Inference, values: Values) -> bool:
    """Whether an argument is, or holds, something asynchronous."""
    if is_unknown(values):
        return False
    return any(has(infer, value, "__aiter__") for value in values) or bool(
        kind_of(infer, values) or kind_of(infer, _items(infer, values))
    )


def _items(infer: Inference, values: Values) -> Values:
    return union(*[element(infer, value, False) for value in values])


ASYNC_METHODS = frozenset(["__await__", "__aenter__", "__aiter__"])
_JUDGED_BY_TYPE = ASYNC_METHODS | {"__enter__", "__iter__", "__contains__", "argument"}
"""What is asked of objects of whatever origin; the rest is asked of what calls give."""

_OF_ANY_OBJECT = frozenset(["__str__", "__format__", "__eq__", "__ne__"])
"""Methods that every object has, and that say nothing of a coroutine's result."""

_HARMLESS = frozenset(["__repr__", "__hash__", "__anext__", "__index__", "__missing__"])
"""What may be asked of a coroutine, or follows what was judged before."""


def _judged(infer: Inference, place: Place, demand: Demand) -> Misuse | None:
    method = demand.method
    if method in _HARMLESS:
        return None
    if method == "__await__" and kind_at(infer, place) == "coroutine":
        return None
    values = infer.value(*place)
    if demand.of_items:
        values = _items(infer, values)
    if method in ASYNC_METHODS:
        if given_by_tables(infer, place) == "iterator":
            return "not awaitable" if method == "__await__" else None
        wrong = bool(values) and all(lacks(infer, value, method) for value in values)
        return "not awaitable" if wrong and is_certain(infer, place) else None
    kind = kind_of(infer, values)
    if kind == "coroutine":
        return _judged_coroutine(infer, values, method)
    if kind == "future" and method.startswith("__") and method not in _OF_ANY_OBJECT and method != "__bool__":
        return "as value" if all(lacks(infer, value, method) for value in values) else None
    if method in ("__iter__", "__contains__", "__next__") and is_async_only(infer, values, "__iter__", "__aiter__"):
        return "plain protocol" if all(lacks(infer, v, m) for v in values for m in ("__getitem__", "__contains__")) else None
    if method == "__enter__" and is_async_only(infer, values, "__enter__", "__aenter__"):
        return "plain protocol"
    return _judged_by_tables(given_by_tables(infer, place), method) if kind is None else None


def _judged_by_tables(given: str | None, method: str) -> Misuse | None:
    """What tables say of a call of a library that isn't at hand."""
    match given:
        case "manager" if method == "__bool__":
            return "truth"
        case "manager":
            return "plain protocol" if method == "__enter__" else "as value" if method not in _OF_MANAGERS else None
        case "iterator" if method in ("__iter__", "__contains__", "__next__"):
            return "plain protocol"
    return None


_OF_MANAGERS = frozenset([*(f".{name}" for name in ("__aenter__", "__aexit__", "__await__", "close")), *ASYNC_METHODS])


def _judged_coroutine(infer: Inference, values: Values, method: str) -> Misuse | None:
    if method == "__bool__":
        return "truth"
    if method.startswith("."):
        return None if any(_has_attribute(infer, value, method[1:]) for value in values) else "as value"
    if not method.startswith("__") or method in _OF_ANY_OBJECT:
        return "as value"
    if is_async_only(infer, values, "__enter__", "__aenter__") and method == "__enter__":
        return "plain protocol"
    return "as value" if all(lacks(infer, value, method) for value in values) else None


def _has_attribute(infer: Inference, value: object, name: str) -> bool:
    """Whether a coroutine may have attribute `name`."""
    cls = getattr(value, "cls", None)
    classes = [named_class(infer, "types.CoroutineType").cls, *([cls] if cls is not None else [])]
    return any(find_member(infer, one, name) is not None for one in classes)
