"""What is known of an object where an operation on it runs, since a condition asked it before (``if future.done():``)."""

from __future__ import annotations

from flake8_noblock.effects.origins import Place, identity, is_call_on
from flake8_noblock.facts.model import Attr, Body, Call, Choice, Jump, Op, Param, Unary
from flake8_noblock.knowledge.schema import Blocking
from flake8_noblock.link.inference import Inference


def is_guarded(infer: Inference, place: Place, key: object, method: str, truth: bool) -> bool:
    """Whether `place` runs only where a call of `method` on the object that `key` identifies was true, or wasn't: under such a
    condition, or after a loop that went on until then."""
    body = infer.body(place.site)
    around: set[int] = set()
    number = body.where[place.number]
    while number >= 0:
        region = body.regions[number]
        governs = region.kind in ("branch", "loop") and region.value >= 0
        if governs and _tells(body, region.value, region.positive, key, method, truth):
            return True
        around.add(number)
        number = region.parent
    return any(
        region.kind == "loop"
        and 0 <= region.value < place.number
        and region.parent in around
        and number not in around
        and _tells(body, region.value, False, key, method, truth)
        and not _is_left_early(body, number)
        for number, region in enumerate(body.regions)
    )


def _tells(body: Body, condition: int, positive: bool, key: object, method: str, truth: bool) -> bool:
    """Whether `condition` being true (or, not `positive`, false) says that the call of `method` gave `truth`."""
    op: Op = body.ops[condition]
    match op:
        case Unary(operator="Not" | "Test" as operator, value=value):
            return _tells(body, value, positive == (operator == "Test"), key, method, truth)
        case Choice(values=values, where=(*_, last)) if body.regions[last].positive == positive:
            parts = [value for value in values if value < condition and not isinstance(body.ops[value], Choice)]
            return any(_tells(body, value, positive, key, method, truth) for value in parts)
    return positive == truth and is_call_on(body.ops, condition, method, lambda base: identity(body.ops, base) == key)


def _is_left_early(body: Body, loop: int) -> bool:
    """Whether a ``break`` may leave a loop before its condition is false."""
    inside = {loop}
    for number, region in enumerate(body.regions):
        if region.parent in inside:
            inside.add(number)
    return any(op == Jump("break") and where in inside for op, where in zip(body.ops, body.where, strict=True))


def is_guarded_by_caller(infer: Inference, call: Place, place: Place, row: Blocking) -> bool:
    """Whether the caller of a method has asked what an operation in it, at `place` and on an attribute of the same object,
    would wait for."""
    caller, body = infer.body(call.site).ops, infer.body(place.site).ops
    op, inner = caller[call.number], body[place.number]
    if not isinstance(op, Call) or not isinstance(inner, Call):
        return False
    method, receiver = caller[op.func], body[inner.func]
    if not isinstance(method, Attr) or not isinstance(receiver, Attr):
        return False
    attribute = body[receiver.base]
    if not isinstance(attribute, Attr) or body[attribute.base] != Param(0):
        return False
    key = (identity(caller, method.base), attribute.name)
    return any(c.guard is not None and is_guarded(infer, call, key, c.guard, not c.fails) for c in row.unless)
