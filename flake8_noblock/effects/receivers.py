"""Receivers that facts and annotations leave open: asked of astroid, if a table row depends on them."""

from __future__ import annotations

from flake8_noblock.facts.model import Attr, Await, Call, Choice, Import, Lookup, Narrowed, Op, Param
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
    oracle = infer.oracle(call.module) if site == call else None
    body = infer.body(call)
    classes = oracle(body.line_of(number), body.columns[number]) if oracle is not None else ()
    found: Values = tuple([Instance(named_class(infer, name).cls) for name in classes])
    return attribute(infer, found, op.name) if found else values


def _may_matter(infer: Inference, site: Site, op: Attr) -> bool:
    """Whether asking has a chance: the module imports a library with a blocking method of this name, and names a
    class that has it, and the receiver is something that astroid can know."""
    methods = infer.remember("methods that may block", site.module, _methods, infer, site.module)
    return op.name in methods and not _is_hopeless(infer.body(site).ops, op.base)


def _methods(infer: Inference, module: str) -> frozenset[str]:
    """The names of blocking methods of classes that are named in `module`."""
    facts = infer.facts(module)
    imported = [name for name, level in facts.imported if level == 0]
    named = {op.name for body in facts.bodies for op in body.ops if isinstance(op, (Attr, Lookup, Import))}
    methods = infer.knowledge.blocking_methods(imported)
    return frozenset(method for method, classes in methods.items() if not classes.isdisjoint(named))


def _is_hopeless(ops: tuple[Op, ...], number: int) -> bool:
    """Whether the value comes straight from a parameter or an await, of which astroid knows nothing either."""
    op = ops[number]
    while isinstance(op, Attr | Narrowed | Call):
        number = op.base if isinstance(op, Attr) else op.func if isinstance(op, Call) else op.value
        op = ops[number]
    if isinstance(op, Choice):
        return all(isinstance(ops[value], Param | Await) for value in op.values)
    return isinstance(op, Param | Await) and not (isinstance(op, Param) and op.index == 0)
