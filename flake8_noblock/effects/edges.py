"""What each operation of a body may run on the thread that runs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.conditions import argument, arguments
from flake8_noblock.effects.dispatch import registered
from flake8_noblock.effects.either_kind import may_be_coroutine
from flake8_noblock.effects.guarded import is_only_overridden
from flake8_noblock.effects.operations import Operation, Uses, operation
from flake8_noblock.effects.origins import Place, origins, same_function
from flake8_noblock.effects.protocols import formatted, is_text, operator_methods, steps
from flake8_noblock.effects.receivers import callees
from flake8_noblock.effects.runs import NOTHING, Run, all_of, bodies_only
from flake8_noblock.effects.targets import (
    call_runs,
    definition_runs,
    deleting_runs,
    method_runs,
    named_method_runs,
    reading_runs,
    storing_runs,
)
from flake8_noblock.facts import model
from flake8_noblock.facts.model import (
    Attr,
    Await,
    Binary,
    Body,
    Call,
    ClassDef,
    Delete,
    Element,
    Item,
    Op,
    Raise,
    StoreAttr,
    Unpack,
)
from flake8_noblock.link.arguments import NO_ARGUMENTS
from flake8_noblock.link.attributes import element
from flake8_noblock.link.classes import find_member
from flake8_noblock.link.containers import is_container
from flake8_noblock.link.evaluate import arguments_of
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.regions import excluded_regions, regions_below
from flake8_noblock.link.values import (
    NO_CONTEXT,
    ClassValue,
    Context,
    Coroutine,
    DictValue,
    Function,
    Instance,
    Literal,
    TupleValue,
    Values,
    union,
)


class Edge(NamedTuple):
    """Operation `number` of a body runs `run`; `direct`: it is itself the operation that blocks."""

    number: int
    run: Run
    direct: bool = False


_RUNNING = frozenset(
    [
        model.Attr,
        model.Await,
        model.Binary,
        model.Call,
        model.ClassDef,
        model.Compare,
        model.Delete,
        model.Display,
        model.Element,
        model.Enter,
        model.Exit,
        model.Format,
        model.Item,
        model.Mapping,
        model.Raise,
        model.Spread,
        model.StoreAttr,
        model.StoreItem,
        model.Unary,
        model.Unpack,
        model.Yield,
    ]
)
"""The kinds of operations that may run code; the others only move values."""


def edges(infer: Inference, site: Site) -> tuple[Edge, ...]:
    """What the body at `site` runs, in source order; operations that run nothing that is known are left out."""
    body = infer.body(site)
    uses, typing = _uses(infer, site, body)
    skipped = typing | excluded_regions(infer, site)
    found: list[Edge] = []
    own = infer.dependent(site) if site.context != NO_CONTEXT else None
    plain = Site(site.module, site.body)
    for number, op in enumerate(body.ops):
        if type(op) not in _RUNNING or body.where[number] in skipped:
            continue
        if own is None or number in own:
            found.extend(_in_all_contexts(infer, Place(site, number), op, uses))
        else:
            place = Place(plain, number)
            found.extend(infer.remember("edges for all contexts", place, _in_all_contexts, infer, place, op, uses))
    return tuple(found)


def _in_all_contexts(infer: Inference, place: Place, op: Op, uses: Uses) -> list[Edge]:
    """What an operation runs that doesn't depend on the context of its body."""
    return [edge for edge in _edges(infer, place, op, uses) if edge.run != NOTHING]


def _uses(infer: Inference, site: Site, body: Body) -> tuple[Uses, frozenset[int]]:
    """How the operations of a body are used, and its regions for type checkers only."""
    return infer.derive("uses of operations", site, lambda: (Uses(body), regions_below(body, "typing")))


def _edges(infer: Inference, place: Place, op: Op, uses: Uses) -> Iterator[Edge]:
    site, number = place
    known = operation(infer, place, op, uses)
    if isinstance(known, Operation):
        yield Edge(known.place.number, known, direct=True)
        return
    match op:
        case Call():
            if known is None:
                callee = callees(infer, site, number, site, op.func)
                given = arguments_of(infer, site, op)
                parts = [(value,) for value in callee] if len(callee) > 1 and _in_turn(infer, site, op.func) else [callee]
                run = all_of([call_runs(infer, values, given, place) for values in parts])
                if run != NOTHING and is_only_overridden(infer.body(site), number):
                    return
                if number not in uses.awaited:
                    if run != NOTHING and not may_be_coroutine(infer, place, op, uses.consumed.get(number)):
                        yield Edge(number, run)
                elif run != NOTHING and not _gives_results(infer, infer.value(site, number)):
                    yield Edge(number, bodies_only(run))
            yield from _handed_over(infer, place, op)
        case Attr(base=base, name=name):
            run = reading_runs(infer, infer.value(site, base), name, place)
            if run != NOTHING:
                yield Edge(number, run)
        case StoreAttr(base=base, name=name):
            yield Edge(number, storing_runs(infer, infer.value(site, base), name, place))
        case Delete(base=base, name=str(name)) if name:
            yield Edge(number, deleting_runs(infer, infer.value(site, base), name, place))
        case Raise(value=value) if value >= 0:
            classes: Values = tuple([v for v in infer.value(site, value) if isinstance(v, ClassValue)])
            yield Edge(number, call_runs(infer, classes, NO_ARGUMENTS, place))
        case ClassDef(index=index):
            outer = NO_CONTEXT if site.context == NO_CONTEXT else infer.context_number(Context((), site.context))
            yield Edge(number, Site(site.module, infer.facts(site.module).classes[index].body, outer))
            yield Edge(number, definition_runs(infer, site.module, index))
        case Binary(operator="Mod", left=left, right=right) if is_text(infer, infer.value(site, left)):
            for values, method in formatted(infer.value(site, left), infer.value(site, right)):
                yield Edge(number, method_runs(infer, values, method, place))
        case Binary(left=left, right=right) if known is None:
            own, reflected = operator_methods(op)
            run = method_runs(infer, infer.value(site, left), own, place)
            yield Edge(number, run)
            if run == NOTHING:
                yield Edge(number, method_runs(infer, infer.value(site, right), reflected, place))
        case Await(value=value) if _is_async_call(infer, site, value):
            return  # It runs on its own account, and what it gives need not be known.
        case _ if known is None:
            if isinstance(op, Item):
                yield from _made_for_missing(infer, place, op)
            for value, method in steps(op):
                run = method_runs(infer, infer.value(site, value), method, place)
                if run != NOTHING:
                    yield Edge(number, run)


def _in_turn(infer: Inference, site: Site, number: int) -> bool:
    """Whether a value is each item in turn of a container, or belongs to it."""
    ops = infer.body(site).ops
    op = ops[number]
    while isinstance(op, Attr | Item | Unpack | Call):
        op = ops[op.func if isinstance(op, Call) else op.value if isinstance(op, Unpack) else op.base]
    return isinstance(op, Element) and _are_told_apart(infer, site, op.value)


def _are_told_apart(infer: Inference, site: Site, number: int) -> bool:
    """Whether a value is a container whose items are known one by one, or goes over one (``table.items()``,
    ``enumerate(steps)``)."""
    if all(isinstance(value, TupleValue | DictValue) for value in infer.value(site, number)):
        return True
    ops = infer.body(site).ops
    op = ops[number]
    if not isinstance(op, Call):
        return False
    callee = ops[op.func]
    if isinstance(callee, Attr) and callee.name in ("items", "values"):
        return _are_told_apart(infer, site, callee.base)
    standard = all(isinstance(v, Function | ClassValue) and infer.is_standard(v) for v in infer.value(site, op.func))
    return standard and any(_are_told_apart(infer, site, arg) for arg in op.args)


def _made_for_missing(infer: Inference, place: Place, op: Item) -> Iterator[Edge]:
    """What an object calls to make an item that isn't there: what it was made with (``defaultdict(f)``)."""
    names = [value.cls.name for value in infer.value(place.site, op.base) if isinstance(value, Instance)]
    rows = [row for name in names for row in infer.knowledge.invoke(name) if row.missing]
    for made in (origins(infer, Place(place.site, op.base)) or ()) if rows else ():
        given = argument(infer, made, rows[0].callable)
        if given is not None:
            yield Edge(place.number, call_runs(infer, infer.value(made.site, given), NO_ARGUMENTS, place))


def _is_async_call(infer: Inference, site: Site, number: int) -> bool:
    """Whether an operation is a call of an async function."""
    op = infer.body(site).ops[number]
    callee = infer.value(site, op.func) if isinstance(op, Call) else ()
    return bool(callee) and all(infer.is_async_function(value) for value in callee)


def _gives_results(infer: Inference, values: Values) -> bool:
    """Whether some of `values`, which are awaited, can't be: a function that gives now a coroutine and now its result gives
    the former here, by a way of its own."""
    if len({isinstance(value, Coroutine) for value in values}) > 1:
        return True
    return any(
        isinstance(value, Literal) or (isinstance(value, Instance) and find_member(infer, value.cls, "__await__") is None)
        for value in values
    )


def _handed_over(infer: Inference, place: Place, op: Call) -> Iterator[Edge]:
    """What a callable outside the program calls: its arguments (``sorted(key=f)``), methods of these (``list(x)``), and what
    was registered before."""
    callee = infer.value(place.site, op.func)
    names = (paths(infer, callee[0]) or ()) if len(callee) == 1 else ()
    for found in registered(infer, place, names):
        if found.method:
            run = named_method_runs(infer, found.values, found.method, place)
            # The milliseconds of a log file are what logging is taken to cost.
            if not isinstance(run, Operation) or run.row.severity == "unbounded":
                yield Edge(place.number, run)
        else:
            yield Edge(place.number, call_runs(infer, found.values, NO_ARGUMENTS, place))
    for name in names:
        for row in infer.knowledge.invoke(name):
            given = argument(infer, place, row.callable)
            if given is not None and not row.lazily and not row.missing and not (row.later and _ends_elsewhere(infer, place, op)):
                yield Edge(place.number, call_runs(infer, infer.value(place.site, given), NO_ARGUMENTS, place))
        for protocol in infer.knowledge.protocol(name):
            if protocol.lazily or protocol.unless in dict(op.keywords):
                continue
            for given in arguments(infer, place, protocol.argument):
                values = infer.value(place.site, given)
                if protocol.elements or protocol.contained:
                    values = union(*[element(infer, v, False) for v in values if protocol.elements or is_container(v)])
                runs = named_method_runs if protocol.methods == ("__next__",) else method_runs  # Of that object itself.
                for method in protocol.methods:
                    yield Edge(place.number, runs(infer, values, method, place))


def _ends_elsewhere(infer: Inference, place: Place, op: Call) -> bool:
    """Whether the object that a method is called on was made, or may have been made, in another function."""
    callee = infer.body(place.site).ops[op.func]
    made = origins(infer, Place(place.site, callee.base)) if isinstance(callee, Attr) else None
    return not made or not all(same_function(infer, other.site, place.site) for other in made)
