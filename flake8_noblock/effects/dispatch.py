"""Calls that run what was registered on the same object: ``logger.error(...)`` runs the handlers of the logger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.conditions import argument
from flake8_noblock.effects.origins import Place, origins
from flake8_noblock.facts.model import Attr, Call
from flake8_noblock.knowledge.schema import Dispatch
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import Literal, Values


class Registered(NamedTuple):
    """What a call registers: `values`, of which `method` is called, or which are called themselves."""

    values: Values
    method: str


class _Object(NamedTuple):
    """An object that something is registered on: the call that made it, or the name that it was made with."""

    made: Place | None
    name: str | None


def registered(infer: Inference, place: Place, names: tuple[str, ...]) -> Iterator[Registered]:
    """What is registered on the object of the call at `place`, whose callable goes by `names`.

    Registrations are looked for where the call stands and where the object is made.
    """
    for name in names:
        for row in infer.knowledge.dispatch(name):
            own = _object(infer, place, row)
            if own is None:
                continue
            modules = dict.fromkeys([place.site.module, *([own.made.site.module] if own.made is not None else [])])
            for module in modules:
                for other, registration in _registrations(infer, module, row):
                    if _reaches(row, own, other):
                        yield registration


def _object(infer: Inference, place: Place, row: Dispatch) -> _Object | None:
    """The object that the method at `place` is called on; for a plain function, the one without a name."""
    body = infer.body(place.site)
    op = body.ops[place.number]
    callee = body.ops[op.func] if isinstance(op, Call) else None
    if not isinstance(callee, Attr) or not any(map(_is_object, infer.value(place.site, callee.base))):
        return _Object(None, "")
    made = origins(infer, Place(place.site, callee.base))
    if not made or len(made) != 1:
        return None
    return _Object(made[0], _name(infer, made[0]) if row.hierarchy else None)


def _is_object(value: object) -> bool:
    return hasattr(value, "cls")


def _name(infer: Inference, made: Place) -> str | None:
    """The constant that an object was made with; "" where it was made with none."""
    op = infer.body(made.site).ops[made.number]
    if not isinstance(op, Call) or len(op.args) > 1 or op.keywords:
        return None
    if not op.args:
        return ""
    match infer.value(made.site, op.args[0]):
        case (Literal(value=str(name)),):
            return name
    return None


def _reaches(row: Dispatch, own: _Object, other: _Object) -> bool:
    """Whether what is registered on `other` runs for `own`: the same object, or one above it by name."""
    if own.made == other.made and own.made is not None:
        return True
    if own.name is None or other.name is None:
        return False
    return other.name in ("", own.name) or own.name.startswith(other.name + row.hierarchy)


def _registrations(infer: Inference, module: str, row: Dispatch) -> list[tuple[_Object, Registered]]:
    return infer.remember("registrations", (module, row), lambda: list(_found(infer, module, row)))


def _found(infer: Inference, module: str, row: Dispatch) -> Iterator[tuple[_Object, Registered]]:
    words = {name.rpartition(".")[2] for name in row.register}
    for number, body in enumerate(infer.facts(module).bodies):
        for index, op in enumerate(body.ops):
            callee = body.ops[op.func] if isinstance(op, Call) else None
            if not isinstance(callee, Attr) or callee.name not in words:
                continue
            place = Place(Site(module, number), index)
            if _is_register(infer, place, op, row):  # type: ignore[arg-type]
                own, given = _object(infer, place, row), argument(infer, place, row.callable)
                if own is not None and given is not None:
                    yield own, Registered(infer.value(place.site, given), row.method)


def _is_register(infer: Inference, place: Place, op: Call, row: Dispatch) -> bool:
    known = {infer.knowledge.canonical(name) for name in row.register}
    values = infer.value(place.site, op.func)
    return any(infer.knowledge.canonical(name) in known for value in values for name in paths(infer, value) or ())
