"""The parameters of functions and lambdas."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache

from flake8_noblock.facts.annotations import read_annotation
from flake8_noblock.facts.lowering import BodyState
from flake8_noblock.facts.model import Param, Parameter, ParamKind

Read = Callable[[BodyState, ast.expr], int]
_param = cache(Param)


def read_parameters(outer: BodyState, inner: BodyState, args: ast.arguments, read: Read) -> None:
    """Give `inner` its parameters; defaults are read in `outer`, where they are evaluated."""
    plain = [*((arg, "positional") for arg in args.posonlyargs), *((arg, "plain") for arg in args.args)]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
    for (arg, kind), default in zip(plain, defaults, strict=True):
        _read_parameter(outer, inner, arg, kind, default, read)  # type: ignore[arg-type]
    if args.vararg is not None:
        _read_parameter(outer, inner, args.vararg, "variadic", None, read)
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        _read_parameter(outer, inner, arg, "keyword", default, read)
    if args.kwarg is not None:
        _read_parameter(outer, inner, args.kwarg, "keywords", None, read)


def _read_parameter(
    outer: BodyState, inner: BodyState, arg: ast.arg, kind: ParamKind, default: ast.expr | None, read: Read
) -> None:
    number = -1 if default is None else read(outer, default)
    annotation = -1 if arg.annotation is None else read_annotation(inner, arg.annotation)
    index = len(inner.params)
    inner.params.append(Parameter(arg.arg, kind, annotation, number))
    inner.bind(arg.arg, inner.emit(_param(index), arg))
