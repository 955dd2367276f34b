"""What runs in other threads, and what it may not do there; locks between threads that are held while the loop goes on."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.conditions import argument, is_switched_off
from flake8_noblock.effects.flow import flow_of
from flake8_noblock.effects.operations import unwrap_partial
from flake8_noblock.effects.origins import Place, origins
from flake8_noblock.effects.roots import bodies_on_loop
from flake8_noblock.effects.rows import calls_with, known_as, known_value, part_at, parts_played
from flake8_noblock.effects.runs import sites_of
from flake8_noblock.effects.summaries import Summaries
from flake8_noblock.effects.tasks import bodies_of, functions_at
from flake8_noblock.facts.model import Attr, Call, Enter, Param, Unary
from flake8_noblock.knowledge.schema import Offload, Role
from flake8_noblock.link.classes import mro
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import regions_around, within
from flake8_noblock.link.objects import as_instance
from flake8_noblock.link.values import Value, is_unknown


def thread_unsafe(summaries: Summaries, module: str) -> Iterator[tuple[Place, int, Role]]:
    """Calls in code that other threads run of what belongs to the loop's own thread, each with the body that the thread runs.

    Left out is code that has a loop of its own, what the thread makes itself, and functions that the loop runs, too.
    """
    infer = summaries.infer
    seen: set[Place] = set()
    if parts_played(infer, module, "belongs to the loop"):
        for root in _roots(infer, module):
            for place, row in _unsafe(summaries, Site(module, root)):
                if place not in seen:
                    seen.add(place)
                    yield place, root, row


def _unsafe(summaries: Summaries, root: Site) -> Iterator[tuple[Place, Role]]:
    """The calls of what belongs to the loop's own thread that the function at `root` reaches in its module."""
    infer = summaries.infer
    calls = parts_played(infer, root.module, "belongs to the loop")
    on_loop = frozenset(bodies_on_loop(infer, root.module)) if calls else frozenset()
    if not calls or root.body in on_loop:
        return
    run = _reached(summaries, root, on_loop)
    if not any(_has_loop(infer, Place(site, number)) for site, number in _calls(infer, run)):
        found = [(place, row) for place, _, row in calls if place.site in run and not _is_own(infer, place, run)]
        yield from [(place, row) for place, row in found if not _is_for_closed_loop(infer, place)]


def _is_for_closed_loop(infer: Inference, place: Place) -> bool:
    """Whether a call is only made where the loop was seen to be closed, so that no thread runs it."""
    body = infer.body(place.site)
    around = [body.regions[number] for number in regions_around(body, body.where[place.number])]
    for value in [this.value for this in around if this.kind == "branch" and this.positive and this.value >= 0]:
        test = body.ops[value]
        asked = test.value if isinstance(test, Unary) and test.operator == "Test" else value
        if part_at(infer, Place(place.site, asked), "tells a closed loop") is not None:
            return True
    return False


def _has_loop(infer: Inference, call: Place) -> bool:
    """Whether a call starts or makes a loop, or may, as its name tells where nothing else is known."""
    op = infer.body(call.site).ops[call.number]
    callee = infer.body(call.site).ops[op.func] if isinstance(op, Call) else op
    if isinstance(op, Call) and isinstance(callee, Attr) and infer.knowledge.may_start_loop(callee.name):
        if is_unknown(infer.value(call.site, op.func)):
            return True
    return part_at(infer, call, "starts a loop", "makes a loop") is not None


def unsafe_elsewhere(summaries: Summaries, module: str) -> Iterator[tuple[Place, Place, Role]]:
    """Calls that hand another thread a function of another module that is not thread-safe, each with the first call that
    isn't."""
    infer = summaries.infer
    for place, given in _handovers(infer, module):
        for site in functions_at(infer, unwrap_partial(infer, Place(place.site, given))):
            found = None if site.module == module or infer.body(site).is_async else next(_unsafe(summaries, site), None)
            if found is not None:
                yield place, *found


def handed_to_threads(infer: Inference, module: str) -> Iterator[tuple[Place, Role]]:
    """Calls that hand another thread, as it is, what belongs to the loop's own thread: ``Timer(1, event.set)``."""
    for place, given in _handovers(infer, module):
        known = known_as(infer, unwrap_partial(infer, Place(place.site, given)), Role)
        row = None if known is None else infer.knowledge.plays(known[0], "belongs to the loop")
        if row is not None:
            yield place, row


def _handovers(infer: Inference, module: str) -> Iterator[tuple[Place, int]]:
    """Calls in `module` that have another thread call something, each with that argument."""
    for place, _, role in parts_played(infer, module, "thread callback"):
        given = argument(infer, place, role.argument)
        if given is not None:
            yield place, given
    for place, _, offload in calls_with(infer, module, Offload):
        given = argument(infer, place, offload.callable)
        if given is not None and not offload.later:
            yield place, given


def _roots(infer: Inference, module: str) -> list[int]:
    """The sync functions of `module` that are handed to other threads, or that these call by name."""
    found: set[int] = set()
    for place, given in _handovers(infer, module):
        callee = unwrap_partial(infer, Place(place.site, given))
        found.update(bodies_of(infer, callee) if callee.site.module == module else ())
    bodies = infer.facts(module).bodies
    for number, body in enumerate(bodies):
        for decorator in body.decorators:
            known = known_value(infer, infer.value(Site(module, body.parent), decorator), Offload)
            if known is not None and known[1].decorator:
                found.add(number)
    found.update(_methods(infer, module))
    return sorted(number for number in found if not bodies[number].is_async)


def _methods(infer: Inference, module: str) -> Iterator[int]:
    facts = infer.facts(module)
    for index, cls in enumerate(facts.classes):
        if cls.bases:
            ancestors = [one.cls for one in mro(infer, infer.source_class(module, index))[1:] if one.cls is not None]
            methods = frozenset().union(*[infer.knowledge.thread_methods(ancestor.name) for ancestor in ancestors])
            yield from (n for n, body in enumerate(facts.bodies) if body.owner == index and body.name in methods)


def _reached(summaries: Summaries, root: Site, without: frozenset[int]) -> set[Site]:
    """The bodies of one module that a body runs, itself included, and none of `without`."""
    found, waiting = {root}, [root]
    while waiting:
        site = waiting.pop()
        ops = summaries.infer.body(site).ops
        for edge in summaries.edges(site):
            op = ops[edge.number]
            if isinstance(op, Call) and isinstance(ops[op.func], Param):
                continue  # Whom it was given by may know on which thread it is called.
            for other in sites_of(edge.run):
                plain = Site(other.module, other.body)
                if other.module == root.module and other.body not in without and plain not in found:
                    found.add(plain)
                    waiting.append(plain)
    return found


def _calls(infer: Inference, sites: set[Site]) -> Iterator[tuple[Site, int]]:
    for site in sorted(sites, key=lambda site: site.body):
        for number, op in enumerate(infer.body(site).ops):
            if isinstance(op, Call):
                yield site, number


def _is_own(infer: Inference, place: Place, run: set[Site]) -> bool:
    """Whether a call is on an object that the thread made."""
    ops = infer.body(place.site).ops
    op = ops[place.number]
    callee = ops[op.func] if isinstance(op, Call) else None
    made = origins(infer, Place(place.site, callee.base)) if isinstance(callee, Attr) else None
    # What asks for a loop gets one that somebody else runs.
    return bool(made) and all(call.site in run and part_at(infer, call, "gets the loop") is None for call in made or ())


def held_across_pauses(infer: Inference, site: Site) -> Iterator[int]:
    """The operations of an async body that take a lock between threads which is held while the body pauses."""
    body = infer.body(site)
    flow = flow_of(infer, site)
    if not flow.pauses:
        return
    for number, region in enumerate(body.regions):
        entered = body.ops[region.value] if region.kind == "with" and not region.is_async else None
        if isinstance(entered, Enter) and not flow.pauses.isdisjoint(within(infer, site, number)):
            values = infer.value(site, entered.value)
            if values and all(_is_lock(infer, value) for value in values):
                yield region.value
    yield from _acquired(infer, site)


def _is_lock(infer: Inference, value: Value) -> bool:
    instance = as_instance(infer, value)
    names = [ancestor.cls.name for ancestor in mro(infer, instance.cls) if ancestor.cls is not None] if instance else []
    return any(infer.knowledge.plays(name, "thread lock") is not None for name in names)


def _acquired(infer: Inference, site: Site) -> Iterator[int]:
    ops = infer.body(site).ops
    flow = flow_of(infer, site)
    releases = [(place, _receiver(ops, place.number)) for place, _, _ in parts_played(infer, site.module, "releases")]
    for place, name, _ in parts_played(infer, site.module, "acquires"):
        lock = _receiver(ops, place.number) if place.site == site else None
        row = infer.knowledge.blocking(name)
        if lock is None or (row is not None and is_switched_off(infer, row, place, None)):
            continue
        freed = {other.number for other, receiver in releases if other.site == site and receiver == lock}
        if any(flow.reaches(place.number, pause, freed) for pause in sorted(flow.pauses)):
            yield place.number


def _receiver(ops: tuple[object, ...], number: int) -> object:
    op = ops[number] if number < len(ops) else None
    callee = ops[op.func] if isinstance(op, Call) else None
    return path_of(ops, callee.base) if isinstance(callee, Attr) else None


def path_of(ops: tuple[object, ...], number: int) -> object:
    """The same for two reads of one attribute."""
    op = ops[number]
    return (path_of(ops, op.base), op.name) if isinstance(op, Attr) else getattr(op, "name", number)
