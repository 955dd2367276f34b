"""Methods that the language calls without their being named: operators, iteration, formatting, truth."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.facts.model import (
    Await,
    Binary,
    Compare,
    Delete,
    Element,
    Enter,
    Exit,
    Format,
    Item,
    Op,
    Spread,
    StoreItem,
    Unary,
    Unpack,
    Yield,
)

_BINARY = {
    "Add": "add",
    "Sub": "sub",
    "Mult": "mul",
    "Div": "truediv",
    "FloorDiv": "floordiv",
    "Mod": "mod",
    "Pow": "pow",
    "MatMult": "matmul",
    "BitAnd": "and",
    "BitOr": "or",
    "BitXor": "xor",
    "LShift": "lshift",
    "RShift": "rshift",
}
_UNARY = {"USub": "__neg__", "UAdd": "__pos__", "Invert": "__invert__", "Not": "__bool__"}
_COMPARE = {"Eq": "__eq__", "NotEq": "__ne__", "Lt": "__lt__", "LtE": "__le__", "Gt": "__gt__", "GtE": "__ge__"}

FALLBACKS = {
    "__format__": ("__str__", "__repr__"),
    "__str__": ("__repr__",),
    "__contains__": ("__iter__",),
    "__bool__": ("__len__",),
    "__ne__": ("__eq__",),
}
"""Methods that stand in for one that only ``object`` defines (Python's data model)."""

Step = tuple[int, str]
"""The number of an object and the method of it that runs."""


def steps(op: Op) -> Iterator[Step]:
    """The methods that the language calls for `op`, in their order."""
    match op:
        case Enter(value=value, is_async=False):
            yield value, "__enter__"
        case Exit(value=value, is_async=False):
            yield value, "__exit__"
        case Element(value=value, is_async=False) | Unpack(value=value) | Spread(value=value) | Yield(value=value, delegates=True):
            yield value, "__iter__"
            yield value, "__next__"
        case Item(base=base):
            yield base, "__getitem__"
        case StoreItem(base=base):
            yield base, "__setitem__"
        case Delete(base=base, name=name):
            yield base, "__delattr__" if name else "__delitem__"
        case Binary(operator=operator, left=left, right=right):
            yield left, f"__{_BINARY[operator]}__"
            yield right, f"__r{_BINARY[operator]}__"
        case Unary(operator=operator, value=value):
            yield value, _UNARY[operator]
        case Compare(operators=operators, values=values):
            yield from _comparisons(operators, values)
        case Format(values=values):
            yield from ((value, "__format__") for value in values)
        case Await(value=value):
            yield value, "__await__"


def _comparisons(operators: tuple[str, ...], values: tuple[int, ...]) -> Iterator[Step]:
    for index, operator in enumerate(operators):
        if operator in _COMPARE:
            yield values[index], _COMPARE[operator]
        elif operator in ("In", "NotIn"):
            yield values[index + 1], "__contains__"
