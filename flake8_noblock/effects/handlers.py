"""Handlers around awaits: what they catch, and what they do with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_noblock.effects.awaiting import End, rows_of
from flake8_noblock.effects.callers import callers, is_entry, may_be_called_elsewhere
from flake8_noblock.effects.errors import catches_cancellation, catches_everything
from flake8_noblock.effects.failing import failure_of_call, reached_numbers, with_generators
from flake8_noblock.effects.flow import flow_of
from flake8_noblock.effects.guards import classes_of, guarding_row, names_of
from flake8_noblock.effects.origins import Place, definitions_of
from flake8_noblock.effects.outcomes import outcome
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import (
    Attr,
    Await,
    Body,
    Call,
    Caught,
    ClassDef,
    Const,
    Display,
    Element,
    Enter,
    Exit,
    Import,
    Item,
    Jump,
    Lookup,
    Op,
    Param,
    Raise,
    Return,
    StoreAttr,
    StoreItem,
)
from flake8_noblock.link.changes import changed
from flake8_noblock.link.classes import find_member
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import layout, within
from flake8_noblock.link.objects import flat
from flake8_noblock.link.values import UNKNOWN, ClassValue, Foreign, Function, Instance, ModuleValue, Value, Values


@dataclass(frozen=True, slots=True)
class Handler:
    """What handles the errors of awaits: an ``except``, whose region is `region`, or a ``with``, where that is -1.

    `line` and `column` are its place; `tried` is the region of the awaits; `types` are None for a bare ``except``.
    """

    line: int
    column: int
    tried: int
    region: int
    types: Values | None
    silent: bool = False


def handlers(infer: Inference, site: Site) -> Iterator[Handler]:
    """The handlers around awaits in the coroutine function at `site`."""
    body = infer.body(site)
    for number, region in enumerate(body.regions):
        if region.kind == "except" and _has_await(infer, site, region.partner):
            types = None if region.value < 0 else named_classes(infer, Place(site, region.value))
            yield Handler(region.line, region.column, region.partner, number, types)
        elif region.kind == "with" and region.value >= 0 and _has_await(infer, site, number):
            known = guarding_row(infer, Place(site, region.value))
            if known is not None:
                classes = classes_of(infer, *known)
                entered = region.value
                yield Handler(body.line_of(entered), body.columns[entered], number, -1, classes, known[0].silent)


def named_classes(infer: Inference, place: Place) -> Values:
    """The classes that a handler names; what it takes from elsewhere, of which only a bound is known, is none."""
    op = infer.body(place.site).ops[place.number]
    match op:
        case Display(items=items):
            return tuple([value for item in items for value in named_classes(infer, Place(place.site, item))])
        case Import():
            return infer.value(*place)
        case Attr(base=base):
            modules = infer.value(place.site, base)
            return infer.value(*place) if all(isinstance(v, ModuleValue | Foreign) for v in modules) else UNKNOWN
        case Lookup():
            made = definitions_of(infer, place)
            kinds = [type(infer.body(one.site).ops[one.number]) for one in made]
            if not made or all(kind in (Import, ClassDef) for kind in kinds):
                return infer.value(*place)
            return named_classes(infer, made[0]) if kinds == [Display] or kinds == [Attr] else UNKNOWN
    return UNKNOWN


def is_await(op: Op) -> bool:
    """Whether an operation waits for something else to run."""
    return isinstance(op, Await) or isinstance(op, Enter | Element) and op.is_async


def _has_await(infer: Inference, site: Site, region: int) -> bool:
    awaits = infer.remember(
        "awaits that run", site, lambda: frozenset(number for number, op in reached_numbers(infer, site) if is_await(op))
    )
    return not within(infer, site, region).isdisjoint(awaits)


# --- cancellation ---


def swallows_cancellation(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether a handler keeps the cancellation of the coroutine from going on, although more is to come."""
    if handler.types is not None and not catches_cancellation(infer, handler.types):
        return False
    body = infer.body(site)
    if handler.region >= 0:
        own = within(infer, site, handler.region)
        if any(isinstance(body.ops[number], Raise) or _is_raised_by_callee(infer, site, number) for number in own):
            return False
        if _is_taken_before(infer, site, handler) or _is_raised_later(infer, site, handler) or _is_raised_elsewhere(infer, site, own):
            return False
    if stands_in_failure(infer, site, handler.tried):
        return False
    if handler.types is None or catches_everything_else(infer, handler.types):
        return not (_awaits_cancelled(infer, site, handler.tried) and _cancels(infer, body))
    if _awaits_cancelled(infer, site, handler.tried) or is_clean_up(infer, site, handler.tried):
        return False
    return catches_everything(infer, handler.types) or not _ends_after(infer, site, handler) or _ends_for_a_caller(infer, site, handler)


def catches_everything_else(infer: Inference, types: Values) -> bool:
    """Whether a handler for `types` catches ``BaseException`` itself."""
    return any(getattr(getattr(value, "cls", None), "name", "") == "builtins.BaseException" for value in flat(types))


def _is_taken_before(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether an earlier handler of the same ``try`` catches the cancellation."""
    for region in infer.body(site).regions[: handler.region]:
        if region.kind == "except" and region.partner == handler.tried:
            if region.value < 0 or catches_cancellation(infer, infer.value(site, region.value)):
                return True
    return False


def _is_raised_by_callee(infer: Inference, site: Site, number: int) -> bool:
    """Whether an operation never returns, or hands the exception that was caught to a container, a future or code that may raise
    it, by itself or by a function that it is given."""
    ops = infer.body(site).ops
    op = ops[number]
    if isinstance(op, StoreItem):
        return _holds_caught(ops, op.value)
    if not isinstance(op, Call):
        return False
    callee = infer.value(site, op.func)
    if callee and not infer.value(site, number):
        return True
    if changed(infer.body(site), number) >= 0 and any(_holds_caught(ops, arg) for arg in op.args):
        return True
    if not any(isinstance(ops[arg], Caught) for arg in op.args):
        return False
    if outcome(infer, Place(site, op.func)) == "fail":
        return True
    if any(_may_pass_on(infer, value) for value in callee):
        return True
    called = [value for value in (*callee, *[v for arg in op.args for v in infer.value(site, arg)]) if isinstance(value, Function)]
    bodies = [infer.function_body(value) for value in called if infer.module(value.module).origin == "project"]
    return any(isinstance(inner, Raise) for body in bodies for inner in body.ops) or any(_does(infer, body, "fail") for body in bodies)


def _holds_caught(ops: tuple[Op, ...], number: int) -> bool:
    """Whether a value is the exception that was caught, or a tuple or the like that holds it."""
    op = ops[number]
    return isinstance(op, Caught) or isinstance(op, Display) and any(_holds_caught(ops, item) for item in op.items)


def _may_pass_on(infer: Inference, value: Value) -> bool:
    """Whether a callable may keep an exception or raise it where it isn't seen: neither one of the standard library, such as a
    logger's method, nor a plain function of the project that stores nothing."""
    if not isinstance(value, Function | ClassValue) or not infer.is_standard(value):
        if not isinstance(value, Function) or infer.module(value.module).origin != "project":
            return True
        body = infer.function_body(value)
        return body.is_async or any(isinstance(op, StoreAttr | StoreItem) for op in body.ops)
    return False


def _is_raised_later(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether a handler keeps the exception, and the function raises something after it, or it raises a cancellation of its own."""
    body = infer.body(site)
    own = within(infer, site, handler.region)
    kept = any(fate(infer, Place(site, number)).users for number in own if isinstance(body.ops[number], Caught))
    last = max(own, default=0)
    raised = [op.value for op in body.ops[last + 1 :] if isinstance(op, Raise)]
    if kept and raised:
        return True
    values = [value for number in raised if number >= 0 for value in infer.value(site, number)]
    return catches_cancellation(infer, tuple([ClassValue(v.cls) if isinstance(v, Instance) else v for v in values]))


def _is_raised_elsewhere(infer: Inference, site: Site, own: frozenset[int]) -> bool:
    """Whether a handler keeps the exception in an attribute that the module raises, or hands to a future."""
    ops = infer.body(site).ops
    kept = {op.name for number in own if isinstance(op := ops[number], StoreAttr) and isinstance(ops[op.value], Caught)}
    return bool(kept) and any(
        isinstance(value := body.ops[number], Attr) and value.name in kept
        for body in infer.facts(site.module).bodies
        for number in _raised(infer, body)
    )


def _raised(infer: Inference, body: Body) -> Iterator[int]:
    """The exceptions that a body raises or gives to futures."""
    for op in body.ops:
        if isinstance(op, Raise) and op.value >= 0:
            yield op.value
        elif isinstance(op, Call) and isinstance(callee := body.ops[op.func], Attr):
            if infer.knowledge.outcome_by_word(callee.name) == "fail":
                yield from op.args


def _awaits_cancelled(infer: Inference, site: Site, region: int) -> bool:
    """Whether what is awaited in a region are tasks, rather than what calls give, as one awaits them after cancelling them.

    They may be awaited for a limited time.
    """
    body = infer.body(site)
    inside = within(infer, site, region)
    found = [op for number, op in enumerate(body.ops) if number in inside and is_await(op)]
    awaits = [op for op in found if not (isinstance(op, Enter | Exit) and _is_limit(infer, Place(site, op.value)))]
    return bool(awaits) and all(isinstance(op, Await) and _is_of_task(infer, Place(site, op.value)) for op in awaits)


def _is_limit(infer: Inference, manager: Place) -> bool:
    is_call = isinstance(infer.body(manager.site).ops[manager.number], Call)
    return is_call and any(infer.knowledge.limit(name) is not None for name in names_of(infer, manager))


def _is_of_task(infer: Inference, value: Place) -> bool:
    ops = infer.body(value.site).ops
    op = ops[value.number]
    if not isinstance(op, Call):
        return True
    task, consumer = rows_of(infer, value)
    methods = [method for number in fate(infer, value).users if isinstance(method := ops[number], Attr)]
    if task is not None or any(infer.knowledge.outcome_by_word(method.name) == "cancel" for method in methods):
        return True
    given = [Place(value.site, number) for number in (*op.args, *[number for _, number in op.keywords])]
    if consumer is not None:
        return all(_is_of_task(infer, one) for one in given)
    return any(_is_future(infer, one) for place in given for one in infer.value(*place))


def _is_future(infer: Inference, value: Value) -> bool:
    return isinstance(value, Instance) and find_member(infer, value.cls, "__await__") is not None


def _cancels(infer: Inference, body: Body) -> bool:
    return _does(infer, body, "cancel")


def _does(infer: Inference, body: Body, what: str) -> bool:
    return any(isinstance(op, Attr) and infer.knowledge.outcome_by_word(op.name) == what for op in body.ops)


def cancels(infer: Inference, site: Site) -> bool:
    """Whether a task is cancelled in the body at `site` or around it, or in a function that is called there."""
    return _is_done_around(infer, site, "cancel")


def registers(infer: Inference, site: Site) -> bool:
    """Whether a task is given a callback in the body at `site` or around it, or in a function that is called there."""
    return _is_done_around(infer, site, "register")


def _is_done_around(infer: Inference, site: Site, what: str) -> bool:
    while infer.body(site).kind != "module":
        for inner in with_generators(infer, site):
            ops = infer.body(inner).ops
            called = [value for op in ops if isinstance(op, Call) for value in infer.value(inner, op.func)]
            helpers = [value for value in called if isinstance(value, Function) and infer.module(value.module).origin == "project"]
            sites = [one for value in helpers for one in with_generators(infer, Site(value.module, value.body))]
            if any(_does(infer, infer.body(one), what) for one in (inner, *sites)):
                return True
        site = infer.around(site)
    return False


def _ends_after(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether the coroutine waits for nothing more once the handler has run."""
    body = infer.body(site)
    own = within(infer, site, handler.region) if handler.region >= 0 else frozenset[int]()
    if any(isinstance(body.ops[number], Return) for number in own):
        return True
    flow = flow_of(infer, site)
    left = own or within(infer, site, handler.tried)
    others = {n for r in layout(infer, site).partners[handler.tried] for n in within(infer, site, r)}
    seen: set[int] = set()
    waiting = [after for number in left for after in flow.after.get(number, ()) if after not in left]
    while waiting:
        number = waiting.pop()
        if number not in seen:
            seen.add(number)
            waiting.extend(flow.after.get(number, ()))
    return not any(number not in others and _goes_on(infer, site, number) for number in seen)


def _ends_for_a_caller(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether a coroutine that ends by a handler does one thing for a caller, who goes on: it is no task that works in rounds until
    it is cancelled, or that cancels itself, and nothing but code that awaits it is known to call it."""
    body = infer.body(site)
    if _loops_around(body, handler.tried) or cancels(infer, site):
        return False
    loops = [number for number, region in enumerate(body.regions) if region.kind == "loop"]
    if any(handler.tried in _around(body, number) and _has_await(infer, site, number) for number in loops):
        return False
    if _tells_caller(infer, site, handler):
        return False
    found = callers(infer, site)
    if found is None or found.escapes or any(_is_run_alone(infer, call.end) for call in found.calls):
        return False
    if found.calls:
        return any(call.certainty == "known" for call in found.calls)
    return not (is_entry(infer, site) or may_be_called_elsewhere(infer, site))


def _tells_caller(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether a handler gives back a value of its own, or the coroutine the error that was caught."""
    ops = infer.body(site).ops
    own = within(infer, site, handler.region) if handler.region >= 0 else frozenset[int]()
    returned = [op.value for number in own if isinstance(op := ops[number], Return) and op.value >= 0]
    caught = [fate(infer, Place(site, number)) for number in own if isinstance(ops[number], Caught)]
    return any(ops[value] != Const(None) for value in returned) or any(
        isinstance(ops[user], Return) for one in caught for user in one.users
    )


def _is_run_alone(infer: Inference, end: End) -> bool:
    """Whether a coroutine becomes a task or a program of its own, or that can't be told."""
    return end.task or end.kind != "awaited" or not infer.body(end.place.site).is_async


def _goes_on(infer: Inference, site: Site, number: int) -> bool:
    """Whether an operation waits for something else than that something is given back."""
    body = infer.body(site)
    op = body.ops[number]
    return is_await(op) and not (isinstance(op, Await) and is_closing(infer, body, op.value))


def _loops_around(body: Body, region: int) -> list[int]:
    return [number for number in _around(body, region) if body.regions[number].kind == "loop"]


def _around(body: Body, region: int) -> list[int]:
    """A region and those in which it lies, the innermost first."""
    found = []
    while region >= 0:
        found.append(region)
        region = body.regions[region].parent
    return found


# --- errors that leave no trace ---


def drops_errors(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether a handler of all errors does nothing at all, where the work was more than giving something back."""
    if handler.types is not None and not catches_everything(infer, handler.types):
        return False
    body = infer.body(site)
    if not (handler.silent if handler.region < 0 else _does_nothing(infer, site, handler)):
        return False
    if gives_back(infer, body) or _comes_after(body, handler.tried) or _awaits_others(infer, site, handler.tried):
        return False
    if _only_waits(infer, site, handler.tried):
        return False
    return not (
        is_clean_up(infer, site, handler.tried) or _fails_later(infer, site, handler) or _skips_something(infer, site, handler)
    )


def _skips_something(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether a handler leaves by ``return`` or ``continue`` what would come next: the failure changes what is done."""
    body = infer.body(site)
    own = within(infer, site, handler.region) if handler.region >= 0 else frozenset[int]()
    if not any(isinstance(body.ops[number], Return | Jump) for number in own):
        return False
    last = max((*own, *within(infer, site, handler.tried)))
    others = {n for r in layout(infer, site).partners[handler.tried] for n in within(infer, site, r)}
    after = [n for n in within(infer, site, body.regions[handler.tried].parent) if n > last and n not in others]
    return any(body.ops[number] != Return(-1) for number in after)  # The end of a function is one as well.


def gives_back(infer: Inference, body: Body) -> bool:
    """Whether a function is there to give something back: it leaves a context manager, or a word of its name says so."""
    return body.name in ("__aexit__", "__del__") or any(map(infer.knowledge.is_closing, body.name.split("_")))


def stands_in_failure(infer: Inference, site: Site, region: int) -> bool:
    """Whether a region lies in a handler that raises an error."""
    body = infer.body(site)
    while region >= 0:
        if body.regions[region].kind == "except" and any(isinstance(body.ops[n], Raise) for n in within(infer, site, region)):
            return True
        region = body.regions[region].parent
    return False


def _comes_after(body: Body, region: int) -> bool:
    """Whether a region lies in a handler or a ``finally``, where a second error would hide the first."""
    while region >= 0:
        if body.regions[region].kind in ("except", "finally"):
            return True
        region = body.regions[region].parent
    return False


def _awaits_others(infer: Inference, site: Site, region: int) -> bool:
    """Whether all that is awaited in a region are tasks that others have started, at whose failure they may look."""
    body = infer.body(site)
    inside = within(infer, site, region)
    awaited = [op.value for number, op in enumerate(body.ops) if number in inside and isinstance(op, Await)]
    others = [number for number in awaited if isinstance(body.ops[number], Attr | Element | Item | Lookup | Param)]
    values = [infer.value(site, number) for number in others]
    return bool(awaited) and len(others) == len(awaited) and all(found and all(_is_task(infer, v) for v in found) for found in values)


def _only_waits(infer: Inference, site: Site, region: int) -> bool:
    """Whether all that is awaited in a region are waits of the standard library that can't fail, such as a sleep."""
    ops = infer.body(site).ops
    awaits = [op for number, op in enumerate(ops) if number in within(infer, site, region) and is_await(op)]
    return all(isinstance(op, Await) and _only_waits_for(infer, Place(site, op.value)) for op in awaits)


def _only_waits_for(infer: Inference, made: Place) -> bool:
    op = infer.body(made.site).ops[made.number]
    callee = infer.value(made.site, op.func) if isinstance(op, Call) else ()
    if not callee or not all(isinstance(value, Function) and infer.is_standard(value) for value in callee):
        return False
    known = infer.knowledge
    runs = any(known.consumer(name) or known.task(name) or known.offload(name) for name in names_of(infer, made))
    return not runs and failure_of_call(infer, made) is None


def _is_task(infer: Inference, value: Value) -> bool:
    """Whether a value is a future that can be cancelled, rather than anything that can be awaited."""
    return _is_future(infer, value) and isinstance(value, Instance) and find_member(infer, value.cls, "cancel") is not None


def _does_nothing(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether a handler holds no more than ``pass``, ``continue``, ``break`` or a ``return`` of nothing."""
    body = infer.body(site)
    own = within(infer, site, handler.region)
    returned = {op.value for number in own if isinstance(op := body.ops[number], Return)}
    for number in own:
        op = body.ops[number]
        if isinstance(op, Return):
            fine = op.value < 0 or body.ops[op.value] == Const(None)
        elif isinstance(op, Caught):
            fine = not fate(infer, Place(site, number)).users
        else:
            fine = isinstance(op, Jump) or (number in returned and op == Const(None))
        if not fine:
            return False
    return True


def is_clean_up(infer: Inference, site: Site, region: int) -> bool:
    """Whether what is awaited in a region only gives something back, or is a task that was cancelled."""
    body = infer.body(site)
    inside = within(infer, site, region)
    awaits = [op for number, op in enumerate(body.ops) if number in inside and is_await(op)]
    if _awaits_cancelled(infer, site, region) and cancels(infer, site):
        return True
    return all(isinstance(op, Await) and is_closing(infer, body, op.value) for op in awaits)


def is_closing(infer: Inference, body: Body, value: int) -> bool:
    """Whether a word of the name of a call, or of one that it is given, says that it gives something back."""
    op = body.ops[value]
    if not isinstance(op, Call):
        return False
    callee = body.ops[op.func]
    name = callee.name or "" if isinstance(callee, Attr | Lookup | Import) else ""
    if any(map(infer.knowledge.is_closing, (name, *name.split("_")))):
        return True
    return any(is_closing(infer, body, number) for number in op.args)


def _fails_later(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether a loop of tries ends in an error of its own, or an error comes next in any case."""
    body = infer.body(site)
    around = body.regions[handler.tried].parent
    last = max(within(infer, site, handler.tried), default=0)
    raised = [number for number, op in enumerate(body.ops) if number > last and isinstance(op, Raise)]
    return any(body.where[number] == around for number in raised) or bool(raised and _loops_around(body, handler.tried))
