"""Whether a module may hold callbacks inside callbacks: a cheap question to its tree, before there are facts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def may_nest_callbacks(tree: ast.Module, depth: int) -> bool:
    """Whether functions or lambdas that are handed to calls may be nested `depth` deep or deeper; in doubt true."""
    nested = [chain for chain in _chains(tree) if len(chain) >= depth]
    if not nested:
        return False
    handed = _handed(tree)
    return any(sum(_is_handed(function, handed) for function in chain) >= depth for chain in nested)


def _chains(tree: ast.Module) -> Iterator[tuple[ast.AST, ...]]:
    """Each function and lambda, after those around it."""
    waiting: list[tuple[ast.AST, tuple[ast.AST, ...]]] = [(tree, ())]
    while waiting:
        node, chain = waiting.pop()
        if isinstance(node, _FUNCTION):
            chain = (*chain, node)
            yield chain
        waiting.extend((child, chain) for child in ast.iter_child_nodes(node))


def _handed(tree: ast.Module) -> set[object]:
    """The names and lambdas that are arguments of calls."""
    found: set[object] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for argument in (*node.args, *[keyword.value for keyword in node.keywords]):
                found.add(argument.id if isinstance(argument, ast.Name) else argument)
    return found


def _is_handed(function: ast.AST, handed: set[object]) -> bool:
    if isinstance(function, ast.Lambda):
        return function in handed
    return getattr(function, "name", None) in handed and not getattr(function, "decorator_list", ())
