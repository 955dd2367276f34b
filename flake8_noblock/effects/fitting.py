"""Arguments that are coroutines where the parameter is declared to be of a type that no coroutine is of."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.awaitables import has, kind_of, lacks
from flake8_noblock.effects.hearsay import is_only_declared
from flake8_noblock.effects.origins import Place
from flake8_noblock.facts.model import Body, Call, Choice, Declared, Narrowed, Spread
from flake8_noblock.link.annotations import declared
from flake8_noblock.link.classes import find_member, has_unknown_base, is_protocol, mro, protocol_members
from flake8_noblock.link.functions import overloads
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.names import named_class
from flake8_noblock.link.values import (
    CallableValue,
    ClassValue,
    DictValue,
    Function,
    Instance,
    Literal,
    SourceClass,
    TupleValue,
    Value,
    Values,
)


def unfitting(infer: Inference, place: Place, op: Call) -> Iterator[int]:
    """The arguments of a call that are coroutines, though whatever is called asks for something else."""
    ops = infer.body(place.site).ops
    spread = next((index for index, arg in enumerate(op.args) if isinstance(ops[arg], Spread)), len(op.args))
    given: list[tuple[int | str, int]] = [*enumerate(op.args[:spread]), *op.keywords]
    made = [(where, value) for where, value in given if isinstance(ops[value], _MADE)]
    coroutines = [(where, value) for where, value in made if _is_coroutine(infer, Place(place.site, value))]
    functions = _functions(infer, infer.value(place.site, op.func)) if coroutines else ()
    for where, value in coroutines:
        if functions and all(_refuses(infer, function, where) for function in functions):
            yield value


_MADE = (Call, Choice, Declared, Narrowed)


def _is_coroutine(infer: Inference, place: Place) -> bool:
    op, values = infer.body(place.site).ops[place.number], infer.value(*place)
    if isinstance(op, Call) and is_only_declared(infer, func := Place(place.site, op.func)):
        if any(isinstance(value, CallableValue) for value in infer.value(*func)):
            return False
    return kind_of(infer, values) == "coroutine" and not any(has(infer, value, "__aenter__") for value in values)


def _functions(infer: Inference, callee: Values) -> tuple[Function, ...]:
    """All that a call may run, in all overloads; nothing where some of it is not known."""
    found: list[Function] = []
    for value in callee:
        if isinstance(value, ClassValue):
            member = find_member(infer, value.cls, "__init__")
            inits = member.values or () if member is not None else ()
            values = tuple([Function(v.module, v.body, Instance(value.cls)) for v in inits if isinstance(v, Function)])
        else:
            values = (value,) if isinstance(value, Function) else ()
        if not values:
            return ()
        found += [overload for function in values for overload in overloads(infer, function)]
    return tuple(found)


def _refuses(infer: Inference, function: Function, where: int | str) -> bool:
    """Whether the parameter for an argument, given by position or name, is declared to be no coroutine."""
    body = infer.function_body(function)
    index = _parameter(body, function.receiver is not None, where)
    if index is None or body.params[index].annotation < 0:
        return False
    values = declared(infer, Site(function.module, function.body), body.params[index].annotation)
    return bool(values) and not any(_takes_coroutine(infer, value) for value in values)


def _parameter(body: Body, is_bound: bool, where: int | str) -> int | None:
    if isinstance(where, str):
        named = [i for i, p in enumerate(body.params) if p.name == where and p.kind in ("plain", "keyword")]
        return named[0] if named else None
    plain = [i for i, p in enumerate(body.params) if p.kind in ("positional", "plain")][1 if is_bound else 0 :]
    if where < len(plain):
        return plain[where]
    return next((i for i, p in enumerate(body.params) if p.kind == "variadic"), None)


def _takes_coroutine(infer: Inference, value: Value) -> bool:
    """Whether a coroutine may be one of what an annotation means."""
    match value:
        case CallableValue(result=result):
            return kind_of(infer, result) == "coroutine"  # Many say so of coroutines.
        case Literal() | TupleValue() | DictValue():
            return False
        case Instance(cls=SourceClass(name="typing.Generator")):
            return True  # What sends values into generators drives coroutines as well.
        case Instance(cls=SourceClass() as cls):
            coroutine = named_class(infer, "types.CoroutineType").cls
            if has_unknown_base(infer, cls) or any(ancestor.cls == cls for ancestor in mro(infer, coroutine)):
                return True
            if is_protocol(infer, cls):
                return all(find_member(infer, coroutine, name) is not None for name in protocol_members(infer, cls))
            return not lacks(infer, value, "__await__")
    return True
