"""What becomes of a coroutine, task or other awaitable that a call makes: who awaits it, keeps it, or lets it go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import (
    Attr,
    Await,
    Call,
    Closure,
    Compare,
    Display,
    Drop,
    Element,
    Enter,
    Exit,
    Item,
    Lookup,
    Mapping,
    Param,
    Return,
    Spread,
    StoreAttr,
    StoreItem,
    StoreName,
    Unary,
    Unpack,
    Yield,
)
from flake8_noblock.knowledge.schema import Argument, Consumer, Task
from flake8_noblock.link.classes import find_member
from flake8_noblock.link.flow import argument_for
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.sources import source_of
from flake8_noblock.link.values import ClassValue, Coroutine, ForeignClass, Function, Instance, Values

MOST_STEPS = 60
"""Operations through which one value is followed."""

EndKind = Literal["awaited", "kept", "task", "returned", "stored", "method", "dropped", "unknown"]


@dataclass(frozen=True, slots=True)
class End:
    """One thing that becomes of an awaitable.

    It is ``awaited`` (entered, iterated, run to its end) by the operation at `place`; started and ``kept`` by a group there, or
    started as a ``task`` of which nothing more becomes; ``returned``; ``stored`` in an attribute, container or name of others;
    asked for attribute or ``method``; ``dropped``. ``unknown`` is what can't be followed. `through` are the calls that it was
    handed to on the way, and `task` tells that one of them started it as a task. `given` is the call by which it became a
    parameter of the function in which `place` stands, where that is another one.
    """

    kind: EndKind
    place: Place
    through: tuple[Place, ...] = ()
    task: bool = False
    given: Place | None = None


def ends(infer: Inference, place: Place) -> tuple[End, ...]:
    """What becomes of the awaitable that the operation at `place` makes."""
    unknown = (End("unknown", place),)
    return infer.remember_from(unknown, "ends of awaitables", place, lambda: tuple(_ends(infer, place, {place})))


def _ends(infer: Inference, place: Place, seen: set[Place]) -> Iterator[End]:
    known = fate(infer, place)
    found = False
    for user in known.users:
        for end in _end(infer, Place(place.site, user), place, seen):
            found = True
            yield end
    if known.named and infer.body(place.site).kind != "module":
        found = True
        yield End("stored", place)
    if not found:
        yield End("dropped", place)


def _on(infer: Inference, place: Place, seen: set[Place]) -> Iterator[End]:
    """What becomes of a value that holds, or is, what is followed."""
    if place in seen:
        return
    if len(seen) >= MOST_STEPS:
        yield End("unknown", place)
        return
    seen.add(place)
    yield from _ends(infer, place, seen)


def _end(infer: Inference, user: Place, value: Place, seen: set[Place]) -> Iterator[End]:
    op = infer.body(user.site).ops[user.number]
    match op:
        case Await() | Enter(is_async=True) | Element(is_async=True):
            yield End("awaited", user)
        case Call(func=func) if func != value.number:
            yield from _handed(infer, user, op, value, seen)
        case Display() | Mapping() | Spread() | Element() | Unpack() | Item():
            yield from _on(infer, user, seen)
        case Return():
            body = infer.body(user.site)
            plain = body.kind == "function" and not body.is_async
            yield End("returned" if plain else "unknown", user)
        case Yield():
            made = infer.made_at(user.site)
            if made is None:
                yield End("unknown", user)
            else:
                yield from _on(infer, Place(*made), seen)
        case StoreAttr() | StoreItem() | StoreName():
            yield End("stored", user)
        case Attr():
            yield End("method", user)
        case Drop():
            yield End("dropped", user)
        case Exit() | Unary() | Compare():
            return
        case _:
            yield End("unknown", user)


def _handed(infer: Inference, place: Place, call: Call, value: Place, seen: set[Place]) -> Iterator[End]:
    """What a call does with an awaitable that it is given."""
    task, consumer = rows_of(infer, place)
    if task is not None and not task.function:
        if task.kept:
            yield End("kept", place, (place,), True)
            return
        for end in _on(infer, place, seen):
            kind: EndKind = "task" if end.kind == "dropped" else end.kind
            yield replace(end, kind=kind, through=(place, *end.through), task=True)
    elif consumer is not None:
        found = [
            inner for end in _on(infer, place, seen) for inner in (_opened(infer, end, seen) if consumer.unopened else [end])
        ]
        if _gives_awaitable(infer, infer.value(place.site, place.number)) or any(end.kind == "awaited" for end in found):
            yield from [replace(end, through=(place, *end.through)) for end in found]
        else:
            yield End("awaited", place, (place,))
    else:
        yield from _given(infer, place, call, value, seen)


def _opened(infer: Inference, end: End, seen: set[Place]) -> Iterator[End]:
    """What becomes of tasks that are given back as they ended, where that is awaited."""
    if end.kind == "awaited":
        yield from _on(infer, end.place, seen)
    else:
        yield end


def rows_of(infer: Inference, place: Place) -> tuple[Task | None, Consumer | None]:
    """What tables say of the call at `place`: that it starts a task, or awaits what it is given."""
    op = infer.body(place.site).ops[place.number]
    for value in infer.value(place.site, op.func) if isinstance(op, Call) else ():
        for name in paths(infer, value) or ():
            task, consumer = infer.knowledge.task(name), infer.knowledge.consumer(name)
            if task is not None or consumer is not None:
                return task, consumer
    return None, None


def _gives_awaitable(infer: Inference, values: Values) -> bool:
    """Whether what a consumer gives is to be awaited, or iterated over, in its turn; of an unknown class it is a result."""
    for value in values:
        if isinstance(value, Coroutine):
            return True
        if isinstance(value, Instance):
            members = [find_member(infer, value.cls, name) for name in ("__await__", "__next__")]
            if any(member is not None and not isinstance(member.owner, ForeignClass) for member in members):
                return True
    return False


def _given(infer: Inference, place: Place, call: Call, value: Place, seen: set[Place]) -> Iterator[End]:
    """An argument of a call of which no table says what it does with awaitables."""
    for callee in infer.value(place.site, call.func):
        if isinstance(callee, ClassValue) and infer.is_standard(callee):
            yield from _on(infer, place, seen)  # A container made of another one.
        elif isinstance(callee, Function) and isinstance(callee.receiver, Instance) and infer.is_standard(callee):
            yield from _put(infer, place, call, seen)
        elif isinstance(callee, Function) and infer.module(callee.module).origin == "project":
            yield from _passed(infer, place, call, value, callee, seen)
        else:
            yield End("unknown", place)


def _put(infer: Inference, place: Place, call: Call, seen: set[Place]) -> Iterator[End]:
    """A method of a container of the standard library is given the awaitable: that holds it from then on."""
    ops = infer.body(place.site).ops
    callee = ops[call.func]
    if not isinstance(callee, Attr) or isinstance(ops[callee.base], Attr | Lookup | Param):
        yield End("stored", place)
        return
    for end in _on(infer, Place(place.site, callee.base), seen):
        if end.kind != "method":
            yield end


def _passed(infer: Inference, place: Place, call: Call, value: Place, callee: Function, seen: set[Place]) -> Iterator[End]:
    """The awaitable becomes a parameter of a function of the project."""
    source = source_of(infer, callee)
    body = infer.function_body(source) if source is not None else None
    if source is None or body is None or len(seen) >= MOST_STEPS:
        yield End("unknown", place)
        return
    site = Site(source.module, source.body)
    skip = 0 if source.receiver is None else 1
    found = False
    for number, op in enumerate(body.ops):
        if isinstance(op, Param) and argument_for(infer.body(place.site), call, body, op.index, skip) == value.number:
            found = True
            for end in _on(infer, Place(site, number), seen):
                if end.kind == "returned":
                    after = _on(infer, place, seen)
                    yield from [replace(e, through=(*end.through, *e.through), task=end.task or e.task) for e in after]
                else:
                    yield replace(end, given=end.given or place)
    if not found:
        yield End("unknown", place)


def is_given(infer: Inference, call: Place, which: Argument, number: int) -> bool:
    """Whether operation `number` is, or is among, the arguments of a call that `which` means."""
    body = infer.body(call.site)
    op = body.ops[call.number]
    if not isinstance(op, Call):
        return False
    if any(value == number and name == which.keyword for name, value in op.keywords):
        return True
    if which.position is None or number not in op.args:
        return False
    position = op.args.index(number)
    return position >= which.position if which.rest else position == which.position


def closure_number(infer: Inference, site: Site) -> Place | None:
    """Where the function at `site` comes into being, in the body around it."""
    outer = infer.around(site)
    for number, op in enumerate(infer.body(outer).ops):
        if op == Closure(site.body):
            return Place(outer, number)
    return None
