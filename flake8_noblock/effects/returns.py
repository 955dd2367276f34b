"""What the annotation of a function says of its result."""

from __future__ import annotations

from flake8_noblock.effects.awaitables import kind_of, lacks
from flake8_noblock.effects.callees import paths
from flake8_noblock.facts.model import Call, Return
from flake8_noblock.link.annotations import declared
from flake8_noblock.link.classes import is_protocol
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import Descriptor, Function, Instance, Literal, TupleValue, Value


def returns_plainly(infer: Inference, site: Site) -> bool:
    """Whether the function at `site` says that it returns objects that can't be awaited, and no decorator makes something else
    of it.

    One that returns something else besides coroutines works either way, whatever it says.
    """
    body = infer.body(site)
    if body.returns < 0 or body.is_generator or not stands_for_itself(infer, site):
        return False
    if not body.is_async and not all(_gives_coroutine(infer, site, op) for op in body.ops if isinstance(op, Return)):
        return False
    values = declared(infer, site, body.returns)
    return bool(values) and all(_is_plain(infer, value) for value in values)


def _gives_coroutine(infer: Inference, site: Site, op: Return) -> bool:
    return op.value >= 0 and kind_of(infer, infer.value(site, op.value)) == "coroutine"


def stands_for_itself(infer: Inference, site: Site) -> bool:
    """Whether no decorator, but those of methods and properties, makes something else of the function at `site`."""
    body = infer.body(site)
    around = Site(site.module, body.parent)
    number = infer.body(around).names.get(body.name)
    if all(_only_registers(infer, around, decorator) for decorator in body.decorators):
        return True
    if number is None:
        return False
    for value in infer.value(around, number):
        functions = value.function if isinstance(value, Descriptor) else (value,)
        if not all(isinstance(f, Function) and (f.module, f.body) == (site.module, site.body) for f in functions):
            return False
    return True


def _only_registers(infer: Inference, around: Site, decorator: int) -> bool:
    """Whether a decorator has a framework call a function, as it is."""
    op = infer.body(around).ops[decorator]
    values = infer.value(around, op.func if isinstance(op, Call) else decorator)
    names = [name for value in values for name in paths(infer, value) or ()]
    return any(row.what == "route" for name in names for row in infer.knowledge.entries(name))


def _is_plain(infer: Inference, value: Value) -> bool:
    match value:
        case Literal() | TupleValue():
            return True
        case Instance(cls=cls):
            return cls.name != "builtins.object" and not is_protocol(infer, cls) and lacks(infer, value, "__await__")
    return False
