"""Code on the loop: which bodies of a module the event loop itself runs."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.conditions import argument
from flake8_noblock.effects.operations import Operation, row_of, unwrap_partial
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.rows import last_name
from flake8_noblock.facts.model import Call, Element, Unpack
from flake8_noblock.knowledge.schema import LoopCallback
from flake8_noblock.link.classes import mro
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import ClassValue, Function, Values


def bodies_on_loop(infer: Inference, module: str) -> list[int]:
    """The numbers of the bodies of `module` that run on the loop, in source order."""
    return infer.remember("bodies on the loop", module, _bodies_on_loop, infer, module)


def _bodies_on_loop(infer: Inference, module: str) -> list[int]:
    facts = infer.facts(module)
    found = {number for number, body in enumerate(facts.bodies) if body.is_async}
    for _, callback in registrations(infer, module):
        found.update(_targets(module, infer.value(*callback)))
    found.update(_decorated(infer, module))
    found.update(_loop_methods(infer, module))
    for number, body in enumerate(facts.bodies):
        if body.parent in found and (body.kind == "class" or _is_consumed(infer, module, number)):
            found.add(number)
    return sorted(found)


def handed_over(infer: Inference, module: str) -> Iterator[Operation]:
    """Blocking operations that are handed to the loop as they are: ``loop.call_later(1, time.sleep, 1)``."""
    for call, callback in registrations(infer, module):
        known = row_of(infer, infer.value(*callback))
        if isinstance(known, tuple):
            yield Operation(call, known[0], known[1], known[0])


def registrations(infer: Inference, module: str) -> list[tuple[Place, Place]]:
    """Calls that hand the loop a callable, each with that callable."""
    return infer.remember("callables handed to the loop", module, _registrations, infer, module)


def _registrations(infer: Inference, module: str) -> list[tuple[Place, Place]]:
    return list(_registered(infer, module))


def _registered(infer: Inference, module: str) -> Iterator[tuple[Place, Place]]:
    facts = infer.facts(module)
    for number, body in enumerate(facts.bodies):
        for index, op in enumerate(body.ops):
            if not isinstance(op, Call):
                continue
            if not infer.knowledge.may_register(last_name(infer, Place(Site(module, number), op.func))):
                continue
            row = _callback_row(infer, infer.value(Site(module, number), op.func))
            if row is None or row.decorator:
                continue
            given = argument(infer, Place(Site(module, number), index), row.callable)
            if given is not None:
                site = Site(module, number)
                yield Place(site, index), unwrap_partial(infer, Place(site, given))


def _callback_row(infer: Inference, callee: Values) -> LoopCallback | None:
    for value in callee:
        for name in paths(infer, value) or ():
            row = infer.knowledge.loop_callback(name)
            if row is not None:
                return row
    return None


def _targets(module: str, values: Values) -> Iterator[int]:
    for value in values:
        if isinstance(value, Function) and value.module == module:
            yield value.body


def _decorated(infer: Inference, module: str) -> Iterator[int]:
    """Functions that a decorator marks as run by the loop."""
    for number, body in enumerate(infer.facts(module).bodies):
        for decorator in body.decorators:
            row = _callback_row(infer, infer.value(Site(module, body.parent), decorator))
            if row is not None and row.decorator:
                yield number


def _loop_methods(infer: Inference, module: str) -> Iterator[int]:
    """Methods of protocols and the like, which the loop calls."""
    facts = infer.facts(module)
    for index, cls in enumerate(facts.classes):
        if not cls.bases:
            continue
        methods: set[str] = set()
        for ancestor in mro(infer, infer.source_class(module, index))[1:]:
            if ancestor.cls is not None:
                methods |= infer.knowledge.loop_methods(ancestor.cls.name)
        if methods:
            for number, body in enumerate(facts.bodies):
                if body.owner == index and body.name in methods:
                    yield number


def _is_consumed(infer: Inference, module: str, number: int) -> bool:
    """Whether a generator expression is iterated where it stands, by a loop or by what is called with it."""
    made = infer.made_at(Site(module, number))
    if made is None:
        return False
    site, call = made
    for op in infer.body(site).ops:
        if isinstance(op, Element | Unpack) and op.value == call:
            return True
        if isinstance(op, Call) and call in op.args:
            return _consumes(infer, infer.value(site, op.func))
    return False


def _consumes(infer: Inference, callee: Values) -> bool:
    """Whether calling one of `callee` iterates over an argument, or may."""
    for value in callee:
        names = paths(infer, value) or ()
        if any(infer.knowledge.offload(name) for name in names):
            return False
        if isinstance(value, Function | ClassValue) and infer.is_standard(value):
            return any("__next__" in row.methods and not row.lazily for name in names for row in infer.knowledge.protocol(name))
    return True
