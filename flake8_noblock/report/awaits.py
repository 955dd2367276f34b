"""The texts of findings on missing awaits: what is wrong, what comes of it, and the edit that mends it."""

from __future__ import annotations

from flake8_noblock.effects.async_callables import AsyncCallable
from flake8_noblock.effects.awaitables import kind_at
from flake8_noblock.effects.lost import Lost
from flake8_noblock.effects.misused import Misused
from flake8_noblock.effects.mixed_overrides import MixedOverride
from flake8_noblock.effects.origins import Place
from flake8_noblock.facts.model import Attr, Body, Call, Choice, Declared, Element, Item, Lookup, Narrowed, Op, Param
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.objects import as_instance
from flake8_noblock.link.values import Function, ModuleValue, Value, Values, is_unknown

_ASKED = {
    "__bool__": "tested for truth",
    "__call__": "called",
    "__contains__": "searched with in",
    "__delitem__": "asked to delete an item",
    "__enter__": "entered with with",
    "__eq__": "compared",
    "__format__": "formatted",
    "__ge__": "compared",
    "__getitem__": "indexed",
    "__gt__": "compared",
    "__iter__": "iterated over",
    "__le__": "compared",
    "__lt__": "compared",
    "__ne__": "compared",
    "__next__": "asked for its next item",
    "__setitem__": "given an item",
    "__str__": "turned into text",
    "argument": "handed to what needs its result",
    "in": "compared",
    "key": "used as a key",
    "is": "compared",
    "match": "matched against patterns",
    "raise": "raised",
    "answer": "returned to the framework that calls this function",
    "return": "returned where the annotation says a plain type",
}


def lost_text(infer: Inference, found: Lost) -> str:
    """The message for something awaitable that nobody awaits."""
    call = written(infer, found.place)
    if found.kind == "async generator":
        return f"{call} gives an async generator and drops it, so nothing of it runs; iterate over it with async for"
    if found.kind == "future":
        return f"the future that {call} gives is dropped, and its error with it; write await {call}"
    what = "its coroutine is dropped" if found.loss == "dropped" else "its coroutine is only stored"
    if found.many:
        return f"{call} is never awaited: {what}, so its body does not run; use {_gathered(infer, found.place, call)}"
    return f"{call} is never awaited: {what}, so its body does not run; {_way_out(infer, found.place.site, call)}"


def _gathered(infer: Inference, place: Place, call: str) -> str:
    return (
        f"await asyncio.gather(...) over the calls of {call}" if _is_async(infer, place.site) else f"asyncio.run(...) for {call}"
    )


def misused_text(infer: Inference, found: Misused) -> str:
    """The message for a use that a coroutine or async object doesn't take."""
    origin = Place(found.place.site, found.value)
    name = written(infer, origin)
    match found.misuse:
        case "truth":
            return f"{name} gives a coroutine, which is always true; test its result, {_awaited(infer, origin.site, name)}"
        case "plain protocol":
            word, kind = ("with", "context manager") if found.method == "__enter__" else ("for", "iterator")
            return f"{name} gives an async {kind}, which plain {word} can't use; write async {word}"
        case "not awaitable":
            values = infer.value(*origin)
            uncalled = bool(values) and all(infer.is_coroutine_function(value) for value in values)
            advice = f"call it: {name}(...)" if uncalled else _plain(found)
            return f"{_described(infer, values, name)} can't be used with {_ASYNC_WORDS[found.method]}; {advice}"
    if found.method == "callable":
        return (
            f"{name} is called here, and its coroutine handed over where a function belongs; hand over {name.partition('(')[0]}"
        )
    asked = _ASKED.get(found.method) or _operation(found.method)
    what = "future" if kind_at(infer, origin) == "future" else "coroutine"
    return f"the {what} that {name} gives is {asked} in place of its result; use {_awaited(infer, origin.site, name)}"


_ASYNC_WORDS = {"__await__": "await", "awaited": "what awaits it", "__aenter__": "async with", "__aiter__": "async for"}


def _plain(found: Misused) -> str:
    if found.method == "awaited":
        return "hand over a coroutine"
    if found.method == "__await__":
        return "remove await, or await what gives a coroutine"
    return f"use plain {'with' if found.method == '__aenter__' else 'for'}, or await the coroutine first"


def _operation(method: str) -> str:
    if method.startswith("."):
        return f"asked for its attribute {method[1:]}"
    return f"used in an operation ({method})"


def _described(infer: Inference, values: Values, name: str) -> str:
    return f"{name}, {_class_of(infer, values[0])}," if values and not is_unknown(values) else name


def _class_of(infer: Inference, value: Value) -> str:
    if isinstance(value, Function):
        return "a function that is not called" if not infer.function_body(value).is_generator else "a generator function"
    if isinstance(value, ModuleValue):
        return "a module"
    instance = as_instance(infer, value)
    return f"an object of {instance.cls.name.removeprefix('builtins.').removeprefix('typing.')}" if instance else "None"


def callable_text(infer: Inference, found: AsyncCallable, function: str) -> str:
    """The message for an async function that is given to what calls it like a sync one."""
    advice = "hand over a sync function, or start it with asyncio.create_task(...)"
    return _called_plainly(function, written(infer, found.place), advice)


def method_text(name: str, owner: str) -> str:
    """The message for an async method that a framework calls like a sync one."""
    if owner == "builtins.object":
        return _called_plainly(name, "the language", "make it sync")
    return _called_plainly(name, owner, "make it sync, or use a base class that awaits it")


def command_text(name: str, framework: str) -> str:
    """The message for an async function that a framework calls like a sync one."""
    return _called_plainly(name, framework, "make it sync, and start a coroutine in it with asyncio.run(...)")


def _called_plainly(name: str, caller: str, advice: str) -> str:
    return f"{name}() is async, and {caller} calls it without awaiting the coroutine, so its body does not run; {advice}"


def twice_text(infer: Inference, made: Place) -> str:
    """The message for a coroutine that is awaited a second time."""
    call = written(infer, made)
    return f"the coroutine of {call} is awaited a second time, which fails; call it again, or keep asyncio.create_task({call})"


def kept_text(name: str) -> str:
    """The message for a decorator that keeps the coroutines of an async function."""
    advice = "keep its result, with async_lru.alru_cache say"
    return f"the coroutine of {name}() is kept and given again, but can be awaited once only; {advice}"


def override_text(found: MixedOverride, name: str) -> str:
    """The message for a method that overrides one of the other kind."""
    owner = name.rpartition(".")[0].rpartition(".")[2]
    method = name.rpartition(".")[2]
    own, base = f"{owner}.{method}()", f"{found.base}.{method}()"
    if found.is_async:
        harm = "callers get a coroutine that nobody awaits; make both of one kind"
        return f"{own} is async, but {base} that it overrides is not, so {harm}"
    return f"{own} is not async, but {base} that it overrides is, so await fails on its result; write async def {method}"


def written(infer: Inference, place: Place) -> str:
    """The value at `place` as it is written, as far as that is a name or a call."""
    body = infer.body(place.site)
    ops = body.ops
    op: Op = ops[place.number]
    while isinstance(op, Declared | Narrowed | Choice):
        op = ops[op.values[0] if isinstance(op, Choice) else op.value]
    if isinstance(op, Call):
        return f"{op.spelling or _last_name(ops, op)}({'...' if op.args or op.keywords else ''})"
    if isinstance(op, Attr):
        return _dotted(body, op)
    if isinstance(op, Element | Item):
        return "an element"
    return getattr(op, "name", "") or "the value"


def _dotted(body: Body, op: Attr) -> str:
    """An attribute with the names before it, as far as these are names."""
    match body.ops[op.base]:
        case Attr() as base:
            return f"{_dotted(body, base)}.{op.name}"
        case Lookup(name=name):
            return f"{name}.{op.name}"
        case Param(index=index):
            return f"{body.params[index].name}.{op.name}"
    return op.name


def _last_name(ops: tuple[Op, ...], op: Call) -> str:
    callee = ops[op.func]
    return callee.name if isinstance(callee, Attr) else "the call"


def _is_async(infer: Inference, site: Site) -> bool:
    return infer.body(site).is_async


def _awaited(infer: Inference, site: Site, name: str) -> str:
    return f"(await {name})" if _is_async(infer, site) else f"asyncio.run({name}), or make the function around it async"


def _way_out(infer: Inference, site: Site, call: str) -> str:
    if _is_async(infer, site):
        return f"write await {call}"
    if infer.body(site).kind == "module":
        return f"write asyncio.run({call})"
    return f"write asyncio.run({call}), or make {infer.body(site).name}() async and await it"
