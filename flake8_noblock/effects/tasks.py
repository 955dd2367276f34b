"""Tasks: where they are started, who keeps them, and what is known of them where they are used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_noblock.effects.conditions import argument
from flake8_noblock.effects.operations import unwrap_partial
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.rows import calls_with, known_value, parts_played
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import Attr, Body, Call, Closure, Display, Drop, Mapping, Param, Return, Spread
from flake8_noblock.knowledge.schema import Part, Task
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import Coroutine, Function, Values, is_unknown

MOST_HELPERS = 3
"""Functions in a row that only hand on a task that they start, or are given."""


@dataclass(frozen=True, slots=True)
class Started:
    """The call at `place` starts a task; `kept`: somebody else keeps it. `coroutine` is the operation that gives what it runs,
    where that can be seen."""

    place: Place
    kept: bool
    coroutine: int | None


def started(infer: Inference, module: str) -> list[Started]:
    """Where the code of `module` starts tasks, by itself or by a function that gives the task that it starts."""
    return infer.remember("started tasks", module, lambda: sorted(_started(infer, module), key=lambda task: in_order(task.place)))


def in_order(place: Place) -> tuple[int, int]:
    """Where a place stands in its module, as far as its operations are in order."""
    return place.site.body, place.number


def _started(infer: Inference, module: str) -> Iterator[Started]:
    for place, _, row in calls_with(infer, module, Task):
        given = argument(infer, place, row.coroutine)
        if not row.futures or (given is not None and not _may_be_future(infer, Place(place.site, given))):
            yield Started(place, row.kept, given)
    for number, body in enumerate(infer.facts(module).bodies):
        site = Site(module, number)
        dropped = {op.value for op in body.ops if isinstance(op, Drop)}
        for call in sorted(dropped):
            op = body.ops[call]
            if isinstance(op, Call) and gives_task(infer, infer.value(site, op.func)):
                yield Started(Place(site, call), False, None)


def _may_be_future(infer: Inference, place: Place) -> bool:
    """Whether a value may be a future that is there already; a call of which nothing is known is taken to make a coroutine."""
    values = infer.value(*place)
    if is_unknown(values):
        return not isinstance(infer.body(place.site).ops[place.number], Call)
    return not all(isinstance(value, Coroutine) for value in values)


def is_start(infer: Inference, place: Place) -> Task | None:
    """The row for the call at `place`, if that starts a task."""
    op = infer.body(place.site).ops[place.number]
    known = known_value(infer, infer.value(place.site, op.func), Task) if isinstance(op, Call) else None
    return None if known is None else known[1]


def gives_task(infer: Inference, callee: Values, depth: int = MOST_HELPERS) -> bool:
    """Whether calling one of `callee`, plain functions of the project, does nothing with the task that it starts but give it."""
    return bool(callee) and all(isinstance(value, Function) and _gives(infer, value, depth) for value in callee)


def _gives(infer: Inference, function: Function, depth: int) -> bool:
    body = infer.function_body(function)
    if depth == 0 or body.is_async or body.is_generator or infer.module(function.module).origin != "project":
        return False
    site = Site(function.module, function.body)
    returned = [op.value for op in body.ops if isinstance(op, Return)]
    return bool(returned) and all(value >= 0 and _is_fresh(infer, Place(site, value), depth) for value in returned)


def _is_fresh(infer: Inference, place: Place, depth: int) -> bool:
    body = infer.body(place.site)
    op = body.ops[place.number]
    if not isinstance(op, Call):
        return False
    row = is_start(infer, place)
    starts = not row.kept if row is not None else gives_task(infer, infer.value(place.site, op.func), depth - 1)
    became = fate(infer, place)
    return starts and not became.named and all(isinstance(body.ops[user], Return | Attr) for user in became.users)


def is_kept(infer: Inference, place: Place, depth: int = MOST_HELPERS) -> bool:
    """Whether anybody keeps, awaits or reads the value at `place` after the statement that makes it; in doubt true."""
    body = infer.body(place.site)
    became = fate(infer, place)
    return became.named or any(_keeps(infer, place, user, body, depth) for user in became.users)


def _keeps(infer: Inference, place: Place, user: int, body: Body, depth: int) -> bool:
    match body.ops[user]:
        case Drop():
            return False
        case Attr():
            later = body.statements[user] != body.statements[place.number] and not isinstance(body.ops[place.number], Param)
            return later or _is_handed_on(infer, Place(place.site, user))
        case Return():
            return place.site.body not in dropped_results(infer, place.site.module)
        case Display() | Mapping() | Spread():
            return is_kept(infer, Place(place.site, user), depth)
        case Call() as op:
            parameter = _parameter(infer, place.site, op, place.number)
            return parameter is None or depth == 0 or is_kept(infer, parameter, depth - 1)
    return True


def _is_handed_on(infer: Inference, method: Place) -> bool:
    """Whether a method is used otherwise than by calling it, so that it keeps its object."""
    ops = infer.body(method.site).ops
    users = fate(infer, method).users
    return any(not (isinstance(op := ops[user], Call) and op.func == method.number) for user in users)


def _parameter(infer: Inference, site: Site, op: Call, given: int) -> Place | None:
    """The parameter of a project's function that takes an argument; None where that isn't known."""
    callee = infer.value(site, op.func)
    function = callee[0] if len(callee) == 1 else None
    if not isinstance(function, Function) or infer.module(function.module).origin != "project":
        return None
    body = infer.function_body(function)
    ops = infer.body(site).ops
    index: int | None = None
    if given in op.args and not any(isinstance(ops[arg], Spread) for arg in op.args):
        index = op.args.index(given) + (function.receiver is not None)
    names = {name for name, value in op.keywords if value == given}
    for number, parameter in enumerate(body.params):
        if parameter.kind in ("positional", "plain", "keyword") and (parameter.name in names or number == index):
            target = Site(function.module, function.body)
            return next((Place(target, n) for n, o in enumerate(body.ops) if o == Param(number)), None)
    return None


def dropped_results(infer: Inference, module: str) -> frozenset[int]:
    """The functions of `module` that are handed to somebody who calls them and drops what they give."""
    return frozenset(handed(infer, module, "drops the result"))


def handed(infer: Inference, module: str, *parts: Part) -> dict[int, list[Place]]:
    """The bodies of `module` that are handed, as a function, to callables that play one of `parts`, each with these calls."""
    return infer.remember("handed callables", (module, parts), _handed, infer, module, parts)


def _handed(infer: Inference, module: str, parts: tuple[Part, ...]) -> dict[int, list[Place]]:
    found: dict[int, list[Place]] = {}
    for place, _, row in parts_played(infer, module, *parts):
        number = argument(infer, place, row.argument)
        callback = unwrap_partial(infer, Place(place.site, number)) if number is not None else place
        for body in bodies_of(infer, callback) if number is not None and callback.site.module == module else ():
            found.setdefault(body, []).append(place)
    return found


def bodies_of(infer: Inference, place: Place) -> Iterator[int]:
    """The bodies, of the same module, of the function at `place`."""
    yield from [site.body for site in functions_at(infer, place) if site.module == place.site.module]


def functions_at(infer: Inference, place: Place) -> Iterator[Site]:
    """The bodies, in the project, of the function at `place`."""
    op = infer.body(place.site).ops[place.number]
    if isinstance(op, Closure):
        yield Site(place.site.module, op.body)
        return
    for value in infer.value(*place):
        if isinstance(value, Function) and infer.module(value.module).origin == "project":
            yield Site(value.module, value.body)
