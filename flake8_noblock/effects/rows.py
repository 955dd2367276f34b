"""Calls that tables know, by kind of row: who starts tasks, joins them, starts loops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.origins import Place, definitions_of
from flake8_noblock.facts.model import Attr, Call, Import, Lookup
from flake8_noblock.knowledge.schema import Combine, Offload, Part, Role, Task
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import Literal, Value, Values

Kind = TypeVar("Kind", Task, Combine, Role, Offload)


def calls_with(infer: Inference, module: str, kind: type[Kind]) -> list[tuple[Place, str, Kind]]:
    """The calls in `module` of callables that have a row of `kind`, in source order, each with its name and row.

    Where several callables are possible, each must have one; the row is that of the first.
    """
    return infer.remember("calls with rows", (module, kind), lambda: list(_calls_with(infer, module, kind)))


def _calls_with(infer: Inference, module: str, kind: type[Kind]) -> Iterator[tuple[Place, str, Kind]]:
    named = infer.remember("calls by the names of callables", module, _calls_by_name, infer, module)
    calls = [call for name, calls in named.items() if infer.knowledge.may_have_row(kind, name) for call in calls]
    for body, number, func in sorted(calls):
        site = Site(module, body)
        known = known_value(infer, infer.value(site, func), kind)
        if known is not None:
            name, row = known
            yield Place(site, number), name, row


def _calls_by_name(infer: Inference, module: str) -> dict[str, list[tuple[int, int, int]]]:
    """The calls in `module` by the last names of what they call: the numbers of the body, the call and the callable."""
    named: dict[str, list[tuple[int, int, int]]] = {}
    for number, body in enumerate(infer.facts(module).bodies):
        for at, op in enumerate(body.ops):
            if isinstance(op, Call):
                named.setdefault(last_name(infer, Place(Site(module, number), op.func)), []).append((number, at, op.func))
    return named


def parts_played(infer: Inference, module: str, *parts: Part) -> list[tuple[Place, str, Role]]:
    """The calls in `module` of callables that play one of these parts; one that plays several comes once for each."""
    found = []
    for place, name, _ in calls_with(infer, module, Role):
        for part in parts:
            row = infer.knowledge.plays(name, part)
            if row is not None:
                found.append((place, name, row))
    return found


def part_at(infer: Inference, place: Place, *parts: Part) -> Role | None:
    """The row for the call at `place`, if it plays one of these parts."""
    op = infer.body(place.site).ops[place.number]
    if not isinstance(op, Call):
        return None
    known = known_as(infer, Place(place.site, op.func), Role)
    found = [infer.knowledge.plays(known[0], part) for part in parts] if known is not None else []
    return next((row for row in found if row is not None), None)


def known_as(infer: Inference, callee: Place, kind: type[Kind]) -> tuple[str, Kind] | None:
    """The name and row of a callable as it is written at `callee`; what can't have a row by its last name is not resolved."""
    if not infer.knowledge.may_have_row(kind, last_name(infer, callee)):
        return None
    return known_value(infer, infer.value(*callee), kind)


def known_value(infer: Inference, values: Values, kind: type[Kind]) -> tuple[str, Kind] | None:
    """The name and row of a callable that is one of `values`; None unless each of them has one."""
    found = [_known(infer, value, kind) for value in values if value != Literal(None)]
    return found[0] if found and None not in found else None


def _known(infer: Inference, value: Value, kind: type[Kind]) -> tuple[str, Kind] | None:
    for name in paths(infer, value) or ():
        rows = infer.knowledge.rows(kind, name)
        if rows:
            return infer.knowledge.canonical(name), rows[-1]
    return None


def last_name(infer: Inference, callee: Place) -> str:
    """The last name of a callable where it is defined or imported from; "" for what has no name.

    What a call gives is called by its ``__call__``.
    """
    op = infer.body(callee.site).ops[callee.number]
    if isinstance(op, Lookup):
        made = definitions_of(infer, callee)
        op = infer.body(made[0].site).ops[made[0].number] if made else op
    if isinstance(op, Call):
        return "__call__"
    return op.name or "" if isinstance(op, Attr | Lookup | Import) else ""
