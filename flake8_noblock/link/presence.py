"""Attributes and names that are not None where they are read: a branch around asks (``if self.x is not None: use(self.x)``)."""

from __future__ import annotations

from flake8_noblock.facts.model import Attr, Body, Choice, Compare, Const, Lookup, Op, Unary
from flake8_noblock.link.values import Literal, Values

_NONE = Literal(None)


def present(body: Body, number: int, values: Values) -> Values:
    """`values` of operation `number`, without None where a branch around it excludes that."""
    if _NONE not in values or len(values) == 1 or not isinstance(body.ops[number], Attr | Lookup):
        return values
    region = body.where[number]
    while region > 0:
        around = body.regions[region]
        if around.kind == "branch" and around.value >= 0 and _excludes_none(body.ops, around.value, around.positive, number):
            return tuple([value for value in values if value != _NONE])
        region = around.parent
    return values


def _excludes_none(ops: tuple[Op, ...], condition: int, positive: bool, number: int) -> bool:
    """Whether operation `number` isn't None where `condition` is (or, not `positive`, is not) true."""
    op = ops[condition]
    match op:
        case Unary(operator="Not", value=value):
            return _excludes_none(ops, value, not positive, number)
        case Compare(operators=("Is" | "IsNot" as operator,), values=(left, right)):
            return ops[right] == Const(None) and (operator == "IsNot") == positive and _same(ops, left, number)
        case Choice():
            return False
    return positive and _same(ops, condition, number)


def _same(ops: tuple[Op, ...], one: int, other: int) -> bool:
    """Whether two operations read the same attribute or name."""
    match ops[one], ops[other]:
        case Attr(base=base, name=name), Attr(base=other_base, name=other_name):
            return name == other_name and _same(ops, base, other_base)
        case Lookup(name=name), Lookup(name=other_name):
            return name == other_name
    return one == other
