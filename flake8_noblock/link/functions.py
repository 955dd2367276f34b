"""Functions: what calling one gives, from its annotation or from what it returns."""

from __future__ import annotations

from flake8_noblock.facts.model import Attr, Import, Lookup, Return, Yield
from flake8_noblock.link.annotations import declared
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.names import named_class
from flake8_noblock.link.values import (
    UNKNOWN,
    ClassValue,
    Coroutine,
    Descriptor,
    Function,
    Instance,
    Literal,
    Value,
    Values,
    union,
)


def bound(values: Values, receiver: Instance | ClassValue) -> Values:
    """`values` of a class's member as read from `receiver`; properties are left to the caller."""
    return tuple([_bound(inner, receiver) for value in values for inner in _unwrapped(value)])


def _unwrapped(value: Value) -> Values:
    return value.function if isinstance(value, Descriptor) and value.kind == "static" else (value,)


def _bound(value: Value, receiver: Instance | ClassValue) -> Value:
    match value:
        case Function(receiver=None) if isinstance(receiver, Instance):
            return Function(value.module, value.body, receiver)
        case Descriptor(kind="class", function=(Function() as function,)):
            cls = ClassValue(receiver.cls, receiver.args) if isinstance(receiver, Instance) else receiver
            return Function(function.module, function.body, cls)
    return value


def overloads(infer: Inference, function: Function) -> tuple[Function, ...]:
    """The ``@overload`` signatures of `function`, in order; itself where it has none."""
    cache = infer.caches.setdefault("overloads", {})
    table = cache.get(function.module)
    if table is None:
        table = cache[function.module] = _overload_table(infer, function.module)
    body = infer.function_body(function)
    numbers = table.get((body.parent, body.name), (function.body,))  # type: ignore[attr-defined]
    return tuple([Function(function.module, number, function.receiver) for number in numbers])


def _overload_table(infer: Inference, module: str) -> dict[tuple[int, str], tuple[int, ...]]:
    table: dict[tuple[int, str], tuple[int, ...]] = {}
    bodies = infer.facts(module).bodies
    for number, body in enumerate(bodies):
        for decorator in body.decorators:
            op = bodies[body.parent].ops[decorator]
            if isinstance(op, Lookup | Attr | Import) and op.name == "overload":
                key = (body.parent, body.name)
                table[key] = (*table.get(key, ()), number)
    return table


def result(infer: Inference, function: Function) -> Values:
    """What calling `function` gives, in terms of its type variables."""
    body = infer.function_body(function)
    site = Site(function.module, function.body)
    known = infer.knowledge.returns(infer.path(function))
    if known is not None:
        return (Instance(named_class(infer, known).cls),)
    if body.returns >= 0:
        values = declared(infer, site, body.returns)
    elif body.failed or _is_stub(infer, function):
        return UNKNOWN
    elif body.is_generator:
        return _generator(infer, site, body.is_async)
    else:
        values = _returned(infer, site)
    return (Coroutine(values),) if body.is_async and not body.is_generator else values


def _is_stub(infer: Inference, function: Function) -> bool:
    path = infer.module(function.module).path
    return path is not None and path.suffix == ".pyi"


def _returned(infer: Inference, site: Site) -> Values:
    ops = infer.body(site).ops
    returns = [op.value for op in ops if isinstance(op, Return)]
    if not returns:
        return (Literal(None),)
    return union(*[infer.value(site, value) if value >= 0 else (Literal(None),) for value in returns])


def _generator(infer: Inference, site: Site, is_async: bool) -> Values:
    ops = infer.body(site).ops
    direct = [infer.value(site, op.value) for op in ops if isinstance(op, Yield) and not op.delegates]
    delegated = any(isinstance(op, Yield) and op.delegates for op in ops)
    items = UNKNOWN if delegated else union(*direct)
    name = "typing.AsyncGenerator" if is_async else "typing.Generator"
    rest = (UNKNOWN,) if is_async else (UNKNOWN, UNKNOWN)
    return (Instance(named_class(infer, name).cls, (items, *rest)),)
