"""Operations to values: for each kind of operation, what it may give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flake8_noblock.facts import model
from flake8_noblock.facts.model import Op
from flake8_noblock.knowledge.tables import Knowledge
from flake8_noblock.link.annotations import declared, fill, instances, subscript
from flake8_noblock.link.arguments import Arguments
from flake8_noblock.link.attributes import attribute, awaited, element, entered, item
from flake8_noblock.link.calls import call, call_method
from flake8_noblock.link.classes import field_of, is_subclass
from flake8_noblock.link.containers import changes_in, held, stored_attribute
from flake8_noblock.link.contexts import holds_callable
from flake8_noblock.link.displays import TAKING, display, joined, mapping, sliced, taken
from flake8_noblock.link.flow import from_callers
from flake8_noblock.link.inference import Inference, Oracles, Site
from flake8_noblock.link.names import builtin, imported, lookup, special_form
from flake8_noblock.link.objects import as_instance, flat, is_of
from flake8_noblock.link.operators import BINARY_METHODS
from flake8_noblock.link.presence import present
from flake8_noblock.link.program import Program
from flake8_noblock.link.regions import excluded_regions
from flake8_noblock.link.special import special_call
from flake8_noblock.link.values import (
    UNKNOWN,
    CallableValue,
    ClassValue,
    DictValue,
    Foreign,
    Function,
    Instance,
    Literal,
    Special,
    TupleValue,
    TypeForm,
    TypeVariable,
    Unknown,
    Value,
    Values,
    is_unknown,
    union,
)


def inference(program: Program, knowledge: Knowledge, oracles: Oracles = lambda module: None) -> Inference:
    """Questions about `program`, answered."""
    return Inference(program, knowledge, _evaluate, oracles)


def _evaluate(infer: Inference, site: Site, number: int, op: Op) -> Values:
    special = special_form(infer, site, number)
    if special is not None:
        return special
    placed = _PLACED.get(type(op))
    if placed is not None:
        return placed(infer, site, op, number)
    evaluator = _EVALUATORS.get(type(op))
    if evaluator is None:
        return UNKNOWN
    values = evaluator(infer, site, op)
    return held(infer, site, number, values) if type(op) in _MAKING else values


_MAKING = (model.Display, model.Mapping, model.Declared)
"""The kinds of operations, besides calls, that may make a container that is changed afterwards."""


def _value_before(infer: Inference, site: Site, number: int, at: int) -> Values:
    """What operation `number` gives, as it is when operation `at` uses it."""
    op = infer.body(site).ops[number]
    if not isinstance(op, _MAKING) or number not in changes_in(infer, site):
        return infer.value(site, number)
    return held(infer, site, number, _EVALUATORS[type(op)](infer, site, op), at)


def _const(infer: Inference, site: Site, op: model.Const | model.ByteString) -> Values:
    return (Literal(op.value),)


def _builtin(infer: Inference, site: Site, op: model.Builtin) -> Values:
    return (Instance(builtin(infer, op.name).cls),)


def _slice(infer: Inference, site: Site, op: model.Slice) -> Values:
    return (Instance(builtin(infer, "slice").cls),)


def _lookup(infer: Inference, site: Site, op: model.Lookup) -> Values:
    return lookup(infer, site, op.name)


def _attr(infer: Inference, site: Site, op: model.Attr, number: int) -> Values:
    values = attribute(infer, _value_before(infer, site, op.base, number), op.name)
    if is_unknown(values) or any(map(holds_callable, values)):
        stored, surely = stored_attribute(infer, site, op, number)
        if stored and (surely or is_unknown(values)):
            return stored
    return values


def _item(infer: Inference, site: Site, op: model.Item, number: int) -> Values:
    found: list[Values] = []
    key = infer.body(site).ops[op.key]
    for base in _value_before(infer, site, op.base, number):
        if base == Literal(None):
            continue  # It has no items, so it adds nothing.
        if isinstance(key, model.Slice) and isinstance(base, TupleValue):
            found.append((sliced(infer, site, base, key),))
            continue
        kind = subscript(infer, site, base, op.key)
        found.append(item(infer, base, infer.value(site, op.key)) if kind is None else kind)
    return union(*found)


def _await(infer: Inference, site: Site, op: model.Await) -> Values:
    return awaited(infer, infer.value(site, op.value))


def _choice(infer: Inference, site: Site, op: model.Choice) -> Values:
    reached = op.values
    if op.where:
        excluded = excluded_regions(infer, site)
        reached = tuple([value for value, region in zip(op.values, op.where, strict=True) if region not in excluded])
    kept = [value for value in reached if not _is_vain_import(infer, site, value)]
    found = union(*[infer.value(site, value) for value in kept or op.values])
    vague = is_unknown(found) or any(isinstance(v, Instance) and v.cls.name == "types.ModuleType" for v in found)
    return _for_checkers(infer, site, kept) or found if vague else found


def _for_checkers(infer: Inference, site: Site, numbers: Sequence[int]) -> Values:
    """What a name is for type checkers, of the choices `numbers`."""
    body = infer.body(site)
    seen = [number for number in numbers if body.regions[body.where[number]].kind == "typing"]
    return union(*[infer.value(site, number) for number in seen])


def _is_vain_import(infer: Inference, site: Site, number: int) -> bool:
    """Whether this is the second choice of a ``try: import``, for a module that is neither at hand nor known to tables."""
    body = infer.body(site)
    if not isinstance(body.ops[number], model.Import) or body.regions[body.where[number]].kind != "except":
        return False
    values = infer.value(site, number)
    return all(isinstance(v, Foreign) and not infer.knowledge.has_table(v.name) for v in values)


def _format(infer: Inference, site: Site, op: model.Format) -> Values:
    return (Instance(builtin(infer, "str").cls),)


def _closure(infer: Inference, site: Site, op: model.Closure) -> Values:
    return (Function(site.module, op.body, outer=site.context),)


def _class(infer: Inference, site: Site, op: model.ClassDef) -> Values:
    return (ClassValue(infer.source_class(site.module, op.index)),)


def _element(infer: Inference, site: Site, op: model.Element, number: int) -> Values:
    return union(*[element(infer, value, op.is_async) for value in _value_before(infer, site, op.value, number)])


def _enter(infer: Inference, site: Site, op: model.Enter) -> Values:
    return union(*[entered(infer, value, op.is_async) for value in infer.value(site, op.value)])


def _unpack(infer: Inference, site: Site, op: model.Unpack, number: int) -> Values:
    values = _value_before(infer, site, op.value, number)
    if op.starred:
        match values:
            case (TupleValue(items=known),) if len(known) >= op.index + op.behind:
                return (TupleValue(known[op.index : len(known) - op.behind], "list"),)
        items = union(*[element(infer, value, False) for value in values])
        return (Instance(builtin(infer, "list").cls, (items,)),)
    return union(*[_part(infer, value, op.index) for value in values])


def _part(infer: Inference, value: Value, index: int) -> Values:
    """The item of `value` that an assignment to several targets takes."""
    fields = isinstance(value, Instance) and field_of(infer, value.cls, index) is not None
    known = isinstance(value, TupleValue) or fields
    return item(infer, value, (Literal(index),)) if known else element(infer, value, False)


def _declared(infer: Inference, site: Site, op: model.Declared) -> Values:
    annotation = infer.value(site, op.annotation)
    if any(isinstance(value, Special) and value.name in ("Final", "ClassVar", "TypeAlias") for value in annotation):
        return infer.value(site, op.value) if op.value >= 0 else UNKNOWN
    values = instances(infer, annotation)
    if op.value < 0:
        return values
    if is_unknown(values) and not _says_any(annotation):
        return infer.value(site, op.value)
    if any(isinstance(value, Instance) and infer.knowledge.is_field(value.cls.name) for value in values):
        return infer.value(site, op.value)
    if all(isinstance(value, Instance) and value.cls.name in _STANDING_FOR_MANY for value in values):
        known = infer.value(site, op.value)
        return values if is_unknown(known) else known
    # The items of a container are told apart, and a local function is seen, where annotations only say "callable".
    if any(map(_is_vague, values)):
        known = infer.value(site, op.value)
        told = TupleValue | DictValue if infer.body(site).kind in ("module", "class") else object
        if all(isinstance(value, told) and holds_callable(value) for value in known):
            return known or values
    return values


_STANDING_FOR_MANY = frozenset({"typing.Awaitable", "typing.BinaryIO", "typing.IO", "typing.TextIO"})
"""Classes that annotations name for objects of many other classes."""


def _is_vague(value: Value) -> bool:
    """Whether a declared type says of something that can be called, or holds such, no more than that."""
    if isinstance(value, CallableValue | Unknown):
        return True
    args = value.args if isinstance(value, Instance) else value.items if isinstance(value, TupleValue) else ()
    return any(_is_vague(inner) for arg in args for inner in arg)


def _says_any(annotation: Values) -> bool:
    return any(isinstance(value, Special) and value.name == "Any" for value in annotation)


def _caught(infer: Inference, site: Site, op: model.Caught) -> Values:
    return instances(infer, flat(infer.value(site, op.type))) if op.type >= 0 else UNKNOWN


def _import(infer: Inference, site: Site, op: model.Import) -> Values:
    return imported(infer, site, op)


def _alias(infer: Inference, site: Site, op: model.Alias) -> Values:
    return (TypeForm(declared(infer, site, op.value)),)


def _spread(infer: Inference, site: Site, op: model.Spread, number: int) -> Values:
    return union(*[element(infer, value, False) for value in _value_before(infer, site, op.value, number)])


# --- operators ---


def _binary(infer: Inference, site: Site, op: model.Binary) -> Values:
    left, right = infer.value(site, op.left), infer.value(site, op.right)
    if op.operator == "BitOr" and any(_is_type(value) for value in left + right):
        return (TypeForm(union(instances(infer, left), instances(infer, right))),)
    container = joined(infer, left, right, op.operator)
    if container is not None:
        return container
    if not left and all(isinstance(value, Literal) and isinstance(value.value, int | float) for value in right):
        # The rest of a sum that a loop goes on with.
        return union(*[(Instance(builtin(infer, type(v.value).__name__).cls),) for v in right if isinstance(v, Literal)])
    name = BINARY_METHODS[op.operator]
    if op.in_place:
        given = union(*[call_method(infer, v, f"__i{name}__", Arguments((right,), more=False)) for v in left])
        if not is_unknown(given):
            return given
    given = union(*[call_method(infer, v, f"__{name}__", Arguments((right,), more=False)) for v in left])
    if not is_unknown(given):
        return given
    return union(*[call_method(infer, v, f"__r{name}__", Arguments((left,), more=False)) for v in right])


def _yield(infer: Inference, site: Site, op: model.Yield) -> Values:
    """What is sent is not known; a generator that is run to its end gives what it returns."""
    if not op.delegates:
        return UNKNOWN
    generators = [as_instance(infer, value) for value in infer.value(site, op.value)]
    return union(*[g.args[2] if g is not None and len(g.args) == 3 else UNKNOWN for g in generators])


def _is_type(value: Value) -> bool:
    return isinstance(value, (ClassValue, TypeForm, Special, TypeVariable)) or (
        isinstance(value, Foreign) and value.receiver is None
    )


def _compare(infer: Inference, site: Site, op: model.Compare) -> Values:
    return (Instance(builtin(infer, "bool").cls),)


def _unary(infer: Inference, site: Site, op: model.Unary) -> Values:
    if op.operator == "Not":
        match infer.value(site, op.value):
            case (Literal(value=constant),):
                return (Literal(not constant),)
        return (Instance(builtin(infer, "bool").cls),)
    return UNKNOWN


# --- calls ---


def _call(infer: Inference, site: Site, op: model.Call, number: int) -> Values:
    callee = infer.value(site, op.func)
    special = special_call(infer, site, op, callee)
    if special is None:
        special = _taken(infer, site, op, number)
    return held(infer, site, number, call(infer, callee, arguments_of(infer, site, op)) if special is None else special)


def _taken(infer: Inference, site: Site, op: model.Call, number: int) -> Values | None:
    """What ``get``, ``pop`` and ``setdefault`` give of a container whose items are told apart; None: it is none."""
    callee = infer.body(site).ops[op.func]
    if not isinstance(callee, model.Attr) or callee.name not in TAKING or len(op.args) > 2:
        return None
    given = [infer.value(site, arg) for arg in op.args]
    return taken(infer, _value_before(infer, site, callee.base, number), callee.name, given)


def arguments_of(infer: Inference, site: Site, op: model.Call) -> Arguments:
    """The values of the arguments of a call; ``*args`` and ``**kwargs`` one by one where they are known."""
    body = infer.body(site)
    ops = body.ops
    plain: list[Values] = []
    keywords: dict[str, Values] = {}
    more = False
    for arg in op.args:
        spread = ops[arg]
        if isinstance(spread, model.Spread):
            match _value_before(infer, site, spread.value, arg):
                case (TupleValue(items=items),):
                    plain += items
                case _:
                    more = True
                    break
        else:
            plain.append(present(body, arg, infer.value(site, arg)))
    for name, value in op.keywords:
        values = infer.value(site, value)
        if name:
            keywords[name] = present(body, value, values)
            continue
        match values:
            case (DictValue(items=entries),):
                keywords.update((key, known) for key, known in entries if isinstance(key, str))
            case _:
                more = True
    return Arguments(tuple(plain), keywords, more)


def _param(infer: Inference, site: Site, op: model.Param) -> Values:
    body = infer.body(site)
    known = infer.argument(site, op.index)
    if known is not None and body.kind != "generator expression":
        return known
    parameter = body.params[op.index]
    if op.index == 0 and body.owner >= 0:
        receiver = _receiver(infer, site, body)
        if receiver is not None:
            return (receiver,)
    if body.kind == "generator expression":
        return _iterable(infer, site) if known is None or any(isinstance(v, Instance) and not v.args for v in known) else known
    if parameter.kind == "variadic":
        items = declared(infer, site, parameter.annotation) if parameter.annotation >= 0 else UNKNOWN
        return (Instance(builtin(infer, "tuple").cls, (items,)),)
    if parameter.kind == "keywords":
        items = declared(infer, site, parameter.annotation) if parameter.annotation >= 0 else UNKNOWN
        key = (Instance(builtin(infer, "str").cls),)
        return (Instance(builtin(infer, "dict").cls, (key, items)),)
    if parameter.annotation >= 0:
        return _default_callable(infer, site, parameter) or declared(infer, site, parameter.annotation)
    return _unannotated(infer, site, op.index)


def _default_callable(infer: Inference, site: Site, parameter: model.Parameter) -> Values:
    """The function or class that a parameter has by default: its annotation says no more than that it is called."""
    around = infer.around(site)
    if parameter.default < 0 or isinstance(infer.body(around).ops[parameter.default], model.Const):
        return ()
    given = infer.value(around, parameter.default)
    plain = all(isinstance(v, Function) and not infer.function_body(v).is_async for v in given)
    return given if plain or all(isinstance(v, ClassValue) for v in given) else ()


def _unannotated(infer: Inference, site: Site, index: int) -> Values:
    """A parameter that says nothing of its type: what callers pass and the default, unless that is a mere constant."""
    body = infer.body(site)
    if infer.module(site.module).origin != "project":
        return UNKNOWN
    passed = from_callers(infer, site, index)
    default = body.params[index].default
    given = infer.value(infer.around(site), default) if default >= 0 else UNKNOWN
    if is_unknown(given) or any(isinstance(value, Literal) for value in given):
        return passed
    return given if is_unknown(passed) else union(given, passed)


def _receiver(infer: Inference, site: Site, body: model.Body) -> Value | None:
    """The object that a method is called on; None for a static method."""
    outer = infer.facts(site.module).bodies[body.parent]
    cls = infer.source_class(site.module, body.owner)
    names = set()
    for decorator in body.decorators:
        for value in infer.value(Site(site.module, body.parent), decorator):
            if isinstance(value, ClassValue):
                names.add(value.cls.name)
    args = fill(infer, cls)
    if "builtins.staticmethod" in names:
        return None
    if "builtins.classmethod" in names or body.name in ("__new__", "__init_subclass__", "__class_getitem__"):
        return ClassValue(cls, args)
    return Instance(cls, args) if outer.kind == "class" else None


def _iterable(infer: Inference, site: Site) -> Values:
    """What a generator expression goes over: the argument of the call that stands for making it."""
    made = infer.made_at(site)
    if made is None:
        return UNKNOWN
    outer, number = made
    call = infer.body(outer).ops[number]
    return infer.value(outer, call.args[0]) if isinstance(call, model.Call) else UNKNOWN


# --- narrowing ---


def _narrowed(infer: Inference, site: Site, op: model.Narrowed) -> Values:
    values, types = infer.value(site, op.value), instances(infer, flat(infer.value(site, op.type)))
    if is_unknown(types):
        return UNKNOWN if op.positive else values
    if op.positive:
        kept = tuple([inner for value in values for inner in _intersect(infer, value, types)])
        return union(kept) if kept else types
    return tuple([value for value in values if not any(is_of(infer, value, kind) for kind in types)])


def _intersect(infer: Inference, value: Value, types: Values) -> Values:
    if isinstance(value, (Unknown, TypeVariable)):
        return types
    if any(is_of(infer, value, kind) for kind in types):
        return (value,)
    if isinstance(value, Instance):
        return tuple([kind for kind in types if isinstance(kind, Instance) and is_subclass(infer, kind.cls, value.cls)])
    return ()


_PLACED: dict[type, Callable[[Inference, Site, Any, int], Values]] = {
    model.Attr: _attr,
    model.Item: _item,
    model.Call: _call,
    model.Spread: _spread,
    model.Element: _element,
    model.Unpack: _unpack,
}
"""Evaluators of operations that use what may have been changed since it was made: they ask where they stand."""

_EVALUATORS: dict[type, Callable[[Inference, Site, Any], Values]] = {
    model.Const: _const,
    model.ByteString: _const,
    model.Builtin: _builtin,
    model.Slice: _slice,
    model.Lookup: _lookup,
    model.Param: _param,
    model.Await: _await,
    model.Binary: _binary,
    model.Unary: _unary,
    model.Compare: _compare,
    model.Choice: _choice,
    model.Display: display,
    model.Mapping: mapping,
    model.Format: _format,
    model.Closure: _closure,
    model.ClassDef: _class,
    model.Enter: _enter,
    model.Narrowed: _narrowed,
    model.Declared: _declared,
    model.Caught: _caught,
    model.Import: _import,
    model.Alias: _alias,
    model.Yield: _yield,
}
