"""Classes: bases, type parameters, method resolution order, and where a member is defined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from flake8_noblock.facts.model import Constant, Declared, Definition, Item
from flake8_noblock.link.generics import Bindings, substitute
from flake8_noblock.link.inference import DEEPEST, Inference, Site
from flake8_noblock.link.names import named_class
from flake8_noblock.link.values import (
    UNKNOWN,
    AnyClass,
    CallableValue,
    ClassValue,
    Foreign,
    ForeignClass,
    Function,
    Instance,
    SourceClass,
    Special,
    TypeForm,
    TypeVariable,
    Values,
)

MOST_ANCESTORS = 100
"""What a class inherits from beyond these is unknown."""


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A class in the MRO of another; `cls` None: a base of which nothing is known. `bindings`: its type parameters."""

    cls: AnyClass | None
    bindings: Bindings


def parameters(infer: Inference, cls: SourceClass) -> tuple[str, ...]:
    """The names of the type parameters of `cls`, in order."""
    return infer.remember_from((), "parameters", cls, _parameters, infer, cls)


def _parameters(infer: Inference, cls: SourceClass) -> tuple[str, ...]:
    facts = infer.class_facts(cls)
    if facts.type_params:
        return tuple([name for name, _ in facts.type_params])
    collected: dict[str, None] = {}
    site = Site(cls.module, facts.parent)
    for base in facts.bases:
        op = infer.body(site).ops[base]
        for value in infer.value(site, base):
            if isinstance(value, TypeForm) and isinstance(op, Item):
                return tuple(_variables(value.members))
            if isinstance(value, ClassValue):
                collected.update(dict.fromkeys(name for arg in value.args for name in _variables(arg)))
    return tuple(collected)


def _variables(values: Values) -> list[str]:
    found: list[str] = []
    for value in values:
        if isinstance(value, TypeVariable):
            found.append(value.name)
        elif isinstance(value, Instance | ClassValue):
            found.extend(name for arg in value.args for name in _variables(arg))
    return found


def bind(infer: Inference, cls: AnyClass, args: tuple[Values, ...]) -> Bindings:
    """What the type parameters of `cls` are when it is given `args`; missing ones are unknown."""
    if isinstance(cls, ForeignClass):
        return {}
    names = parameters(infer, cls)
    if not names:
        return {}
    filled = (*args, *([UNKNOWN] * (len(names) - len(args))))
    return dict(zip(names, filled, strict=False))


def mro(infer: Inference, cls: AnyClass) -> tuple[Ancestor, ...]:
    """`cls` and its ancestors in the order in which members are looked up.

    Type parameters of ancestors are given in those of `cls`.
    """
    known = infer.recall("mro", cls)
    if known is not None:
        return known[0]  # type: ignore[no-any-return]
    first = (Ancestor(cls, {}), Ancestor(None, {}))
    if len(infer.classes_asked) >= DEEPEST:
        return first
    infer.classes_asked.add(cls)
    try:
        return infer.remember_from(first, "mro", cls, _mro, infer, cls)
    finally:
        infer.classes_asked.discard(cls)


def _mro(infer: Inference, cls: AnyClass) -> tuple[Ancestor, ...]:
    own = {} if isinstance(cls, ForeignClass) else {n: (TypeVariable(n),) for n in parameters(infer, cls)}
    sequences: list[list[Ancestor]] = []
    direct: list[Ancestor] = []
    for base, args in bases(infer, cls):
        bindings = {} if base is None else bind(infer, base, args)
        above = () if base is None else mro(infer, base)
        sequences.append(
            [Ancestor(a.cls, {n: substitute(v, bindings) for n, v in a.bindings.items()}) for a in above]
            if base is not None
            else [Ancestor(None, {})]
        )
        direct.append(sequences[-1][0])
    merged = _merge([*sequences, direct])
    if len(merged) > MOST_ANCESTORS:
        merged = [*merged[:MOST_ANCESTORS], Ancestor(None, {})]
    return (Ancestor(cls, own), *merged)


def _merge(sequences: list[list[Ancestor]]) -> list[Ancestor]:
    """C3 linearisation; where there is none, the order in which classes are met."""
    places = [0] * len(sequences)
    behind: dict[object, int] = {}
    for sequence in sequences:
        for ancestor in sequence[1:]:
            behind[_identity(ancestor)] = behind.get(_identity(ancestor), 0) + 1
    merged: list[Ancestor] = []
    taken: set[object] = set()
    while True:
        heads = [s[p] for s, p in zip(sequences, places, strict=True) if p < len(s)]
        if not heads:
            return merged
        head = next((h for h in heads if not behind.get(_identity(h))), heads[0])
        if _identity(head) not in taken:
            taken.add(_identity(head))
            merged.append(head)
        for index, sequence in enumerate(sequences):
            if places[index] < len(sequence) and _identity(sequence[places[index]]) == _identity(head):
                places[index] += 1
                if places[index] < len(sequence):
                    behind[_identity(sequence[places[index]])] -= 1


def _identity(ancestor: Ancestor) -> object:
    """Unknown bases are all different."""
    return id(ancestor) if ancestor.cls is None else ancestor.cls


def bases(infer: Inference, cls: AnyClass) -> list[tuple[AnyClass | None, tuple[Values, ...]]]:
    """The direct bases of `cls` with their type arguments; None for one that is unknown."""
    if isinstance(cls, ForeignClass):
        return [(named_class(infer, base).cls, ()) for base in infer.knowledge.bases(cls.name)]
    facts = infer.class_facts(cls)
    site = Site(cls.module, facts.parent)
    found: list[tuple[AnyClass | None, tuple[Values, ...]]] = []
    for base in facts.bases:
        values = infer.value(site, base)
        found.extend(_base(values))
        if Special("TypedDict") in values:
            found.append((named_class(infer, "builtins.dict").cls, ()))
    told = infer.knowledge.bases(cls.name) if (None, ()) in found else ()
    if told:  # Tables may know a base that is made at run time.
        found = [(base, args) for base, args in found if base is not None]
        found.extend((named_class(infer, base).cls, ()) for base in told)
    if not found and cls.name != "builtins.object":
        found.append((named_class(infer, "builtins.object").cls, ()))
    return [(base, args) for base, args in found if base != cls]


def _base(values: Values) -> list[tuple[AnyClass | None, tuple[Values, ...]]]:
    found: list[tuple[AnyClass | None, tuple[Values, ...]]] = []
    for value in values:
        match value:
            case ClassValue(cls=cls, args=args):
                found.append((cls, args))
            case Foreign(name=name):
                found.append((ForeignClass(name), ()))
            case Special(name="Any"):
                found.append((None, ()))
            case Special() | TypeForm():
                continue
            case _:
                found.append((None, ()))
    return found[:1] if len(found) > 1 else found


def is_subclass(infer: Inference, cls: AnyClass, other: AnyClass) -> bool:
    return any(ancestor.cls == other for ancestor in mro(infer, cls))


def has_unknown_base(infer: Inference, cls: AnyClass) -> bool:
    return any(ancestor.cls is None or isinstance(ancestor.cls, ForeignClass) for ancestor in mro(infer, cls))


def is_protocol(infer: Inference, cls: AnyClass) -> bool:
    """Whether `cls` itself is a ``Protocol``, so that any class with its members will do."""
    if isinstance(cls, ForeignClass):
        return False
    facts = infer.class_facts(cls)
    site = Site(cls.module, facts.parent)
    ops = infer.body(site).ops
    for base in facts.bases:
        op = ops[base]
        number = op.base if isinstance(op, Item) else base
        if Special("Protocol") in infer.value(site, number):
            return True
    return False


def field_of(infer: Inference, cls: AnyClass, key: Constant) -> str | None:
    """The field of a ``TypedDict`` or ``NamedTuple`` that ``value[key]`` reads; None: it is no such class, or has no such
    field."""
    if not isinstance(cls, SourceClass) or infer.is_standard(ClassValue(cls)):
        return None
    if isinstance(key, str):
        classes = [a.cls for a in mro(infer, cls) if isinstance(a.cls, SourceClass)]
        known = any(own_definitions(infer, other, key) for other in classes)
        return key if known and any(_is_typed_dict(infer, other) for other in classes) else None
    if not isinstance(key, int) or not is_subclass(infer, cls, named_class(infer, "typing.NamedTuple").cls):
        return None
    body = infer.body(infer.class_site(cls))
    names = [name for name, number in body.names.items() if isinstance(body.ops[number], Declared)]
    return names[key] if -len(names) <= key < len(names) else None


def _is_typed_dict(infer: Inference, cls: SourceClass) -> bool:
    facts = infer.class_facts(cls)
    return any(Special("TypedDict") in infer.value(Site(cls.module, facts.parent), base) for base in facts.bases)


def protocol_members(infer: Inference, cls: SourceClass) -> tuple[str, ...]:
    """The names of the members that protocol `cls` itself asks for."""
    names = infer.facts(cls.module).bodies[infer.class_facts(cls).body].names
    return tuple([name for name in names if name != "__slots__"])


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the class that defines it gives it: its values, before binding, or None where `owner` isn't at hand."""

    owner: AnyClass
    values: Values | None


class _Definition(NamedTuple):
    """The class that defines a member, and its type parameters as the class that was asked for gives them."""

    owner: SourceClass
    bindings: Bindings


def find_member(infer: Inference, cls: AnyClass, name: str, after: AnyClass | None = None) -> Member | None:
    """Where `name` is defined for `cls` (in its MRO behind `after`); None: nowhere, or nobody knows where."""
    found = _found(infer, cls, name, after)
    if isinstance(found, _Definition):
        values = own_member(infer, found.owner, name) or ()
        return Member(found.owner, substitute(values, found.bindings))
    return found


def owner_of(infer: Inference, cls: AnyClass, name: str) -> AnyClass | None:
    """The class that defines `name` for `cls`; None: none, or nobody knows which."""
    found = _found(infer, cls, name, None)
    return None if found is None else found.owner


def _found(infer: Inference, cls: AnyClass, name: str, after: AnyClass | None) -> _Definition | Member | None:
    if infer.classes_asked:
        return _find(infer, mro(infer, cls), name, after)
    known = infer.recall("members", (cls, name, after))
    if known is not None:
        return known[0]  # type: ignore[no-any-return]
    return infer.remember("members", (cls, name, after), lambda: _find(infer, mro(infer, cls), name, after))


def _find(infer: Inference, ancestors: tuple[Ancestor, ...], name: str, after: AnyClass | None) -> _Definition | Member | None:
    skipping = after is not None
    foreign: AnyClass | None = None
    speaking: AnyClass | None = None
    for ancestor in ancestors:
        if skipping:
            skipping = ancestor.cls != after
            continue
        if ancestor.cls is None:
            known = speaking or foreign
            return Member(known, None) if known is not None else None
        if isinstance(ancestor.cls, ForeignClass):
            if speaks_of(infer, ancestor.cls, name):
                return Member(ancestor.cls, None)
            foreign = foreign or ancestor.cls
            continue
        if foreign is not None and ancestor.cls.name == "builtins.object":
            break
        if own_definitions(infer, ancestor.cls, name):
            return _Definition(ancestor.cls, ancestor.bindings)
        if speaking is None and speaks_of(infer, ancestor.cls, name):
            speaking = ancestor.cls
    known = speaking or foreign
    return Member(known, None) if known is not None else None


def speaks_of(infer: Inference, cls: AnyClass, name: str) -> bool:
    """Whether a table says something of member `name` of `cls` itself."""
    known = infer.knowledge
    if not known.may_speak_of(cls.name):
        return False
    path = f"{cls.name}.{name}"
    return bool(known.attribute(path) or known.returns(path) or known.blocking(path) or known.awaitable(path))


def _declared_once(infer: Inference, cls: SourceClass, definitions: tuple[Definition, ...]) -> Values:
    """The function that a member declared as some callable is set to, if it is set only there."""
    (number, op), *others = definitions
    site = Site(cls.module, number)
    declaration = infer.body(site).ops[op]
    if others or not isinstance(declaration, Declared) or declaration.value < 0 or infer.body(site).kind == "class":
        return ()
    values = infer.value(site, declaration.value)
    declared_as = infer.value(site, op)
    vague = all(isinstance(value, CallableValue) for value in declared_as)
    return values if vague and all(isinstance(value, Function) for value in values) else ()


def own_definitions(infer: Inference, cls: SourceClass, name: str) -> tuple[Definition, ...]:
    """Where `cls` itself defines member `name`: in its body, and on ``self`` in its methods."""
    facts = infer.facts(cls.module)
    this = facts.classes[cls.index]
    number = facts.bodies[this.body].names.get(name)
    definitions: tuple[Definition, ...] = this.attributes.get(name, ())
    return definitions if number is None else ((this.body, number), *definitions)


def own_member(infer: Inference, cls: SourceClass, name: str) -> Values | None:
    """What `cls` itself says of member `name`; a declaration counts more than assignments."""
    definitions = own_definitions(infer, cls, name)
    if not definitions:
        return None
    bodies = infer.facts(cls.module).bodies
    for number, op in definitions:
        if isinstance(bodies[number].ops[op], Declared):
            return _declared_once(infer, cls, definitions) or infer.value(Site(cls.module, number), op)
    return infer.values(definitions, infer.class_site(cls))
