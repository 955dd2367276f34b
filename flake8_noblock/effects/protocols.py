"""Methods that the language calls without their being named: operators, iteration, formatting, truth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flake8_noblock.facts.model import (
    Await,
    Binary,
    Compare,
    Delete,
    Display,
    Element,
    Enter,
    Exit,
    Format,
    Item,
    Mapping,
    Op,
    Spread,
    StoreItem,
    Unary,
    Unpack,
    Yield,
)
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.objects import as_instance
from flake8_noblock.link.operators import BINARY_METHODS
from flake8_noblock.link.values import Literal, TupleValue, Values

_UNARY = {"USub": "__neg__", "UAdd": "__pos__", "Invert": "__invert__", "Not": "__bool__", "Test": "__bool__"}
_CONVERSIONS = {"r": "__repr__", "a": "__repr__", "s": "__str__"}
_PERCENT = {"s": "__str__", "r": "__repr__", "a": "__repr__"}
_CONVERSION = re.compile(r"%(?:\([^)]*\))?[-#0 +]*(?:\*|\d*)(?:\.(?:\*|\d*))?([a-zA-Z%])")
_COMPARE = {"Eq": "__eq__", "NotEq": "__ne__", "Lt": "__lt__", "LtE": "__le__", "Gt": "__gt__", "GtE": "__ge__"}

REFLECTED = {"Eq": "__eq__", "NotEq": "__ne__", "Lt": "__gt__", "LtE": "__ge__", "Gt": "__lt__", "GtE": "__le__"}
"""The methods of the right operand that comparisons ask where the left one can't tell."""

FALLBACKS = {
    "__format__": ("__str__", "__repr__"),
    "__str__": ("__repr__",),
    "__contains__": ("__iter__", "__getitem__"),
    "__iter__": ("__getitem__",),
    "__bool__": ("__len__",),
    "__bytes__": ("__iter__",),
    "__lt__": ("__gt__",),
    "__gt__": ("__lt__",),
    "__le__": ("__ge__", "__lt__"),
    "__ge__": ("__le__", "__lt__"),
    "__ne__": ("__eq__",),
    **{f"__i{name}__": (f"__{name}__",) for name in BINARY_METHODS.values()},
}
"""Methods that stand in for one that only ``object`` defines, or that is missing (Python's data model, ``total_ordering``)."""

Step = tuple[int, str]
"""The number of an object and the method of it that runs."""


def steps(op: Op) -> Iterator[Step]:
    """The methods that the language calls for `op`, in their order."""
    match op:
        case Enter(value=value, is_async=is_async):
            yield value, "__aenter__" if is_async else "__enter__"
        case Exit(value=value, is_async=is_async):
            yield value, "__aexit__" if is_async else "__exit__"
        case Element(value=value, is_async=True):
            yield value, "__aiter__"
            yield value, "__anext__"
        case Element(value=value) | Unpack(value=value) | Spread(value=value) | Yield(value=value, delegates=True):
            yield value, "__iter__"
            yield value, "__next__"
        case Item(base=base, key=key):
            yield base, "__getitem__"
            yield base, "__missing__"
            yield key, "__hash__"
            yield key, "__index__"
        case StoreItem(base=base, key=key):
            yield base, "__setitem__"
            yield key, "__hash__"
        case Display(kind="set", items=items) | Mapping(keys=items):
            yield from ((item, "__hash__") for item in items if item >= 0)
        case Delete(base=base, name=""):
            yield base, "__delitem__"
        case Unary(operator=operator, value=value) if operator in _UNARY:
            yield value, _UNARY[operator]
        case Compare(operators=operators, values=values):
            yield from _comparisons(operators, values)
        case Format(values=values, conversions=conversions):
            yield from zip(values, [_CONVERSIONS.get(conversion, "__format__") for conversion in conversions], strict=True)
        case Await(value=value):
            yield value, "__await__"


def operator_methods(op: Binary) -> tuple[str, str]:
    """The method of the left operand that runs, and that of the right one if the left has none."""
    name = BINARY_METHODS[op.operator]
    return f"__{'i' if op.in_place else ''}{name}__", f"__r{name}__"


def is_text(infer: Inference, values: Values) -> bool:
    """Whether all of `values` are text."""
    objects = [as_instance(infer, value) for value in values]
    return bool(objects) and all(one is not None and one.cls.name == "builtins.str" for one in objects)


def formatted(text: Values, given: Values) -> Iterator[tuple[Values, str]]:
    """The objects that ``text % given`` formats, and the methods that it calls for them."""
    items = given[0].items if len(given) == 1 and isinstance(given[0], TupleValue) else (given,)
    match text:
        case (Literal(value=str(pattern)),):
            methods = [_PERCENT.get(letter, "") for letter in _CONVERSION.findall(pattern) if letter != "%"]
        case _:
            methods = ["__str__"] * len(items)
    yield from ((item, method) for item, method in zip(items, methods, strict=False) if method)


def _comparisons(operators: tuple[str, ...], values: tuple[int, ...]) -> Iterator[Step]:
    for index, operator in enumerate(operators):
        if operator in _COMPARE:
            yield values[index], _COMPARE[operator]
        elif operator in ("In", "NotIn"):
            yield values[index + 1], "__contains__"
            yield values[index], "__hash__"
