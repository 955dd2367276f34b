"""Handlers that keep the cancellation of a coroutine from going on."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.awaiting import End
from flake8_noblock.effects.callers import callers, is_entry, may_be_called_elsewhere
from flake8_noblock.effects.clean_up import awaits_cancelled, cancels, does, is_clean_up, is_closing
from flake8_noblock.effects.errors import catches_cancellation, catches_everything
from flake8_noblock.effects.flow import flow_of
from flake8_noblock.effects.handlers import Handler, handled, has_await, is_await, loops_around, stands_in_failure
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.outcomes import outcome
from flake8_noblock.effects.uses import fate, same_value
from flake8_noblock.facts.model import Attr, Await, Body, Call, Caught, Const, Display, Raise, Return, StoreAttr, StoreItem
from flake8_noblock.facts.operands import is_parameter, returned_values
from flake8_noblock.link.changes import changed
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import layout, regions_around, within
from flake8_noblock.link.objects import flat
from flake8_noblock.link.values import ClassValue, Function, Instance, Value, Values, is_unknown


def swallows_cancellation(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether a handler keeps the cancellation of the coroutine from going on, although more is to come, there or in a caller."""
    if handler.types is not None and not catches_cancellation(infer, handler.types):
        return False
    body = infer.body(site)
    if handler.region >= 0:
        own = within(infer, site, handler.region)
        if any(_is_failure(infer, site, number) for number in own):
            return False
        if any(isinstance(body.ops[number], Caught) and _is_handed_on(infer, site, number) for number in own):
            return False
        if (
            _is_taken_before(infer, site, handler)
            or _is_raised_later(infer, site, handler)
            or _is_raised_elsewhere(infer, site, own)
        ):
            return False
    if stands_in_failure(infer, site, handler.tried):
        return False
    if handler.types is None or _catches_everything_else(infer, handler.types):
        return not (awaits_cancelled(infer, site, handler.tried) and does(infer, body, "cancel"))
    if awaits_cancelled(infer, site, handler.tried) or is_clean_up(infer, site, handler.tried):
        return False
    return (
        catches_everything(infer, handler.types)
        or not _ends_after(infer, site, handler)
        or _ends_for_a_caller(infer, site, handler)
    )


def _catches_everything_else(infer: Inference, types: Values) -> bool:
    """Whether a handler for `types` catches ``BaseException`` itself."""
    return any(getattr(getattr(value, "cls", None), "name", "") == "builtins.BaseException" for value in flat(types))


def _is_taken_before(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether an earlier handler of the same ``try`` catches the cancellation."""
    for region in infer.body(site).regions[: handler.region]:
        if region.kind == "except" and region.partner == handler.tried:
            if region.value < 0 or catches_cancellation(infer, infer.value(site, region.value)):
                return True
    return False


def _is_failure(infer: Inference, site: Site, number: int) -> bool:
    """Whether an operation raises, never returns, or gives a future an exception."""
    op = infer.body(site).ops[number]
    if not isinstance(op, Call):
        return isinstance(op, Raise)
    if outcome(infer, Place(site, op.func)) == "fail":
        return True
    return bool(infer.value(site, op.func)) and not infer.value(site, number)


def _is_handed_on(infer: Inference, site: Site, number: int) -> bool:
    """Whether the exception that operation `number` is, or something that holds it, is given back, or to a container or code that
    may raise it, by itself or by a function that it is given, or give it back."""
    ops = infer.body(site).ops
    for user in fate(infer, Place(site, number)).users:
        op = ops[user]
        if isinstance(op, StoreItem | Return) or isinstance(op, Display) and _is_handed_on(infer, site, user):
            return True
        if isinstance(op, Call) and (changed(infer.body(site), user) >= 0 or _is_taken_on(infer, Place(site, number), op)):
            return True
    return False


def _is_taken_on(infer: Inference, exception: Place, op: Call) -> bool:
    """Whether what is called with an exception, or given to it, may keep that, raise it or give it back.

    What isn't known, and takes it by its name (``exc_info=error``), mostly logs it.
    """
    site = exception.site
    callee = infer.value(site, op.func)
    if is_unknown(callee) and (same_value(infer, exception) or set()).isdisjoint(op.args):
        return False
    if any(_may_pass_on(infer, value) for value in callee):
        return True
    called = [
        value for value in (*callee, *[v for arg in op.args for v in infer.value(site, arg)]) if isinstance(value, Function)
    ]
    bodies = [infer.function_body(value) for value in called if infer.module(value.module).origin == "project"]
    return any(isinstance(inner, Raise) for body in bodies for inner in body.ops) or any(
        does(infer, body, "fail") for body in bodies
    )


def _may_pass_on(infer: Inference, value: Value) -> bool:
    """Whether a callable may keep an exception or raise it where it isn't seen: neither one of the standard library, such as a
    logger's method, nor a plain function of the project that stores nothing and gives nothing back that it is given."""
    if not isinstance(value, Function | ClassValue) or not infer.is_standard(value):
        if not isinstance(value, Function) or infer.module(value.module).origin != "project":
            return True
        body = infer.function_body(value)
        return body.is_async or any(isinstance(op, StoreAttr | StoreItem) for op in body.ops) or _hands_back(body)
    return False


def _hands_back(body: Body) -> bool:
    """Whether a function gives back something that it is given, by itself or next to others."""
    values = returned_values(body)
    parts = [item for number in values if isinstance(op := body.ops[number], Display) for item in op.items]
    return any(is_parameter(body, number) for number in (*values, *parts))


def _is_raised_later(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether a handler keeps the exception, and the function raises something after it, or it raises a cancellation of its
    own."""
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


def _ends_after(infer: Inference, site: Site, handler: Handler) -> bool:
    """Whether the coroutine waits for nothing more once the handler has run."""
    body = infer.body(site)
    own = handled(infer, site, handler)
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
    """Whether a coroutine that ends by a handler does one thing for a caller, who goes on: it is no task that works in rounds
    until it is cancelled, or that cancels itself, and nothing but code that awaits it is known to call it."""
    body = infer.body(site)
    if loops_around(body, handler.tried) or cancels(infer, site):
        return False
    loops = [number for number, region in enumerate(body.regions) if region.kind == "loop"]
    if any(handler.tried in regions_around(body, number) and has_await(infer, site, number) for number in loops):
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
    own = handled(infer, site, handler)
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
