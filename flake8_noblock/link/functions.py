"""Functions: what calling one gives, from its annotation or from what it returns."""

from __future__ import annotations

from typing import TypeGuard

from msgspec.structs import replace

from flake8_noblock.facts.model import (
    Attr,
    Binary,
    Body,
    Call,
    Const,
    Display,
    Drop,
    Import,
    Item,
    Lookup,
    Param,
    Raise,
    Return,
    Yield,
)
from flake8_noblock.facts.operands import returned_values
from flake8_noblock.link.annotations import declared
from flake8_noblock.link.arguments import NO_ARGUMENTS, Arguments, places
from flake8_noblock.link.classes import find_member, has_unknown_base, is_protocol
from flake8_noblock.link.contexts import context_of_call, holds_callable
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.names import named_class
from flake8_noblock.link.regions import excluded_regions
from flake8_noblock.link.values import (
    UNKNOWN,
    Adapter,
    CallableValue,
    ClassValue,
    Coroutine,
    Deferred,
    Descriptor,
    Function,
    Instance,
    Literal,
    Partial,
    TupleValue,
    TypeVariable,
    Unknown,
    Value,
    Values,
    union,
)


def bound(values: Values, receiver: Instance | ClassValue) -> Values:
    """`values` of a class's member as read from `receiver`, of which a static method knows nothing; properties are left to the
    caller."""
    return tuple([one for value in values for one in (value.function if _is_static(value) else (_bound(value, receiver),))])


def _is_static(value: Value) -> TypeGuard[Descriptor]:
    return isinstance(value, Descriptor) and value.kind == "static"


def _bound(value: Value, receiver: Instance | ClassValue) -> Value:
    match value:
        case Function(receiver=None) if isinstance(receiver, Instance):
            return replace(value, receiver=receiver)
        case Descriptor(kind="class", function=(Function() as function,)):
            cls = ClassValue(receiver.cls, receiver.args) if isinstance(receiver, Instance) else receiver
            return replace(function, receiver=cls)
        case Partial(callee=callee, is_method=True):
            return replace(value, callee=bound(callee, receiver), is_method=False)
        case Adapter(callee=callee) if callee:
            return replace(value, callee=bound(callee, receiver))
    return value


def overloads(infer: Inference, function: Function) -> tuple[Function, ...]:
    """The ``@overload`` signatures of `function`, in order; itself where it has none."""
    table = infer.remember("overloads", function.module, _overload_table, infer, function.module)
    body = infer.function_body(function)
    numbers = table.get((body.parent, body.name), (function.body,))
    return tuple([replace(function, body=number) for number in numbers])


def is_in_doubt(infer: Inference, signature: Function, arguments: Arguments) -> bool:
    """Whether an argument may fit an overload only since the bases of its class aren't known."""
    body, site = infer.function_body(signature), Site(signature.module, signature.body)
    for index, values in places(body, signature.receiver is not None, arguments) or ():
        annotation = body.params[index].annotation
        classes = [value.cls for value in values if isinstance(value, Instance) and has_unknown_base(infer, value.cls)]
        kinds = declared(infer, site, annotation) if classes and annotation >= 0 else ()
        sure = [k for k in kinds if not isinstance(k, Instance) or k.cls in classes or k.cls.name == "builtins.object"]
        if kinds and not sure:
            return True
    return False


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


def result(infer: Inference, function: Function, arguments: Arguments = NO_ARGUMENTS) -> Values:
    """What calling `function` with `arguments` gives, in terms of its type variables.

    What a function with source returns counts more than an annotation that says no more than "callable" or "anything".
    """
    body = infer.function_body(function)
    site = Site(function.module, function.body)
    known = _known_of(infer, function)
    if known and not (body.is_async and known == (Coroutine(UNKNOWN),)):
        is_coroutine = body.is_async and not body.is_generator and not _is_awaitable(infer, known[0])
        return (Coroutine(known),) if is_coroutine else known
    values = declared(infer, site, body.returns) if body.returns >= 0 else UNKNOWN
    if body.failed or _is_stub(infer, function):
        return (Coroutine(values),) if body.is_async and not body.is_generator and body.returns >= 0 else values
    if body.is_generator:
        return _generator(infer, function, arguments, values if body.returns >= 0 else None)
    if body.is_async:
        return (Coroutine(values if body.returns >= 0 and not _says_of_call(values) else _returned(infer, site)),)
    if body.returns < 0:
        return _returned(infer, _in_context(infer, function, arguments))
    if any(_is_vague(infer, function, value) for value in values):
        seen = _returned(infer, _in_context(infer, function, arguments))
        coroutines = all(isinstance(value, Coroutine) for value in seen)
        if all(map(holds_callable, seen)) or (coroutines and all(_is_vague(infer, function, value) for value in values)):
            return seen
    return values


def _says_of_call(values: Values) -> bool:
    """Whether an async function is annotated as giving something to be awaited: many mean what calling it gives by that, so that
    its own ``return`` is believed."""
    return bool(values) and all(isinstance(v, Coroutine) or isinstance(v, Instance) and v.cls.name in _AWAITABLE for v in values)


_AWAITABLE = ("typing.Awaitable", "typing.Coroutine")
"""The language's classes of what can be awaited, by their place in the standard library's stubs."""


def known_result(infer: Inference, name: str) -> Values:
    """What tables say that calling `name` gives, with what is awaitable about it; nothing where they are silent."""
    known = infer.knowledge.returns(name)
    made = named_class(infer, known) if known is not None else None
    given: Values = (Instance(made.cls, made.args),) if made is not None else ()
    awaitable = infer.knowledge.awaitable(name)
    if awaitable is not None and awaitable.gives == "coroutine":
        return (Coroutine(given or UNKNOWN),)
    if awaitable is not None and awaitable.gives == "future":
        return (Instance(named_class(infer, "asyncio.Future").cls, (given or UNKNOWN,)),)
    return given


def _known_of(infer: Inference, function: Function) -> Values:
    """What tables say of a function of a library, as the class of its receiver has it or as the one that defines it."""
    receiver = function.receiver
    if infer.module(function.module).origin == "project":
        return ()
    name = infer.function_body(function).name
    if isinstance(receiver, Instance):
        if receiver.args and name.startswith("__"):
            return ()  # A wrapper with arguments says itself what the language gets from it.
        known = known_result(infer, f"{receiver.cls.name}.{name}")
        if known:
            return known
    return known_result(infer, infer.path(function))


def _is_awaitable(infer: Inference, value: Value) -> bool:
    """Whether tables speak of what an async function gives when it is called, and not of what awaiting that gives."""
    if not isinstance(value, Instance):
        return isinstance(value, Coroutine)
    return (
        value.cls == named_class(infer, "asyncio.Future").cls
        or infer.knowledge.returns(f"{value.cls.name}.__await__") is not None
    )


def _is_vague(infer: Inference, function: Function, value: Value) -> bool:
    """Whether an annotation leaves open what runs when the value is called or iterated.

    In libraries, which are larger than the project, only decorators and their like are looked into.
    """
    if isinstance(value, CallableValue | TypeVariable):
        return True
    if infer.module(function.module).origin != "project":
        return False
    return isinstance(value, Unknown) or (isinstance(value, Instance) and is_protocol(infer, value.cls))


def _in_context(infer: Inference, function: Function, arguments: Arguments) -> Site:
    return Site(function.module, function.body, context_of_call(infer, function, arguments))


def _is_stub(infer: Inference, function: Function) -> bool:
    path = infer.module(function.module).path
    return path is not None and path.suffix == ".pyi"


def _returned(infer: Inference, site: Site) -> Values:
    body = infer.body(site)
    excluded = excluded_regions(infer, site)
    written = infer.remember("returns", (site.module, site.body), _returns, body)
    returns = [value for value, region in written if region not in excluded]
    if not returns:
        return UNKNOWN if body.owner >= 0 and is_place_for_others(body) else (Literal(None),)
    return union(*[infer.value(site, value) if value >= 0 else (Literal(None),) for value in returns])


def _returns(body: Body) -> tuple[tuple[int, int], ...]:
    """The values that a body returns, -1 for none, each with the region in which it does."""
    return tuple([(op.value, region) for op, region in zip(body.ops, body.where, strict=True) if isinstance(op, Return)])


def is_place_for_others(body: Body) -> bool:
    """Whether a method does nothing but fail, or nothing at all: subclasses say what it gives."""
    raised = {op.value for op in body.ops if isinstance(op, Raise)}
    calls = {number for number, op in enumerate(body.ops) if isinstance(op, Call)}
    return all(isinstance(op, _IDLE) for op in body.ops) and calls <= raised


_IDLE = (Attr, Binary, Call, Const, Display, Drop, Import, Item, Lookup, Param, Raise)
"""What a method may hold that only declares; some stand in annotations."""


def _generator(infer: Inference, function: Function, arguments: Arguments, annotated: Values | None) -> Values:
    """A generator: its class as the function is annotated, or as its ``yield`` expressions tell."""
    is_async = infer.function_body(function).is_async
    site = Site(function.module, function.body) if is_async else _in_context(infer, function, arguments)
    values = (
        annotated
        if annotated is not None and not (is_async and _is_slip(infer, annotated))
        else _made_of_yields(infer, site, is_async)
    )
    if is_async:
        return values
    instance = values[0] if len(values) == 1 and isinstance(values[0], Instance) else _made_of_yields(infer, site, is_async)[0]
    return (Deferred(instance, "iterated", function, site.context),)


def _is_slip(infer: Inference, annotated: Values) -> bool:
    """Whether the annotation of an async generator names what it yields, and not what calling it gives."""
    return all(
        isinstance(v, Instance) and not has_unknown_base(infer, v.cls) and find_member(infer, v.cls, "__aiter__") is None
        for v in annotated
    )


def _made_of_yields(infer: Inference, site: Site, is_async: bool) -> tuple[Instance]:
    """A generator of what the body yields, itself or by another one, and returns."""
    body = infer.body(site)
    direct = [infer.value(site, op.value) for op in body.ops if isinstance(op, Yield) and not op.delegates]
    delegated = [_items(infer, infer.value(site, op.value)) for op in body.ops if isinstance(op, Yield) and op.delegates]
    items = union(*direct, *delegated)
    if is_async:
        return (Instance(named_class(infer, "typing.AsyncGenerator").cls, (items, UNKNOWN)),)
    returned = [infer.value(site, number) for number in returned_values(body)]
    last: Values = union(*returned) if returned else (Literal(None),)
    return (Instance(named_class(infer, "typing.Generator").cls, (items, UNKNOWN, last)),)


def _items(infer: Inference, values: Values) -> Values:
    """What a generator that another one delegates to gives, as its type says."""
    found = []
    for value in values:
        if isinstance(value, TupleValue):
            found.append(union(*value.items))
        elif isinstance(value, Deferred) and value.instance.args:
            found.append(value.instance.args[0])
        elif isinstance(value, Instance) and len(value.args) in (1, 3):
            found.append(value.args[0])
        else:
            found.append(UNKNOWN)
    return union(*found)
