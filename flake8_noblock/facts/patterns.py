"""``match`` statements: what patterns bind and what they tell of the subject."""

from __future__ import annotations

import ast

from flake8_noblock.facts.expressions import read
from flake8_noblock.facts.lowering import BodyState
from flake8_noblock.facts.model import Attr, Builtin, Compare, Const, Item, Narrowed, Opaque, Unpack
from flake8_noblock.facts.narrowing import refine
from flake8_noblock.facts.targets import assign_name


def read_equality(state: BodyState, pattern: ast.pattern, subject: int) -> int:
    """The number of the comparison that a pattern which is one value stands for; -1 for other patterns."""
    if isinstance(pattern, ast.MatchValue):
        return state.emit(Compare(("Eq",), (subject, read(state, pattern.value))), pattern)
    if isinstance(pattern, ast.MatchSingleton):
        return state.emit(Compare(("Is",), (subject, state.emit(Const(pattern.value), pattern))), pattern)
    return -1


def read_pattern(state: BodyState, pattern: ast.pattern, value: int) -> None:
    """`pattern` matched the value with number `value`."""
    match pattern:
        case ast.MatchAs(pattern=inner, name=name):
            if inner is not None:
                read_pattern(state, inner, value)
                value = _seen(state, inner, value)
            if name is not None:
                assign_name(state, name, value, pattern)
        case ast.MatchOr(patterns=patterns):
            for inner in patterns:
                read_pattern(state, inner, value)
        case ast.MatchClass():
            _read_class_pattern(state, pattern, _seen(state, pattern, value))
        case ast.MatchSequence(patterns=patterns):
            for index, inner in enumerate(patterns):
                starred = isinstance(inner, ast.MatchStar)
                read_pattern(state, inner, state.emit(Unpack(value, index, starred), inner))
        case ast.MatchStar(name=str(name)):
            assign_name(state, name, value, pattern)
        case ast.MatchMapping(keys=keys, patterns=patterns, rest=rest):
            for key, inner in zip(keys, patterns, strict=True):
                read_pattern(state, inner, state.emit(Item(value, read(state, key)), inner))
            if rest is not None:
                assign_name(state, rest, state.emit(Builtin("dict"), pattern))


def narrow_subject(state: BodyState, subject: ast.expr, pattern: ast.pattern) -> None:
    """A name that was matched against a class is an instance of it from here on."""
    while isinstance(pattern, ast.MatchAs) and pattern.pattern is not None:
        pattern = pattern.pattern
    if isinstance(pattern, ast.MatchClass):
        refine(state, subject, pattern.cls, True, read)


def is_irrefutable(case: ast.match_case) -> bool:
    return case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None


def _seen(state: BodyState, pattern: ast.pattern, value: int) -> int:
    if isinstance(pattern, ast.MatchClass):
        return state.emit(Narrowed(value, read(state, pattern.cls), True), pattern)
    return value


def _read_class_pattern(state: BodyState, pattern: ast.MatchClass, value: int) -> None:
    for inner in pattern.patterns:
        part = value if len(pattern.patterns) == 1 and _is_scalar(pattern.cls) else state.emit(Opaque(), inner)
        read_pattern(state, inner, part)
    for name, inner in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
        read_pattern(state, inner, state.emit(Attr(value, name), inner))


def _is_scalar(cls: ast.expr) -> bool:
    """``str(x)`` and the like bind the subject itself."""
    return isinstance(cls, ast.Name) and cls.id in {"bool", "bytes", "float", "int", "str"}
