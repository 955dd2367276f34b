"""Branches that don't run: their condition is decided by what the caller passes, or by there being a running loop.

All code that is looked at runs on the loop's thread, so what asks for the running loop gets it, and never fails.
"""

from __future__ import annotations

from collections.abc import Collection

from flake8_noblock.facts.model import (
    Attr,
    Body,
    Call,
    Choice,
    Compare,
    Const,
    Declared,
    Display,
    Import,
    Lookup,
    Op,
    Param,
    Raise,
    Region,
    RegionKind,
    Return,
    Unary,
)
from flake8_noblock.facts.operands import joined
from flake8_noblock.link.annotations import instances
from flake8_noblock.link.classes import mro
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import layout
from flake8_noblock.link.objects import flat, has_attribute, is_of, may_be_of
from flake8_noblock.link.subclasses import is_overridden
from flake8_noblock.link.values import (
    Adapter,
    ClassValue,
    ForeignClass,
    Function,
    Instance,
    Literal,
    ModuleValue,
    Partial,
    SourceClass,
    TupleValue,
    Value,
    Values,
    is_unknown,
    union,
)

_NONE: frozenset[int] = frozenset()
_OBJECT: Values = (Instance(ForeignClass("builtins.object")),)
_LOOP: Values = (Instance(ForeignClass("asyncio.AbstractEventLoop")),)

MOST_CHOICES = 4
"""Branches in a row through which a value is followed."""

LONGEST_PREDICATE = 40
"""Operations: a longer function is not asked whether it always gives the same constant."""


def regions_below(body: Body, kind: RegionKind) -> frozenset[int]:
    """The numbers of the regions of one kind, and of those inside them."""
    inside: set[int] = set()
    for number, region in enumerate(body.regions):
        if region.kind == kind or region.parent in inside:
            inside.add(number)
    return frozenset(inside)


def excluded_regions(infer: Inference, site: Site) -> frozenset[int]:
    """The numbers of the regions of the body at `site` that don't run in its context."""
    if len(infer.body(site).regions) == 1:
        return _NONE
    return infer.remember_from(_NONE, "excluded regions", site, _excluded, infer, site, infer.body(site))


def _excluded(infer: Inference, site: Site, body: Body) -> frozenset[int]:
    excluded: set[int] = set()
    for number, region in enumerate(body.regions):
        if region.parent in excluded or (region.kind == "except" and _never_runs(infer, site, body, region)):
            excluded.add(number)
        elif region.value >= 0 and (region.kind == "branch" or (region.kind == "loop" and not region.is_async)):
            decided = _truth(infer, site, region.value, excluded) if _is_condition(body.ops[region.value]) else None
            if decided is not None and decided != region.positive:
                excluded.add(number)
    return frozenset(excluded)


def selective_regions(infer: Inference, site: Site) -> frozenset[int]:
    """The numbers of the regions of the body at `site` that run for particular texts or types only, where its context doesn't
    say whether it is one of them."""
    body = infer.body(site)
    if len(body.regions) == 1:
        return _NONE
    return infer.remember("selective regions", site, _selective, infer, site, body, excluded_regions(infer, site))


def _selective(infer: Inference, site: Site, body: Body, excluded: Collection[int]) -> frozenset[int]:
    found: set[int] = set()
    for number, region in enumerate(body.regions):
        if region.parent in found:
            found.add(number)
        elif region.kind == "branch" and region.value >= 0 and _selects(infer, site, region.value, region.positive):
            if _truth(infer, site, region.value, excluded) is None and not _is_checked(infer, site, body, region):
                found.add(number)
    return frozenset(found)


def _is_checked(infer: Inference, site: Site, body: Body, region: Region) -> bool:
    """Whether all other texts or types are refused, rather than dealt with here or in a branch before."""
    around = body.regions[region.parent] if region.parent >= 0 else None
    if around is not None and around.kind == "branch" and around.value >= 0:
        if _selects(infer, site, around.value, not around.positive):
            return False
    others = _otherwise(body, region)
    asked = [r for r in body.regions if r.parent in others and r.kind == "branch" and r.value >= 0]
    return _refuses(infer, site, others) and not any(_selects(infer, site, r.value, r.positive) for r in asked)


def _otherwise(body: Body, region: Region) -> frozenset[int]:
    """The numbers of the regions that run where the condition of `region` is the opposite."""
    asked = (region.kind, region.parent, region.value, not region.positive)
    found = {n for n, other in enumerate(body.regions) if (other.kind, other.parent, other.value, other.positive) == asked}
    for number, other in enumerate(body.regions):
        if other.parent in found and other.kind == "branch" and other.value < 0:  # The last case of a ``match``.
            found.add(number)
    return frozenset(found)


def _refuses(infer: Inference, site: Site, regions: Collection[int]) -> bool:
    """Whether what runs in one of `regions` ends with an error."""
    ops = infer.body(site).ops
    return any(isinstance(ops[number], Raise) for region in regions for number in layout(infer, site).numbers[region])


def dispatches(infer: Inference, site: Site) -> tuple[tuple[int, ...], ...]:
    """The branches, by the numbers of their regions, one of which always runs: each for a text or type, all others refused."""
    selective = selective_regions(infer, site)
    body = infer.body(site)
    roots = [number for number in sorted(selective) if body.regions[number].parent not in selective]
    found: list[tuple[int, ...]] = []
    for root in roots:
        if not any(root in chain for chain in found):
            chain = _chain(infer, site, root, roots)
            if len(chain) > 1:
                found.append(chain)
    return tuple(found)


def _chain(infer: Inference, site: Site, root: int, roots: list[int]) -> tuple[int, ...]:
    body = infer.body(site)
    arms = [root]
    while True:
        others = _otherwise(body, body.regions[arms[-1]])
        following = [number for number in roots if body.regions[number].parent in others]
        if not following:
            return tuple(arms) if _refuses(infer, site, others) else ()
        if len(following) > 1:
            return ()
        arms.append(following[0])


def _selects(infer: Inference, site: Site, number: int, positive: bool) -> bool:
    """Whether operation `number` is (or, not `positive`, is not) true for one or some of many texts or plain types only."""
    body = infer.body(site)
    op = body.ops[number]
    match op:
        case Unary(operator="Not", value=value):
            return _selects(infer, site, value, not positive)
        case Declared(value=value) if value >= 0:
            return _selects(infer, site, value, positive)
        case Compare(operators=("Eq" | "NotEq" as operator,), values=(left, right)):
            return (operator == "Eq") == positive and (_is_text(infer, site, left) or _is_text(infer, site, right))
        case Compare(operators=("In" | "NotIn" as operator,), values=(_, right)):
            return (operator == "In") == positive and _is_text(infer, site, right)
        case Compare(operators=("Is" | "IsNot" as operator,), values=(left, right)):
            asked = (operator == "Is") == positive and _is_truth_value(body, right)
            return asked and _may_be_other(infer, infer.value(site, left))
        case Call(args=(_, types), spelling="isinstance"):
            kinds = instances(infer, flat(infer.value(site, types))) if positive else ()
            return bool(kinds) and all(_is_plain(infer, kind) for kind in kinds)
        case Call(args=(subject, asked), spelling="hasattr") if (name := _text(body, asked)) is not None:
            return positive and has_attribute(infer, infer.value(site, subject), name) is None
        case Call(args=(_,)):
            return positive and _asks_for_affix(body, op)
        case Choice(where=(*_, last)):
            parts = [value for value in joined(body.ops, number) if _selects(infer, site, value, positive)]
            if body.regions[last].positive == positive:
                excluded = excluded_regions(infer, site)
                return any(_truth(infer, site, value, excluded) is None for value in parts)
            return bool(parts) and len(parts) == len(joined(body.ops, number))
    return False


def _is_truth_value(body: Body, number: int) -> bool:
    op = body.ops[number]
    return isinstance(op, Const) and isinstance(op.value, bool)


def _may_be_other(infer: Inference, values: Values) -> bool:
    """Whether a value that is asked whether it is true or false itself may be an object that is neither."""
    return not is_unknown(values) and any(isinstance(value, Instance) and _differs(value, Literal(True)) for value in values)


def _is_plain(infer: Inference, kind: Value) -> bool:
    """Whether a type is one of the standard library's."""
    return isinstance(kind, Instance) and isinstance(kind.cls, SourceClass) and infer.is_standard(ClassValue(kind.cls))


def _text(body: Body, number: int) -> str | None:
    """The text that an operation is, if it is one."""
    op = body.ops[number]
    return op.value if isinstance(op, Const) and isinstance(op.value, str) else None


def _is_text(infer: Inference, site: Site, number: int) -> bool:
    """Whether an operand is a text or a member of an enumeration, or some of them."""
    op = infer.body(site).ops[number]
    match op:
        case Display(items=items):
            return bool(items) and all(_is_text(infer, site, item) for item in items)
        case Attr(base=base, name="value") if _is_member(infer, infer.value(site, base)):
            return True
        case Attr() | Lookup():
            values = infer.value(site, number)
            texts = bool(values) and all(isinstance(value, Literal) and isinstance(value.value, str) for value in values)
            return texts or _is_member(infer, values)
    return isinstance(op, Const) and isinstance(op.value, str)


def _is_member(infer: Inference, values: Values) -> bool:
    """Whether a value is a member of an enumeration."""
    instance = values[0] if len(values) == 1 else None
    if not isinstance(instance, Instance):
        return False
    return any(ancestor.cls is not None and ancestor.cls.name == "enum.Enum" for ancestor in mro(infer, instance.cls))


def _is_condition(op: Op) -> bool:
    return isinstance(op, Param | Lookup | Unary | Compare | Choice | Call | Declared)


def _never_runs(infer: Inference, site: Site, body: Body, region: Region) -> bool:
    """Whether a handler is one of an error that can't be."""
    caught = body.ops[region.value] if region.value >= 0 else None
    if isinstance(caught, Lookup) and caught.name == "NameError":
        names = infer.facts(site.module).bodies[0].names
        tried = [body.ops[number] for number in layout(infer, site).numbers[region.partner]]
        looked_up = [op.name for op in tried if isinstance(op, Lookup)]
        return body.kind == "function" and any(name in names for name in looked_up)
    return _never_fails(infer, site, body, region.partner)


def _never_fails(infer: Inference, site: Site, body: Body, region: int) -> bool:
    """Whether a ``try`` holds no more than a question for the running loop."""
    found = layout(infer, site)
    calls = [op for op in (body.ops[number] for number in found.numbers[region]) if isinstance(op, Call)]
    nested = bool(found.children[region])
    return bool(calls) and not nested and all(_asks_for_loop(infer, site, call) for call in calls)


def _asks_for_loop(infer: Inference, site: Site, call: Call) -> bool:
    callee = infer.body(site).ops[call.func]
    if not isinstance(callee, Attr | Lookup | Import) or not infer.knowledge.may_ask_for_loop(callee.name or ""):
        return False
    values = infer.value(site, call.func)
    return bool(values) and all(isinstance(v, Function) and infer.knowledge.asks_for_loop(infer.path(v)) for v in values)


def _truth(infer: Inference, site: Site, number: int, excluded: Collection[int]) -> bool | None:
    """Whether operation `number` is true for what the context of `site` says of parameters; None: it may be either."""
    body = infer.body(site)
    op = body.ops[number]
    match op:
        case Unary(operator="Not", value=value):
            inner = _truth(infer, site, value, excluded)
            return None if inner is None else not inner
        case Declared(value=value) if value >= 0:
            return _truth(infer, site, value, excluded)
        case Compare(operators=(operator,), values=(left, right)):
            one, other = _passed(infer, site, left, excluded), _passed(infer, site, right, excluded)
            if _LOOP in (one, other) and None in (one, other) and operator in ("Is", "IsNot"):
                return operator == "Is"  # Whose loop it is that code asks about, it runs on that.
            return _compared(operator, one, other)
        case Choice(where=(_, *_)):
            return _joined(infer, site, number, op, excluded)
        case Call(args=(subject, types)) if _is_isinstance(infer, site, op):
            return _is_instance(infer, _passed(infer, site, subject, excluded), flat(infer.value(site, types)))
        case Call(args=(subject, asked), spelling="hasattr") if (name := _text(body, asked)) is not None:
            return has_attribute(infer, _passed(infer, site, subject, excluded), name)
        case Call(args=(argument,)) if _asks_for_affix(body, op):
            return _starts_or_ends(infer, site, op, argument, excluded)
    passed = _passed(infer, site, number, excluded)
    decided = {_is_true(value) for value in passed or ()}
    return decided.pop() if len(decided) == 1 else None


def _passed(infer: Inference, site: Site, number: int, excluded: Collection[int], depth: int = MOST_CHOICES) -> Values | None:
    """What a parameter is in this context, or a name of the function around; the value of a constant; else None."""
    op = infer.body(site).ops[number]
    match op:
        case Param(index=index):
            return infer.argument(site, index)
        case Lookup(name=name):
            return infer.value(site, number) if _is_from_around(infer, site, name) else None
        case Declared(value=value) if value >= 0:
            return _passed(infer, site, value, excluded, depth)
        case Choice(values=choices, where=()):
            where = infer.body(site).where
            if depth == 0:
                return None
            reached = [value for value in choices if value != number and where[value] not in excluded]
            parts = [_passed(infer, site, value, excluded, depth - 1) for value in reached]
            return None if None in parts else union(*[part for part in parts if part is not None])
        case Choice(values=(*_, last)) if _is_disjunction(infer.body(site), op):
            return _something(infer, site, last)
        case Call():
            return _given(infer, site, op)
    values = infer.value(site, number) if isinstance(op, Const | Display) else ()
    return values if len(values) == 1 and isinstance(values[0], Literal | TupleValue) else None


def _given(infer: Inference, site: Site, op: Call) -> Values | None:
    """What a function gives that only tells whether a loop runs: the loop, or a constant.

    One that has arguments must ask for the loop itself.
    """
    if _asks_for_loop(infer, site, op):
        return _LOOP
    if not isinstance(infer.body(site).ops[op.func], Attr | Lookup | Import):
        return None
    callee = infer.value(site, op.func)
    function = callee[0] if len(callee) == 1 else None
    if not isinstance(function, Function) or isinstance(function.receiver, ClassValue) or infer.is_standard(function):
        return None
    body = infer.function_body(function)
    if body.is_async or body.is_generator or len(body.ops) > LONGEST_PREDICATE:
        return None
    target = Site(function.module, function.body)
    if function.receiver is not None:
        return None if len(body.params) > 1 else _given_by_method(infer, function, function.receiver)
    if body.params and not any(isinstance(inner, Call) and _asks_for_loop(infer, target, inner) for inner in body.ops):
        return None
    return infer.remember_from(None, "predicates", function, _returned_always, infer, target)


def _given_by_method(infer: Inference, function: Function, receiver: Instance) -> Values | None:
    """What a method always gives that nothing overrides."""
    target = Site(function.module, function.body)
    found = infer.remember_from(None, "predicates", Function(target.module, target.body), _returned_always, infer, target)
    return None if not found or is_overridden(infer, function, receiver) else found


def _returned_always(infer: Inference, site: Site) -> Values | None:
    body = infer.body(site)
    excluded = excluded_regions(infer, site)
    parts: list[Values] = []
    for op, where in zip(body.ops, body.where, strict=True):
        if isinstance(op, Return) and where not in excluded:
            decided = None if op.value < 0 else _truth(infer, site, op.value, excluded)
            part = (Literal(decided),) if decided is not None else None
            passed = None if op.value < 0 else _passed(infer, site, op.value, excluded)
            found = passed or part
            if not found:
                return None
            parts.append(found)
    return union(*parts) if parts else None


def _is_disjunction(body: Body, op: Choice) -> bool:
    """Whether a choice is ``a or b``."""
    region = body.regions[op.where[-1]] if op.where else None
    return region is not None and region.kind == "branch" and not region.positive and region.value in op.values


def _something(infer: Inference, site: Site, number: int) -> Values | None:
    """An object, whatever it is, where the name of a module is one that is made there and set nowhere else."""
    op = infer.body(site).ops[number]
    facts = infer.facts(site.module)
    if not isinstance(op, Lookup) or op.name in facts.globals or op.name not in facts.bodies[0].names:
        return None
    top = Site(site.module, 0)
    made = facts.bodies[0].ops[facts.bodies[0].names[op.name]]
    if isinstance(made, Declared) and made.value >= 0:
        made = facts.bodies[0].ops[made.value]
    values = infer.value(top, made.func) if isinstance(made, Call) else ()
    return _OBJECT if values and all(isinstance(value, ClassValue) for value in values) else None


def _asks_for_affix(body: Body, op: Call) -> bool:
    callee = body.ops[op.func]
    return isinstance(callee, Attr) and callee.name in ("startswith", "endswith")


def _starts_or_ends(infer: Inference, site: Site, op: Call, argument: int, excluded: Collection[int]) -> bool | None:
    """``name.startswith("x")`` of a constant that is passed."""
    callee = infer.body(site).ops[op.func]
    assert isinstance(callee, Attr)
    verdicts = set()
    for value in _passed(infer, site, callee.base, excluded) or ():
        for affix in _passed(infer, site, argument, excluded) or ():
            if not isinstance(value, Literal) or not isinstance(value.value, str) or not isinstance(affix, Literal):
                return None
            verdicts.add(isinstance(affix.value, str) and getattr(value.value, callee.name)(affix.value))
    return verdicts.pop() if len(verdicts) == 1 else None


def decided(infer: Inference, site: Site, number: int) -> Values | None:
    """The constant that operation `number` gives in this context; None where it may give others."""
    excluded = excluded_regions(infer, site)
    if isinstance(infer.body(site).ops[number], Compare | Unary):
        truth = _truth(infer, site, number, excluded)
        return None if truth is None else (Literal(truth),)
    return _passed(infer, site, number, excluded)


def _is_from_around(infer: Inference, site: Site, name: str) -> bool:
    """Whether `name` is a parameter of a function around the body, never assigned to."""
    around = infer.around(site)
    while around.body > 0:
        cells = infer.body(around).cells.get(name)
        if cells is not None:
            return len(cells) == 1 and isinstance(infer.body(around).ops[cells[0][1]], Param)
        around = infer.around(around)
    return False


def _is_isinstance(infer: Inference, site: Site, op: Call) -> bool:
    callee = infer.value(site, op.func)
    return len(callee) == 1 and isinstance(callee[0], Function) and infer.path(callee[0]) == "builtins.isinstance"


def _is_instance(infer: Inference, values: Values | None, types: Values) -> bool | None:
    kinds = instances(infer, types)
    if not values or not kinds or is_unknown(kinds):
        return None
    if all(any(is_of(infer, value, kind) for kind in kinds) for value in values):
        return True
    return None if any(may_be_of(infer, value, kind) for value in values for kind in kinds) else False


def _joined(infer: Inference, site: Site, number: int, op: Choice, excluded: Collection[int]) -> bool | None:
    """``a and b``, ``a or b``: the branch in which the last part stands tells which it is."""
    region = infer.body(site).regions[op.where[-1]]
    if region.kind != "branch" or region.value not in op.values:
        return None
    conjunction = region.positive
    parts = [_truth(infer, site, value, excluded) for value in joined(infer.body(site).ops, number)]
    if len(parts) < len(op.values):
        return None if (not conjunction) not in parts else not conjunction
    if (not conjunction) in parts:
        return not conjunction
    return None if None in parts else conjunction


def _compared(operator: str, left: Values | None, right: Values | None) -> bool | None:
    if not left or not right:
        return None
    verdicts = {_compare(operator, one, other) for one in left for other in right}
    return verdicts.pop() if len(verdicts) == 1 else None


def _compare(operator: str, left: Value, right: Value) -> bool | None:
    negative = operator in ("IsNot", "NotEq")
    if operator in ("In", "NotIn") and isinstance(right, TupleValue):
        verdicts = [_compare("Eq", left, value) for item in right.items for value in item]
        return None if None in verdicts else (True in verdicts) != (operator == "NotIn")
    if operator not in ("Is", "IsNot", "Eq", "NotEq"):
        return None
    if isinstance(left, Literal) and isinstance(right, Literal):
        same = left.value == right.value and type(left.value) is type(right.value)
        return same != negative
    constant, other = (left, right) if isinstance(left, Literal) else (right, left)
    if isinstance(constant, Literal) and (constant.value is None or isinstance(constant.value, bool)):
        if isinstance(other, Instance):
            return negative if _differs(other, constant) else None
        return negative if isinstance(other, Function | ClassValue | Partial | Adapter | ModuleValue) else None
    return None


def _differs(instance: Instance, constant: Literal) -> bool:
    """Whether an object can't be a constant: None is no object of a class, True and False are objects of few."""
    return constant.value is None or instance.cls.name not in ("builtins.bool", "builtins.int", "builtins.object")


def _is_true(value: Value) -> bool | None:
    if isinstance(value, Literal):
        return bool(value.value)
    return True if value in _LOOP or isinstance(value, Function | ClassValue | Partial | Adapter | ModuleValue) else None
