"""Guards: what stands around an operation, or around a function, and keeps its failure from going further."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from flake8_noblock.effects.awaiting import ends
from flake8_noblock.effects.callees import paths, protocol_paths
from flake8_noblock.effects.conditions import argument
from flake8_noblock.effects.errors import Failure, catches
from flake8_noblock.effects.origins import Place, definitions_of
from flake8_noblock.effects.undecorated import undecorated_anywhere
from flake8_noblock.facts.model import Body, Call, Const, Enter, Lookup, Param, Return, Yield
from flake8_noblock.knowledge.schema import Guard
from flake8_noblock.link.classes import find_member
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import ClassValue, Deferred, Function, Instance, Values
from flake8_noblock.link.values import Literal as Constant

DEEPEST = 5
"""Context managers within context managers, and decorators within decorators, that are looked into."""


class Passed(NamedTuple):
    """What becomes of a failure on its way out of a body: it is `caught`, or leaves, `wrapped` in an exception group or not."""

    caught: bool
    wrapped: bool


def on_the_way_out(infer: Inference, place: Place, failed: Failure, wrapped: bool = False, depth: int = DEEPEST) -> Passed:
    """What becomes of a failure that arises at `place`, on its way out of the body there."""
    return _from_region(infer, place.site, infer.body(place.site).where[place.number], failed, wrapped, depth)


def out_of_group(infer: Inference, start: Place, failed: Failure) -> Passed | None:
    """What becomes of the failure of a task that the call at `start` starts in a group; None: the group's end is not seen."""
    body = infer.body(start.site)
    number = body.where[start.number]
    while number >= 0:
        region = body.regions[number]
        if region.kind == "with" and region.value >= 0 and _is_group(infer, start.site, region.value):
            return _from_region(infer, start.site, region.parent, failed, True, DEEPEST)
        number = region.parent
    return None


def _from_region(infer: Inference, site: Site, number: int, failed: Failure, wrapped: bool, depth: int) -> Passed:
    body = infer.body(site)
    while number >= 0:
        region = body.regions[number]
        if region.kind == "try" and _handled(infer, site, number, failed, wrapped):
            return Passed(True, wrapped)
        if region.kind == "with" and region.value >= 0:
            if _kept_in(infer, Place(site, region.value), failed, wrapped, depth):
                return Passed(True, wrapped)
            wrapped = wrapped or _is_group(infer, site, region.value)
        number = region.parent
    return Passed(False, wrapped)


def _handled(infer: Inference, site: Site, tried: int, failed: Failure, wrapped: bool) -> bool:
    """Whether a handler of the ``try`` whose region is `tried` catches the failure."""
    for region in infer.body(site).regions:
        if region.kind == "except" and region.partner == tried:
            if region.value < 0 or catches(infer, infer.value(site, region.value), failed, wrapped and not region.in_groups):
                return True
    return False


def entered_call(infer: Inference, entered: Place) -> Place | None:
    """The call whose result the ``with`` at `entered` enters."""
    op = infer.body(entered.site).ops[entered.number]
    if isinstance(op, Enter) and isinstance(infer.body(entered.site).ops[op.value], Call):
        return Place(entered.site, op.value)
    return None


def names_of(infer: Inference, call: Place) -> Iterator[str]:
    """The paths of what the call at `call` calls."""
    op = infer.body(call.site).ops[call.number]
    for value in infer.value(call.site, op.func) if isinstance(op, Call) else ():
        yield from paths(infer, value) or ()


def guarding_row(infer: Inference, entered: Place) -> tuple[Guard, Place] | None:
    """The row of the context manager that is entered at `entered`, if it keeps errors in, and the call that makes it."""
    call = entered_call(infer, entered)
    for name in names_of(infer, call) if call is not None else ():
        row = infer.knowledge.guard(name)
        if row is not None and call is not None:
            return row, call
    return None


def classes_of(infer: Inference, row: Guard, call: Place) -> Values | None:
    """The classes of errors that a guarding context manager is given; None: it takes all."""
    if row.errors is None:
        return None
    if row.errors.rest:
        op = infer.body(call.site).ops[call.number]
        given = op.args[row.errors.position or 0 :] if isinstance(op, Call) else ()
        return tuple([value for number in given for value in infer.value(call.site, number)])
    number = argument(infer, call, row.errors)
    return () if number is None else infer.value(call.site, number)


def _kept_in(infer: Inference, entered: Place, failed: Failure, wrapped: bool, depth: int) -> bool:
    """Whether the context manager entered at `entered` swallows the failure, or turns it into something else."""
    known = guarding_row(infer, entered)
    if known is not None:
        types = classes_of(infer, *known)
        return types is None or catches(infer, types, failed, wrapped)
    op = infer.body(entered.site).ops[entered.number]
    if not isinstance(op, Enter) or depth == 0:
        return False
    if any(_yields_guarded(infer, function, failed, wrapped, depth) for function in _generators(infer, entered, op)):
        return True
    method = "__aexit__" if op.is_async else "__exit__"
    return any(
        _swallows(infer, value, method) or _is_guard(infer, value, method) for value in infer.value(entered.site, op.value)
    )


def _generators(infer: Inference, entered: Place, op: Enter) -> Iterator[Function]:
    """The generator functions of which a decorator made the context manager."""
    for value in infer.value(entered.site, op.value):
        if isinstance(value, Deferred) and value.function is not None:
            yield value.function
    call = infer.body(entered.site).ops[op.value]
    if isinstance(call, Call):
        found = undecorated_anywhere(infer, Place(entered.site, call.func))
        yield from [function for function in found if isinstance(function, Function)]


def _yields_guarded(infer: Inference, function: Function, failed: Failure, wrapped: bool, depth: int) -> bool:
    """Whether a failure that is thrown in at each ``yield`` of a generator is caught there."""
    site = Site(function.module, function.body)
    body = infer.body(site)
    places = [Place(site, number) for number, op in enumerate(body.ops) if isinstance(op, Yield)]
    if not body.is_generator or not places:
        return False
    return all(on_the_way_out(infer, place, failed, wrapped, depth - 1).caught for place in places)


def _swallows(infer: Inference, value: object, method: str) -> bool:
    """Whether leaving a context manager of the project or of a library may tell the language that the error is dealt with."""
    if not isinstance(value, Instance):
        return False
    member = find_member(infer, value.cls, method)
    for function in member.values or () if member is not None else ():
        if isinstance(function, Function) and not infer.is_standard(function):
            body = infer.function_body(function)
            says_nothing = body.returns >= 0 and body.ops[body.returns] == Const(None)
            if not says_nothing and any(_may_be_true(body, op) for op in body.ops if isinstance(op, Return)):
                return True
    return False


def _is_guard(infer: Inference, value: object, method: str) -> bool:
    """Whether tables know that leaving a library's context manager keeps errors in."""
    names = protocol_paths(infer, value.cls, method) if isinstance(value, Instance) else ()
    return any(infer.knowledge.guard(name) is not None for name in names)


def _may_be_true(body: Body, returned: Return) -> bool:
    op = body.ops[returned.value] if returned.value >= 0 else Const(None)
    return not isinstance(op, Const) or bool(op.value)


def _is_group(infer: Inference, site: Site, entered: int) -> bool:
    """Whether the context manager entered raises what fails within as an exception group."""
    values = infer.value(site, entered)
    return bool(values) and all(isinstance(v, Instance) and infer.knowledge.keeps_tasks(v.cls.name) for v in values)


# --- decorators ---

Decorated = Literal["guarded", "open", "unknown"]


def decorators_of(infer: Inference, site: Site, failed: Failure) -> Decorated:
    """Whether the decorators of the function at `site` catch the failure; unknown: one of them may do anything."""
    body = infer.body(site)
    around = infer.around(site) if body.decorators else site
    found: set[Decorated] = {_decorator(infer, Place(around, number), failed) for number in body.decorators}
    return "guarded" if "guarded" in found else "unknown" if "unknown" in found else "open"


def _decorator(infer: Inference, place: Place, failed: Failure) -> Decorated:
    op = infer.body(place.site).ops[place.number]
    values = infer.value(place.site, op.func if isinstance(op, Call) else place.number)
    if len(values) != 1 or values == (Constant(None),):
        return "unknown"
    names = paths(infer, values[0]) or ()
    if any(infer.knowledge.guard(name) for name in names):
        return "guarded"
    if any(infer.knowledge.decorator(name) for name in names):
        return "open"
    value = values[0]
    if _comes_with_language(infer, value):
        return "open"
    return _wrapper(infer, value, failed) if isinstance(value, Function) else "unknown"


def _comes_with_language(infer: Inference, value: object) -> bool:
    """Whether a decorator is the standard library's own; a method of an object, as ``register`` is, may do anything."""
    if isinstance(value, Function):
        return infer.is_standard(value) and not isinstance(value.receiver, Instance)
    return isinstance(value, ClassValue) and infer.is_standard(value)


def _wrapper(infer: Inference, decorator: Function, failed: Failure) -> Decorated:
    """What a decorator whose source is at hand puts around the calls of what it decorates."""
    calls = list(_calls_of_decorated(infer, decorator))
    if not calls:
        return "open" if _gives_it_back(infer.function_body(decorator)) else "unknown"
    caught = [_is_caught(infer, call, failed) for call in calls]
    return "guarded" if all(caught) else "open"


def _is_caught(infer: Inference, call: Place, failed: Failure) -> bool:
    awaited = [end.place for end in ends(infer, call) if end.kind == "awaited"]
    return bool(awaited) and all(on_the_way_out(infer, place, failed).caught for place in awaited)


def _calls_of_decorated(infer: Inference, decorator: Function) -> Iterator[Place]:
    """Calls, in functions within a decorator, of the first parameter of a function around them."""
    bodies = infer.facts(decorator.module).bodies
    inside = {decorator.body}
    for number in range(decorator.body + 1, len(bodies)):
        if bodies[number].parent not in inside:
            continue
        inside.add(number)
        site = Site(decorator.module, number)
        for index, op in enumerate(bodies[number].ops):
            callee = bodies[number].ops[op.func] if isinstance(op, Call) else None
            if isinstance(op, Call) and isinstance(callee, Lookup):
                made = definitions_of(infer, Place(site, op.func))
                if made and all(m.site.body in inside and infer.body(m.site).ops[m.number] == Param(0) for m in made):
                    yield Place(site, index)


def _gives_it_back(body: Body) -> bool:
    """Whether a decorator returns what it decorates, and does nothing else with it."""
    users = [op for op in body.ops if isinstance(op, Return)]
    return bool(users) and all(op.value >= 0 and body.ops[op.value] == Param(0) for op in users)
