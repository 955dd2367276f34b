"""Conditions that are decided before the program runs: ``if 0``, platform and version tests, ``TYPE_CHECKING``."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any, Literal

from flake8_noblock.facts.model import Target

Verdict = Literal["true", "false", "typing", "not typing", "open"]

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_OPPOSITE: dict[Verdict, Verdict] = {
    "true": "false",
    "false": "true",
    "typing": "not typing",
    "not typing": "typing",
    "open": "open",
}


Imported = Mapping[str, str]
"""Names that stand for the module ``platform``, or for members of it, ``sys`` and ``os``, with their paths there (``from sys
import platform``)."""

_SYSTEMS = {"linux": "Linux", "win32": "Windows", "darwin": "Darwin"}
"""What ``platform.system()`` gives, by ``sys.platform``."""


def verdict(test: ast.expr, target: Target, imported: Imported) -> Verdict:
    """What `test` always is on `target`; "typing" where only a type checker takes it to be true."""
    match test:
        case ast.Constant(value=bool() | int() | None as value):
            return "true" if value else "false"
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(value=ast.Name(), attr="TYPE_CHECKING"):
            return "typing"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _OPPOSITE[verdict(operand, target, imported)]
        case ast.BoolOp(op=op, values=values):
            return _joined([verdict(value, target, imported) for value in values], isinstance(op, ast.And))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compared(left, op, right, target, imported)
        case ast.Call(func=ast.Attribute(value=value, attr="startswith"), args=[ast.Constant(value=str() as prefix)]):
            known = _known(value, target, imported)
            return _truth(known.startswith(prefix)) if isinstance(known, str) else "open"
    return "open"


def _truth(value: bool) -> Verdict:
    return "true" if value else "false"


def _joined(verdicts: list[Verdict], conjunction: bool) -> Verdict:
    decisive: Verdict = "false" if conjunction else "true"
    neutral: Verdict = "true" if conjunction else "false"
    if decisive in verdicts:
        return decisive
    rest = {one for one in verdicts if one != neutral}
    if not rest:
        return neutral
    if conjunction and "typing" in rest:
        return "typing"
    return rest.pop() if len(rest) == 1 else "open"


def _compared(left: ast.expr, op: ast.cmpop, right: ast.expr, target: Target, imported: Imported) -> Verdict:
    one, other = _known(left, target, imported), _known(right, target, imported)
    if one is None or other is None or (_is_literal(left) and _is_literal(right)):
        return "open"
    if isinstance(op, ast.In | ast.NotIn):
        return _truth((one in other) == isinstance(op, ast.In)) if isinstance(other, tuple) else "open"
    compare = _COMPARE.get(type(op))
    try:
        return _truth(bool(compare(one, other))) if compare else "open"
    except TypeError:
        return "open"


def _is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant | ast.Tuple)


def _known(node: ast.expr, target: Target, imported: Imported) -> object:
    """The value of ``sys.version_info``, ``sys.platform``, ``os.name``, a part of these, of ``platform.system()``, or a literal;
    None: not known."""
    match node:
        case ast.Call(func=func, args=[], keywords=[]) if _path(func, imported) == "platform.system":
            return _SYSTEMS.get(target.platform)
        case ast.Constant(value=str() | int() as value):
            return value
        case ast.Tuple(elts=elts) if all(isinstance(e, ast.Constant) for e in elts):
            return tuple(e.value for e in elts if isinstance(e, ast.Constant))
        case ast.Subscript(value=base, slice=ast.Constant(value=int(index))) if 0 <= index <= 1:
            version = _member(base, target, imported)
            return version[index] if isinstance(version, tuple) else None
        case ast.Subscript(value=base, slice=ast.Slice(lower=None)):
            version = _member(base, target, imported)
            return target.version if isinstance(version, tuple) else None
        case ast.Attribute(value=base, attr="major" | "minor" as part):
            version = _member(base, target, imported)
            return version[0 if part == "major" else 1] if isinstance(version, tuple) else None
    return _member(node, target, imported)


def _path(node: ast.expr, imported: Imported) -> str:
    """The path of a member of ``sys``, ``os`` or ``platform``; else nothing of these."""
    match node:
        case ast.Attribute(value=ast.Name(id="sys" | "os" as name), attr=attribute):
            return f"{name}.{attribute}"
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return f"{imported.get(name, '')}.{attribute}"
        case ast.Name(id=name):
            return imported.get(name, "")
    return ""


def _member(node: ast.expr, target: Target, imported: Imported) -> object:
    match _path(node, imported):
        case "sys.version_info":
            return (*target.version, 0, "final", 0)
        case "sys.platform":
            return target.platform
        case "os.name":
            return target.os_name
    return None
