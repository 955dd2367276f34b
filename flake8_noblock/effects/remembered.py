"""Functions that remember what they gave, and that their own module calls when it is imported."""

from __future__ import annotations

from flake8_noblock.effects.callees import paths
from flake8_noblock.facts.model import Call
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import Function


def is_warm(infer: Inference, function: Function) -> bool:
    """Whether a function that remembers its results has run before: a call at the top of its module asks it for them.

    Its other arguments are taken to be among those that it was asked for.
    """
    return infer.remember("warm functions", (function.module, function.body), _is_warm, infer, function)


def _is_warm(infer: Inference, function: Function) -> bool:
    return remembers(infer, function) and _is_called_at_import(infer, function)


def remembers(infer: Inference, function: Function) -> bool:
    """Whether a decorator keeps what a function gave once, and gives it again without running it."""
    body = infer.function_body(function)
    around = Site(function.module, body.parent)
    for decorator in body.decorators:
        op = infer.body(around).ops[decorator]
        for value in infer.value(around, op.func if isinstance(op, Call) else decorator):
            rows = [infer.knowledge.decorator(name) for name in paths(infer, value) or ()]
            if any(row is not None and row.remembers for row in rows):
                return True
    return False


def _is_called_at_import(infer: Inference, function: Function) -> bool:
    top = Site(function.module, 0)
    for op in infer.body(top).ops:
        if isinstance(op, Call) and op.spelling == infer.function_body(function).name:
            if any(isinstance(v, Function) and v.body == function.body for v in infer.value(top, op.func)):
                return True
    return False
