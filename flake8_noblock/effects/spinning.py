"""Loops in coroutines that never let others run, or only ask again and again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_noblock.effects.flow import Flow, flow_of, is_while
from flake8_noblock.effects.governs import sources
from flake8_noblock.effects.guards import guarding_row
from flake8_noblock.effects.operations import row_of
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.rows import known_as, part_at
from flake8_noblock.facts.model import (
    Attr,
    Await,
    Binary,
    Body,
    Builtin,
    ByteString,
    Call,
    Choice,
    Closure,
    Compare,
    Const,
    Declared,
    Delete,
    Display,
    Drop,
    Element,
    Enter,
    Format,
    Import,
    Item,
    Jump,
    Lookup,
    Mapping,
    Narrowed,
    Op,
    Param,
    Raise,
    Return,
    StoreAttr,
    StoreItem,
    StoreName,
    Unary,
    Unpack,
)
from flake8_noblock.facts.operands import operands
from flake8_noblock.knowledge.schema import Role
from flake8_noblock.link.classes import mro
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import handlers_around, regions_around, within
from flake8_noblock.link.values import ClassValue, Function, Instance, Literal, SourceClass, Values

_CONSTANTS = (Const, ByteString, Builtin, Closure, Import)
_COMBINING = (Compare, Unary, Binary, Narrowed, Declared, Display, Mapping, Format, Unpack)
_READING = (*_CONSTANTS, *_COMBINING, Attr, Item, Lookup, Param, Choice, Return, Drop)
_TIME = ("clock", "moved by the loop")
_HARMLESS = (*_TIME, "flag", "flag of threads", "pause", "changes nothing", "looks at the failure")
MOST_READERS = 3
"""Functions in a row that only read."""


@dataclass(frozen=True, slots=True)
class _Rounds:
    """A ``while`` of a body: its region, all operations in it, and those of rounds that don't pause."""

    site: Site
    region: int
    members: frozenset[int]
    busy: frozenset[int]


def spinning(infer: Inference, site: Site) -> Iterator[int]:
    """The first operations of the ``while`` loops of an async body some rounds of which don't pause, where only others could
    change what the loop asks, or nothing ends it."""
    flow = flow_of(infer, site)
    for rounds in _loops(infer, site, flow):
        if rounds.busy and not _surely_pauses(infer, rounds, flow) and _stands_still(infer, rounds):
            yield flow.heads[rounds.region]


def polling(infer: Inference, site: Site) -> Iterator[int]:
    """The first operations of the ``while`` loops of an async body that do nothing but pause until a flag has changed."""
    flow = flow_of(infer, site)
    for rounds in _loops(infer, site, flow):
        if _only_pauses(infer, rounds, flow) and _asks_a_flag(infer, rounds):
            yield flow.heads[rounds.region]


def _loops(infer: Inference, site: Site, flow: Flow) -> Iterator[_Rounds]:
    body = infer.body(site)
    for region, head in sorted(flow.heads.items()):
        if is_while(body, region, head):
            members = within(infer, site, region)
            yield _Rounds(site, region, members, _busy(flow, head, members))


def _busy(flow: Flow, head: int, members: frozenset[int]) -> frozenset[int]:
    """The operations of rounds that go from `head` to `head` without a pause."""
    if head in flow.pauses:
        return frozenset()
    forward = _closure({n: flow.after.get(n, ()) for n in members}, head, members - flow.pauses)
    before: dict[int, list[int]] = {}
    for number in forward:
        for after in flow.after.get(number, ()):
            before.setdefault(after, []).append(number)
    if head not in before:
        return frozenset()
    return _closure({n: tuple(o) for n, o in before.items()}, head, forward)


def _closure(after: dict[int, tuple[int, ...]], start: int, within: frozenset[int]) -> frozenset[int]:
    found, waiting = {start}, [start]
    while waiting:
        new = [n for n in after.get(waiting.pop(), ()) if n in within and n not in found]
        found.update(new)
        waiting.extend(new)
    return frozenset(found)


LEAST_STATES = 2
"""Branches that exclude each other: fewer leave out what the loop does otherwise."""


def _surely_pauses(infer: Inference, rounds: _Rounds, flow: Flow) -> bool:
    return _is_between_states(infer, rounds) or any(
        _always_waits(infer, rounds, flow, n) for n in flow.heads if n != rounds.region
    )


def _always_waits(infer: Inference, rounds: _Rounds, flow: Flow, number: int) -> bool:
    """Whether a region is a ``for`` of each round that goes over something which isn't empty, and pauses each time."""
    body = infer.body(rounds.site)
    region = body.regions[number]
    head = flow.heads[number]
    op = body.ops[head]
    if region.parent != rounds.region or not isinstance(op, Element) or is_while(body, number, head):
        return False
    return _is_filled(infer, rounds.site, op.value) and not _busy(flow, head, within(infer, rounds.site, number))


def _is_filled(infer: Inference, site: Site, number: int) -> bool:
    """Whether something is a display with items, or a ``range`` up to a positive number."""
    match infer.body(site).ops[number]:
        case Display(items=items, comprehension=False):
            return bool(items)
        case Call(args=(size,)) as op:
            callees, sizes = infer.value(site, op.func), infer.value(site, size)
            is_range = bool(callees) and all(isinstance(v, ClassValue) and v.cls.name == "builtins.range" for v in callees)
            return is_range and all(isinstance(v, Literal) and isinstance(v.value, int) and v.value > 0 for v in sizes)
    return False


def _is_between_states(infer: Inference, rounds: _Rounds) -> bool:
    """Whether the rounds without a pause are those that take none of several branches, each of which pauses: as long as the loop
    goes on, one of them is meant to be taken."""
    body = infer.body(rounds.site)
    first = [
        n
        for n, region in enumerate(body.regions)
        if region.parent == rounds.region and region.kind == "branch" and region.positive
    ]
    for number in first:
        arms = _arms(body, number)
        if len(arms) >= LEAST_STATES and all(rounds.busy.isdisjoint(within(infer, rounds.site, arm)) for arm in arms):
            return True
    return False


def _arms(body: Body, number: int) -> list[int]:
    """The regions of an ``if`` and the ``elif`` after it, the first of which is region `number`."""
    arms: list[int] = []
    following: int | None = number
    while following is not None:
        arms.append(following)
        this = body.regions[following]
        asked = ("branch", this.parent, this.value, False)
        others = [n for n, r in enumerate(body.regions) if (r.kind, r.parent, r.value, r.positive) == asked]
        inner = [n for n, r in enumerate(body.regions) if r.parent in others and r.kind == "branch" and r.positive]
        following = inner[0] if len(inner) == 1 else None
    return arms


# --- who ends a loop ---


def _stands_still(infer: Inference, rounds: _Rounds) -> bool:
    """Whether the loop itself changes nothing of what decides whether it pauses or ends."""
    body = infer.body(rounds.site)
    conditions = _conditions(body, rounds)
    if conditions is None:
        return False
    if not conditions:  # A failure may be how the loop ends.
        return not any(handlers_around(body, rounds.region)) and not _is_suppressed(infer, rounds)
    return all(_is_still(infer, rounds, number, ()) for number in conditions)


def _is_suppressed(infer: Inference, rounds: _Rounds) -> bool:
    """Whether a context manager around the loop keeps errors in."""
    body = infer.body(rounds.site)
    around = [body.regions[number] for number in regions_around(body, rounds.region)]
    entered = [this.value for this in around if this.kind == "with" and this.value >= 0]
    return any(guarding_row(infer, Place(rounds.site, value)) is not None for value in entered)


def _conditions(body: Body, rounds: _Rounds) -> list[int] | None:
    """What decides whether the loop pauses or ends; none: nothing does; None: a failure, or an element of something, decides."""
    own = body.regions[rounds.region].value
    found = [] if isinstance(body.ops[own], Const) else [own]
    for number in sorted(rounds.members):
        op = body.ops[number]
        if number in rounds.busy or not (isinstance(op, Return | Raise | Await) or _breaks(body, rounds.region, number, op)):
            continue
        region = body.where[number]
        while region != rounds.region:
            this = body.regions[region]
            if this.kind in ("except", "loop", "finally", "else") or this.value < 0 and this.kind == "branch":
                return None
            if (
                this.kind == "try"
                and not isinstance(op, Await)
                and any(r.kind == "except" and r.partner == region for r in body.regions)
            ):
                return None
            if this.kind == "branch":
                found.append(this.value)
            region = this.parent
    return found


def _breaks(body: Body, loop: int, number: int, op: Op) -> bool:
    if op != Jump("break"):
        return False
    region = body.where[number]
    while body.regions[region].kind != "loop":
        region = body.regions[region].parent
    return region == loop


def _is_still(infer: Inference, rounds: _Rounds, number: int, above: tuple[int, ...]) -> bool:
    """Whether nothing in the loop changes the value of operation `number`; `above` are the operations that depend on it."""
    body = infer.body(rounds.site)
    if number in above:
        return False  # It is made of what it was in the round before.
    op = body.ops[number]
    deeper = (*above, number)
    match op:
        case Call():
            return _is_still_call(infer, rounds, number, deeper)
        case Choice() if number not in rounds.members and not rounds.members.isdisjoint(op.values):
            return all(_is_still(infer, rounds, value, deeper) for value in op.values if value in rounds.members)
        case Const():
            return True
    if not isinstance(op, _READING) or not all(_is_still(infer, rounds, value, deeper) for value in operands(op)):
        return False
    if isinstance(op, _COMBINING) and not isinstance(op, Display | Mapping):
        return True
    return _is_undisturbed(infer, rounds) and not _is_stored(body, rounds, op)


def _is_still_call(infer: Inference, rounds: _Rounds, number: int, above: tuple[int, ...]) -> bool:
    body = infer.body(rounds.site)
    op = body.ops[number]
    place = Place(rounds.site, number)
    if part_at(infer, place, *_TIME) is not None:  # type: ignore[arg-type]
        return True
    if not isinstance(op, Call) or not _is_undisturbed(infer, rounds) or not _is_harmless(infer, place):
        return False
    return all(_is_still(infer, rounds, value, above) for value in operands(op) if value != op.func) and (
        not isinstance(callee := body.ops[op.func], Attr) or _is_still(infer, rounds, callee.base, above)
    )


def _is_stored(body: Body, rounds: _Rounds, op: Op) -> bool:
    """Whether the rounds store what `op` reads."""
    for number in rounds.busy:
        match body.ops[number]:
            case StoreAttr(name=name) if isinstance(op, Attr) and op.name == name:
                return True
            case StoreName(name=name) if isinstance(op, Lookup) and op.name == name:
                return True
            case StoreItem() | Delete() if isinstance(op, Item):
                return True
    return False


def _is_undisturbed(infer: Inference, rounds: _Rounds) -> bool:
    """Whether what is called in rounds that don't pause changes nothing."""
    ops = infer.body(rounds.site).ops
    calls = [number for number in rounds.busy if isinstance(ops[number], Call)]
    return infer.remember(
        "undisturbed loops",
        (rounds.site, rounds.region),
        lambda: all(_is_harmless(infer, Place(rounds.site, number)) for number in calls),
    )


def _is_harmless(infer: Inference, place: Place) -> bool:
    """Whether a call changes nothing that a loop could ask."""
    if part_at(infer, place, *_HARMLESS) is not None:  # type: ignore[arg-type]
        return True
    op = infer.body(place.site).ops[place.number]
    values = infer.value(place.site, op.func) if isinstance(op, Call) else ()
    row = row_of(infer, values)
    if isinstance(row, tuple):
        return row[1].kind == "sleep"
    return only_read(infer, values)


def only_read(infer: Inference, values: Values, depth: int = MOST_READERS) -> bool:
    """Whether each of `values` is a function of the project that only reads attributes and names."""
    return bool(values) and all(isinstance(value, Function) and _only_reads(infer, value, depth) for value in values)


def _only_reads(infer: Inference, function: Function, depth: int) -> bool:
    body = infer.function_body(function)
    if depth == 0 or body.is_async or body.is_generator or infer.module(function.module).origin != "project":
        return False
    if not any(isinstance(op, Return | Call) for op in body.ops):
        return False  # It only declares.
    site = Site(function.module, function.body)
    for number, op in enumerate(body.ops):
        if isinstance(op, Call):
            known = known_as(infer, Place(site, op.func), Role)
            if known is not None and any(infer.knowledge.plays(known[0], part) for part in _HARMLESS):  # type: ignore[arg-type]
                continue
            if not only_read(infer, infer.value(site, op.func), depth - 1):
                return False
        elif not isinstance(op, _READING):
            return False
    return True


# --- polling ---


def _only_pauses(infer: Inference, rounds: _Rounds, flow: Flow) -> bool:
    """Whether the loop does nothing but pause, always for the same time; what it asks under a lock others change, and where it
    looks at the clock besides it looks after something."""
    body = infer.body(rounds.site)
    ops = body.ops
    if any(isinstance(ops[number], Enter) or _is_of_the_work(infer, rounds, number) for number in rounds.members):
        return False
    pauses = sorted(rounds.members & flow.pauses)
    waits = []
    for number in pauses:
        op = ops[number]
        call = op.value if isinstance(op, Await) else -1
        row = part_at(infer, Place(rounds.site, call), "pause") if call >= 0 else None
        if row is None:
            return False
        waits.append(call)
    if not waits or any(isinstance(ops[number], StoreAttr | StoreItem | StoreName | Delete) for number in rounds.members):
        return False
    carried = [n for n, op in enumerate(ops) if isinstance(op, Choice) and not rounds.members.isdisjoint(op.values)]
    for call in waits:
        needed = set(sources(infer.body(rounds.site), call)) - {call}
        if not needed.isdisjoint(carried) or any(isinstance(ops[number], Call) for number in needed & rounds.members):
            return False  # It waits longer each time, or as long as is left.
    return all(_is_harmless(infer, Place(rounds.site, n)) for n in rounds.members if isinstance(ops[n], Call) and n not in waits)


def _is_of_the_work(infer: Inference, rounds: _Rounds, number: int) -> bool:
    """Whether an operation asks the clock for something else than how long the loop is to go on."""
    body = infer.body(rounds.site)
    if part_at(infer, Place(rounds.site, number), "clock") is None or number in sources(body, body.regions[rounds.region].value):
        return False
    for region in {body.where[n] for n in rounds.members if isinstance(body.ops[n], Raise | Return | Jump)}:
        this = body.regions[region]
        if this.kind == "branch" and this.value >= 0 and number in sources(body, this.value):
            return False
    return True


def _asks_a_flag(infer: Inference, rounds: _Rounds) -> bool:
    """Whether what ends the loop is something that this program sets."""
    body = infer.body(rounds.site)
    own = body.regions[rounds.region].value
    conditions = [] if isinstance(body.ops[own], Const) else [own]
    for number in sorted(rounds.members):
        op = body.ops[number]
        if isinstance(op, Return) or _breaks(body, rounds.region, number, op):
            region = body.regions[body.where[number]]
            if region.kind == "branch" and region.value >= 0:
                conditions.append(region.value)
    asked = {number for condition in conditions for number in sources(body, condition)} & rounds.members
    bases = {op.base for number in asked if isinstance(op := body.ops[number], Attr)}
    shared = {number for number in asked if part_at(infer, Place(rounds.site, number), "flag of threads") is not None}
    theirs = {source for number in shared for source in sources(body, number)}
    flags = [n for n in sorted(asked - theirs) if n not in bases or _is_ours(infer, Place(rounds.site, n))]
    return any(_is_flag(infer, Place(rounds.site, number)) for number in flags)


def _is_ours(infer: Inference, place: Place) -> bool:
    """Whether what a loop asks is an object of the language or of the project, rather than of a library that may change by
    itself."""
    values = infer.value(*place)
    return bool(values) and all(
        isinstance(value, Instance) and (infer.is_standard(ClassValue(value.cls)) or isinstance(value.cls, SourceClass))
        for value in values
    )


def _is_flag(infer: Inference, place: Place, depth: int = MOST_READERS) -> bool:
    body = infer.body(place.site)
    op = body.ops[place.number]
    match op:
        case Call():
            if part_at(infer, place, "flag", "moved by the loop") is not None:
                return True
            values = infer.value(place.site, op.func)
            return depth > 0 and only_read(infer, values) and any(_reads_flag(infer, value, depth - 1) for value in values)
        case Attr(base=base, name=name):
            return _is_plain_attribute(infer, place, base, name)
        case Lookup(name=name):
            return _is_module_flag(infer, place.site, name) or _is_set_around(infer, place.site, name)
    return False


def _reads_flag(infer: Inference, value: object, depth: int) -> bool:
    if not isinstance(value, Function):
        return False
    site = Site(value.module, value.body)
    return any(_is_flag(infer, Place(site, number), depth) for number in range(len(infer.body(site).ops)))


def _is_module_flag(infer: Inference, site: Site, name: str) -> bool:
    """Whether a name is one of the module's that functions set, or that starts as a truth value, as None or as a container."""
    facts = infer.facts(site.module)
    ops = facts.bodies[0].ops
    number = facts.bodies[0].names.get(name, -1)
    op = ops[number] if number >= 0 else None
    op = ops[op.value] if isinstance(op, Declared) and op.value >= 0 else op
    is_set = isinstance(op, Const) and (op.value is None or isinstance(op.value, bool))
    return name in facts.globals or is_set or isinstance(op, Display | Mapping)


def _is_set_around(infer: Inference, site: Site, name: str) -> bool:
    """Whether a function around the body has `name`, and a function within that sets it."""
    definitions = infer.facts(site.module).bodies[infer.body(site).parent].cells.get(name, ())
    return len({body for body, _ in definitions}) > 1


def _is_plain_attribute(infer: Inference, place: Place, base: int, name: str) -> bool:
    """Whether an attribute is one that the project's own classes set."""
    for value in infer.value(place.site, base):
        if not isinstance(value, Instance) or not isinstance(value.cls, SourceClass):
            return False
        if infer.module(value.cls.module).origin != "project" or name not in infer.class_facts(value.cls).attributes:
            return False
        if any(infer.knowledge.thread_methods(one.cls.name) for one in mro(infer, value.cls) if one.cls is not None):
            return False  # Another thread sets it, for which an event of the loop is not made.
    return bool(infer.value(place.site, base))
