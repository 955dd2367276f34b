"""What assignment targets bind: names, attributes, items, and the parts of a value."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from flake8_noblock.facts.lowering import FORGOTTEN, BodyState, attribute_key
from flake8_noblock.facts.model import Declared, Display, Param, Spread, StoreAttr, StoreItem, StoreName, Unpack

Read = Callable[[BodyState, ast.expr], int]


def assign(state: BodyState, target: ast.expr, value: int, read: Read) -> None:
    """`target` gets the value with number `value`."""
    match target:
        case ast.Name(id=name):
            assign_name(state, name, value, target)
        case ast.Attribute(value=base, attr=attribute):
            _assign_attribute(state, target, read(state, base), attribute, value)
        case ast.Subscript(value=base, slice=key):
            holder, index = read(state, base), read(state, key)
            state.emit(StoreItem(holder, index, value), target)
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            _assign_parts(state, elts, value, target, read)
        case ast.Starred(value=inner):
            assign(state, inner, value, read)


def assign_name(state: BodyState, name: str, value: int, node: ast.AST | None = None) -> None:
    """A name of this scope, or one that ``global`` or ``nonlocal`` gave away, gets a value."""
    if name in state.away:
        state.emit(StoreName(name, value), node)
        _definitions_of(state, name).append((state.number, value))
        return
    annotation = state.declared.get(name)
    if annotation is not None:
        value = state.emit(Declared(annotation, value), node)
    state.bind(name, value)


def _definitions_of(state: BodyState, name: str) -> list[tuple[int, int]]:
    """The list of definitions of a name that belongs to an outer function (``nonlocal``) or to the module."""
    outer = state.outer
    while outer is not None:
        if name in outer.definitions and outer.kind not in ("module", "class") and name not in outer.away:
            return outer.definitions[name]
        outer = outer.outer
    return state.module.globals.setdefault(name, [])


def _assign_attribute(state: BodyState, target: ast.AST, base: int, attribute: str, value: int) -> None:
    state.emit(StoreAttr(base, attribute, value), target)
    state.refine(attribute_key(base, attribute), FORGOTTEN)
    if state.owner >= 0 and state.ops[base] == Param(0) and state.outer is not None:
        state.outer.attributes.setdefault(attribute, []).append((state.number, value))


def _assign_parts(state: BodyState, targets: Sequence[ast.expr], value: int, node: ast.expr, read: Read) -> None:
    parts = state.ops[value]
    items = parts.items if isinstance(parts, Display) and not parts.comprehension else ()
    if len(items) == len(targets) and not any(isinstance(state.ops[item], Spread) for item in items):
        for target, item in zip(targets, items, strict=True):
            assign(state, target, item, read)
        return
    for index, target in enumerate(targets):
        starred = isinstance(target, ast.Starred)
        position = index - len(targets) if any(isinstance(t, ast.Starred) for t in targets[:index]) else index
        assign(
            state, target, state.emit(Unpack(value, position, starred, len(targets) - index - 1 if starred else 0), node), read
        )
