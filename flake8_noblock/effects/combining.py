"""Mistakes in calls that join awaitables (``gather``, ``wait``, ``as_completed``, ``shield``)."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.awaitables import kind_at
from flake8_noblock.effects.awaiting import ends
from flake8_noblock.effects.conditions import argument
from flake8_noblock.effects.origins import Place, origins
from flake8_noblock.effects.rows import calls_with
from flake8_noblock.effects.tasks import is_kept, is_start
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import Call, Display, Spread
from flake8_noblock.knowledge.schema import Combine
from flake8_noblock.link.attributes import element
from flake8_noblock.link.classes import find_member
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.objects import as_instance
from flake8_noblock.link.values import Coroutine, Function, Literal, TupleValue, Value, Values, is_unknown, union


def misused(infer: Inference, module: str) -> Iterator[tuple[Place, str]]:
    """The calls in `module` that join awaitables wrongly, each with what is wrong, as the rest of a sentence."""
    for place, _, row in calls_with(infer, module, Combine):
        wrong = _wrong(infer, place, row)
        if wrong:
            yield place, wrong


def _wrong(infer: Inference, place: Place, row: Combine) -> str:
    op = infer.body(place.site).ops[place.number]
    assert isinstance(op, Call)
    if row.awaitables.rest and op.args and all(_is_collection(infer, value) for value in _plain(infer, place, op)):
        return "takes awaitables one by one and is given a collection of them; unpack it with *"
    given = argument(infer, place, row.awaitables)
    if row.awaitables.items and given is not None and _is_awaitable(infer, Place(place.site, given)):
        return "takes a collection of awaitables and is given one; put them in a list"
    if row.tasks and given is not None and _has_coroutines(infer, place, given):
        return "takes tasks and is given coroutines; start each with asyncio.create_task"
    if row.awaited and not is_kept(infer, place):
        return "is not awaited, so nobody sees when it ends or how it fails; await it"
    if row.several and _is_single(infer, place, op, row):
        return "of one awaitable does nothing that awaiting it doesn't; await it directly"
    if row.refers and given is not None and _is_new(infer, Place(place.site, given), place.number):
        return "keeps no reference to what it protects, so it may be collected; keep the task in a name of its own"
    return ""


def _plain(infer: Inference, place: Place, op: Call) -> Values:
    """What the only argument of a call may be; unknown where there are several, or one that is unpacked."""
    ops = infer.body(place.site).ops
    if len(op.args) != 1 or isinstance(ops[op.args[0]], Spread):
        return (Literal(None),)
    return infer.value(place.site, op.args[0]) or (Literal(None),)


def _is_collection(infer: Inference, value: Value) -> bool:
    """Whether a value can be iterated and not awaited."""
    if isinstance(value, TupleValue):
        return True
    instance = as_instance(infer, value)
    if instance is None or isinstance(value, Literal):
        return False
    return find_member(infer, instance.cls, "__iter__") is not None and find_member(infer, instance.cls, "__await__") is None


def _is_awaitable(infer: Inference, place: Place) -> bool:
    """Whether a value is a coroutine or a task, rather than a collection of some."""
    values = infer.value(*place)
    coroutine = bool(values) and all(isinstance(value, Coroutine) for value in values)
    made = origins(infer, place)
    return coroutine or bool(made) and all(is_start(infer, one) is not None for one in made or ())


def _has_coroutines(infer: Inference, place: Place, given: int) -> bool:
    """Whether the collection that the call at `place` is given holds coroutines: by its type, or since they are put into it."""
    held = _held(infer, infer.value(place.site, given))
    if held and not is_unknown(held) and not any(isinstance(value, Coroutine) for value in held):
        return False  # Something on the way has made tasks of them.
    if held and all(isinstance(value, Coroutine) for value in held):
        return True
    for number, op in enumerate(infer.body(place.site).ops[: place.number]):
        call = Place(place.site, number)
        if isinstance(op, Call) and kind_at(infer, call) == "coroutine" and _is_put_as_it_is(infer, call):
            if any(place in end.through and not end.task and end.given is None for end in ends(infer, call)):
                return True
    return False


def _is_put_as_it_is(infer: Inference, made: Place) -> bool:
    """Whether a value is handed to nothing but containers of the language."""
    ops = infer.body(made.site).ops
    users = [ops[user] for user in fate(infer, made).users]
    callees = [infer.value(made.site, op.func) for op in users if isinstance(op, Call)]
    return all(isinstance(op, Call | Display) for op in users) and all(
        callee and all(isinstance(value, Function) and infer.is_standard(value) for value in callee) for callee in callees
    )


def _held(infer: Inference, values: Values) -> Values:
    return union(*[element(infer, value, False) for value in values]) if values else ()


def _is_single(infer: Inference, place: Place, op: Call, row: Combine) -> bool:
    if len(op.args) != 1 or isinstance(infer.body(place.site).ops[op.args[0]], Spread):
        return False
    return not any(name in (row.unless, "") for name, _ in op.keywords)


def _is_new(infer: Inference, place: Place, user: int) -> bool:
    """Whether an argument is a coroutine, or a task, that comes into being in the statement of `user` and has no name there."""
    body = infer.body(place.site)
    if not isinstance(body.ops[place.number], Call) or body.statements[place.number] != body.statements[user]:
        return False
    if is_start(infer, place) is not None:
        return True
    values = infer.value(*place)
    return bool(values) and all(isinstance(value, Coroutine) for value in values)
