"""Functions of a module that are handed, with their arguments, to what calls them: ``Thread(target=f, args=(x,))``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flake8_noblock.facts.model import Attr, Body, Call, Closure, Display, Lookup, Spread
from flake8_noblock.facts.operands import called_name
from flake8_noblock.knowledge.schema import Argument, LoopCallback, Offload
from flake8_noblock.link.adapters import table_path
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import Value


class Handover(NamedTuple):
    """A call in the body at `site` that is given a function as operation `function`."""

    site: Site
    call: Call
    function: int


def handovers(infer: Inference, module: str, name: str) -> list[Handover]:
    """The calls in `module` by which a function called `name` may be handed over with its arguments."""
    return infer.remember("handovers by name", module, _by_name, infer, module).get(name, [])


def _by_name(infer: Inference, module: str) -> dict[str, list[Handover]]:
    found: dict[str, list[Handover]] = {}
    bodies = infer.facts(module).bodies
    for number, body in enumerate(bodies):
        for op in body.ops:
            if isinstance(op, Call) and _may_hand_over(infer, called_name(body, op)):
                for given in (*op.args, *[value for _, value in op.keywords]):
                    handed = body.ops[given]
                    name = bodies[handed.body].name if isinstance(handed, Closure) else getattr(handed, "name", "")
                    if isinstance(handed, Attr | Lookup | Closure):
                        found.setdefault(name, []).append(Handover(Site(module, number), op, given))
    return found


def _may_hand_over(infer: Inference, name: str) -> bool:
    return infer.knowledge.may_have_row(Offload, name) or infer.knowledge.may_have_row(LoopCallback, name)


def arguments_handed(infer: Inference, handover: Handover) -> tuple[int, ...] | None:
    """The operations that the function is given as arguments by position; None: not known."""
    body = infer.body(handover.site)
    for value in infer.value(handover.site, handover.call.func):
        for row in _rows(infer, value):
            if row.given is not None and _argument(handover.call, row.callable) == handover.function:
                return _all(body, handover.call, row.given)
    return None


def _rows(infer: Inference, callee: Value) -> Iterator[Offload | LoopCallback]:
    name = table_path(infer, callee)
    for row in (infer.knowledge.offload(name), infer.knowledge.loop_callback(name)) if name is not None else ():
        if row is not None:
            yield row


def _argument(call: Call, which: Argument) -> int | None:
    for keyword, value in call.keywords:
        if keyword == which.keyword:
            return value
    position = which.position
    return call.args[position] if position is not None and position < len(call.args) else None


def _all(body: Body, call: Call, which: Argument) -> tuple[int, ...] | None:
    """The arguments that `which` means, one by one."""
    if which.rest and which.position is not None:
        found = call.args[which.position :]
    else:
        given = _argument(call, which)
        if given is None:
            return ()
        items = body.ops[given]
        if not isinstance(items, Display) or items.comprehension:
            return None
        found = items.items
    return None if any(isinstance(body.ops[number], Spread) for number in found) else found
