"""Statements to operations, and the branches and loops between them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from flake8_noblock.facts import scopes
from flake8_noblock.facts.annotations import read_annotation
from flake8_noblock.facts.definitions import read_class, read_function
from flake8_noblock.facts.expressions import read, read_test
from flake8_noblock.facts.lowering import FORGOTTEN, BodyState, Changes, Environment, Loop, attribute_key, changes
from flake8_noblock.facts.model import (
    Alias,
    Binary,
    Caught,
    Choice,
    Declared,
    Delete,
    Drop,
    Element,
    Enter,
    Exit,
    Import,
    Jump,
    Raise,
    Region,
    RegionKind,
    Return,
    Unary,
)
from flake8_noblock.facts.narrowing import narrow
from flake8_noblock.facts.patterns import is_irrefutable, narrow_subject, read_equality, read_pattern
from flake8_noblock.facts.static import verdict
from flake8_noblock.facts.targets import assign, assign_name


def read_body(state: BodyState, body: Sequence[ast.stmt]) -> None:
    """The statements of `body`, one after the other, until one that never ends normally."""
    outer = state.statement
    for index, node in enumerate(body):
        if not state.alive:
            _skip(state, body[index:])
            break
        reader = _READERS.get(type(node))
        if reader is None:
            continue
        state.last_statement += 1
        state.statement = state.last_statement
        region, environment = state.region, state.environment
        try:
            reader(state, node)
        except RecursionError:
            state.region, state.environment, state.alive = region, environment, True
    state.statement = outer


def _skip(state: BodyState, nodes: Sequence[ast.stmt]) -> None:
    """Code that never runs, and makes its function a generator all the same."""
    if state.kind == "function" and not state.is_generator:
        state.is_generator = scopes.has_yield(nodes)


def _expression(state: BodyState, node: ast.Expr) -> None:
    if not isinstance(node.value, ast.Constant):
        state.emit(Drop(read(state, node.value)), node)


def _assign(state: BodyState, node: ast.Assign) -> None:
    value = read(state, node.value)
    for target in node.targets:
        assign(state, target, value, read)
        if isinstance(target, ast.Name) and target.id == "_":
            state.emit(Drop(value), node)  # By convention: the value is not used.


def _assign_annotated(state: BodyState, node: ast.AnnAssign) -> None:
    value = -1 if node.value is None else read(state, node.value)
    declared = state.emit(Declared(read_annotation(state, node.annotation), value), node)
    if isinstance(node.target, ast.Name) and node.target.id not in state.away:
        if state.kind not in ("module", "class"):
            state.declared[node.target.id] = state.ops[declared].annotation  # type: ignore[union-attr]
        if value >= 0 or state.kind in ("module", "class"):
            state.bind(node.target.id, declared)
    else:
        assign(state, node.target, declared, read)


def _assign_augmented(state: BodyState, node: ast.AugAssign) -> None:
    before = read(state, _loaded(node.target))
    value = read(state, node.value)
    assign(state, node.target, state.emit(Binary(type(node.op).__name__, before, value, in_place=True), node), read)


def _loaded(target: ast.expr) -> ast.expr:
    match target:
        case ast.Name(id=name):
            return ast.copy_location(ast.Name(name, ast.Load()), target)
        case ast.Attribute(value=value, attr=attribute):
            return ast.copy_location(ast.Attribute(value, attribute, ast.Load()), target)
    return target


def _delete(state: BodyState, node: ast.Delete) -> None:
    for target in node.targets:
        match target:
            case ast.Name(id=name):
                state.refine(name, FORGOTTEN)
            case ast.Attribute(value=value, attr=attribute):
                base = read(state, value)
                state.emit(Delete(base, -1, attribute), target)
                state.refine(attribute_key(base, attribute), FORGOTTEN)
            case ast.Subscript(value=value, slice=key):
                state.emit(Delete(read(state, value), read(state, key), ""), target)


def _alias(state: BodyState, node: Any) -> None:
    assign_name(state, node.name.id, state.emit(Alias(read_annotation(state, node.value)), node))


# --- leaving ---


def _return(state: BodyState, node: ast.Return) -> None:
    state.emit(Return(-1 if node.value is None else read(state, node.value)), node)
    state.alive = False


def _raise(state: BodyState, node: ast.Raise) -> None:
    value = -1 if node.exc is None else read(state, node.exc)
    if node.cause is not None:
        read(state, node.cause)
    state.emit(Raise(value), node)
    state.alive = False


def _break(state: BodyState, node: ast.Break) -> None:
    if state.loops:
        state.loops[-1].breaks.append(changes(state.environment, state.loops[-1].base))
    state.emit(Jump("break"), node)
    state.alive = False


def _continue(state: BodyState, node: ast.Continue) -> None:
    if state.loops:
        state.loops[-1].rounds.append(changes(state.environment, state.loops[-1].base))
    state.emit(Jump("continue"), node)
    state.alive = False


def _assert(state: BodyState, node: ast.Assert) -> None:
    read_test(state, node.test)
    narrow(state, node.test, True, read)


# --- branches ---


def _if(state: BodyState, node: ast.If) -> None:
    decided = verdict(node.test, state.module.target, state.module.system_names)
    if decided in ("true", "false"):
        taken, other = (node.body, node.orelse) if decided == "true" else (node.orelse, node.body)
        _skip(state, other)
        read_body(state, taken)
        return
    test = read_test(state, node.test)
    outer, ends = state.environment, list[Changes]()
    going_on = []
    for body, positive in ((node.body, True), (node.orelse, False)):
        typing = decided == ("typing" if positive else "not typing")
        narrowed = node.test if decided == "open" else None
        kind: RegionKind = "typing" if typing else "branch"
        region = Region(kind, state.region, test, positive=positive)
        _branch(state, body, region, narrowed, ends)
        if state.alive:
            going_on.append(region)
    state.meet(outer, ends, falls_through=False)
    if len(going_on) == 1:
        state.enter(going_on[0])


def _branch(state: BodyState, body: Sequence[ast.stmt], region: Region, test: ast.expr | None, ends: list[Changes]) -> None:
    """One way on from the present environment, in a region of its own; its changes are added to `ends` if it ends."""
    outer, before = state.branch(), state.enter(region)
    state.alive = True
    if test is not None:
        narrow(state, test, region.positive, read)
    read_body(state, body)
    if state.alive:
        ends.append(changes(state.environment, outer))
    state.environment, state.region = outer, before


def _match(state: BodyState, node: ast.Match) -> None:
    subject = read(state, node.subject)
    state.emit(Unary("Match", subject), node)
    outer, before = state.environment, state.region
    ends: list[Changes] = []
    exhaustive = False
    around = before
    for case in node.cases:
        state.branch()
        state.last_statement += 1
        state.statement = state.last_statement  # Each case stands on a line of its own.
        state.region = around
        test = read_equality(state, case.pattern, subject)
        state.enter(Region("branch", around, test))
        state.alive = True
        read_pattern(state, case.pattern, subject)
        narrow_subject(state, node.subject, case.pattern)
        if case.guard is not None:
            read_test(state, case.guard)
            narrow(state, case.guard, True, read)
        read_body(state, case.body)
        if state.alive:
            ends.append(changes(state.environment, outer))
        state.environment, state.region = outer, around
        if test >= 0 and case.guard is None:
            state.enter(Region("branch", around, test, positive=False))
            around = state.region
        exhaustive = exhaustive or is_irrefutable(case)
    state.region = before
    state.meet(outer, ends, falls_through=not exhaustive)


# --- loops ---


def _for(state: BodyState, node: ast.For | ast.AsyncFor) -> None:
    is_async = isinstance(node, ast.AsyncFor)
    iterable = read(state, node.iter)

    def head() -> None:
        assign(state, node.target, state.emit(Element(iterable, is_async), node), read)

    _loop(state, [node.target, *node.body], node.body, node.orelse, Region("loop", state.region, iterable), head, True)


def _while(state: BodyState, node: ast.While) -> None:
    decided = verdict(node.test, state.module.target, state.module.system_names)
    if decided == "false":
        _skip(state, node.body)
        read_body(state, node.orelse)
        return

    def head() -> None:
        test = read_test(state, node.test)
        state.replace_region(state.region, test)
        narrow(state, node.test, True, read)

    _loop(state, [node.test, *node.body], node.body, node.orelse, Region("loop", state.region), head, decided != "true")


def _loop(
    state: BodyState,
    scope: Sequence[ast.AST],
    body: Sequence[ast.stmt],
    orelse: Sequence[ast.stmt],
    region: Region,
    head: Callable[[], None],
    may_end: bool,
) -> None:
    """A loop: names that it binds have, at its head, the value from before or that of any earlier round."""
    provisional = _provisional(state, scope)
    outer, before = state.branch(), state.enter(region)
    loop = Loop(outer)
    state.loops.append(loop)
    head()
    read_body(state, body)
    if state.alive:
        loop.rounds.append(changes(state.environment, outer))
    state.loops.pop()
    state.environment, state.region = outer, before
    for name, (number, value) in provisional.items():
        values = [value, *(end[name] for end in loop.rounds if end.get(name, FORGOTTEN) >= 0)]
        state.replace(number, Choice(tuple(dict.fromkeys(v for v in values if v != number))))
    ends = list(loop.breaks)
    if may_end:
        ends += _after_rounds(state, outer, loop, orelse)
    state.meet(outer, ends, falls_through=False)


def _provisional(state: BodyState, scope: Sequence[ast.AST]) -> dict[str, tuple[int, int]]:
    """For each name that the loop binds and that has a value: the number of its value at the head, and the value."""
    found = {}
    for name in sorted(scopes.bound_names(scope)):
        value = state.known(name)
        if value is not None:
            number = state.emit(Choice((value,)))
            state.refine(name, number)
            found[name] = (number, value)
    return found


def _after_rounds(state: BodyState, outer: Environment, loop: Loop, orelse: Sequence[ast.stmt]) -> list[Changes]:
    """The loop ends by itself: after no round or after any, and then by way of its ``else``."""
    state.branch()
    layer = state.environment
    state.meet(layer, loop.rounds, falls_through=True)
    read_body(state, orelse)
    end = changes(state.environment, outer)
    state.environment = outer
    return [end] if state.alive else []


# --- try and with ---


def _try(state: BodyState, node: Any) -> None:
    outer, before = state.branch(), state.enter(Region("try", state.region))
    partner = state.region
    ends: list[Changes] = []
    read_body(state, node.body)
    body_changes = changes(state.environment, outer)
    state.region = before
    if state.alive and node.orelse:
        state.enter(Region("else", before, partner=partner))
        read_body(state, node.orelse)
        state.region = before
    if state.alive:
        ends.append(changes(state.environment, outer))
    state.environment = outer
    for handler in node.handlers:
        region = Region("except", before, partner=partner, in_groups=isinstance(node, ast.TryStar))
        _handler(state, handler, region, body_changes, ends)
    state.meet(outer, ends, falls_through=False)
    if node.finalbody:
        _finally(state, node.finalbody, Region("finally", before, partner=partner), body_changes)


def _handler(state: BodyState, handler: ast.ExceptHandler, region: Region, body_changes: Changes, ends: list[Changes]) -> None:
    outer, before = state.branch(), state.region
    state.alive = True
    for name, value in body_changes.items():
        present = [v for v in (outer.get(name), value) if v is not None and v >= 0]
        if present and not name[0].isdigit():
            state.refine(name, state.choice(present))
    kind = -1 if handler.type is None else read(state, handler.type)
    place = handler.lineno, handler.col_offset
    state.enter(Region("except", region.parent, kind, True, region.partner, False, region.in_groups, *place))
    if handler.name is not None:
        assign_name(state, handler.name, state.emit(Caught(kind), handler))
    read_body(state, handler.body)
    if handler.name is not None:
        state.refine(handler.name, FORGOTTEN)
    if state.alive:
        ends.append(changes(state.environment, outer))
    state.environment, state.region = outer, before


def _finally(state: BodyState, body: Sequence[ast.stmt], region: Region, body_changes: Changes) -> None:
    """Runs whether or not the code before it ends; where it doesn't, names may have the values of the ``try``."""
    reached = state.alive
    outer, before = state.environment, state.enter(region)
    if not reached:
        state.branch()
        state.environment.values.update(body_changes)
    state.alive = True
    read_body(state, body)
    state.alive = state.alive and reached
    state.environment, state.region = outer, before


def _with(state: BodyState, node: ast.With | ast.AsyncWith) -> None:
    is_async = isinstance(node, ast.AsyncWith)
    before = state.region
    entered = []
    for item in node.items:
        value = read(state, item.context_expr)
        number = state.emit(Enter(value, is_async), item.context_expr)
        state.enter(Region("with", state.region, number, is_async=is_async))
        if item.optional_vars is not None:
            assign(state, item.optional_vars, number, read)
        entered.append((value, item.context_expr))
    read_body(state, node.body)
    state.region = before
    for value, expression in reversed(entered):
        state.emit(Exit(value, is_async), expression)


# --- definitions and imports ---


def _function(state: BodyState, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    read_function(state, node, read_body)


def _class(state: BodyState, node: ast.ClassDef) -> None:
    read_class(state, node, read_body)


def _import(state: BodyState, node: ast.Import) -> None:
    for alias in node.names:
        state.module.imported[alias.name, 0] = None
        if alias.name == "platform":
            state.module.system_names[alias.asname or alias.name] = alias.name
        top = alias.asname is None
        number = state.emit(Import(alias.name, 0, None, binds_top=top), node)
        assign_name(state, alias.asname or alias.name.partition(".")[0], number)


def _import_from(state: BodyState, node: ast.ImportFrom) -> None:
    module = node.module or ""
    state.module.imported[module, node.level] = None
    for alias in node.names:
        if alias.name == "*":
            state.module.stars.append((module, node.level))
            continue
        if module in ("sys", "os", "platform"):
            state.module.system_names[alias.asname or alias.name] = f"{module}.{alias.name}"
        number = state.emit(Import(module, node.level, alias.name), node)
        assign_name(state, alias.asname or alias.name, number)


def _give_away(state: BodyState, node: ast.Global | ast.Nonlocal) -> None:
    if state.kind != "module":
        state.away.update(node.names)


_READERS: dict[type[ast.stmt], Callable[[BodyState, Any], None]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _assign_annotated,
    ast.AugAssign: _assign_augmented,
    ast.Delete: _delete,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Assert: _assert,
    ast.If: _if,
    ast.Match: _match,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Global: _give_away,
    ast.Nonlocal: _give_away,
}
if hasattr(ast, "TypeAlias"):
    _READERS[ast.TypeAlias] = _alias
