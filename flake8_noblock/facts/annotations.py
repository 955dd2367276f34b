"""Annotations to operations; strings in them are read as the expressions they quote."""

from __future__ import annotations

import ast

from flake8_noblock.facts.lowering import BodyState
from flake8_noblock.facts.model import Attr, Binary, Const, Display, Item, Opaque


def read_annotation(state: BodyState, node: ast.expr) -> int:
    """The number of the annotation `node`: names, attributes, items and unions of these."""
    match node:
        case ast.Name(id=name):
            return state.lookup(name, node)
        case ast.Attribute(value=value, attr=attribute):
            return state.emit(Attr(read_annotation(state, value), attribute), node)
        case ast.Subscript(value=value, slice=key):
            return _read_item(state, node, value, key)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            one, other = read_annotation(state, left), read_annotation(state, right)
            return state.emit(Binary("BitOr", one, other), node)
        case ast.Constant(value=str(text)):
            return _read_quoted(state, node, text)
        case ast.Constant(value=None):
            return state.emit(Const(None), node)
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            items = tuple([read_annotation(state, item) for item in elts])
            return state.emit(Display("list" if isinstance(node, ast.List) else "tuple", items), node)
        case ast.Starred(value=value):
            return read_annotation(state, value)
    return state.emit(Opaque(), node)


def _read_item(state: BodyState, node: ast.Subscript, value: ast.expr, key: ast.expr) -> int:
    base = read_annotation(state, value)
    name = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
    if name == "Literal":
        return state.emit(Item(base, _read_literals(state, key)), node)
    if name == "Annotated" and isinstance(key, ast.Tuple) and key.elts:
        key = key.elts[0]
    return state.emit(Item(base, read_annotation(state, key)), node)


def _read_literals(state: BodyState, key: ast.expr) -> int:
    parts = key.elts if isinstance(key, ast.Tuple) else [key]
    values = tuple(
        state.emit(Const(part.value) if _plain(part) else Opaque(), part)  # type: ignore[attr-defined]
        for part in parts
    )
    return state.emit(Display("tuple", values), key)


def _plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | int | bool | None)


def _read_quoted(state: BodyState, node: ast.Constant, text: str) -> int:
    try:
        inner = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return state.emit(Opaque(), node)
    for part in ast.walk(inner):
        if isinstance(part, ast.expr):
            part.lineno, part.col_offset = node.lineno, node.col_offset
    return read_annotation(state, inner)
