"""Expressions to operations: each reader takes the body being read and a node, and gives the number of its value."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from flake8_noblock.facts.annotations import read_annotation
from flake8_noblock.facts.lowering import BodyState, attribute_key
from flake8_noblock.facts.model import (
    CUT,
    Attr,
    Await,
    Binary,
    Builtin,
    ByteString,
    Call,
    Choice,
    Closure,
    Compare,
    Const,
    Display,
    Element,
    Format,
    Item,
    Lookup,
    Mapping,
    Opaque,
    Param,
    Parameter,
    Region,
    Return,
    Slice,
    Spread,
    Unary,
    Yield,
)
from flake8_noblock.facts.narrowing import narrow
from flake8_noblock.facts.parameters import read_parameters
from flake8_noblock.facts.static import verdict
from flake8_noblock.facts.targets import assign


def read(state: BodyState, node: ast.expr) -> int:
    """The number of the value of `node`."""
    reader = _READERS.get(type(node))
    if reader is not None:
        return reader(state, node)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            read(state, child)
    return state.emit(Opaque(), node)


def read_test(state: BodyState, node: ast.expr) -> int:
    """The number of the value of a condition, which is asked whether it is true."""
    number = read(state, node)
    ask(state, node, number)
    return number


def ask(state: BodyState, node: ast.expr, number: int) -> None:
    """The value of `node` is asked whether it is true, unless it was or is a truth value by nature."""
    op = state.ops[number]
    if isinstance(node, ast.BoolOp) and isinstance(op, Choice):
        ask(state, node.values[-1], op.values[-1])
    elif not isinstance(node, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant):
        state.emit(Unary("Test", number), node)


def read_all(state: BodyState, nodes: Sequence[ast.expr]) -> tuple[int, ...]:
    return state.module.shared(tuple([read(state, node) for node in nodes])) if nodes else ()


def constant(value: object) -> Const | ByteString | Builtin | Opaque:
    """A literal as an operation."""
    match value:
        case str():
            return Const(value[:CUT])
        case bytes():
            return ByteString(value[:CUT])
        case bool() | None | float():
            return Const(value)
        case int():
            return Const(value) if -(2**63) <= value < 2**63 else Builtin("int")
        case complex():
            return Builtin("complex")
    return Opaque()


def dotted(node: ast.expr) -> str:
    """The text of ``a.b.c``; "" for anything else."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    names.append(node.id)
    return ".".join(reversed(names))


def _constant(state: BodyState, node: ast.Constant) -> int:
    return state.emit(constant(node.value), node)


def _name(state: BodyState, node: ast.Name) -> int:
    return state.lookup(node.id, node)


def _attribute(state: BodyState, node: ast.Attribute) -> int:
    base = read(state, node.value)
    known = state.known(attribute_key(base, node.attr))
    return state.emit(Attr(base, node.attr), node) if known is None else known


def _subscript(state: BodyState, node: ast.Subscript) -> int:
    base = read(state, node.value)
    key = read(state, node.slice)
    return state.emit(Item(base, key), node)


def _slice(state: BodyState, node: ast.Slice) -> int:
    lower, upper, step = [-1 if part is None else read(state, part) for part in (node.lower, node.upper, node.step)]
    return state.emit(Slice(lower, upper, step), node)


def _call(state: BodyState, node: ast.Call) -> int:
    func = read(state, node.func)
    args = state.module.shared(tuple([_argument(state, node, index) for index in range(len(node.args))]))
    keywords = tuple([(keyword.arg or "", read(state, keyword.value)) for keyword in node.keywords])
    number = state.emit(Call(func, args, keywords, dotted(node.func)), node)
    _evaluated(state, node, func)
    callee = node.func
    if isinstance(callee, ast.Attribute) and (callee.end_lineno != callee.lineno or _chained(callee)):
        # In a chain of calls the name tells which of them is meant, and a comment stands on its line.
        state.lines[number] = callee.end_lineno or callee.lineno
        state.columns[number] = (callee.end_col_offset or 0) - len(callee.attr.encode())
    return number


def _evaluated(state: BodyState, node: ast.Call, func: int) -> None:
    """The expressions in a text that ``eval`` or ``exec`` is given, where it is a literal: they run where the call stands."""
    text = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    if not isinstance(text, str) or state.ops[func] not in _EVALUATING or len(text) > CUT:
        return
    try:
        statements = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError):
        return
    for statement in statements:
        if isinstance(statement, ast.Expr):
            for inner in ast.walk(statement):
                ast.copy_location(inner, node)
            read(state, statement.value)


_EVALUATING = (Lookup("eval"), Lookup("exec"))


def _argument(state: BodyState, node: ast.Call, index: int) -> int:
    """An argument; the type that ``cast`` is given may be quoted."""
    argument = node.args[index]
    if index == 0 and isinstance(argument, ast.Constant) and dotted(node.func).rpartition(".")[2] == "cast":
        return read_annotation(state, argument)
    return read(state, argument)


def _chained(callee: ast.Attribute) -> bool:
    base: ast.expr = callee
    while isinstance(base, ast.Attribute):
        base = base.value
    return isinstance(base, ast.Call)


def _starred(state: BodyState, node: ast.Starred) -> int:
    return state.emit(Spread(read(state, node.value)), node)


def _await(state: BodyState, node: ast.Await) -> int:
    return state.emit(Await(read(state, node.value)), node)


def _binary(state: BodyState, node: ast.BinOp) -> int:
    spine = [node]
    while isinstance(spine[-1].left, ast.BinOp):
        spine.append(spine[-1].left)
    left = read(state, spine[-1].left)
    for part in reversed(spine):
        right = read(state, part.right)
        left = state.emit(Binary(type(part.op).__name__, left, right), part)
    return left


def _unary(state: BodyState, node: ast.UnaryOp) -> int:
    if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = node.operand.value
        if isinstance(value, int | float):
            return state.emit(constant(-value), node)
    return state.emit(Unary(type(node.op).__name__, read(state, node.operand)), node)


def _compare(state: BodyState, node: ast.Compare) -> int:
    values = read_all(state, [node.left, *node.comparators])
    return state.emit(Compare(tuple([type(op).__name__ for op in node.ops]), values), node)


def _boolean(state: BodyState, node: ast.BoolOp) -> int:
    conjunction = isinstance(node.op, ast.And)
    outer, region = state.branch(), state.region
    values, where = [], []
    for index, part in enumerate(node.values):
        where.append(state.region)
        values.append(read(state, part))
        if index < len(node.values) - 1:
            ask(state, part, values[-1])
            narrow(state, part, conjunction, read)
            state.enter(Region("branch", state.region, values[-1], positive=conjunction))
    state.region, state.environment = region, outer
    outer.values.update(_bound_within(state, node.values))
    return state.emit(Choice(tuple(values), tuple(where)), node)


def _bound_within(state: BodyState, nodes: Sequence[ast.expr]) -> dict[str, int]:
    """Names that assignment expressions in `nodes` bound, which outlive the layer they were bound in."""
    names = {n.target.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
    return {name: state.definitions[name][-1][1] for name in names if name in state.definitions}


def _conditional(state: BodyState, node: ast.IfExp) -> int:
    decided = verdict(node.test, state.module.target, state.module.system_names)
    if decided in ("true", "false"):
        return read(state, node.body if decided == "true" else node.orelse)
    test = read_test(state, node.test)
    outer, region = state.environment, state.region
    values, where = [], []
    for part, positive in ((node.body, True), (node.orelse, False)):
        state.branch()
        state.enter(Region("branch", region, test, positive=positive))
        narrow(state, node.test, positive, read)
        where.append(state.region)
        values.append(read(state, part))
        state.environment, state.region = outer, region
    return values[0] if values[0] == values[1] else state.emit(Choice(tuple(values), tuple(where)), node)


def _display(kind: str) -> Callable[[BodyState, Any], int]:
    def reader(state: BodyState, node: ast.List | ast.Tuple | ast.Set) -> int:
        return state.emit(Display(kind, read_all(state, node.elts)), node)  # type: ignore[arg-type]

    return reader


def _dict(state: BodyState, node: ast.Dict) -> int:
    keys, values = [], []
    for key, value in zip(node.keys, node.values, strict=True):
        keys.append(-1 if key is None else read(state, key))
        values.append(read(state, value))
    return state.emit(Mapping(tuple(keys), tuple(values)), node)


def _format(state: BodyState, node: ast.JoinedStr) -> int:
    values, conversions = [], []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            values.append(read(state, part.value))
            conversions.append(chr(part.conversion) if part.conversion > 0 else "")
            if part.format_spec is not None:
                read(state, part.format_spec)
    return state.emit(Format(tuple(values), tuple(conversions)), node)


def _named(state: BodyState, node: ast.NamedExpr) -> int:
    value = read(state, node.value)
    assign(state, node.target, value, read)
    return value


def _yield(state: BodyState, node: ast.Yield) -> int:
    state.is_generator = True
    value = read(state, node.value) if node.value is not None else state.emit(Const(None), node)
    return state.emit(Yield(value, False), node)


def _yield_from(state: BodyState, node: ast.YieldFrom) -> int:
    state.is_generator = True
    return state.emit(Yield(read(state, node.value), True), node)


def _comprehension(kind: str) -> Callable[[BodyState, Any], int]:
    def reader(state: BodyState, node: ast.ListComp | ast.SetComp | ast.DictComp) -> int:
        outer, region = state.branch(), state.region
        _clauses(state, node.generators, None)
        if isinstance(node, ast.DictComp):
            number = state.emit(Mapping((read(state, node.key),), (read(state, node.value),)), node)
        else:
            number = state.emit(Display(kind, (read(state, node.elt),), True), node)  # type: ignore[arg-type]
        state.environment, state.region = outer, region
        outer.values.update(_bound_within(state, [node]))
        return number

    return reader


def _clauses(state: BodyState, clauses: list[ast.comprehension], first: int | None) -> None:
    """``for target in iterable if test``, one inside the other; `first`: the first iterable, already read."""
    for clause in clauses:
        iterable = read(state, clause.iter) if first is None else first
        first = None
        state.enter(Region("loop", state.region, iterable, is_async=bool(clause.is_async)))
        state.is_async = state.is_async or (bool(clause.is_async) and state.kind == "generator expression")
        assign(state, clause.target, state.emit(Element(iterable, bool(clause.is_async)), clause.iter), read)
        for test in clause.ifs:
            condition = read_test(state, test)
            state.enter(Region("branch", state.region, condition))
            narrow(state, test, True, read)


def _generator(state: BodyState, node: ast.GeneratorExp) -> int:
    first = read(state, node.generators[0].iter)
    inner = BodyState(state.module, "generator expression", "<genexpr>", node, state)
    inner.params.append(Parameter(".0", "positional"))
    inner.is_generator = True
    _clauses(inner, node.generators, inner.emit(Param(0), node))
    value = read(inner, node.elt)
    inner.emit(Yield(value, False), node.elt)
    inner.is_async = inner.is_async or any(isinstance(op, Await) for op in inner.ops)
    number = inner.finish()
    return state.emit(Call(state.emit(Closure(number), node), (first,), (), ""), node)


def _lambda(state: BodyState, node: ast.Lambda) -> int:
    inner = BodyState(state.module, "lambda", "<lambda>", node, state)
    read_parameters(state, inner, node.args, read)
    inner.emit(Return(read(inner, node.body)), node.body)
    return state.emit(Closure(inner.finish()), node)


_READERS: dict[type[ast.expr], Callable[[BodyState, Any], int]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.Call: _call,
    ast.Starred: _starred,
    ast.Await: _await,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.IfExp: _conditional,
    ast.List: _display("list"),
    ast.Tuple: _display("tuple"),
    ast.Set: _display("set"),
    ast.Dict: _dict,
    ast.JoinedStr: _format,
    ast.NamedExpr: _named,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.ListComp: _comprehension("list"),
    ast.SetComp: _comprehension("set"),
    ast.DictComp: _comprehension("dict"),
    ast.GeneratorExp: _generator,
    ast.Lambda: _lambda,
}
