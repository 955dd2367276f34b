"""Awaits one after the other that could run together, and shared state that an await comes between."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.flow import Flow, flow_of, is_while
from flake8_noblock.effects.governs import sources
from flake8_noblock.effects.origins import Place, origins
from flake8_noblock.effects.rows import part_at
from flake8_noblock.effects.threads import path_of
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import (
    Attr,
    Await,
    Body,
    Call,
    Choice,
    Delete,
    Drop,
    Element,
    Enter,
    Item,
    Jump,
    Lookup,
    Op,
    Param,
    Raise,
    Return,
    StoreAttr,
    StoreItem,
    StoreName,
    Yield,
)
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import regions_around, regions_within, within
from flake8_noblock.link.values import Function, Instance, Literal, Value, Values

MOST_FUNCTIONS = 4
"""Functions of the project in a row that are asked whether they change anything."""
_PLAIN = ("builtins.bool", "builtins.bytes", "builtins.float", "builtins.int", "builtins.str")
_CHANGING = (StoreAttr, StoreItem, StoreName, Delete)


def independent_awaits(infer: Inference, site: Site) -> Iterator[int]:
    """The ``await`` expressions of an async body that could run together with the one before: both give something, neither
    needs the other's, they share no object, and what they call changes nothing."""
    body = infer.body(site)
    before: int | None = None
    for number, op in enumerate(body.ops):
        if isinstance(op, Await):
            if before is not None and _is_independent(infer, site, before, number):
                yield number
            before = number if _is_reading(infer, site, number) and not _is_within(body, body.where[number], "with") else None
        elif isinstance(op, (*_CHANGING, Yield, Return, Raise, Jump, Enter)):
            before = None


def _is_independent(infer: Inference, site: Site, before: int, number: int) -> bool:
    body = infer.body(site)
    if body.where[before] != body.where[number] or not _is_reading(infer, site, number):
        return False
    needed = set(sources(body, number))
    between = [n for n in range(before + 1, number) if isinstance(body.ops[n], Call)]
    return before not in needed and all(n in needed for n in between) and not _share(infer, site, before, number)


def _is_reading(infer: Inference, site: Site, number: int) -> bool:
    """Whether an ``await`` is of an async function of the project that changes nothing, and what it gives is used."""
    body = infer.body(site)
    op = body.ops[number]
    call = body.ops[op.value] if isinstance(op, Await) else None
    if not isinstance(call, Call) or not changes_nothing(infer, infer.value(site, call.func)):
        return False
    return any(not isinstance(body.ops[user], Drop) for user in fate(infer, Place(site, number)).users)


def _share(infer: Inference, site: Site, one: int, other: int) -> bool:
    """Whether two awaited calls are given the same object, other than a plain value."""
    return not set(_objects(infer, site, one)).isdisjoint(_objects(infer, site, other))


def _objects(infer: Inference, site: Site, number: int) -> Iterator[object]:
    ops = infer.body(site).ops
    op = ops[number]
    call = ops[op.value] if isinstance(op, Await) else None
    if isinstance(call, Call):
        callee = ops[call.func]
        given = [*call.args, *[value for _, value in call.keywords]]
        receivers = [callee.base] if isinstance(callee, Attr) and _is_object(infer, infer.value(site, callee.base)) else []
        for value in (*given, *receivers):
            if not all(_is_plain(kind) for kind in infer.value(site, value)):
                yield path_of(ops, value)


def _is_object(infer: Inference, values: Values) -> bool:
    return any(isinstance(value, Instance) for value in values)


def _is_plain(value: Value) -> bool:
    return isinstance(value, Literal) or (isinstance(value, Instance) and value.cls.name in _PLAIN)


def changes_nothing(infer: Inference, values: Values, depth: int = MOST_FUNCTIONS) -> bool:
    """Whether each of `values` is a function of the project that stores nothing in anything that outlives it, as do those that
    it calls; functions of libraries are taken to change nothing but the object that they are called on."""
    return bool(values) and all(isinstance(value, Function) and _changes_nothing(infer, value, depth) for value in values)


def _changes_nothing(infer: Inference, function: Function, depth: int) -> bool:
    body = infer.function_body(function)
    if depth == 0 or infer.module(function.module).origin != "project" or (depth == MOST_FUNCTIONS and not body.is_async):
        return False
    site = Site(function.module, function.body)
    for op in body.ops:
        if isinstance(op, StoreName) or (isinstance(op, Enter) and op.is_async):
            return False
        if isinstance(op, StoreAttr | StoreItem | Delete) and isinstance(body.ops[op.base], Param | Attr | Lookup):
            return False
        if isinstance(op, Call):
            functions = [value for value in infer.value(site, op.func) if isinstance(value, Function)]
            own = [value for value in functions if infer.module(value.module).origin == "project"]
            if own and not changes_nothing(infer, tuple(own), depth - 1):
                return False
    return True


# --- loops ---


def independent_rounds(infer: Inference, site: Site) -> Iterator[int]:
    """The first ``await`` of each ``for`` loop of an async body whose rounds could run together: each needs only its own
    element, none ends the loop, nothing is tried, locked, opened or waited for."""
    body = infer.body(site)
    flow = flow_of(infer, site)
    for region in sorted(flow.heads):
        this = body.regions[region]
        if is_while(body, region, flow.heads[region]) or this.is_async or _is_within(body, region, "with", "try"):
            continue
        number = _first_await(infer, site, flow, region)
        if number is not None:
            yield number


def _first_await(infer: Inference, site: Site, flow: Flow, region: int) -> int | None:
    body = infer.body(site)
    regions = regions_within(infer, site, region)
    members = sorted(within(infer, site, region))
    awaits = [number for number in members if isinstance(body.ops[number], Await)]
    if not awaits or body.where[awaits[0]] != region or not _is_plain_loop(infer, site, regions, members):
        return None
    own = {n for n in members if isinstance(op := body.ops[n], Element) and op.value == body.regions[region].value}
    carried = {n for n, op in enumerate(body.ops) if isinstance(op, Choice) and not set(members).isdisjoint(op.values)}
    for number in awaits:
        needed = set(sources(body, number))
        op = body.ops[number]
        call = body.ops[op.value] if isinstance(op, Await) else None
        if needed.isdisjoint(own) or not needed.isdisjoint(carried) or not isinstance(call, Call):
            return None
        if not changes_nothing(infer, infer.value(site, call.func)):
            return None
    return awaits[0]


def _is_plain_loop(infer: Inference, site: Site, regions: frozenset[int], members: list[int]) -> bool:
    body = infer.body(site)
    if any(body.regions[number].kind in ("try", "with") for number in regions):
        return False
    for number in members:
        op = body.ops[number]
        leaves = isinstance(op, Jump) and op.kind == "break"
        if leaves or isinstance(op, Return | Raise | Yield | StoreName) or part_at(infer, Place(site, number), "pause"):
            return False
    return True


def _is_within(body: Body, region: int, *kinds: str) -> bool:
    return any(body.regions[number].kind in kinds for number in regions_around(body, region))


# --- lost updates ---


def lost_updates(infer: Inference, site: Site) -> Iterator[int]:
    """The stores of an async body whose value, or whose condition, was read from the same place before an ``await``, where
    nothing keeps others out in between."""
    body = infer.body(site)
    flow = flow_of(infer, site)
    for number, op in enumerate(body.ops):
        place = _stored(body.ops, op)
        if place is None or _is_local(infer, site, op) or _is_kept_out(body, number):
            continue
        value = op.value if isinstance(op, StoreAttr | StoreItem | StoreName) else -1
        reads = [n for n in sources(body, value) if _read(body.ops, n) == place]
        reads += _tests(body, number, place)
        if any(_comes_between(flow, read, number) for read in reads):
            yield number


def _stored(ops: tuple[Op, ...], op: Op) -> object:
    """What a store writes to, the same as `_read` gives; items count as what holds them."""
    match op:
        case StoreAttr(base=base, name=name):
            return (path_of(ops, base), name)
        case StoreItem(base=base):
            return _read(ops, base)
        case StoreName(name=name):
            return name
    return None


def _read(ops: tuple[Op, ...], number: int) -> object:
    op = ops[number]
    return path_of(ops, number) if isinstance(op, Attr | Lookup) else _read(ops, op.base) if isinstance(op, Item) else None


def _is_local(infer: Inference, site: Site, op: Op) -> bool:
    """Whether a store is into an object that the function made."""
    base = op.base if isinstance(op, StoreAttr | StoreItem) else None
    if base is None:
        return False
    ops = infer.body(site).ops
    while isinstance(inner := ops[base], Attr | Item):
        base = inner.base
    made = origins(infer, Place(site, base)) if not isinstance(ops[base], Param | Lookup) else None
    return not isinstance(ops[base], Param | Lookup) or bool(made)


def _is_kept_out(body: Body, number: int) -> bool:
    """Whether an operation stands in a ``with``, which may be of a lock."""
    return _is_within(body, body.where[number], "with")


def _tests(body: Body, number: int, place: object) -> list[int]:
    """The reads of what is stored at `number` in the conditions under which that runs."""
    found = []
    for region in regions_around(body, body.where[number]):
        this = body.regions[region]
        if this.kind == "branch" and this.value >= 0:
            found += [n for n in sources(body, this.value) if _read(body.ops, n) == place]
    return found


def _comes_between(flow: Flow, read: int, store: int) -> bool:
    """Whether a pause lies on a way from a read to a store."""
    return any(flow.reaches(read, pause, ()) and flow.reaches(pause, store, (read,)) for pause in flow.pauses)
