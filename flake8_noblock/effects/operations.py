"""Blocking operations in a body: calls and protocol steps that tables know, as they stand in the source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from flake8_noblock.effects.callees import paths, protocol_paths
from flake8_noblock.effects.conditions import argument, is_switched_off
from flake8_noblock.effects.origins import Place, definitions_of, origins, same_function
from flake8_noblock.effects.receivers import callees
from flake8_noblock.facts.model import (
    Attr,
    Await,
    Body,
    Call,
    Choice,
    Element,
    Enter,
    Exit,
    Import,
    Item,
    Lookup,
    Op,
    StoreItem,
)
from flake8_noblock.knowledge.schema import Blocking
from flake8_noblock.link.classes import find_member, has_unknown_base, mro
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.objects import as_instance
from flake8_noblock.link.values import AnyClass, ClassValue, Foreign, Instance, SourceClass, Value, Values
from flake8_noblock.link.values import Literal as Constant

Known = tuple[str, Blocking]
"""A name as tables know it, and its row."""

Fine = Literal["fine"]
"""Tables know it, and it does not block here."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A blocking operation at `place`; `name` is the path by which the table knows it, `spelling` how it is written.

    `has_arguments`: it is a call with arguments.
    """

    place: Place
    name: str
    row: Blocking
    spelling: str
    has_arguments: bool = True


class Uses:
    """Which operations of a body are awaited or iterated, and which calls consume others as arguments."""

    def __init__(self, body: Body) -> None:
        self.awaited: set[int] = set()
        self.iterated: dict[int, int] = {}
        self.consumed: dict[int, int] = {}
        for number, op in enumerate(body.ops):
            match op:
                case Await(value=value) | Enter(value=value, is_async=True) | Element(value=value, is_async=True):
                    self.awaited.update(_choices(body.ops, value))
                case Element(value=value):
                    self.iterated.setdefault(value, number)
                case Call(func=func, args=args):
                    self.consumed.update(dict.fromkeys(args, number))
                    callee = body.ops[func]
                    if isinstance(callee, Attr) and callee.name == "__await__":
                        self.awaited.update(_choices(body.ops, callee.base))


def _choices(ops: tuple[Op, ...], number: int) -> list[int]:
    op = ops[number]
    return [number, *op.values] if isinstance(op, Choice) else [number]


def operation(infer: Inference, place: Place, op: Op, uses: Uses) -> Operation | Fine | None:
    """The blocking operation that `op` is; None where tables say nothing of it."""
    match op:
        case Call() if place.number not in uses.awaited:
            return _call(infer, place, op, uses)
        case Enter(value=value, is_async=False):
            return _protocol(infer, place, value, "__enter__")
        case Exit(value=value, is_async=False):
            return _protocol(infer, place, value, "__exit__")
        case Element(value=value, is_async=False):
            return _protocol(infer, place, value, "__next__") or _protocol(infer, place, value, "__iter__")
        case Item(base=base):
            return _protocol(infer, place, base, "__getitem__")
        case StoreItem(base=base):
            return _protocol(infer, place, base, "__setitem__")
        case Attr(base=base, name=name) if infer.knowledge.may_be_property(name):
            return _property(infer, place, base, name)
    return None


def _property(infer: Inference, place: Place, base: int, name: str) -> Operation | None:
    """A property that blocks when it is read."""
    rows: list[Known] = []
    for value in infer.value(place.site, base):
        if value == Constant(None):
            continue
        row = _row(infer, _up_to_own(infer, value.cls, name)) if isinstance(value, Instance) else None
        if not isinstance(row, tuple) or not row[1].attribute:
            return None
        rows.append(row)
    return Operation(place, *rows[0], rows[0][0].rpartition(".")[0].rpartition(".")[2] + "." + name) if rows else None


def _up_to_own(infer: Inference, cls: AnyClass, name: str) -> tuple[str, ...]:
    """The paths of a member along the MRO, up to the first class that defines it in its source."""
    found = []
    for ancestor in mro(infer, cls):
        if ancestor.cls is None:
            break
        found.append(f"{ancestor.cls.name}.{name}")
        if isinstance(ancestor.cls, SourceClass) and name in infer.body(infer.class_site(ancestor.cls)).names:
            break
    return tuple(found)


def _call(infer: Inference, place: Place, op: Call, uses: Uses) -> Operation | Fine | None:
    ops = infer.body(place.site).ops
    callee = ops[op.func]
    at, func = unwrap_partial(infer, Place(place.site, op.func))
    known = _global_row(infer, at, func, "") or row_of(infer, callees(infer, place.site, place.number, at, func))
    known = known or _imported_row(infer, at, func)
    if known == "safe":
        return "fine"
    if known is None:
        return _called_methods(infer, place, op)
    name, row = known
    receiver = Place(place.site, callee.base) if isinstance(callee, Attr) else None
    if row.attribute or is_switched_off(infer, row, place, receiver) or _is_fine_handle(infer, row, place, receiver):
        return "fine"
    spelling = op.spelling or name.rpartition(".")[2]
    found = Operation(place, name, row, spelling, bool(op.args or op.keywords))
    if not row.iterates:
        return found
    if place.number in uses.iterated:
        return replace(found, place=Place(place.site, uses.iterated[place.number]))
    return found if place.number in uses.consumed else "fine"


def _called_methods(infer: Inference, place: Place, op: Call) -> Operation | Fine | None:
    """A blocking method that the callee calls on its argument: ``list(queryset)``."""
    for value in infer.value(place.site, op.func):
        for name in paths(infer, value) or ():
            for row in infer.knowledge.protocol(name):
                given = argument(infer, place, row.argument)
                if given is None or row.elements:
                    continue
                for method in row.methods:
                    found = _protocol(infer, place, given, method)
                    if found is not None:
                        return found
    return None


def unwrap_partial(infer: Inference, place: Place) -> Place:
    """The callable inside ``functools.partial(callable, ...)``, also where a name from outside stands for that."""
    made = origins(infer, place) or [place]
    site, number = made[0] if len(made) == 1 else place
    op = infer.body(site).ops[number]
    if isinstance(op, Call) and op.args and _is_partial(infer, infer.value(site, op.func)):
        return unwrap_partial(infer, Place(site, op.args[0]))
    return place


def _is_partial(infer: Inference, callee: Values) -> bool:
    return any((paths(infer, value) or ())[:1] == ("functools.partial",) for value in callee)


def _global_row(infer: Inference, site: Site, number: int, method: str) -> Known | Literal["safe"] | None:
    """What tables say of a method of an attribute by its path: ``sys.stdin.read``, ``subprocess.Popen.stdout.read``.

    `number` is the method as it is read, or, if the language calls `method` without its being read, the attribute.
    """
    ops = infer.body(site).ops
    op = ops[number]
    named = not method
    if named and isinstance(op, Attr):
        number, method = op.base, op.name
    op = ops[number]
    if not method or not isinstance(op, Attr | Import | Lookup):
        return None
    if not named and any(_is_class(infer, value) for value in infer.value(site, number)):
        return None  # ``Class[x]`` is a type, no item of an object.
    owners = [_global_path(infer, site, number)]
    if isinstance(op, Attr):
        cls = _class_path(infer, site, op.base)
        owners.append(None if cls is None else f"{cls}.{op.name}")
    for owner in owners:
        verdict = None if owner is None or "." not in owner else infer.knowledge.verdict(f"{owner}.{method}")
        if verdict is not None:
            return (f"{owner}.{method}", verdict) if isinstance(verdict, Blocking) else verdict
    return None


def _imported_row(infer: Inference, site: Site, number: int) -> Known | Literal["safe"] | None:
    """What tables say of a function that is decorated where it is defined, by the path that it is imported from."""
    path = _global_path(infer, site, number) or ""
    module = infer.program.get(path.rpartition(".")[0]) if "." in path else None
    if module is None or module.origin != "library":
        return None
    verdict = infer.knowledge.verdict(path)
    return (infer.knowledge.canonical(path), verdict) if isinstance(verdict, Blocking) else verdict


def _is_class(infer: Inference, value: Value) -> bool:
    return isinstance(value, ClassValue) or (isinstance(value, Foreign) and infer.knowledge.is_class(value.name))


def _global_path(infer: Inference, site: Site, number: int) -> str | None:
    op = infer.body(site).ops[number]
    match op:
        case Attr(base=base, name=name):
            owner = _global_path(infer, site, base)
            return None if owner is None else f"{owner}.{name}"
        case Import(module=module, level=0, name=None):
            return module
        case Import(module=module, level=0, name=name):
            return f"{module}.{name}"
        case Lookup():
            made = definitions_of(infer, Place(site, number))
            return _global_path(infer, *made[0]) if len(made) == 1 else None
    return None


def _class_path(infer: Inference, site: Site, number: int) -> str | None:
    """The path of the class of an attribute's owner: tables know ``subprocess.Popen.stdout.read``."""
    values = [value for value in infer.value(site, number) if value != Constant(None)]
    names = {infer.knowledge.canonical(v.cls.name) if isinstance(v, Instance) else "" for v in values}
    return (names.pop() or None) if len(names) == 1 else None


def row_of(infer: Inference, callee: Values) -> Known | Literal["safe"] | None:
    """The table row for calling one of `callee`, and the name it goes by; None unless each of them blocks, or is safe."""
    rows: list[Known | Literal["safe"]] = []
    for value in callee:
        names = paths(infer, value)
        if names is None:
            continue
        known = None if infer.is_async_function(value) else _row(infer, names)
        if known is None:
            return None
        rows.append(known)
    if len({row == "safe" for row in rows}) > 1:
        return None
    return rows[0] if rows else None


def _row(infer: Inference, names: tuple[str, ...]) -> Known | Literal["safe"] | None:
    for name in names:
        verdict = infer.knowledge.verdict(name)
        if verdict == "safe":
            return "safe"
        if verdict is not None:
            return infer.knowledge.canonical(name), verdict
    return None


def _protocol(infer: Inference, place: Place, value: int, method: str) -> Operation | Fine | None:
    """A method that a statement calls without naming it."""
    known = _global_row(infer, place.site, value, method)
    if known == "safe":
        return "fine"
    rows = [known] if known is not None else []
    for candidate in infer.value(place.site, value) if known is None else ():
        if candidate == Constant(None):
            continue
        instance = as_instance(infer, candidate)
        known = _row(infer, protocol_paths(infer, instance.cls, method)) if instance is not None else None
        if known is None or known == "safe":
            return None
        rows.append(known)
    if not rows:
        return None
    name, row = rows[0]
    receiver = Place(place.site, value)
    if is_switched_off(infer, row, place, receiver) or _is_fine_handle(infer, row, place, receiver):
        return "fine"
    return Operation(place, name, row, name.rpartition(".")[0].rpartition(".")[2] + "." + method)


def _is_fine_handle(infer: Inference, row: Blocking, place: Place, receiver: Place | None) -> bool:
    """Whether the operation is on a handle that was opened, and reported, in the same function, or is no file at all."""
    if row.handle is not None:
        number = argument(infer, place, row.handle)
        handle = None if number is None else Place(place.site, number)
    else:
        handle = receiver if row.handle_receiver else None
    if handle is None:
        return False
    values = infer.value(*handle)
    if values and all(_is_no_file(infer, value) for value in values):
        return True
    made = origins(infer, handle)
    return bool(made) and all(_opens(infer, call) and same_function(infer, call.site, place.site) for call in made or ())


def _is_no_file(infer: Inference, value: Value) -> bool:
    """Whether a value is an object of a class of the project that is no path, and of no base that tables know, as they know
    files: its own methods say what it does."""
    cls = value.cls if isinstance(value, Instance) else None
    if not isinstance(cls, SourceClass) or infer.module(cls.module).origin != "project" or has_unknown_base(infer, cls):
        return False
    is_known = any(one.cls is not None and infer.knowledge.is_class(one.cls.name) for one in mro(infer, cls))
    return not is_known and find_member(infer, cls, "__fspath__") is None


def _opens(infer: Inference, place: Place) -> bool:
    op = infer.body(place.site).ops[place.number]
    known = row_of(infer, infer.value(place.site, op.func)) if isinstance(op, Call) else None
    return isinstance(known, tuple) and known[1].opens
