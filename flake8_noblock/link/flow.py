"""Types of arguments flow into parameters that say nothing of theirs."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.facts.model import Attr, Body, Call, Param, Spread
from flake8_noblock.facts.operands import called_name
from flake8_noblock.link.classes import find_member, mro
from flake8_noblock.link.handover import arguments_handed, handovers
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import (
    UNKNOWN,
    AnyClass,
    ClassValue,
    Function,
    SourceClass,
    Value,
    Values,
    is_unknown,
    union,
)


def from_callers(infer: Inference, site: Site, index: int) -> Values:
    """What parameter `index` of the function at `site` may be, as the calls in its own module tell, and those that hand it over.

    Unknown unless there is such a call, and each tells. (What callers elsewhere pass is not asked: the answer may not depend
    on which files are read.)
    """
    body = infer.body(site)
    name = body.name
    if name == "__init__" and body.owner >= 0:
        name = infer.facts(site.module).classes[body.owner].name
    found: list[Values] = []
    named = _calls_named(infer, site.module)
    returned = named.get("", ()) if _is_within_function(infer, site) else ()
    for place, call in [*named.get(name, ()), *returned]:
        for value in infer.value(place, call.func):
            if _function_of(infer, value) == site.body:
                argument = argument_for(infer.body(place), call, body, index, _bound(body, value))
                found.append(UNKNOWN if argument is None else infer.value(place, argument))
    found += _handed(infer, site, index)
    return union(*found) if found and not any(is_unknown(values) for values in found) else UNKNOWN


def _bound(body: Body, callee: Value) -> int:
    """How many parameters of a function are bound where it is called as `callee`."""
    return 0 if body.owner < 0 or isinstance(callee, Function) and callee.receiver is None else 1


def _handed(infer: Inference, site: Site, index: int) -> Iterator[Values]:
    """The values of a parameter where the function is handed over with its arguments, and these are known."""
    body = infer.body(site)
    for handover in handovers(infer, site.module, body.name):
        for value in infer.value(handover.site, handover.function):
            if isinstance(value, Function) and (value.module, value.body) == (site.module, site.body):
                given = arguments_handed(infer, handover)
                position = index - _bound(body, value)
                if given is not None and 0 <= position < len(given):
                    yield infer.value(handover.site, given[position])


def _is_within_function(infer: Inference, site: Site) -> bool:
    """Whether a function is one that another function makes, so that it may be called as what that one gives."""
    parent = infer.body(site).parent
    return infer.facts(site.module).bodies[parent].kind in ("function", "lambda")


def _function_of(infer: Inference, value: object) -> int | None:
    """The body that calling `value` runs."""
    if isinstance(value, Function):
        return value.body
    if isinstance(value, ClassValue):
        member = find_member(infer, value.cls, "__init__")
        for inner in member.values or () if member is not None else ():
            if isinstance(inner, Function):
                return inner.body
    return None


def _calls_named(infer: Inference, module: str) -> dict[str, list[tuple[Site, Call]]]:
    """The calls in `module` by the last name of what they call."""
    return infer.remember("calls by name", module, _find_calls_named, infer, module)


def _find_calls_named(infer: Inference, module: str) -> dict[str, list[tuple[Site, Call]]]:
    named: dict[str, list[tuple[Site, Call]]] = {}
    for number, body in enumerate(infer.facts(module).bodies):
        for op in body.ops:
            if isinstance(op, Call):
                named.setdefault(called_name(body, op), []).append((Site(module, number), op))
    return named


def argument_for(body: Body, call: Call, callee: Body, index: int, skip: int) -> int | None:
    """The number of the argument that `call`, in `body`, gives for parameter `index` of `callee`, the first `skip` of whose
    parameters are bound; None: none that is seen."""
    name = callee.params[index].name
    for keyword, value in call.keywords:
        if keyword == name:
            return value
    position = index - skip
    if callee.params[index].kind not in ("positional", "plain") or not 0 <= position < len(call.args):
        return None
    if any(isinstance(body.ops[arg], Spread) for arg in call.args[: position + 1]):
        return None
    return call.args[position]


def through_constructors(infer: Inference, cls: AnyClass, site: Site, number: int) -> Values:
    """What operation `number`, a parameter of a constructor that `cls` inherits, is for objects of `cls`.

    A subclass that hands its own arguments on (``super().__init__(value)``) says more of them than the base does.
    """
    op = infer.body(site).ops[number]
    owner = infer.body(site).owner
    if not isinstance(op, Param) or owner < 0 or infer.body(site).name != "__init__":
        return infer.value(site, number)
    base = infer.source_class(site.module, owner)
    for derived in _between(infer, cls, base):
        for place, call in _constructor_calls(infer, derived, site):
            argument = argument_for(infer.body(place), call, infer.body(site), op.index, 1)
            if argument is not None:
                values = infer.value(place, argument)
                return through_constructors(infer, cls, place, argument) if is_unknown(values) else values
    return infer.value(site, number)


def _between(infer: Inference, cls: AnyClass, base: SourceClass) -> Iterator[SourceClass]:
    """The ancestors of `cls` below `base`, the nearest to `base` first."""
    below: list[SourceClass] = []
    for ancestor in mro(infer, cls):
        if ancestor.cls == base:
            break
        if isinstance(ancestor.cls, SourceClass):
            below.append(ancestor.cls)
    return reversed(below)


def _constructor_calls(infer: Inference, cls: SourceClass, target: Site) -> Iterator[tuple[Site, Call]]:
    """Calls in the constructor of `cls` that run the constructor at `target`."""
    for number, body in enumerate(infer.facts(cls.module).bodies):
        if body.owner != cls.index or body.name != "__init__":
            continue
        place = Site(cls.module, number)
        for op in body.ops:
            if not isinstance(op, Call):
                continue
            callee = body.ops[op.func]
            if isinstance(callee, Attr) and callee.name == "__init__":
                for value in infer.value(place, op.func):
                    if isinstance(value, Function) and Site(value.module, value.body) == target:
                        yield place, op
