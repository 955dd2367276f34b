"""Loops managed by hand: asked for where none runs, set, made and left open, and waited for on their own thread."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.conditions import argument
from flake8_noblock.effects.flow import START, flow_of
from flake8_noblock.effects.governs import is_governed
from flake8_noblock.effects.origins import Place, definitions_of, origins
from flake8_noblock.effects.programs import is_main
from flake8_noblock.effects.roots import bodies_on_loop
from flake8_noblock.effects.rows import known_as, part_at, parts_played
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import Attr, Body, Call, StoreAttr
from flake8_noblock.knowledge.schema import Role
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import handlers_around
from flake8_noblock.link.regions import regions_below


def managed(infer: Inference, module: str) -> Iterator[tuple[Place, str]]:
    """Calls in `module` that ask for a loop where none runs, or set one, each with what is wrong, as the rest of a sentence."""
    on_loop = frozenset(bodies_on_loop(infer, module))
    for place, name, row in parts_played(infer, module, "gets the loop", "sets the loop", "sets the policy"):
        body = infer.body(place.site)
        at_import = body.kind in ("module", "class") and not is_main(infer, place)
        match row.part:
            case "sets the policy":
                yield place, f"is deprecated, and changes every loop of the process; use {row.instead}"
            case "sets the loop" if _is_found_loop(infer, place):
                continue
            case "sets the loop" if place.site.body in on_loop:
                yield place, "replaces the loop that is running; leave loops to asyncio.run"
            case "gets the loop" if infer.knowledge.asks_for_loop(name):
                if at_import:
                    yield place, "fails at import, where no event loop runs; ask for the loop in a coroutine"
            case "gets the loop" if _is_set_before(infer, place):
                continue
            case "gets the loop" if at_import or place.site.body not in on_loop:
                if not any(handlers_around(body, body.where[place.number])) and (at_import or _is_started(infer, place)):
                    yield place, "finds no event loop here, and fails from Python 3.14 on; use asyncio.run or asyncio.Runner"


def _is_found_loop(infer: Inference, place: Place) -> bool:
    """Whether a call sets the loop that is there already."""
    op = infer.body(place.site).ops[place.number]
    made = origins(infer, Place(place.site, op.args[0])) if isinstance(op, Call) and op.args else None
    return bool(made) and all(part_at(infer, one, "gets the loop") is not None for one in made or ())


def _is_set_before(infer: Inference, place: Place) -> bool:
    """Whether every way to a call that asks for the loop goes by one that sets it."""
    ops = infer.body(place.site).ops
    set_by = [
        n
        for n, op in enumerate(ops)
        if isinstance(op, Call) and part_at(infer, Place(place.site, n), "sets the loop") is not None
    ]
    return bool(set_by) and not flow_of(infer, place.site).reaches(START, place.number, set_by)


def _is_started(infer: Inference, place: Place) -> bool:
    """Whether the loop that `place` gives is started by this code, so that it can't have been running."""
    site, number = place
    users = set(fate(infer, place).users)
    ops = infer.body(site).ops
    stored = {op.name for n in users for op in (ops[n],) if isinstance(op, StoreAttr)}
    for start, _, _ in parts_played(infer, site.module, "starts a loop"):
        op = infer.body(start.site).ops[start.number]
        callee = infer.body(start.site).ops[op.func] if isinstance(op, Call) else None
        if is_governed(infer, start, "checks for a loop"):
            continue
        if start.site == site and isinstance(op, Call) and op.func in users:
            return True
        if stored and isinstance(callee, Attr) and _is_attribute(infer, Place(start.site, callee.base), stored, place):
            return True
    return False


def _is_attribute(infer: Inference, receiver: Place, names: set[str], made: Place) -> bool:
    op = infer.body(receiver.site).ops[receiver.number]
    return isinstance(op, Attr) and op.name in names and made in (origins(infer, receiver) or definitions_of(infer, receiver))


def left_open(infer: Inference, module: str) -> Iterator[Place]:
    """Calls in `module` that make a loop which is used in the same function only, and not closed there."""
    for place, _, _ in parts_played(infer, module, "makes a loop"):
        body = infer.body(place.site)
        became = fate(infer, place)
        if became.named or body.kind in ("module", "class") or place.number in _handlers(body):
            continue  # In a handler it stands in for a loop that somebody else would have.
        methods = {user for user in became.users if isinstance(body.ops[user], Attr)}
        rest = [user for user in became.users if user not in methods]
        if methods and all(part_at(infer, Place(place.site, user), "sets the loop") for user in rest):
            closed = any(_closes(infer, place.site, method) for method in methods)
            if not closed:
                yield place


def _handlers(body: Body) -> frozenset[int]:
    """The operations in handlers of exceptions."""
    regions = regions_below(body, "except")
    return frozenset(number for number, region in enumerate(body.where) if region in regions)


def _closes(infer: Inference, site: Site, method: int) -> bool:
    """Whether a method read from a loop closes it, or may be called by somebody else."""
    calls = [number for number, op in enumerate(infer.body(site).ops) if isinstance(op, Call) and op.func == method]
    return not calls or any(part_at(infer, Place(site, call), "closes the loop") for call in calls)


def coroutine_functions_given(infer: Inference, module: str) -> Iterator[tuple[Place, str]]:
    """Calls in `module` that run a coroutine on a loop of their own and are given an async function, each with its name."""
    for place, _, row in parts_played(infer, module, "starts a loop"):
        given = argument(infer, place, row.argument) if row.coroutine else None
        values = infer.value(place.site, given) if given is not None else ()
        functions = [value for value in values if infer.is_async_function(value)]
        if functions and len(functions) == len(values):
            yield place, infer.function_body(functions[0]).name


def waits_on_itself(infer: Inference, module: str) -> Iterator[Place]:
    """Calls on the loop's own thread that wait for what was handed to this loop as if by another thread."""
    on_loop = frozenset(bodies_on_loop(infer, module))
    for place, _, row in parts_played(infer, module, "crosses threads"):
        loop = argument(infer, place, row.argument)
        if loop is not None and _is_this_loop(infer, Place(place.site, loop), place.site.body in on_loop):
            users = fate(infer, place).users
            for number, op in enumerate(infer.body(place.site).ops):
                if isinstance(op, Call) and op.func in users and _waits(infer, Place(place.site, op.func)):
                    yield Place(place.site, number)


def _is_this_loop(infer: Inference, place: Place, on_loop: bool) -> bool:
    """Whether a loop is the one that runs; what fails where none runs, asked in the same function, can give no other."""
    made = origins(infer, place) or ()
    return bool(made) and all(_gives_running(infer, call, on_loop, call.site == place.site) for call in made)


def _gives_running(infer: Inference, call: Place, on_loop: bool, here: bool) -> bool:
    op = infer.body(call.site).ops[call.number]
    known = known_as(infer, Place(call.site, op.func), Role) if isinstance(op, Call) else None
    if known is None or infer.knowledge.plays(known[0], "gets the loop") is None:
        return False
    return on_loop or (here and infer.knowledge.asks_for_loop(known[0]))


def _waits(infer: Inference, callee: Place) -> bool:
    names = [name for value in infer.value(*callee) for name in paths(infer, value) or ()]
    return any(infer.knowledge.blocking(name) is not None for name in names)
