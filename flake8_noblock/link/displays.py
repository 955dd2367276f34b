"""Containers as they are written and put together, where it matters which item is taken."""

from __future__ import annotations

from flake8_noblock.facts import model
from flake8_noblock.facts.model import Constant, Op
from flake8_noblock.link.attributes import item
from flake8_noblock.link.contexts import MOST_ITEMS, holds_callable
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.names import builtin
from flake8_noblock.link.objects import as_instance
from flake8_noblock.link.values import UNKNOWN, DictValue, Instance, Literal, TupleValue, Value, Values, union

TAKING = ("get", "pop", "setdefault")
"""Methods of containers that give an item."""


def display(infer: Inference, site: Site, op: model.Display) -> Values:
    """A list, tuple or set as it is written; its items are told apart where it matters which one is taken."""
    ops = infer.body(site).ops
    spread = any(isinstance(ops[value], model.Spread) for value in op.items)
    if op.kind == "tuple" and not op.comprehension and not spread:
        return (TupleValue(tuple([infer.value(site, value) for value in op.items])),)
    known = [infer.value(site, value) for value in op.items]
    items = union(*known)
    if op.kind == "list" and not op.comprehension and not spread and (not known or _are_told_apart(known)):
        return (TupleValue(tuple(known), "list"),)
    return (Instance(builtin(infer, op.kind).cls, (items,)),)


def mapping(infer: Inference, site: Site, op: model.Mapping) -> Values:
    """A dictionary as it is written."""
    ops = infer.body(site).ops
    known = [infer.value(site, value) for value in op.values]
    if -1 in op.keys:
        return _with_spreads(infer, ops, op, known)
    if (not known or _are_told_apart(known)) and all(isinstance(ops[key], model.Const) for key in op.keys):
        constants = [key.value for key in (ops[key] for key in op.keys) if isinstance(key, model.Const)]
        return (DictValue(tuple(dict(zip(constants, known, strict=True)).items())),)
    keys = union(*[infer.value(site, key) for key in op.keys])
    values = union(*known)
    return (Instance(builtin(infer, "dict").cls, (keys, values)),)


def _with_spreads(infer: Inference, ops: tuple[Op, ...], op: model.Mapping, known: list[Values]) -> Values:
    """A dictionary that takes over others, which are all known by their keys."""
    entries: dict[Constant, Values] = {}
    for key, values in zip(op.keys, known, strict=True):
        match values:
            case (DictValue(items=items),) if key < 0:
                entries.update(items)
            case _:
                constant = ops[key] if key >= 0 else None
                if not isinstance(constant, model.Const):
                    return (Instance(builtin(infer, "dict").cls, (UNKNOWN, UNKNOWN)),)
                entries[constant.value] = values
    return (DictValue(tuple(entries.items())),)


def _are_told_apart(items: list[Values]) -> bool:
    """Whether a container is small and holds what can be called, so that it matters which item is taken."""
    values = [value for item in items for value in item]
    nested = any(isinstance(value, TupleValue | DictValue) and not _is_flat(value) for value in values)
    return len(items) <= MOST_ITEMS and not nested and any(map(holds_callable, values))


def _is_flat(value: TupleValue | DictValue) -> bool:
    items = value.items if isinstance(value, TupleValue) else [item for _, item in value.items]
    return not any(isinstance(inner, TupleValue | DictValue) for item in items for inner in item)


def sliced(infer: Inference, site: Site, value: TupleValue, key: model.Slice) -> Value:
    """Some items of a tuple or list: those between constants."""
    bounds: list[int | None] = []
    for number in (key.lower, key.upper, key.step):
        match infer.value(site, number) if number >= 0 else (Literal(None),):
            case (Literal(value=bool() | None),):
                bounds.append(None)
            case (Literal(value=int(bound)),) if bound or len(bounds) < 2:
                bounds.append(bound)
            case _:
                return Instance(builtin(infer, value.kind).cls, (union(*value.items),))
    return TupleValue(value.items[slice(*bounds)], value.kind)


def taken(infer: Inference, values: Values, method: str, given: list[Values]) -> Values | None:
    """What a method of `TAKING` gives of a container whose items are told apart; None: it is none."""
    match values:
        case (DictValue(items=entries) as table,) if given:
            missing = given[1] if len(given) > 1 else (Literal(None),)
            if not all(isinstance(key, Literal) for key in given[0]):
                return union(*[values for _, values in entries], missing)
            return union(*[item(infer, table, (key,)) or missing for key in given[0]])
        case (TupleValue(items=(*_, last) as items, kind="list"),) if method == "pop":
            return last if not given else item(infer, TupleValue(tuple(items), "list"), given[0])
    return None


def joined(infer: Inference, left: Values, right: Values, operator: str) -> Values | None:
    """Two containers joined by an operator, where the items of one are told apart; None: they are no such containers."""
    match left, right:
        case (TupleValue(items=own, kind=kind),), (TupleValue(items=others, kind=other),) if operator == "Add" and kind == other:
            return (TupleValue((*own, *others), kind),) if len(own) + len(others) <= MOST_ITEMS else None
        case (DictValue(items=first),), (DictValue(items=second),) if operator == "BitOr":
            return (DictValue(tuple({**dict(first), **dict(second)}.items())),)
        case ((TupleValue() | DictValue()) as one,), (Instance() as two,):
            return _widest(infer, one, two)
        case (Instance() as one,), ((TupleValue() | DictValue()) as two,):
            return _widest(infer, one, two)
    return None


def _widest(infer: Inference, one: Value, other: Value) -> Values | None:
    """One of two containers of a kind, or both in one."""
    first, second = as_instance(infer, one), as_instance(infer, other)
    if first is None or second is None or first.cls != second.cls or len(first.args) != len(second.args):
        return None
    return (Instance(first.cls, tuple([union(a, b) for a, b in zip(first.args, second.args, strict=True)])),)
