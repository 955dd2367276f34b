"""Coroutines used as if they were their result, async objects in plain ``with`` and ``for``, and what can't be awaited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from flake8_noblock.effects.awaitables import given_by_tables, has, is_async_only, kind_at, kind_of, lacks
from flake8_noblock.effects.awaited_twice import repeats
from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.certainty import is_certain, is_doubted
from flake8_noblock.effects.conditions import argument, arguments
from flake8_noblock.effects.fitting import unfitting
from flake8_noblock.effects.hearsay import is_added, is_only_declared
from flake8_noblock.effects.kind_checks import is_checked, tells_kind
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.other_kind import may_be_of_other_kind
from flake8_noblock.effects.protocols import REFLECTED, operator_methods, steps
from flake8_noblock.effects.returns import makes_coroutine, plain_result
from flake8_noblock.effects.rows import last_name
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts import model
from flake8_noblock.facts.model import (
    Attr,
    Binary,
    Call,
    Choice,
    Compare,
    Const,
    Declared,
    Display,
    Element,
    Enter,
    Exit,
    Format,
    Item,
    Mapping,
    Narrowed,
    Op,
    Raise,
    Return,
    StoreAttr,
    Unary,
)
from flake8_noblock.knowledge.schema import Combine, Consumer, Invoke, Offload, Task
from flake8_noblock.link.attributes import element
from flake8_noblock.link.classes import find_member, speaks_of
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.names import builtin, named_class
from flake8_noblock.link.objects import as_instance
from flake8_noblock.link.regions import excluded_regions, regions_below
from flake8_noblock.link.subclasses import subclasses
from flake8_noblock.link.values import ClassValue, Function, Instance, SourceClass, Value, Values, is_unknown, union

Misuse = Literal["as value", "truth", "plain protocol", "not awaitable"]


@dataclass(frozen=True, slots=True)
class Misused:
    """The operation at `place` uses the value of operation `value` by `method`, or by what else `method` says of it."""

    misuse: Misuse
    place: Place
    value: int
    method: str


def misused(infer: Inference, site: Site) -> Iterator[Misused]:
    """What the body at `site` does to coroutines and to async objects that they don't take, in source order."""
    body = infer.body(site)
    skipped = regions_below(body, "typing") | excluded_regions(infer, site)
    matched: set[int] = set()
    moved: set[int] = set()
    for number, op in enumerate(body.ops):
        if type(op) in _ASKING_NOTHING or body.where[number] in skipped:
            continue
        place = Place(site, number)
        for demand in _demands(infer, place, op):
            misuse = None if demand.value in matched else _judged(infer, Place(site, demand.value), demand)
            if misuse is not None and not is_checked(infer, place) and not _is_doubtful(infer, Place(site, demand.value), misuse):
                matched |= {demand.value} if demand.method == "match" else set()
                made = _made_before(infer, place, demand.value) if misuse == "as value" else None
                if made is None:
                    yield Misused(misuse, place, demand.value, demand.method)
                elif made not in moved:
                    moved.add(made)
                    yield Misused(misuse, Place(site, made), made, demand.method)
                break


_ASKING_NOTHING = frozenset(
    [model.Const, model.ByteString, model.Builtin, model.Lookup, model.Param, model.Closure, model.ClassDef, model.Import]
)
"""Kinds of operations that have no operands of which they could ask anything."""


def _made_before(infer: Inference, use: Place, value: int) -> int | None:
    """The call before a loop that makes what is used in each round: an ``await`` at the use would be one too many, so that the
    call is where it is missing."""
    body = infer.body(use.site)
    made = _origin(infer, Place(use.site, value)).number
    if not isinstance(body.ops[made], Call) or isinstance(body.ops[use.number], Element):
        return None
    return made if repeats(infer, use.site, made, use.number) else None


class Demand(NamedTuple):
    """A method, or the word for what else is asked, of value `value`, or of what that holds (`of_items`)."""

    value: int
    method: str
    of_items: bool = False


def _demands(infer: Inference, place: Place, op: Op) -> Iterator[Demand]:
    """What an operation asks of its values."""
    body = infer.body(place.site)
    ops = body.ops
    match op:
        case Exit():
            return
        case Attr(base=base, name=name) | StoreAttr(base=base, name=name):
            kept = is_added(infer, place, base, op)
            asked = [Demand(base, f".{name}")] if not kept and not is_only_declared(infer, Place(place.site, base)) else []
        case Binary(left=left, right=right):
            own, reflected = operator_methods(op)
            known = not is_unknown(infer.value(place.site, left))
            asked = [Demand(left, own), *([Demand(right, reflected)] if known else [])]
            if op.operator == "Mod" and isinstance(ops[right], Display) and _is_text(infer, place.site, left):
                asked += [Demand(value, "argument") for value in _made_within(infer, Place(place.site, right))]
        case Call(func=func):
            spread = [Demand(value, ".keys") for name, value in op.keywords if not name]
            called = [] if is_only_declared(infer, Place(place.site, func)) else [Demand(func, "__call__")]
            asked = [*called, *spread, *_asked_by_callee(infer, place, op)]
            asked += [Demand(value, "argument") for value in unfitting(infer, place, op)]
        case Return(value=value) if value >= 0 and _is_made(ops, value, body.is_async):
            result = plain_result(infer, place.site)
            asked = [Demand(value, result)] if result is not None else []
        case Raise(value=value) if value >= 0:
            asked = [Demand(value, "raise")]
        case Compare():
            asked = [*[Demand(value, method) for value, method in steps(op)], *_compared(infer, place, op)]
        case Item(base=base, key=key) if _is_fresh(infer, place.site, key):
            asked = [Demand(key, "key"), *[Demand(value, method) for value, method in steps(op)]]
        case Mapping(keys=keys, values=values):
            asked = [Demand(value, ".keys") for key, value in zip(keys, values, strict=True) if key < 0]
        case Format(values=values):
            asked = [Demand(value, "__format__") for value in values]
        case Unary(operator="Match", value=value):
            asked = [Demand(value, "match")]
        case _:
            delegates = isinstance(op, model.Yield)  # Of futures, too, whose iterator is what awaiting them runs.
            if delegates and makes_coroutine(infer, place.site):
                return
            asked = [Demand(value, method) for value, method in steps(op) if method != "__next__" or not delegates]
    for demand in asked:
        if demand.of_items or demand.method in _JUDGED_BY_TYPE or _is_made(ops, demand.value, body.is_async):
            yield demand


def _is_text(infer: Inference, site: Site, number: int) -> bool:
    text = builtin(infer, "str").cls
    return all((instance := as_instance(infer, v)) is not None and instance.cls == text for v in infer.value(site, number))


def _compared(infer: Inference, place: Place, op: Compare) -> Iterator[Demand]:
    """What is compared with constants by ``is`` and ``in``, which never hold for a coroutine, and is not awaited after all."""
    ops = infer.body(place.site).ops
    for operator, left, right in zip(op.operators, op.values, op.values[1:], strict=False):
        other = ops[right]
        if operator in ("Is", "IsNot") and isinstance(other, Const) and not isinstance(ops[left], Attr):
            users = fate(infer, Place(place.site, left)).users
            if all(isinstance(ops[user], Compare) for user in users):
                yield Demand(left, "is")
        elif operator in REFLECTED and not is_unknown(infer.value(place.site, left)):
            yield Demand(right, REFLECTED[operator])
        elif operator in ("In", "NotIn") and (_is_fresh(infer, place.site, left) or _is_constant(ops, other)):
            yield Demand(left, "in")


def _is_fresh(infer: Inference, site: Site, number: int) -> bool:
    """Whether a value is made for one use, so that it is no other object."""
    return isinstance(infer.body(site).ops[number], Call) and len(fate(infer, Place(site, number)).users) == 1


def _is_constant(ops: tuple[Op, ...], op: Op) -> bool:
    return isinstance(op, Display) and all(isinstance(ops[item], Const) for item in op.items)


def _is_made(ops: tuple[Op, ...], number: int, on_loop: bool) -> bool:
    """Whether a value may come out of a call in the same body or, on the loop, out of a property."""
    made = (Attr, Call, Element, Choice, Declared, Narrowed) if on_loop else (Call, Element, Choice, Declared, Narrowed)
    return isinstance(ops[number], made)


_KINDS = (Offload, Invoke, Task, Consumer)


def _asked_by_callee(infer: Inference, place: Place, op: Call) -> Iterator[Demand]:
    """What a callable that tables know, or one that it runs elsewhere (``to_thread(json.dumps, x)``), asks of the arguments."""
    given = [*op.args, *[value for _, value in op.keywords]]
    word = last_name(infer, Place(place.site, op.func))
    known = infer.knowledge
    if not given or not (known.may_read(word) or known.may_register(word) or any(known.may_have_row(k, word) for k in _KINDS)):
        return
    yield from _asked_to_be_awaitable(infer, place, op, word)
    inner = [number for value in given for number in _made_within(infer, Place(place.site, value))]
    if not any(_may_matter(infer, infer.value(place.site, number)) for number in (*given, *inner)):
        return
    for name in _names(infer, place.site, op.func):
        yield from _asked_to_be_called(infer, place, name)
        for protocol in infer.knowledge.protocol(name):
            number = argument(infer, place, protocol.argument)
            if number is not None and not protocol.elements and not protocol.lazily:
                yield from (Demand(number, method) for method in protocol.methods)
        rows = infer.knowledge.reads(name)
        asked = {method for row in infer.knowledge.protocol(name) for method in row.methods}
        into = not any(row.argument.items for row in rows) and asked.isdisjoint(_OF_CONTAINERS)
        for row in rows:
            for number in arguments(infer, place, row.argument):
                yield Demand(number, "__bool__" if row.tests else "argument", row.argument.items)
                if (into or row.argument.items) and not row.tests:
                    yield from (Demand(inner, "argument") for inner in _made_within(infer, Place(place.site, number)))
            if row.argument.rest:
                yield from (Demand(value, "argument") for name, value in op.keywords if name)
        offload = infer.knowledge.offload(name)
        first = offload.callable.position if offload is not None and not offload.decorator else None
        if first is not None and first + 1 < len(op.args):
            for run in _names(infer, place.site, op.args[first]):
                yield from _asked_elsewhere(infer, run, op.args[first + 1 :])


_OF_CONTAINERS = frozenset(["__iter__", "__len__", "__next__"])
"""Methods of a container that don't ask what it holds for anything."""


def _made_within(infer: Inference, place: Place) -> Iterator[int]:
    """The calls in a list, dict or the like that is written at `place` and used there only."""
    ops = infer.body(place.site).ops
    match ops[place.number]:
        case Display(items=items, comprehension=False) | Mapping(values=items) if len(fate(infer, place).users) == 1:
            for item in items:
                if isinstance(ops[item], Call):
                    yield item
                yield from _made_within(infer, Place(place.site, item))


def _asked_to_be_awaitable(infer: Inference, place: Place, op: Call, word: str) -> Iterator[Demand]:
    """The arguments that a callable awaits or starts as tasks.

    Those that start a loop have a rule of their own, and so has what is not a function and given to those that join several.
    """
    known = infer.knowledge
    if not (known.may_have_row(Task, word) or known.may_have_row(Consumer, word)):
        return
    for name in _names(infer, place.site, op.func):
        joins = bool(known.rows(Combine, name))
        for row in (known.task(name), known.consumer(name)):
            if row is None or row.function or row.coroutine.items or known.plays(name, "starts a loop"):
                continue
            for number in arguments(infer, place, row.coroutine):
                if not joins or all(isinstance(value, Function) for value in infer.value(place.site, number)):
                    yield Demand(number, "awaited")


def _asked_to_be_called(infer: Inference, place: Place, name: str) -> Iterator[Demand]:
    """The argument of callable `name` that it calls, on this thread or another."""
    known = infer.knowledge
    rows = [row for row in (known.offload(name), known.loop_callback(name)) if row is not None and not row.decorator]
    starting = [row for row in (known.task(name), known.consumer(name)) if row is not None and row.function]
    plain = [row.callable for row in (*rows, *known.invoke(name)) if not row.takes_async]
    for given in (*plain, *(row.coroutine for row in starting)):
        number = argument(infer, place, given)
        if number is not None:
            yield Demand(number, "callable")


def _asked_elsewhere(infer: Inference, name: str, args: tuple[int, ...]) -> Iterator[Demand]:
    """What the callable `name` asks of its arguments, which are handed over with it."""
    for protocol in infer.knowledge.protocol(name):
        position = protocol.argument.position
        if position is not None and position < len(args) and not protocol.elements and not protocol.lazily:
            yield from (Demand(args[position], method) for method in protocol.methods)
    for row in infer.knowledge.reads(name):
        position = row.argument.position
        if position is not None and position < len(args) and not row.argument.items:
            yield Demand(args[position], "__bool__" if row.tests else "argument")


def _names(infer: Inference, site: Site, number: int) -> list[str]:
    return [name for value in infer.value(site, number) for name in paths(infer, value) or ()]


def _may_matter(infer: Inference, values: Values) -> bool:
    """Whether an argument is, or holds, something asynchronous."""
    return not is_unknown(values) and infer.remember("may be asynchronous", values, _is_asynchronous, infer, values)


def _is_asynchronous(infer: Inference, values: Values) -> bool:
    return any(has(infer, value, method) for value in values for method in ("__aiter__", "__aenter__")) or bool(
        kind_of(infer, values) or kind_of(infer, _items(infer, values))
    )


def _items(infer: Inference, values: Values) -> Values:
    return union(*[element(infer, value, False) for value in values])


ASYNC_METHODS = frozenset(["__await__", "__aenter__", "__aiter__"])
_AWAITING = {**{method: (method,) for method in ASYNC_METHODS}, "awaited": ("__await__", "__aenter__")}
"""What awaits, and by one of which methods."""

_JUDGED_BY_TYPE = ASYNC_METHODS | {"awaited"} | {"__enter__", "__iter__", "__contains__", "argument"}
"""What is asked of objects of whatever origin; the rest is asked of what calls give."""

_OF_ANY_OBJECT = frozenset(["__str__", "__format__", "__eq__", "__ne__"])
"""Methods that every object has, and that say nothing of a coroutine's result."""

_HARMLESS = frozenset(["__repr__", "__hash__", "__anext__", "__index__", "__missing__"])
"""What may be asked of a coroutine, or follows what was judged before."""


def _judged(infer: Inference, place: Place, demand: Demand) -> Misuse | None:
    method = demand.method
    if method in _HARMLESS:
        return None
    if method in ("__await__", "awaited") and kind_at(infer, place) == "coroutine":
        return None
    values = infer.value(*place)
    if demand.of_items:
        values = _items(infer, values)
    if method in _AWAITING:
        given = given_by_tables(infer, place)
        if given == "iterator" or (given == "result" and method in ("__await__", "awaited") and not is_doubted(infer, place)):
            return "not awaitable" if method in ("__await__", "awaited") else None
        if given == "manager" and method == "__aenter__":
            return None
        if given == "coroutine":
            return None if method in ("__await__", "awaited") else "not awaitable"
        if method not in ("__await__", "awaited") and _is_async_call(infer, place):
            return "not awaitable"
        made = _is_of_class_called(infer, place)
        wrong = bool(values) and all(_lacks_all(infer, value, _AWAITING[method], made) for value in values)
        return "not awaitable" if wrong and is_certain(infer, place) else None
    kind = kind_of(infer, values)
    if kind == "coroutine" and not demand.of_items and kind_at(infer, _origin(infer, place)) is None:
        return None
    if kind == "coroutine":
        return _judged_coroutine(infer, values, method)
    if kind in ("future", "task") and method == "__enter__" and is_async_only(infer, values, "__enter__", "__aenter__"):
        return "plain protocol"
    if kind in ("future", "task"):
        made = isinstance(infer.body(place.site).ops[_origin(infer, place).number], Call)
        return (
            "as value"
            if (made or not method.startswith(".")) and all(_is_future_without(infer, value, method) for value in values)
            else None
        )
    if kind == "async generator" and method in ("__len__", "__getitem__"):
        return "plain protocol"
    if method in ("__iter__", "__contains__", "__next__") and is_async_only(infer, values, "__iter__", "__aiter__"):
        return "plain protocol" if all(lacks(infer, v, m) for v in values for m in ("__getitem__", "__contains__")) else None
    if method == "__enter__" and is_async_only(infer, values, "__enter__", "__aenter__"):
        return "plain protocol"
    if kind is not None or any(_is_own_method(infer, value, method) for value in values):
        return None
    return _judged_by_tables(given_by_tables(infer, place), method) if not _is_entered(infer, place, method) else None


def _is_async_call(infer: Inference, place: Place) -> bool:
    """Whether the value at `place` is what calling an async function gives that no decorator changes."""
    op = infer.body(place.site).ops[place.number]
    callee = infer.value(place.site, op.func) if isinstance(op, Call) else ()
    return bool(callee) and all(
        infer.is_coroutine_function(value) and not infer.function_body(value).decorators for value in callee
    )


def _is_of_class_called(infer: Inference, place: Place) -> bool:
    """Whether the value at `place` is made by calling its very class."""
    origin = _origin(infer, place)
    op = infer.body(origin.site).ops[origin.number]
    return isinstance(op, Call) and all(isinstance(value, ClassValue) for value in infer.value(origin.site, op.func))


def _is_doubtful(infer: Inference, place: Place, misuse: Misuse) -> bool:
    """Whether the code around asks of a value whether it is a coroutine, so that it knows what it has, or it may be none."""
    origin = _origin(infer, place)
    if any(tells_kind(infer, Place(place.site, user)) for user in fate(infer, origin).users):
        return True
    return misuse != "plain protocol" and may_be_of_other_kind(infer, origin)


def _lacks_all(infer: Inference, value: Value, methods: tuple[str, ...], exactly: bool) -> bool:
    """Whether neither the type of `value` nor, unless it is `exactly` that, any known type below it has one of `methods`."""
    if not all(lacks(infer, value, name) for name in methods):
        return False
    instance = as_instance(infer, value)
    if exactly or instance is None or not isinstance(instance.cls, SourceClass) or infer.is_standard(ClassValue(instance.cls)):
        return True
    below = subclasses(infer, instance.cls, True)
    return not any(find_member(infer, cls, name) is not None for cls in below for name in methods)


def _is_entered(infer: Inference, place: Place, method: str) -> bool:
    """Whether a manager whose attribute is read is also entered, or handed to what may enter it."""
    ops = infer.body(place.site).ops
    if not method.startswith("."):
        return False
    what = fate(infer, _origin(infer, place))
    return what.named or any(isinstance(ops[user], Call | Enter) for user in what.users)


def _is_own_method(infer: Inference, value: Value, method: str) -> bool:
    """Whether `method` is an attribute that a library's manager has itself, and not what entering it gives."""
    if not method.startswith(".") or not isinstance(value, Instance) or not speaks_of(infer, value.cls, method[1:]):
        return False
    return any(infer.knowledge.returns(f"{value.cls.name}.{name}") is not None for name in ("__aenter__", "__await__"))


def _is_future_without(infer: Inference, value: Value, method: str) -> bool:
    """Whether a future is asked for something that its result has, if anything."""
    if method.startswith("."):
        is_own = isinstance(value, Instance) and isinstance(value.cls, SourceClass) and infer.is_standard(ClassValue(value.cls))
        return is_own and not _has_attribute(infer, value, method[1:])
    if method == "__next__" and isinstance(value, Instance):
        member = find_member(infer, value.cls, "__iter__")
        if member is not None and isinstance(member.owner, SourceClass) and not infer.is_standard(ClassValue(member.owner)):
            return False  # It was made to be iterated, too.
    return method.startswith("__") and method not in (*_OF_ANY_OBJECT, "__bool__") and lacks(infer, value, method)


def _origin(infer: Inference, place: Place) -> Place:
    """The operation that makes the value at `place`, as far as that is one."""
    ops = infer.body(place.site).ops
    number = place.number
    while isinstance(op := ops[number], Declared | Narrowed) and op.value >= 0:
        number = op.value
    return Place(place.site, number)


def _judged_by_tables(given: str | None, method: str) -> Misuse | None:
    """What tables say of a call of a library that isn't at hand."""
    match given:
        case "manager" if method == "__bool__":
            return "truth"
        case "manager":
            return "plain protocol" if method == "__enter__" else "as value" if method not in _OF_MANAGERS else None
        case "iterator" if method in ("__iter__", "__contains__", "__next__"):
            return "plain protocol"
    return None


_OF_MANAGERS = frozenset([*(f".{name}" for name in ("__aenter__", "__aexit__", "__await__", "close")), *ASYNC_METHODS])


def _judged_coroutine(infer: Inference, values: Values, method: str) -> Misuse | None:
    if method == "__bool__":
        return "truth"
    if method.startswith("."):
        return None if any(_has_attribute(infer, value, method[1:]) for value in values) else "as value"
    if not method.startswith("__") or method in _OF_ANY_OBJECT:
        return "as value"
    if is_async_only(infer, values, "__enter__", "__aenter__") and method == "__enter__":
        return "plain protocol"
    return "as value" if all(lacks(infer, value, method) for value in values) else None


def _has_attribute(infer: Inference, value: object, name: str) -> bool:
    """Whether a coroutine may have attribute `name`."""
    cls = getattr(value, "cls", None)
    classes = [named_class(infer, "types.CoroutineType").cls, *([cls] if cls is not None else [])]
    return any(find_member(infer, one, name) is not None for one in classes)
