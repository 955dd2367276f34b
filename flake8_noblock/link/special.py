"""Calls of the language itself that look at their place, or at an argument as a name or type."""

from __future__ import annotations

from flake8_noblock.facts import model
from flake8_noblock.link.annotations import declared
from flake8_noblock.link.attributes import attribute, entered
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.names import module_value
from flake8_noblock.link.values import UNKNOWN, ClassValue, Function, Instance, Literal, SourceClass, Super, Values, union


def special_call(infer: Inference, site: Site, op: model.Call, callee: Values) -> Values | None:
    """``cast`` and ``super``, which look at the place of the call or at an argument as a type."""
    if len(callee) != 1:
        return None
    match callee[0]:
        case Function() as function if op.args and infer.path(function) in ("typing.cast", "typing_extensions.cast"):
            return declared(infer, site, op.args[0])
        case ClassValue(cls=SourceClass(name="builtins.super")):
            return _super(infer, site)
        case Function() as function if len(op.args) >= 2 and infer.path(function) == "builtins.getattr":
            return _getattr(infer, site, op)
        case Function() as function if op.args and infer.path(function).endswith("ExitStack.enter_context"):
            return union(*[entered(infer, value, False) for value in infer.value(site, op.args[0])])
        case Function() as function if op.args and infer.path(function) in _IMPORTING:
            return _imported_by_name(infer, site, op, _IMPORTING[infer.path(function)])
    return None


_IMPORTING = {"importlib.import_module": False, "builtins.__import__": True}
"""Functions that import the module of a given name, and whether they give the first package of its path."""


def _imported_by_name(infer: Inference, site: Site, op: model.Call, top: bool) -> Values:
    match infer.value(site, op.args[0]):
        case (Literal(value=str(name)),) if name and not name.startswith("."):
            return module_value(infer, name.partition(".")[0] if top else name, infer.module(site.module))
    return UNKNOWN


def _getattr(infer: Inference, site: Site, op: model.Call) -> Values:
    match infer.value(site, op.args[1]):
        case (Literal(value=str(name)),):
            found = attribute(infer, infer.value(site, op.args[0]), name)
            return union(found, *[infer.value(site, default) for default in op.args[2:]])
    return UNKNOWN


def _super(infer: Inference, site: Site) -> Values:
    at = site
    while at.body > 0 and infer.body(at).owner < 0:
        at = infer.around(at)
    if at.body <= 0 or not infer.body(at).params:
        return UNKNOWN
    cls = infer.source_class(at.module, infer.body(at).owner)
    receivers = infer.value(at, _first_parameter(infer, at))
    return union(*[(Super(cls, value),) if isinstance(value, Instance | ClassValue) else UNKNOWN for value in receivers])


def _first_parameter(infer: Inference, site: Site) -> int:
    ops = infer.body(site).ops
    return next(i for i, op in enumerate(ops) if isinstance(op, model.Param) and op.index == 0)
