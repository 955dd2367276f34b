"""Receivers that facts and annotations leave open: asked of astroid, if a table row depends on them."""

from __future__ import annotations

from flake8_noblock.facts.model import Attr, Await, Call, Choice, Narrowed, Op, Param
from flake8_noblock.link.attributes import attribute
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.names import named_class
from flake8_noblock.link.values import Instance, Values, is_unknown


def callees(infer: Inference, call: Site, number: int, site: Site, func: int) -> Values:
    """What the call with number `number` at `call` may run; its callable is operation `func` at `site`."""
    values = infer.value(site, func)
    op = infer.body(site).ops[func]
    if not is_unknown(values) or not isinstance(op, Attr) or not _may_matter(infer, site, op):
        return values
    oracle = infer.oracles.get(call.module)
    body = infer.body(call)
    classes = oracle(body.lines[number], body.columns[number]) if oracle is not None and site == call else ()
    found: Values = tuple([Instance(named_class(infer, name).cls) for name in classes])
    return attribute(infer, found, op.name) if found else values


def _may_matter(infer: Inference, site: Site, op: Attr) -> bool:
    """Whether a row for a method of this name exists in the tables of what the module imports, and asking has a chance."""
    cache = infer.caches.setdefault("methods that may block", {})
    if site.module not in cache:
        imported = [name for name, level in infer.facts(site.module).imported if level == 0]
        cache[site.module] = infer.knowledge.blocking_methods(imported)
    return op.name in cache[site.module] and not _is_hopeless(infer.body(site).ops, op.base)  # type: ignore[operator]


def _is_hopeless(ops: tuple[Op, ...], number: int) -> bool:
    """Whether the value comes straight from a parameter or an await, of which astroid knows nothing either."""
    op = ops[number]
    while isinstance(op, Attr | Narrowed | Call):
        number = op.base if isinstance(op, Attr) else op.func if isinstance(op, Call) else op.value
        op = ops[number]
    if isinstance(op, Choice):
        return all(isinstance(ops[value], Param | Await) for value in op.values)
    return isinstance(op, Param | Await) and not (isinstance(op, Param) and op.index == 0)
