"""What a condition tells of the values that it tests: ``isinstance(x, T)``, ``type(x) is T``, ``not``, ``and``, ``or``."""

from __future__ import annotations

import ast
from collections.abc import Callable

from flake8_noblock.facts.lowering import BodyState, attribute_key
from flake8_noblock.facts.model import Attr, Narrowed

Read = Callable[[BodyState, ast.expr], int]


def narrow(state: BodyState, test: ast.expr, holds: bool, read: Read) -> None:
    """From here on `test` is known to hold (or, not `holds`, not to)."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            narrow(state, operand, not holds, read)
        case ast.BoolOp(op=op, values=values) if isinstance(op, ast.And) == holds:
            for value in values:
                narrow(state, value, holds, read)
        case ast.Call(func=ast.Name(id="isinstance"), args=[subject, kind], keywords=[]):
            refine(state, subject, kind, holds, read)
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="type"), args=[subject]), ops=[ast.Is() | ast.Eq()], comparators=[kind]
        ) if holds:
            refine(state, subject, kind, holds, read)


def refine(state: BodyState, subject: ast.expr, kind: ast.expr, positive: bool, read: Read) -> None:
    """`subject`, a name or an attribute of one, is (not) an instance of `kind`."""
    if isinstance(subject, ast.NamedExpr):
        subject = subject.target
    match subject:
        case ast.Name(id=name):
            key, value = name, state.known(name)
            if value is None:
                return
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            base = state.known(name)
            if base is None:
                return
            key = attribute_key(base, attribute)
            value = state.known(key)
            if value is None:
                value = state.emit(Attr(base, attribute), subject)
        case _:
            return
    state.refine(key, state.emit(Narrowed(value, read(state, kind), positive), subject))
