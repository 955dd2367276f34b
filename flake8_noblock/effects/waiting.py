"""Async functions that have nothing to wait for."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.flow import is_pause
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.overrides import overrides
from flake8_noblock.effects.summaries import Summaries
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import Attr, Body, Call, Closure, Const, Drop, Import, Lookup, Op, Param, Raise, Return
from flake8_noblock.link.classes import mro, own_member
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import Function, Instance, SourceClass

_INERT = (Attr, Const, Drop, Import, Lookup, Param, Raise)


def never_waiting(summaries: Summaries, module: str) -> Iterator[int]:
    """The async functions of `module` in which nothing waits, and that nothing asks to be async.

    Left out is what is decorated, what only declares, methods that override or are overridden, those that the language calls,
    functions that are handed on, since whoever takes them may await them, and those that block, which have something to await.
    """
    infer = summaries.infer
    named = _handed_on(infer, module)
    for number, body in enumerate(infer.facts(module).bodies):
        if body.kind != "function" or not body.is_async or body.is_generator or body.failed or body.decorators:
            continue
        if any(map(is_pause, body.ops)) or _only_declares(body) or body.name in named or body.name.startswith("__"):
            continue
        site = Site(module, number)
        if (body.owner < 0 or not _is_shared(infer, site, body)) and not _blocks(summaries, site):
            yield number


def _blocks(summaries: Summaries, site: Site) -> bool:
    """Whether a body runs an operation that blocks."""
    return any(summaries.of_edge(edge, site) for edge in summaries.edges(site))


def _only_declares(body: Body) -> bool:
    raised = {op.value for op in body.ops if isinstance(op, Raise)}
    return all(
        isinstance(op, _INERT) or (isinstance(op, Return) and op.value < 0) or (isinstance(op, Call) and n in raised)
        for n, op in enumerate(body.ops)
    )


def _is_shared(infer: Inference, site: Site, body: Body) -> bool:
    """Whether a method overrides another, or may, or is overridden in its module."""
    cls = infer.source_class(site.module, body.owner)
    for ancestor in mro(infer, cls)[1:]:
        if not isinstance(ancestor.cls, SourceClass) or own_member(infer, ancestor.cls, body.name) is not None:
            return True
    return bool(overrides(infer, Function(site.module, site.body), Instance(cls), everywhere=False))


def _handed_on(infer: Inference, module: str) -> frozenset[str]:
    """The names of functions that are used in other ways than by a call."""
    found: set[str] = set()
    bodies = infer.facts(module).bodies
    for number, body in enumerate(bodies):
        for index, op in enumerate(body.ops):
            name = _name(bodies, op)
            if name:
                users = fate(infer, Place(Site(module, number), index)).users
                if any(not (isinstance(used := body.ops[user], Call) and used.func == index) for user in users):
                    found.add(name)
    return frozenset(found)


def _name(bodies: tuple[Body, ...], op: Op) -> str:
    if isinstance(op, Closure):
        return bodies[op.body].name
    return op.name if isinstance(op, Attr | Lookup) else ""
