"""Awaits that can fail for reasons that no program controls: where they stand, and what escapes from a function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_noblock.effects.awaitables import kind_at
from flake8_noblock.effects.awaiting import End, ends
from flake8_noblock.effects.callees import paths, protocol_paths
from flake8_noblock.effects.conditions import argument
from flake8_noblock.effects.errors import Failure, failure
from flake8_noblock.effects.guards import decorators_of, names_of, on_the_way_out, out_of_group
from flake8_noblock.effects.origins import Place
from flake8_noblock.facts.model import Await, Call, Element, Enter, ModuleFacts, Op, Return
from flake8_noblock.link.classes import find_member
from flake8_noblock.link.components import components
from flake8_noblock.link.finder import Origin
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.objects import as_instance
from flake8_noblock.link.regions import excluded_regions, regions_below
from flake8_noblock.link.sources import source_of
from flake8_noblock.link.values import Adapter, Function, Literal, Partial, SourceClass, Value, Values

MOST_BODIES = 5_000
"""Bodies looked at to answer one question; what lies beyond can't fail."""

MOST_FAILURES = 4
"""Failures that are remembered of one function."""


@dataclass(frozen=True, slots=True)
class Failing:
    """An operation that can fail: it is awaited at `place`, as `end` says; the call at `made` makes what is awaited there."""

    place: Place
    failure: Failure
    end: End
    made: Place


def failing(infer: Inference, site: Site) -> tuple[Failing, ...]:
    """The operations that can fail in the body at `site`, in source order."""
    return infer.remember_from((), "awaits that can fail", site, lambda: tuple(_failing(infer, site)))


def reached_numbers(infer: Inference, site: Site) -> Iterator[tuple[int, Op]]:
    """The operations of a body that run, with their numbers."""
    body = infer.body(site)
    skipped = regions_below(body, "typing") | excluded_regions(infer, site)
    for number, op in enumerate(body.ops):
        if body.where[number] not in skipped:
            yield number, op


def with_generators(infer: Inference, site: Site) -> Iterator[Site]:
    """The body at `site` and the generator expressions in it."""
    yield site
    for number in infer.remember("generator expressions", site.module, _generators, infer.facts(site.module)).get(site.body, ()):
        yield from with_generators(infer, Site(site.module, number))


def _generators(facts: ModuleFacts) -> dict[int, list[int]]:
    """The generator expressions of a module by the body around them."""
    found: dict[int, list[int]] = {}
    for number, body in enumerate(facts.bodies):
        if body.kind == "generator expression":
            found.setdefault(body.parent, []).append(number)
    return found


def _failing(infer: Inference, site: Site) -> Iterator[Failing]:
    for inner in with_generators(infer, site):
        for number, op in reached_numbers(infer, inner):
            place = Place(inner, number)
            if isinstance(op, Call):
                failed = failure_of_call(infer, place)
                for end in ends(infer, place) if failed is not None else ():
                    if failed is not None and end.kind in ("awaited", "kept"):
                        yield Failing(end.place if end.place.site == site else place, failed, end, place)
            elif isinstance(op, Await | Enter | Element):
                failed = _failure_of_protocol(infer, inner, op)
                if failed is not None:
                    yield Failing(place, failed, End("awaited", place), place)


LONGEST_RETURN = 20
"""Functions each of which returns what the next one gives, through which a coroutine is followed."""


def is_standard_call(infer: Inference, place: Place) -> bool:
    """Whether `place` calls a function of the standard library, and nothing else."""
    op = infer.body(place.site).ops[place.number]
    callee = infer.value(place.site, op.func) if isinstance(op, Call) else ()
    return bool(callee) and all(isinstance(value, Function) and infer.is_standard(value) for value in callee)


def failure_of_call(infer: Inference, place: Place, left: int = LONGEST_RETURN) -> Failure | None:
    """How awaiting what the call at `place` gives can fail, by what tables or the source of a library say."""
    op = infer.body(place.site).ops[place.number]
    callee = infer.value(place.site, op.func) if isinstance(op, Call) else ()
    within = infer.module(place.site.module).origin
    found = [_failure(infer, value, within, left) for value in callee if value != Literal(None)]
    failed = found[0] if found and None not in found else None
    return None if failed is not None and failed.row.kind == "timeout" and _is_unlimited(infer, place) else failed


def _is_unlimited(infer: Inference, call: Place) -> bool:
    """Whether a call that may set a time limit sets none."""
    for name in names_of(infer, call):
        row = infer.knowledge.limit(name)
        number = argument(infer, call, row.limit) if row is not None and row.limit is not None else None
        if number is not None:
            return infer.value(call.site, number) == (Literal(None),)
    return False


def _failure(infer: Inference, value: Value, within: Origin, left: int) -> Failure | None:
    if isinstance(value, Partial | Adapter):
        inner = [_failure(infer, one, within, left) for one in value.callee]
        return inner[0] if len(inner) == 1 else None
    names = paths(infer, value) or ()
    if any(infer.knowledge.is_closing(name.rpartition(".")[2]) for name in names):
        return None
    own = isinstance(value, Function) and infer.module(value.module).origin == "project"
    row = None if own else _row(infer, names)  # Of a project's own function its source tells.
    # Within a library its own coroutines are followed, as the project's are within the project.
    return (
        _failure_of_function(infer, value, left) if row is None and isinstance(value, Function) and within == "project" else row
    )


def _row(infer: Inference, names: tuple[str, ...]) -> Failure | None:
    for name in names:
        row = infer.knowledge.fails(name)
        if row is not None:
            return failure(infer.knowledge.canonical(name), row)
    return None


def _failure_of_function(infer: Inference, function: Function, left: int) -> Failure | None:
    """A library's coroutine function, by what escapes from it; a plain function of the project, by the coroutine it returns."""
    if infer.is_standard(function):
        return None
    body = infer.function_body(function)
    source = source_of(infer, function)
    if source is None or infer.knowledge.cut(infer.path(function)) is not None:
        return None
    site = Site(source.module, source.body)
    if infer.module(function.module).origin == "library":
        if not body.is_async:
            return None
        for failed in escaping(infer, site):
            library = infer.path(function).partition(".")[0]
            return Failure(infer.path(function), failed.row, failed.libraries | {library})
        return None
    return None if body.is_async or body.is_generator or not left else _returned(infer, site, left - 1)


def _returned(infer: Inference, site: Site, left: int) -> Failure | None:
    """The failure of what a plain function returns to be awaited, where it returns nothing else."""
    return infer.remember_from(None, "failures that are returned", (site, left), _find_returned, infer, site, left)


def _find_returned(infer: Inference, site: Site, left: int) -> Failure | None:
    ops = infer.body(site).ops
    returned = [op.value for op in ops if isinstance(op, Return)]
    if not returned or not all(value >= 0 and isinstance(ops[value], Call) for value in returned):
        return None
    found = [failure_of_call(infer, Place(site, value), left) for value in returned]
    return found[0] if None not in found else None


def _failure_of_protocol(infer: Inference, site: Site, op: Await | Enter | Element) -> Failure | None:
    """What awaiting, entering or iterating over an object runs, where it is not known by the call that makes the object."""
    if not isinstance(op, Await) and not op.is_async:
        return None
    if isinstance(infer.body(site).ops[op.value], Call) and failure_of_call(infer, Place(site, op.value)) is not None:
        return None
    if isinstance(op, Await) and kind_at(infer, Place(site, op.value)) == "coroutine":
        return None
    if isinstance(op, Enter) and isinstance(infer.body(site).ops[op.value], Await):
        return None  # What was awaited has been opened.
    method = "__await__" if isinstance(op, Await) else "__aenter__" if isinstance(op, Enter) else "__anext__"
    found = [_failure_of_method(infer, value, method) for value in infer.value(site, op.value) if value != Literal(None)]
    return found[0] if found and None not in found else None


def _failure_of_method(infer: Inference, value: Value, method: str) -> Failure | None:
    instance = as_instance(infer, value)
    member = find_member(infer, instance.cls, method) if instance is not None else None
    own = member is not None and isinstance(member.owner, SourceClass) and infer.module(member.owner.module).origin == "project"
    return None if instance is None or own else _row(infer, protocol_paths(infer, instance.cls, method))


# --- what escapes ---


def escaping(infer: Inference, site: Site) -> tuple[Failure, ...]:
    """The failures that leave the coroutine function at `site`: of what it awaits, and of the coroutines among that."""
    known = infer.kept(_ESCAPING)
    for component in components(site, lambda node: _awaited_bodies(infer, node), known.__contains__, MOST_BODIES):
        found, mask = infer.reads.during(_fix, infer, component)
        known.update((node, (failures, mask)) for node, failures in found.items())
    return _known_to_escape(infer, site)


_ESCAPING = "failures that escape"


def _known_to_escape(infer: Inference, site: Site) -> tuple[Failure, ...]:
    known = infer.recall(_ESCAPING, site)
    return () if known is None else known[0]


def _fix(infer: Inference, component: list[Site]) -> dict[Site, tuple[Failure, ...]]:
    """The least fixpoint over coroutines that await each other."""
    known = infer.kept(_ESCAPING)
    known.update((node, ((), 0)) for node in component)
    changed = True
    while changed:
        changed = False
        for node in component:
            found = _escaping(infer, node)
            changed = changed or found != known[node][0]
            known[node] = found, 0
    return {node: known[node][0] for node in component}


def _awaited_bodies(infer: Inference, site: Site) -> Iterator[Site]:
    seen: set[Site] = set()
    for _, _, other in coroutines_awaited(infer, site):
        if other not in seen:
            seen.add(other)
            yield other


def coroutines_awaited(infer: Inference, site: Site) -> tuple[tuple[Place, End, Site], ...]:
    """The coroutine functions with source that the body at `site` awaits: the call, where it is awaited, the function."""
    return infer.remember("coroutines awaited", site, lambda: tuple(_coroutines_awaited(infer, site)))


def _coroutines_awaited(infer: Inference, site: Site) -> Iterator[tuple[Place, End, Site]]:
    within = infer.module(site.module).origin
    for inner in with_generators(infer, site):
        for number, op in reached_numbers(infer, inner):
            for other in _coroutine_functions(infer, infer.value(inner, op.func), within) if isinstance(op, Call) else ():
                for end in ends(infer, Place(inner, number)):
                    if end.kind in ("awaited", "kept"):
                        yield Place(inner, number), end, other


def _coroutine_functions(infer: Inference, callee: Values, within: Origin) -> list[Site]:
    """The bodies of the coroutine functions of this origin that `callee` may be, where tables say nothing of them."""
    found = []
    for value in callee:
        if isinstance(value, Function) and infer.module(value.module).origin == within and infer.function_body(value).is_async:
            source = source_of(infer, value)
            names = paths(infer, value) or ()
            known = within != "project" and _row(infer, names) is not None
            if source is not None and not known and infer.knowledge.cut(infer.path(value)) is None:
                found.append(Site(source.module, source.body))
    return found


def _escaping(infer: Inference, site: Site) -> tuple[Failure, ...]:
    body = infer.body(site)
    if body.failed:
        return ()
    found: dict[tuple[object, ...], Failure] = {}
    for one in _arising(infer, site):
        if len(found) >= MOST_FAILURES:
            break
        if one.key not in found and decorators_of(infer, site, one) == "open":
            found[one.key] = one
    return tuple(found.values())


def _arising(infer: Inference, site: Site) -> Iterator[Failure]:
    for operation in failing(infer, site):
        if gets_out(infer, operation.end, operation.failure):
            yield operation.failure
    for _, end, other in coroutines_awaited(infer, site):
        for failed in _known_to_escape(infer, other):
            if gets_out(infer, end, failed):
                yield failed


def gets_out(infer: Inference, end: End, failed: Failure) -> bool:
    """Whether a failure that arises where an awaitable ends up leaves the body there; where that is not seen, it doesn't."""
    if collects(infer, end):
        return False
    if end.kind == "kept":
        passed = out_of_group(infer, end.place, failed)
        return passed is not None and not passed.caught
    if on_the_way_out(infer, end.place, failed).caught:
        return False
    if end.given is None:
        return True
    if not infer.body(end.place.site).is_async:
        return not on_the_way_out(infer, end.given, failed).caught
    return any(gets_out(infer, after, failed) for after in ends(infer, end.given) if after.kind in ("awaited", "kept"))


def collects(infer: Inference, end: End) -> bool:
    """Whether a call on the way gives errors as results instead of raising them."""
    return any(collects_errors(infer, call) for call in end.through)


def collects_errors(infer: Inference, call: Place) -> bool:
    """Whether the consumer called at `call` gives errors as results; in doubt true."""
    for name in names_of(infer, call):
        row = infer.knowledge.consumer(name)
        number = argument(infer, call, row.collects) if row is not None and row.collects is not None else None
        if number is not None:
            return infer.value(call.site, number) != (Literal(False),)
    return False
