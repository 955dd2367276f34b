"""Code that gives something back: closes what is open, or waits for tasks that were cancelled."""

from __future__ import annotations

from flake8_noblock.effects.awaiting import rows_of
from flake8_noblock.effects.failing import with_generators
from flake8_noblock.effects.guards import names_of
from flake8_noblock.effects.handlers import is_await
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import Attr, Await, Body, Call, Enter, Exit, Import, Lookup
from flake8_noblock.link.classes import find_member
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import within
from flake8_noblock.link.values import Function, Instance, Value


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
            helpers = [
                value for value in called if isinstance(value, Function) and infer.module(value.module).origin == "project"
            ]
            sites = [one for value in helpers for one in with_generators(infer, Site(value.module, value.body))]
            if any(does(infer, infer.body(one), what) for one in (inner, *sites)):
                return True
        site = infer.around(site)
    return False


def does(infer: Inference, body: Body, what: str) -> bool:
    """Whether a body names a method that does this to a task (see `Knowledge.outcome_by_word`)."""
    return any(isinstance(op, Attr) and infer.knowledge.outcome_by_word(op.name) == what for op in body.ops)


def awaits_cancelled(infer: Inference, site: Site, region: int) -> bool:
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
    return any(is_future(infer, one) for place in given for one in infer.value(*place))


def is_future(infer: Inference, value: Value) -> bool:
    """Whether a value is an object that can be awaited."""
    return isinstance(value, Instance) and find_member(infer, value.cls, "__await__") is not None


def is_clean_up(infer: Inference, site: Site, region: int) -> bool:
    """Whether what is awaited in a region only gives something back, or is a task that was cancelled."""
    body = infer.body(site)
    inside = within(infer, site, region)
    awaits = [op for number, op in enumerate(body.ops) if number in inside and is_await(op)]
    if awaits_cancelled(infer, site, region) and cancels(infer, site):
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


def gives_back(infer: Inference, body: Body) -> bool:
    """Whether a function is there to give something back: it leaves a context manager, or a word of its name says so."""
    return body.name in ("__aexit__", "__del__") or any(map(infer.knowledge.is_closing, body.name.split("_")))
