"""What the annotation of a function, or the framework that calls it, says of its result."""

from __future__ import annotations

from typing import Literal

from flake8_noblock.effects.awaitables import kind_of, lacks
from flake8_noblock.effects.callees import paths
from flake8_noblock.facts.model import Call, Return
from flake8_noblock.knowledge.schema import Entry
from flake8_noblock.link.annotations import declared
from flake8_noblock.link.classes import is_protocol
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import Descriptor, Function, Instance, TupleValue, Value
from flake8_noblock.link.values import Literal as Constant


def plain_result(infer: Inference, site: Site) -> Literal["return", "answer"] | None:
    """Whether the function at `site` says that it returns objects that can't be awaited, and no decorator makes something else
    of it (``return``), or a framework takes what it returns as it is (``answer``); None: neither.

    One that returns something else besides coroutines works either way, whatever it says.
    """
    body = infer.body(site)
    if body.is_generator or body.returns < 0 and not body.decorators:
        return None
    if not body.is_async and not all(_gives_coroutine(infer, site, op) for op in body.ops if isinstance(op, Return)):
        return None
    return "return" if says_plain(infer, site) else "answer" if _answers(infer, site) else None


def says_plain(infer: Inference, site: Site) -> bool:
    """Whether a function says that it returns objects that can't be awaited, and no decorator makes something else of it."""
    body = infer.body(site)
    if body.returns < 0 or not stands_for_itself(infer, site):
        return False
    values = declared(infer, site, body.returns)
    return bool(values) and all(_is_plain(infer, value) for value in values)


def _answers(infer: Inference, site: Site) -> bool:
    """Whether decorators have a framework call a function and take what it returns, once an async one is awaited, for the
    answer."""
    body = infer.body(site)
    around = Site(site.module, body.parent)
    rows = [routes(infer, around, decorator) for decorator in body.decorators]
    return bool(rows) and all(found and (body.is_async or any(row.answer for row in found)) for found in rows)


def _gives_coroutine(infer: Inference, site: Site, op: Return) -> bool:
    return op.value >= 0 and kind_of(infer, infer.value(site, op.value)) == "coroutine"


def stands_for_itself(infer: Inference, site: Site) -> bool:
    """Whether no decorator, but those of methods and properties, makes something else of the function at `site`."""
    body = infer.body(site)
    around = Site(site.module, body.parent)
    number = infer.body(around).names.get(body.name)
    if all(routes(infer, around, decorator) for decorator in body.decorators):
        return True
    if number is None:
        return False
    for value in infer.value(around, number):
        functions = value.function if isinstance(value, Descriptor) else (value,)
        if not all(isinstance(f, Function) and (f.module, f.body) == (site.module, site.body) for f in functions):
            return False
    return True


def makes_coroutine(infer: Inference, site: Site) -> bool:
    """Whether a decorator makes a coroutine function of a generator, so that ``yield from`` awaits in it."""
    around = Site(site.module, infer.body(site).parent)
    decorators = [value for decorator in infer.body(site).decorators for value in infer.value(around, decorator)]
    return any(infer.knowledge.plays(name, "makes coroutines") for value in decorators for name in paths(infer, value) or ())


def routes(infer: Inference, around: Site, decorator: int) -> list[Entry]:
    """What tables say of a decorator that has a framework call a function, as it is."""
    op = infer.body(around).ops[decorator]
    values = infer.value(around, op.func if isinstance(op, Call) else decorator)
    names = [name for value in values for name in paths(infer, value) or ()]
    return [row for name in names for row in infer.knowledge.entries(name) if row.what == "route"]


def _is_plain(infer: Inference, value: Value) -> bool:
    match value:
        case Constant() | TupleValue():
            return True
        case Instance(cls=cls):
            return cls.name != "builtins.object" and not is_protocol(infer, cls) and lacks(infer, value, "__await__")
    return False
