"""What the annotation of a function says of its result."""

from __future__ import annotations

from flake8_noblock.effects.awaitables import lacks
from flake8_noblock.link.annotations import declared
from flake8_noblock.link.classes import is_protocol
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import Instance, Literal, TupleValue, Value


def returns_plainly(infer: Inference, site: Site) -> bool:
    """Whether the function at `site` says that it returns objects that can't be awaited, and no decorator makes something else of it."""
    body = infer.body(site)
    if body.returns < 0 or body.is_generator or body.decorators:
        return False
    values = declared(infer, site, body.returns)
    return bool(values) and all(_is_plain(infer, value) for value in values)


def _is_plain(infer: Inference, value: Value) -> bool:
    match value:
        case Literal() | TupleValue():
            return True
        case Instance(cls=cls):
            return cls.name != "builtins.object" and not is_protocol(infer, cls) and lacks(infer, value, "__await__")
    return False
