"""Scopes that cancel, or wait for, what happens inside them."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.origins import Place, origins
from flake8_noblock.effects.rows import part_at
from flake8_noblock.facts.model import Body, Call, Enter, Yield
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import regions_around


def yields_in_scopes(infer: Inference, module: str) -> Iterator[tuple[Place, str]]:
    """The ``yield`` expressions of async generators inside scopes that cancel, each with the scope as it is written.

    A decorated generator is left out: its decorator may see that it is run to its end.
    """
    for number, body in enumerate(infer.facts(module).bodies):
        if body.kind != "function" or not body.is_async or not body.is_generator or body.decorators:
            continue
        site = Site(module, number)
        for index, op in enumerate(body.ops):
            name = _scope(infer, site, body, body.where[index]) if isinstance(op, Yield) else ""
            if name:
                yield Place(site, index), name


def _scope(infer: Inference, site: Site, body: Body, region: int) -> str:
    """The innermost scope around a region, as it is written."""
    for number in regions_around(body, region):
        this = body.regions[number]
        entered = body.ops[this.value] if this.kind == "with" else None
        if isinstance(entered, Enter):
            for call in origins(infer, Place(site, entered.value)) or ():
                if part_at(infer, call, "scope") is not None:
                    op = infer.body(call.site).ops[call.number]
                    return f"{op.spelling}()" if isinstance(op, Call) and op.spelling else "the scope"
    return ""
