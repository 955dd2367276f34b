"""Callbacks: what is handed over to be called later, what it does, and how deep callbacks are nested."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.awaiting import ends, rows_of
from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.conditions import argument
from flake8_noblock.effects.governs import sources
from flake8_noblock.effects.operations import unwrap_partial
from flake8_noblock.effects.origins import Place, origins
from flake8_noblock.effects.outcomes import outcome
from flake8_noblock.effects.roots import bodies_on_loop
from flake8_noblock.effects.rows import known_as, known_value, part_at, parts_played
from flake8_noblock.effects.tasks import functions_at, is_kept, is_start
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import (
    Attr,
    Await,
    Body,
    Call,
    Caught,
    Choice,
    Closure,
    Const,
    Drop,
    Format,
    Op,
    Param,
    Raise,
    Return,
    Unary,
)
from flake8_noblock.knowledge.schema import Offload, Part, Role
from flake8_noblock.link.attributes import attribute
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import handlers_around, regions_around
from flake8_noblock.link.values import Values, is_unknown

# --- nesting ---


def nested_callbacks(infer: Inference, module: str, depth: int) -> Iterator[tuple[int, int]]:
    """The bodies of `module` that are handed over as callbacks inside callbacks, `depth` deep or deeper, each with its depth."""
    levels: dict[int, int] = {}
    for number, body in enumerate(infer.facts(module).bodies):  # Bodies come after those around them.
        around = levels.get(body.parent, 0)
        may_answer = body.kind in ("function", "lambda") and not body.is_async and not _makes_something(body)
        levels[number] = around + (may_answer and _is_handed(infer, module, number, body))
        if levels[number] > around and levels[number] >= depth:
            yield number, levels[number]


def _makes_something(body: Body) -> bool:
    """Whether a function is there for what it returns, since it takes nothing: an application's factory, no answer to
    anything."""
    return body.kind == "function" and not body.params and not _gives_nothing(body)


def _is_handed(infer: Inference, module: str, number: int, body: Body) -> bool:
    """Whether a function that is defined in a body is handed to a call there, to be called later."""
    around = Site(module, body.parent)
    ops = infer.body(around).ops
    made = next((index for index, op in enumerate(ops) if op == Closure(number)), None)
    if made is None or body.decorators:
        return False
    users = fate(infer, Place(around, made)).users
    return any(isinstance(op := ops[user], Call) and op.func != made and _calls_later(infer, around, op, made) for user in users)


def _calls_later(infer: Inference, site: Site, op: Call, given: int) -> bool:
    """Whether a callable may keep what it is given; comparators, keys and filters are called at once, and a thread's function is
    no answer to anything."""
    number = infer.body(site).ops.index(op)
    if known_as(infer, Place(site, op.func), Offload) is not None or part_at(infer, Place(site, number), "thread callback"):
        return False
    for value in infer.value(site, op.func):
        for name in paths(infer, value) or ():
            for row in infer.knowledge.invoke(name):
                if argument(infer, Place(site, number), row.callable) == given:
                    return False
    return True


# --- what callbacks do ---


def chained(infer: Inference, module: str) -> Iterator[tuple[Place, Role]]:
    """Calls in code on the loop that chain a callback to something that has an awaitable form."""
    on_loop = frozenset(bodies_on_loop(infer, module))
    for place, name, row in parts_played(infer, module, "callback chain"):
        of_thread = infer.knowledge.plays(name, "thread callback") is not None
        if place.site.body in on_loop and not (of_thread and _only_tells(infer, place, row)) and not _is_shared(infer, place):
            yield place, row


def _is_shared(infer: Inference, place: Place) -> bool:
    """Whether the object that a method is called on is one that an attribute holds, so that others may wait for it as well."""
    base = _base(infer, place)
    return base is not None and isinstance(infer.body(base.site).ops[base.number], Attr)


def _only_tells(infer: Inference, place: Place, row: Role) -> bool:
    """Whether a callback makes no use of the future that it is called with, so that it is told of its end and no more."""
    callback = argument(infer, place, row.argument)
    found = list(functions_at(infer, Place(place.site, callback))) if callback is not None else []
    return bool(found) and all(_only_asks(infer, site) for site in found)


def _only_asks(infer: Inference, site: Site) -> bool:
    """Whether a callback asks the future that it is called with how it ended, at most, and makes no use of the answer but in
    conditions."""
    ops = infer.body(site).ops
    methods = [
        Place(site, user)
        for number, op in enumerate(ops)
        if isinstance(op, Param)
        for user in fate(infer, Place(site, number)).users
    ]
    calls = [Place(site, user) for method in methods for user in fate(infer, method).users]
    called = {op.func for call in calls if isinstance(op := ops[call.number], Call)}
    return {method.number for method in methods} <= called and not any(_uses_result(infer, call) for call in calls)


def _uses_result(infer: Inference, call: Place) -> bool:
    """Whether what a call in a callback gives is used for more than to be tested, or dropped, as what the callback returns is."""
    ops = infer.body(call.site).ops
    return any(not isinstance(ops[user], Drop | Return | Unary) for user in fate(infer, call).users)


def working_callbacks(infer: Inference, module: str) -> Iterator[Place]:
    """Calls in async functions of `module` that add a callback which goes on with what a task gives.

    A callback that only forgets the task, or looks at its failure, is none of these, nor is one of a task that goes on
    where the function gives up waiting for it.
    """
    for place, _, row in parts_played(infer, module, "done callback"):
        callback = argument(infer, place, row.argument)
        if infer.body(place.site).is_async and callback is not None:
            called = list(functions_at(infer, unwrap_partial(infer, Place(place.site, callback))))
            task = _receiver(infer, place)
            if called and all(_goes_on(infer, site, task) for site in called) and not _is_of_others(infer, place):
                yield place


def _is_of_others(infer: Inference, place: Place) -> bool:
    """Whether the task that a callback is added to is a parameter, for whose end this function is not to wait, or goes on where
    the function gives up waiting."""
    base = _base(infer, place)
    is_given = base is not None and isinstance(infer.body(base.site).ops[base.number], Param)
    return is_given or _is_left_running(infer, place)


def _is_left_running(infer: Inference, place: Place) -> bool:
    """Whether who awaits the object that a method is called on may give up before it ends."""
    base = _base(infer, place)
    made = [made for made in (origins(infer, base) or () if base is not None else ()) if made.site == place.site]
    consumers = [rows_of(infer, call)[1] for one in made for end in ends(infer, one) for call in end.through]
    return any(consumer is not None and (consumer.shields or consumer.unopened) for consumer in consumers)


def _base(infer: Inference, place: Place) -> Place | None:
    """What the method that is called at `place` is read from."""
    ops = infer.body(place.site).ops
    op = ops[place.number]
    callee = ops[op.func] if isinstance(op, Call) else None
    return Place(place.site, callee.base) if isinstance(callee, Attr) else None


def _receiver(infer: Inference, place: Place) -> Values:
    """The object that a method is called on."""
    base = _base(infer, place)
    return infer.value(*base) if base is not None else ()


def _goes_on(infer: Inference, site: Site, task: Values) -> bool:
    """Whether a callback starts what comes next, or uses the result of the task that it is called with and lets a failure be."""
    body = infer.body(site)
    calls = [Place(site, number) for number, op in enumerate(body.ops) if isinstance(op, Call)]
    parts = {call: _parts(infer, call, task) for call in calls}
    if any(is_start(infer, call) is not None for call in calls):
        return True
    if any("looks at the failure" in found for found in parts.values()):
        return False
    if any(part_at(infer, call, "timer") is not None for call in calls):
        return True
    asked = [call for call, found in parts.items() if "outcome" in found]
    asked = [call for call in asked if not any(handlers_around(body, body.where[call.number]))]
    return any(_uses_result(infer, call) for call in asked)


def _parts(infer: Inference, place: Place, task: Values) -> set[Part]:
    """The parts that a method plays; a parameter of which nothing is known is taken for the task."""
    ops = infer.body(place.site).ops
    op = ops[place.number]
    callee = ops[op.func] if isinstance(op, Call) else None
    if not isinstance(op, Call) or not isinstance(callee, Attr):
        return set()
    values = infer.value(place.site, op.func)
    if isinstance(ops[callee.base], Param) and is_unknown(values):
        values = attribute(infer, task, callee.name)
    known = known_value(infer, values, Role)
    parts: tuple[Part, ...] = ("outcome", "looks at the failure")
    return {part for part in parts if known is not None and infer.knowledge.plays(known[0], part) is not None}


def timers(infer: Inference, module: str) -> Iterator[Place]:
    """Calls that have the loop go on with a function of the program later, which nobody can cancel: in async functions, and in
    code on the loop that has itself called again."""
    on_loop = frozenset(bodies_on_loop(infer, module))
    for place, _, row in parts_played(infer, module, "timer"):
        callback = argument(infer, place, row.argument)
        if place.site.body not in on_loop or callback is None:
            continue
        called = list(functions_at(infer, unwrap_partial(infer, Place(place.site, callback))))
        if not infer.body(place.site).is_async and place.site not in called:
            continue
        if called and not is_kept(infer, place) and not all(_only_wakes(infer, site) or _settles(infer, site) for site in called):
            yield place


def _settles(infer: Inference, site: Site) -> bool:
    """Whether a callback, or a function in it, sets the outcome of a future, for which somebody waits."""
    ops = infer.body(site).ops
    if any(isinstance(op, Call) and outcome(infer, Place(site, op.func)) in ("succeed", "fail") for op in ops):
        return True
    return any(_settles(infer, Site(site.module, op.body)) for op in ops if isinstance(op, Closure))


_WAKING: tuple[Part, ...] = ("belongs to the loop", "cancels", "looks at the failure", "forgets", "outcome")


def _only_wakes(infer: Inference, site: Site) -> bool:
    """Whether a callback does no more than set, cancel or look at what somebody else waits for."""
    calls = [Place(site, number) for number, op in enumerate(infer.body(site).ops) if isinstance(op, Call)]
    starts = any(is_start(infer, call) is not None or part_at(infer, call, "timer") is not None for call in calls)
    others = [call for call in calls if part_at(infer, call, "changes nothing") is None]
    wakes = all(part_at(infer, call, *_WAKING) is not None for call in others)
    return not starts and wakes and bool(others or not calls)


def answering(infer: Inference, module: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The async functions of `module` that give their result, or their failure, to callbacks that they are passed, each with
    the names of these parameters."""
    for number, body in enumerate(infer.facts(module).bodies):
        if body.is_async and body.kind == "function" and not body.is_generator and _gives_nothing(body):
            site = Site(module, number)
            told = {index for index, calls in _called(body).items() if all(_is_told(infer, site, call) for call in calls)}
            told = {index for index in told if not any(_is_repeated(body, call) for call in _called(body)[index])}
            failing = {index for index in told if _takes_failure(body, index) and not _takes_texts(body, index)}
            succeeding = {index for index in told if _takes_result(body, index)}
            if failing:
                yield number, tuple([body.params[index].name for index in sorted(failing | succeeding)])


def _gives_nothing(body: Body) -> bool:
    return all(op.value < 0 or getattr(body.ops[op.value], "value", 0) is None for op in body.ops if isinstance(op, Return))


def _is_told(infer: Inference, site: Site, call: int) -> bool:
    """Whether nobody looks at what a call gives, other than to await it."""
    ops = infer.body(site).ops
    users = fate(infer, Place(site, call)).users
    return all(isinstance(ops[n], Drop) or (isinstance(ops[n], Await) and _is_told(infer, site, n)) for n in users)


def _is_repeated(body: Body, number: int) -> bool:
    return any(body.regions[region].kind == "loop" for region in regions_around(body, body.where[number]))


def _called(body: Body) -> dict[int, list[int]]:
    """The parameters that a function calls as they are, with the calls."""
    found: dict[int, list[int]] = {}
    for number, op in enumerate(body.ops):
        callee = body.ops[op.func] if isinstance(op, Call) else None
        if isinstance(callee, Param):
            found.setdefault(callee.index, []).append(number)
    return found


def _takes_failure(body: Body, index: int) -> bool:
    """Whether a parameter is called with the exception that a handler caught, or its text, where that raises nothing as well."""
    return any(
        _is_failure(body, arg) for call in _called(body)[index] if not _is_raised(body, call) for arg in _given(body, call)
    )


def _is_raised(body: Body, number: int) -> bool:
    """Whether something is raised in the handler in which an operation stands."""
    region = body.where[number]
    while body.regions[region].kind != "except" and region > 0:
        region = body.regions[region].parent
    return any(isinstance(op, Raise) and _is_in(body, where, region) for op, where in zip(body.ops, body.where, strict=True))


def _is_in(body: Body, region: int, outer: int) -> bool:
    while region > outer:
        region = body.regions[region].parent
    return region == outer


def _is_failure(body: Body, number: int) -> bool:
    op = body.ops[number]
    match op:
        case Caught():
            return True
        case Format(values=values) | Choice(values=values) | Call(args=values):
            return any(isinstance(body.ops[value], Caught) for value in values)
        case Attr(base=base):
            return isinstance(body.ops[base], Caught)
    return False


def _takes_texts(body: Body, index: int) -> bool:
    """Whether a parameter is called with texts where nothing has failed: it tells somebody what goes on, as a logger does."""
    calls = [list(_given(body, call)) for call in _called(body)[index]]
    return any(given and all(_is_text(body.ops[arg]) for arg in given) for given in calls if not _tells_failure(body, given))


def _tells_failure(body: Body, given: list[int]) -> bool:
    return any(_is_failure(body, arg) for arg in given)


def _is_text(op: Op) -> bool:
    return isinstance(op, Format) or isinstance(op, Const) and isinstance(op.value, str)


def _takes_result(body: Body, index: int) -> bool:
    """Whether a parameter is called with what an ``await`` gave."""
    given = [arg for call in _called(body)[index] for arg in _given(body, call)]
    return any(isinstance(body.ops[source], Await) for arg in given for source in sources(body, arg))


def _given(body: Body, call: int) -> Iterator[int]:
    op = body.ops[call]
    if isinstance(op, Call):
        yield from op.args
        yield from (value for _, value in op.keywords)
