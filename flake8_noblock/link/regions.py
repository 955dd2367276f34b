"""Branches that a context excludes: those whose condition is decided by what the caller passes."""

from __future__ import annotations

from flake8_noblock.facts.model import Body, Call, Choice, Compare, Const, Display, Lookup, Op, Param, Unary
from flake8_noblock.link.annotations import instances
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.objects import flat, is_of, may_be_of
from flake8_noblock.link.values import (
    NO_CONTEXT,
    Adapter,
    ClassValue,
    Function,
    Instance,
    Literal,
    ModuleValue,
    Partial,
    TupleValue,
    Value,
    Values,
    is_unknown,
)

_NONE: frozenset[int] = frozenset()


def excluded_regions(infer: Inference, site: Site) -> frozenset[int]:
    """The numbers of the regions of the body at `site` that don't run in its context."""
    if site.context == NO_CONTEXT:
        return _NONE
    cache = infer.caches.setdefault("excluded regions", {})
    if site not in cache:
        cache[site] = _NONE
        cache[site] = _excluded(infer, site, infer.body(site))
    return cache[site]  # type: ignore[return-value]


def _excluded(infer: Inference, site: Site, body: Body) -> frozenset[int]:
    excluded: set[int] = set()
    for number, region in enumerate(body.regions):
        if region.parent in excluded:
            excluded.add(number)
        elif region.value >= 0 and (region.kind == "branch" or (region.kind == "loop" and not region.is_async)):
            decided = truth(infer, site, region.value) if _is_condition(body.ops[region.value]) else None
            if decided is not None and decided != region.positive:
                excluded.add(number)
    return frozenset(excluded)


def _is_condition(op: Op) -> bool:
    return isinstance(op, Param | Lookup | Unary | Compare | Choice | Call)


def truth(infer: Inference, site: Site, number: int) -> bool | None:
    """Whether operation `number` is true for what the context of `site` says of parameters; None: it may be either."""
    op = infer.body(site).ops[number]
    match op:
        case Unary(operator="Not", value=value):
            inner = truth(infer, site, value)
            return None if inner is None else not inner
        case Compare(operators=(operator,), values=(left, right)):
            return _compared(operator, _passed(infer, site, left), _passed(infer, site, right))
        case Choice(where=(_, *_)):
            return _joined(infer, site, op)
        case Call(args=(subject, types)) if _is_isinstance(infer, site, op):
            return _is_instance(infer, _passed(infer, site, subject), flat(infer.value(site, types)))
    passed = _passed(infer, site, number)
    decided = {_is_true(value) for value in passed or ()}
    return decided.pop() if len(decided) == 1 else None


def _passed(infer: Inference, site: Site, number: int) -> Values | None:
    """What a parameter is in this context, or a name of the function around; the value of a constant; else None."""
    op = infer.body(site).ops[number]
    if isinstance(op, Param):
        return infer.argument(site, op.index)
    if isinstance(op, Lookup):
        return infer.value(site, number) if _is_from_around(infer, site, op.name) else None
    values = infer.value(site, number) if isinstance(op, Const | Display) else ()
    return values if len(values) == 1 and isinstance(values[0], Literal | TupleValue) else None


def _is_from_around(infer: Inference, site: Site, name: str) -> bool:
    """Whether `name` is a parameter of a function around the body, never assigned to."""
    around = infer.around(site)
    while around.body > 0:
        cells = infer.body(around).cells.get(name)
        if cells is not None:
            return len(cells) == 1 and isinstance(infer.body(around).ops[cells[0][1]], Param)
        around = infer.around(around)
    return False


def _is_isinstance(infer: Inference, site: Site, op: Call) -> bool:
    callee = infer.value(site, op.func)
    return len(callee) == 1 and isinstance(callee[0], Function) and infer.path(callee[0]) == "builtins.isinstance"


def _is_instance(infer: Inference, values: Values | None, types: Values) -> bool | None:
    kinds = instances(infer, types)
    if not values or not kinds or is_unknown(kinds):
        return None
    if all(any(is_of(infer, value, kind) for kind in kinds) for value in values):
        return True
    return None if any(may_be_of(infer, value, kind) for value in values for kind in kinds) else False


def _joined(infer: Inference, site: Site, op: Choice) -> bool | None:
    """``a and b``, ``a or b``: the branch in which the last part stands tells which it is."""
    region = infer.body(site).regions[op.where[-1]]
    if region.kind != "branch" or region.value not in op.values:
        return None
    conjunction = region.positive
    parts = [truth(infer, site, value) for value in op.values]
    if (not conjunction) in parts:
        return not conjunction
    return None if None in parts else conjunction


def _compared(operator: str, left: Values | None, right: Values | None) -> bool | None:
    if not left or not right:
        return None
    verdicts = {_compare(operator, one, other) for one in left for other in right}
    return verdicts.pop() if len(verdicts) == 1 else None


def _compare(operator: str, left: Value, right: Value) -> bool | None:
    negative = operator in ("IsNot", "NotEq")
    if operator in ("In", "NotIn") and isinstance(right, TupleValue):
        verdicts = [_compare("Eq", left, value) for item in right.items for value in item]
        return None if None in verdicts else (True in verdicts) != (operator == "NotIn")
    if operator not in ("Is", "IsNot", "Eq", "NotEq"):
        return None
    if isinstance(left, Literal) and isinstance(right, Literal):
        same = left.value == right.value and type(left.value) is type(right.value)
        return same != negative
    if operator in ("Is", "IsNot") and Literal(None) in (left, right):
        other = right if left == Literal(None) else left
        return negative if isinstance(other, Instance | Function | ClassValue | Partial | Adapter | ModuleValue) else None
    return None


def _is_true(value: Value) -> bool | None:
    if isinstance(value, Literal):
        return bool(value.value)
    return True if isinstance(value, Function | ClassValue | Partial | Adapter | ModuleValue) else None
