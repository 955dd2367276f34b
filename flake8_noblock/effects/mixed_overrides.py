"""Methods that override another of the other kind: an async one a sync one, or the reverse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from flake8_noblock.effects.awaitables import kind_of, lacks
from flake8_noblock.effects.callers_of_overrides import is_meant
from flake8_noblock.effects.overrides import is_abstract
from flake8_noblock.effects.returns import stands_for_itself
from flake8_noblock.facts.model import Body
from flake8_noblock.link.annotations import declared
from flake8_noblock.link.classes import Member, find_member, mro, own_member
from flake8_noblock.link.functions import result
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import ClassValue, Descriptor, Function, SourceClass, Values


@dataclass(frozen=True, slots=True)
class MixedOverride:
    """Method `body` of the module; `base` is the class whose method it overrides, `is_async` says of which kind it is itself."""

    body: int
    base: str
    is_async: bool


def mixed_overrides(infer: Inference, module: str) -> Iterator[MixedOverride]:
    """The methods in `module` of another kind than those they override, in source order."""
    by_class: dict[int, list[int]] = {}
    for number, body in enumerate(infer.facts(module).bodies):
        if body.owner >= 0 and body.kind == "function" and not _is_private(body.name):
            by_class.setdefault(body.owner, []).append(number)
    for index, methods in by_class.items():
        if infer.facts(module).classes[index].bases:
            yield from _of_class(infer, infer.source_class(module, index), methods)


TWIN = 3
"""So many methods of the other kind, more than of the same, make a class the async (or sync) twin of its base, on purpose."""


def _of_class(infer: Inference, cls: SourceClass, methods: list[int]) -> Iterator[MixedOverride]:
    found: list[MixedOverride] = []
    turned = alike = 0
    for number in methods:
        name = infer.facts(cls.module).bodies[number].name
        member = find_member(infer, cls, name, after=cls)
        if member is None or not member.values:
            continue
        base = common_sort(infer, member.values)
        own = common_sort(infer, _own(infer, cls, name, number)) if base is not None else None
        if own is not None and base != own:
            found.append(MixedOverride(number, _name(infer, member), own == "async"))
        turned += _is_written_async(infer, member.values) not in (None, infer.facts(cls.module).bodies[number].is_async)
        alike += own is not None and base == own
    one_way = len({one.is_async for one in found}) == 1
    if not (one_way and turned >= TWIN and turned > alike):
        yield from (one for one in found if not is_meant(infer, cls, infer.facts(cls.module).bodies[one.body].name, one.is_async))


def _is_written_async(infer: Inference, values: Values) -> bool | None:
    """Whether a method is an ``async def``; None: it is no single function."""
    where = _function(values[0]) if len(values) == 1 else None
    return infer.function_body(Function(*where)).is_async if where is not None else None


def _is_private(name: str) -> bool:
    return name.startswith("__") and not name.endswith("__")


def _own(infer: Inference, cls: SourceClass, name: str, number: int) -> Values:
    """What the class body says of the method, if that is this very function."""
    site = infer.class_site(cls)
    value = infer.body(site).names.get(name)
    values = infer.value(site, value) if value is not None else ()
    return values if all(_function(v) == (cls.module, number) for v in values) else ()


def _function(value: object) -> tuple[str, int] | None:
    match value:
        case Function(module=module, body=body):
            return module, body
        case Descriptor(function=(Function(module=module, body=body),)):
            return module, body
    return None


def common_sort(infer: Inference, values: Values) -> str | None:
    """Whether calling any of `values` gives a coroutine (``async``) or certainly none (``sync``); None: neither is certain."""
    found = {sort_of(infer, Function(*where)) if (where := _function(value)) else None for value in values}
    return found.pop() if len(found) == 1 else None


def sort_of(infer: Inference, function: Function) -> str | None:
    """Whether calling `function` gives a coroutine (``async``) or certainly none (``sync``); None: neither is certain."""
    body = infer.function_body(function)
    if body.is_async and not body.is_generator:
        return "async"
    if body.is_generator:
        return None
    given = result(infer, function)
    if kind_of(infer, given) == "coroutine":
        return "async"
    if not _says(infer, function, body) or not given:
        return None
    return "sync" if all(lacks(infer, value, "__await__") for value in given) else None


def _says(infer: Inference, function: Function, body: Body) -> bool:
    """Whether it is known what a method gives: it says so, or it is more than a place for subclasses to fill."""
    if body.returns >= 0:
        return bool(declared(infer, Site(function.module, function.body), body.returns))
    return len(body.ops) > len(body.params) + 1 and not is_abstract(infer, function)


def _name(infer: Inference, member: Member) -> str:
    return infer.class_facts(member.owner).name if isinstance(member.owner, SourceClass) else member.owner.name


def _runs_otherwise(infer: Inference, module: str, owner: int, runners: set[str]) -> bool:
    """Whether a class, or one that it inherits from, may run its methods in another way: by a metaclass, by what it makes of its
    objects or subclasses, or by one of the framework's `runners` of its own."""
    for ancestor in mro(infer, infer.source_class(module, owner)):
        cls = ancestor.cls
        if isinstance(cls, SourceClass) and not infer.is_standard(ClassValue(cls)):
            if any(own_member(infer, cls, name) is not None for name in _FINDING | runners) or _has_metaclass(infer, cls):
                return True
    return False


_FINDING = frozenset(["__new__", "__init_subclass__", "__getattribute__"])
"""The language's methods by which a class changes what others of it are, or how they are found."""


def _has_metaclass(infer: Inference, cls: SourceClass) -> bool:
    """Whether a class is made by another one than the language's own."""
    facts = infer.class_facts(cls)
    site = Site(cls.module, facts.parent)
    given = [infer.value(site, value) for name, value in facts.keywords if name == "metaclass"]
    return any(not (isinstance(value, ClassValue) and infer.is_standard(value)) for values in given for value in values)


def is_protocol_method(name: str) -> bool:
    """Whether the language itself calls methods of this name."""
    return name.startswith("__") and name.endswith("__")


def called_plainly(infer: Inference, module: str) -> Iterator[tuple[int, str]]:
    """The numbers of async methods in `module` that a framework calls and does not await, with the class that says so."""
    facts = infer.facts(module)
    for number, body in enumerate(facts.bodies):
        if (
            body.owner >= 0
            and body.is_async
            and (facts.classes[body.owner].bases or is_protocol_method(body.name))
            and stands_for_itself(infer, Site(module, number))
        ):
            ancestors = mro(infer, infer.source_class(module, body.owner))[1:]
            for ancestor in ancestors[-1:] if is_protocol_method(body.name) else ancestors:
                if ancestor.cls is None:
                    break
                rows = infer.knowledge.sync_methods(ancestor.cls.name)
                if rows:
                    if any(fnmatchcase(body.name, pattern) for row in rows for pattern in row.methods):
                        if not _runs_otherwise(infer, module, body.owner, {name for row in rows for name in row.runners}):
                            yield number, ancestor.cls.name
                    break
