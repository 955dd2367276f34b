"""A module's syntax tree to its facts."""

from __future__ import annotations

import ast
import os
import sys

from flake8_noblock.facts.lowering import BodyState, ModuleState
from flake8_noblock.facts.model import (
    Binary,
    Body,
    ClassFacts,
    Const,
    Declared,
    Display,
    ModuleFacts,
    Op,
    Target,
)
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
        public=_public(state),
        globals={name: tuple(where) for name, where in module.globals.items()},
        imported=tuple(module.imported),
    )


def parse_facts(source: str | bytes, target: Target = RUNNING) -> ModuleFacts | None:
    """The facts of a module's text; None where Python can't parse it."""
    try:
        return module_facts(ast.parse(source), target)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _public(state: BodyState) -> tuple[str, ...] | None:
    """``__all__`` where literal lists make it up."""
    number = state.environment.get("__all__")
    names = None if number is None else _strings(state.ops, number)
    return None if names is None else tuple(names)


def _strings(ops: list[Op], number: int) -> list[str] | None:
    match ops[number] if number >= 0 else None:
        case Display(items=items, comprehension=False):
            values = [ops[item] for item in items]
            return [op.value for op in values if isinstance(op, Const) and isinstance(op.value, str)]
        case Binary(operator="Add", left=left, right=right):
            one, other = _strings(ops, left), _strings(ops, right)
            return None if one is None or other is None else one + other
        case Declared(value=value):
            return _strings(ops, value)
    return None


_EMPTY = Body("function", "", "", 1, 0, 0, -1, False, False, (), -1, (), (), (), (), (), (), (), (), {}, {}, failed=True)
_NO_CLASS = ClassFacts("", "", 1, 0, 0, (), (), (), (), {})
