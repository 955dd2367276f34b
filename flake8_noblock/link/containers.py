"""What lists, sets and dictionaries hold once code has changed them.

A container is known by the operation that made it: whatever names it goes by, operations that change it have the number of that
one as their base. They are replayed in the order of the text: a change that surely runs before a use counts as it stands,
any other one adds to what the container may hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flake8_noblock.facts.model import (
    Attr,
    Body,
    Call,
    ClassDef,
    Constant,
    Definition,
    Delete,
    Lookup,
    Op,
    Param,
    Spread,
    StoreItem,
)
from flake8_noblock.link.arguments import Arguments, places
from flake8_noblock.link.changes import ADDERS, SPREADERS, changed, changes, holder_of, stores
from flake8_noblock.link.contexts import MOST_ITEMS, context_of_call, holds_callable
from flake8_noblock.link.inference import MOST_DEFINITIONS, Inference, Site
from flake8_noblock.link.layout import regions_around
from flake8_noblock.link.objects import as_instance
from flake8_noblock.link.values import (
    UNKNOWN,
    CallableValue,
    DictValue,
    Function,
    Instance,
    Literal,
    TupleValue,
    Value,
    Values,
    is_unknown,
    union,
)

_ONE = ("builtins.list", "builtins.set", "collections.deque")
_TWO = ("builtins.dict", "collections.OrderedDict", "collections.defaultdict")


class Change(NamedTuple):
    """Operation `number` of the body at `site` changes a container, which is operation `base` there."""

    site: Site
    number: int
    base: int


class _Index(NamedTuple):
    """The changes in a module of what a name or an attribute of ``self`` stands for, made by functions."""

    names: dict[Definition, list[Change]]
    attributes: dict[tuple[int, str], list[Change]]


_EMPTY = _Index({}, {})


def changes_in(infer: Inference, site: Site) -> dict[int, tuple[int, ...]]:
    """The operations of the body at `site` that change an object or hand it over, by the number of the object."""
    return infer.remember("changes", (site.module, site.body), changes, infer.body(site))


def held(infer: Inference, site: Site, made: int, values: Values, at: int = -1) -> Values:
    """`values`, what operation `made` gives, with what is put in before operation `at` (-1: ever)."""
    if not any(map(is_container, values)):
        return values
    own = changes_in(infer, site).get(made, ())
    others = _index(infer, site.module).names.get((site.body, made), ())
    if len(own) + len(others) <= MOST_DEFINITIONS:
        values = _with_others(infer, values, others)
        for number, certain, repeated in _order(infer.body(site), made, own, at):
            after = _changed(infer, Change(site, number, made), values, repeated)
            values = after if certain else _merged(values, after)
    return _settled(infer, values)


def _settled(infer: Inference, values: Values) -> Values:
    """Items are told apart where some can be called; a container that is seen to be empty may be filled by others."""
    return tuple([value if holds_callable(value) else _loose(infer, value) for value in values])


def held_by_attribute(infer: Inference, module: str, owner: int, name: str, values: Values) -> Values:
    """`values`, what attribute `name` of objects of a class is set to, with what its methods put in."""
    changes = _index(infer, module).attributes.get((owner, name), ()) if any(map(is_container, values)) else ()
    if not changes:
        return _settled(infer, values)
    return infer.ask("held by attributes", (module, owner, name, values), _held_by_attribute, infer, changes, values)


def _held_by_attribute(infer: Inference, changes: list[Change], values: Values) -> Values:
    return _settled(infer, _with_others(infer, values, changes))


def _with_others(infer: Inference, values: Values, others: tuple[Change, ...] | list[Change]) -> Values:
    """What is put in by functions that may run at any time; what can't be told adds nothing that is known."""
    for change in others[:MOST_DEFINITIONS]:
        after = _changed(infer, change, values, True)
        told = isinstance(values[0], DictValue) and values[0].items and isinstance(after[0], Instance)
        if not told and (not _is_vague(after) or _is_vague(values)):
            values = _merged(values, after)
    return values


def _is_vague(values: Values) -> bool:
    """Whether nothing is known of some of the items."""
    return is_unknown(values) or any(is_unknown(item) for value in values for item in _items(value))


def _items(value: Value) -> tuple[Values, ...]:
    match value:
        case TupleValue(items=items):
            return items
        case Instance(args=(*_, last)):
            return (last,)
        case DictValue(items=entries):
            return tuple([item for _, item in entries])
    return ()


# --- which changes, and in which order ---


def _index(infer: Inference, module: str) -> _Index:
    if infer.module(module).origin != "project":
        return _EMPTY
    return infer.remember("changes elsewhere", module, _indexed, infer, module)


def _indexed(infer: Inference, module: str) -> _Index:
    index = _Index({}, {})
    for number, body in enumerate(infer.facts(module).bodies[1:], 1):
        for base, numbers in changes_in(infer, Site(module, number)).items():
            op = body.ops[base]
            found = [Change(Site(module, number), change, base) for change in numbers]
            if isinstance(op, Lookup):
                for definition in _definitions(infer, module, number, op.name):
                    index.names.setdefault(definition, []).extend(found)
            elif isinstance(op, Attr):
                owner = _owner(infer, module, number, body.ops[op.base])
                if owner >= 0:
                    index.attributes.setdefault((owner, op.name), []).extend(found)
    return index


def _owner(infer: Inference, module: str, number: int, op: Op) -> int:
    """The class whose object, or which itself, operation `op` of a body stands for; -1: none of this module is known."""
    facts = infer.facts(module)
    if op == Param(0):
        return facts.bodies[number].owner
    for where, made in _definitions(infer, module, number, op.name) if isinstance(op, Lookup) else ():
        definition = facts.bodies[where].ops[made]
        if isinstance(definition, ClassDef):
            return definition.index
        if definition == Param(0):
            return facts.bodies[where].owner
    return -1


def _definitions(infer: Inference, module: str, number: int, name: str) -> tuple[Definition, ...]:
    facts = infer.facts(module)
    while number > 0:
        number = facts.bodies[number].parent
        if name in facts.bodies[number].cells:
            return facts.bodies[number].cells[name]
    last = facts.bodies[0].names.get(name)
    return facts.globals.get(name, ()) + (((0, last),) if last is not None else ())


def _order(body: Body, made: int, numbers: tuple[int, ...], at: int) -> Iterator[tuple[int, bool, bool]]:
    """The changes that may run before operation `at`, whether each is certain to, and whether it may run several times."""
    around = set(regions_around(body, body.where[made]))
    target = around if at < 0 else set(regions_around(body, body.where[at]))
    rounds = [region for region in target if body.regions[region].kind == "loop" and region not in around]
    for number in numbers:
        regions = set(regions_around(body, body.where[number]))
        repeated = any(body.regions[region].kind == "loop" and region not in around for region in regions)
        if at < 0 or number < at:
            yield number, regions <= target, repeated
        elif any(region in regions for region in rounds):
            yield number, False, repeated


# --- attributes that are set on an object where it is used ---


def stored_attribute(infer: Inference, site: Site, op: Attr, at: int) -> tuple[Values, bool]:
    """What ``base.name`` was set to, by functions that hold the same object, before operation `at` reads it; and whether it
    surely was."""
    body = infer.body(site)
    base = body.ops[op.base]
    if isinstance(base, Lookup):
        found = [
            infer.value(Site(site.module, number), value)
            for number, made in _definitions(infer, site.module, site.body, base.name)
            for _, value in _stores(infer, Site(site.module, number)).get((made, op.name), ())
        ]
        return union(*found), False
    target = set(regions_around(body, body.where[at]))
    found = []
    places = _stores(infer, site).get((op.base, op.name), ())
    for number, value in reversed(places) if len(places) <= MOST_DEFINITIONS else ():
        if number < at:
            found.append(infer.value(site, value))
            if body.where[number] in target:
                return union(*found), True
    return union(*found), False


def _stores(infer: Inference, site: Site) -> dict[tuple[int, str], tuple[tuple[int, int], ...]]:
    return infer.remember("stores of attributes", (site.module, site.body), stores, infer.body(site))


# --- what one change does ---


def _changed(infer: Inference, change: Change, values: Values, repeated: bool) -> Values:
    op = infer.body(change.site).ops[change.number]
    return union(*[_change(infer, change, op, value, repeated) for value in values])


def _change(infer: Inference, change: Change, op: Op, value: Value, repeated: bool) -> Values:
    site = change.site
    if not is_container(value):
        return (value,)
    body = infer.body(site)
    at = changed(body, change.number)
    if at not in (-1, change.base):
        return _within(infer, change, value, at, repeated)
    match op:
        case StoreItem(key=key, value=stored):
            return _stored(infer, value, infer.value(site, key), infer.value(site, stored))
        case Delete(key=key):
            return _without(infer, value, infer.value(site, key))
        case Call(func=func):
            callee = infer.body(site).ops[func]
            if at >= 0 and isinstance(callee, Attr):
                return _method(infer, site, op, callee.name, value, repeated)
            return _passed(infer, change, op, value)
    return (value,)


def _within(infer: Inference, change: Change, value: Value, at: int, repeated: bool) -> Values:
    """`value` where one of its items, operation `at`, is changed."""
    site = change.site
    holder = holder_of(infer.body(site), at)
    while holder is not None and holder[0] != change.base:
        at = holder[0]
        holder = holder_of(infer.body(site), at)
    if holder is None:
        return (value,)
    keys = infer.value(site, holder[1])
    there = _found(value, keys)
    made = infer.body(site).ops[at]
    if not there and isinstance(made, Call):
        there = tuple([given for arg in made.args[1:] for given in infer.value(site, arg)])
    after = _changed(infer, change._replace(base=at), there, repeated)
    return (value,) if not there or after == there else _stored(infer, value, keys, after)


def _found(value: Value, keys: Values) -> Values:
    match value:
        case DictValue(items=entries):
            return union(*[dict(entries).get(key.value, ()) for key in keys if isinstance(key, Literal)])
        case TupleValue(items=items) if len(keys) == 1 and isinstance(keys[0], Literal) and isinstance(keys[0].value, int):
            return items[keys[0].value] if -len(items) <= keys[0].value < len(items) else ()
    return _items(value)[0] if _items(value) else ()


def _method(infer: Inference, site: Site, op: Call, name: str, value: Value, repeated: bool) -> Values:
    given = [infer.value(site, arg) for arg in op.args]
    spread = any(isinstance(infer.body(site).ops[arg], Spread) for arg in op.args)
    if name in SPREADERS:
        named = tuple([(key, infer.value(site, number)) for key, number in op.keywords if key])
        for values in [*given, *([(DictValue(named),)] if named else [])]:
            (value,) = _spread(infer, value, values, repeated)
        return (value,)
    if name in ADDERS and given and not spread:
        return _added(infer, value, given, name, repeated)
    if name == "setdefault" and len(given) == 2:
        known = dict(value.items) if isinstance(value, DictValue) else {}
        there = len(given[0]) == 1 and isinstance(given[0][0], Literal) and given[0][0].value in known
        return (value,) if there else _stored(infer, value, given[0], given[1])
    if name == "clear" and isinstance(value, DictValue):
        return (DictValue(()),)
    if name == "pop" and isinstance(value, DictValue) and given:
        return _without(infer, value, given[0])
    return (_loose(infer, value),) if isinstance(value, TupleValue) else (value,)


def _added(infer: Inference, value: Value, given: list[Values], name: str, repeated: bool) -> Values:
    if isinstance(value, TupleValue) and not repeated and len(value.items) < MOST_ITEMS:
        if name == "append":
            return (TupleValue((*value.items, given[-1]), "list"),)
        if name == "insert" and given[0] == (Literal(0),):
            return (TupleValue((given[-1], *value.items), "list"),)
    return (_widened(infer, value, (given[-1],)),)


def _spread(infer: Inference, value: Value, given: Values, repeated: bool) -> Values:
    """`value` with all that `given` holds."""
    match value, given:
        case DictValue(items=own), (DictValue(items=entries),):
            return (DictValue(tuple({**dict(own), **dict(entries)}.items())),)
        case TupleValue(items=own), (TupleValue(items=items),) if not repeated and len(own) + len(items) <= MOST_ITEMS:
            return (TupleValue((*own, *items), "list"),)
    added: Value = value
    for other in given:
        instance = as_instance(infer, other)
        parts = instance.args if instance is not None else ()
        wide = 2 if isinstance(value, DictValue) or (isinstance(value, Instance) and value.cls.name in _TWO) else 1
        added = _widened(infer, added, parts if len(parts) == wide else (UNKNOWN,) * wide)
    return (added,)


def _stored(infer: Inference, value: Value, keys: Values, stored: Values) -> Values:
    """`value` where ``value[key] = stored`` has run."""
    constants = [key.value for key in keys if isinstance(key, Literal)]
    certain = len(keys) == 1
    if len(constants) == len(keys) and len(constants) <= MOST_ITEMS:
        if isinstance(value, DictValue) and len(value.items) < MOST_ITEMS:
            entries: dict[Constant, Values] = dict(value.items)
            for key in constants:
                entries[key] = stored if certain else union(entries.get(key, ()), stored)
            return (DictValue(tuple(entries.items())),)
        if isinstance(value, TupleValue) and certain and isinstance(constants[0], int):
            index = constants[0]
            if -len(value.items) <= index < len(value.items):
                items = list(value.items)
                items[index] = stored
                return (TupleValue(tuple(items), value.kind),)
    two = isinstance(value, DictValue) or (isinstance(value, Instance) and value.cls.name in _TWO)
    return (_widened(infer, value, (keys, stored) if two else (stored,)),)


def _without(infer: Inference, value: Value, keys: Values) -> Values:
    if isinstance(value, DictValue):
        gone = [key.value for key in keys if isinstance(key, Literal)]
        return (DictValue(tuple([(key, item) for key, item in value.items if len(keys) != 1 or key not in gone])),)
    return (_loose(infer, value),) if isinstance(value, TupleValue) else (value,)


def _passed(infer: Inference, change: Change, call: Call, value: Value) -> Values:
    """`value` where a function of the project that it was handed to has changed it."""
    site = change.site
    arguments = Arguments(
        tuple([infer.value(site, arg) if arg != change.base else (value,) for arg in call.args]),
        {name: infer.value(site, arg) if arg != change.base else (value,) for name, arg in call.keywords if name},
    )
    values: Values = (value,)
    for function in infer.value(site, call.func):
        if not isinstance(function, Function) or infer.module(function.module).origin != "project":
            continue
        body = infer.function_body(function)
        own = changes_in(infer, Site(function.module, function.body))
        given = [i for i, passed in places(body, function.receiver is not None, arguments) or () if passed == (value,)]
        bases = [n for n, op in enumerate(body.ops) if isinstance(op, Param) and op.index in given and n in own]
        if not bases:
            continue
        inner = Site(function.module, function.body, context_of_call(infer, function, arguments))
        for base in bases:
            for number, _, repeated in _order(body, base, own[base], -1):
                if changed(body, number) >= 0:  # Else it hands the object on: it is followed through one function only.
                    values = _merged(values, _changed(infer, Change(inner, number, base), values, repeated))
    return values


# --- containers as values ---


def is_container(value: Value) -> bool:
    """Whether `value` is a list, set, dictionary or the like of the language."""
    if isinstance(value, Instance):
        return value.cls.name in _ONE or value.cls.name in _TWO
    return isinstance(value, DictValue) or (isinstance(value, TupleValue) and value.kind == "list")


def _loose(infer: Inference, value: Value) -> Value:
    """A container of whose items no order, number or keys are known."""
    return (as_instance(infer, value) or value) if isinstance(value, TupleValue | DictValue) else value


def _widened(infer: Inference, value: Value, parts: tuple[Values, ...]) -> Value:
    """A container that may hold `parts`, too: items, or keys and values."""
    loose = _loose(infer, value)
    if not isinstance(loose, Instance) or len(loose.args) > len(parts):
        return loose
    args = (*loose.args, *[()] * (len(parts) - len(loose.args)))
    return Instance(loose.cls, tuple([_joined(arg, part) for arg, part in zip(args, parts, strict=True)]), loose.made)


def _joined(declared: Values, put_in: Values) -> Values:
    """What a container holds by its type, and what is put in; that says more than a type of which no more is known than
    that it can be called."""
    if any(map(holds_callable, put_in)):
        declared = tuple([value for value in declared if not isinstance(value, CallableValue)])
    return union(declared, put_in)


def _merged(before: Values, after: Values) -> Values:
    """A container of which it isn't known whether a change of it has run."""
    if len(before) != 1 or len(after) != 1:
        return union(before, after)
    match before[0], after[0]:
        case DictValue(items=first), DictValue(items=second):
            entries = dict(first)
            for key, values in second:
                entries[key] = union(entries.get(key, ()), values)
            return (DictValue(tuple(entries.items())),)
        case TupleValue(items=first, kind="list"), TupleValue(items=second) if len(first) == len(second):
            return (TupleValue(tuple([union(a, b) for a, b in zip(first, second, strict=True)]), "list"),)
        case _, Instance():
            return after  # It was widened, and holds what there was before.
    return union(before, after)
