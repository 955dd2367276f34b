"""A module's syntax tree to its facts."""

from __future__ import annotations

import ast
import os
import sys

from flake8_noblock.facts.lowering import BodyState, ModuleState
from flake8_noblock.facts.model import Body, ClassFacts, ModuleFacts, Target
from flake8_noblock.facts.statements import read_body

RUNNING = Target((sys.version_info[0], sys.version_info[1]), sys.platform, os.name)
"""The platform on which flake8 runs."""


def module_facts(tree: ast.Module, target: Target = RUNNING) -> ModuleFacts:
    """The facts of the module whose tree, which is not changed, is `tree`: a pure function of the two arguments."""
    module = ModuleState(target)
    state = BodyState(module, "module", "", tree, None)
    read_body(state, tree.body)
    state.finish()
    return ModuleFacts(
        bodies=tuple([body or _EMPTY for body in module.bodies]),
        classes=tuple([cls or _NO_CLASS for cls in module.classes]),
        stars=tuple(module.stars),
        public=_public(tree),
        globals={name: tuple(where) for name, where in module.globals.items()},
        imported=tuple(module.imported),
    )


def parse_facts(source: str | bytes, target: Target = RUNNING) -> ModuleFacts | None:
    """The facts of a module's text; None where Python can't parse it."""
    try:
        return module_facts(ast.parse(source), target)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _public(tree: ast.Module) -> tuple[str, ...] | None:
    """``__all__`` as far as literal lists make it up."""
    names: list[str] | None = None
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=elts) | ast.Tuple(elts=elts)):
                names = _strings(elts)
            case ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.List(elts=elts) | ast.Tuple(elts=elts)):
                names = _strings(elts)
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                return None
            case ast.AugAssign(target=ast.Name(id="__all__"), value=ast.List(elts=elts) | ast.Tuple(elts=elts)):
                names = (names or []) + _strings(elts)
            case ast.AugAssign(target=ast.Name(id="__all__")):
                return None
    return None if names is None else tuple(names)


def _strings(nodes: list[ast.expr]) -> list[str]:
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


_EMPTY = Body(
    "function", "", "", 1, 0, 0, -1, False, False, (), -1, (), (), (), (), (), (), (), {}, {}, failed=True
)
_NO_CLASS = ClassFacts("", "", 1, 0, 0, (), (), (), (), {})
