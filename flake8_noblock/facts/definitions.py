"""Functions and classes: their headers are read where they stand, their bodies as bodies of their own."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from flake8_noblock.facts.annotations import read_annotation
from flake8_noblock.facts.expressions import dotted, read, read_all
from flake8_noblock.facts.lowering import BodyState
from flake8_noblock.facts.model import Call, ClassDef, ClassFacts, Closure, Return
from flake8_noblock.facts.parameters import read_parameters
from flake8_noblock.facts.targets import assign_name

ReadBody = Callable[[BodyState, Sequence[ast.stmt]], None]


def read_function(state: BodyState, node: ast.FunctionDef | ast.AsyncFunctionDef, read_body: ReadBody) -> None:
    """A ``def``: its decorators and defaults are evaluated here, and the name is bound to what decorating gives."""
    decorators = read_all(state, node.decorator_list)
    inner = BodyState(state.module, "function", node.name, node, state)
    inner.owner = state.class_index
    inner.is_async = isinstance(node, ast.AsyncFunctionDef)
    inner.decorators = decorators
    inner.type_params = _type_params(inner, node)
    failed = False
    try:
        read_parameters(state, inner, node.args, read)
        if node.returns is not None:
            inner.returns = read_annotation(inner, node.returns)
        read_body(inner, node.body)
        if inner.alive and any(isinstance(op, Return) and op.value >= 0 for op in inner.ops):
            inner.emit(Return(-1), node.body[-1])  # It returns something, and it may end without.
    except RecursionError:
        failed = True
    value = state.emit(Closure(inner.finish(failed)), node)
    assign_name(state, node.name, _decorated(state, node, decorators, value))


def read_class(state: BodyState, node: ast.ClassDef, read_body: ReadBody) -> None:
    """A ``class``: bases and decorators are evaluated here."""
    decorators = read_all(state, node.decorator_list)
    inner = BodyState(state.module, "class", node.name, node, state)
    inner.class_index = index = len(state.module.classes)
    state.module.classes.append(None)
    inner.type_params = _type_params(inner, node)
    bases = read_all(state, node.bases)
    keywords = tuple([(keyword.arg or "", read(state, keyword.value)) for keyword in node.keywords])
    read_body(inner, node.body)
    state.module.classes[index] = ClassFacts(
        name=node.name,
        qualname=inner.qualname,
        line=node.lineno,
        parent=state.number,
        body=inner.finish(),
        bases=bases,
        keywords=keywords,
        decorators=decorators,
        type_params=inner.type_params,
        attributes={name: tuple(where) for name, where in inner.attributes.items()},
    )
    value = state.emit(ClassDef(index), node)
    _decorated(state, node, decorators, value)
    assign_name(state, node.name, value)


def _decorated(state: BodyState, node: ast.stmt, decorators: tuple[int, ...], value: int) -> int:
    """Decorators are calls, the last one first."""
    for decorator, expression in zip(reversed(decorators), reversed(node.decorator_list), strict=True):  # type: ignore[attr-defined]
        value = state.emit(Call(decorator, (value,), (), dotted(expression)), expression)
    return value


def _type_params(inner: BodyState, node: ast.stmt) -> tuple[tuple[str, int], ...]:
    """The type parameters in brackets, which Python has from 3.12 on, with their bounds."""
    found = []
    for param in getattr(node, "type_params", ()):
        bound = getattr(param, "bound", None)
        found.append((param.name, -1 if bound is None else read_annotation(inner, bound)))
    return tuple(found)
