"""Whether anybody looks at how a task ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flake8_noblock.effects.awaiting import End, ends
from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.callers import references
from flake8_noblock.effects.conditions import argument
from flake8_noblock.effects.origins import Place, definitions_of
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import Attr, Call, Import, Lookup, Param, StoreAttr, StoreItem, StoreName
from flake8_noblock.knowledge.schema import Argument
from flake8_noblock.link.classes import find_member, mro
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.mentions import Question
from flake8_noblock.link.values import AnyClass, ClassValue, Function, Instance, SourceClass, Values, is_unknown

CALLBACK = Argument(position=0)
"""Where a method that registers a callback takes it."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Who looks at how a task ends: where it is `awaited`, or `otherwise`: a callback, a call that raises its failure, or
    somebody in code that is not seen."""

    awaited: tuple[Place, ...]
    otherwise: bool

    def __bool__(self) -> bool:
        return self.otherwise or bool(self.awaited)


def sight(infer: Inference, task: Place) -> Sight:
    """Who looks at how the task ends that the call at `task` starts."""
    return infer.remember("who looks at tasks", task, lambda: _sight(infer, ends(infer, task), set()))


def _sight(infer: Inference, found: tuple[End, ...], seen: set[str]) -> Sight:
    awaited: list[Place] = []
    otherwise = False
    for end in found:
        if end.kind == "awaited":
            awaited.append(end.place)
        elif end.kind == "method" and _is_of_container(infer, end.place):
            other = _sight(infer, tuple(_ends_of_method(infer, end)), seen)
            awaited += other.awaited
            otherwise = otherwise or other.otherwise
        elif end.kind == "method":
            otherwise = otherwise or _looks(infer, end.place)
        elif end.kind == "stored":
            other = _sight_of_stored(infer, end.place, seen)
            awaited += other.awaited
            otherwise = otherwise or other.otherwise
        else:
            otherwise = otherwise or end.kind in ("returned", "unknown", "kept")
    return Sight(tuple(dict.fromkeys(awaited)), otherwise)


def outcome(infer: Inference, place: Place) -> str | None:
    """What the method read at `place` has to do with how a task ends: it looks at it, cancels the task, or registers a callback.

    Where the object is not known, the name of the method decides.
    """
    values = infer.value(place.site, place.number)
    for value in values:
        for name in paths(infer, value) or ():
            row = infer.knowledge.outcome(name)
            if row is not None:
                return row.does
    op = infer.body(place.site).ops[place.number]
    return infer.knowledge.outcome_by_word(op.name) if isinstance(op, Attr) and is_unknown(values) else None


def _is_of_container(infer: Inference, method: Place) -> bool:
    """Whether a method is one of a container that holds tasks."""
    op = infer.body(method.site).ops[method.number]
    values = infer.value(method.site, op.base) if isinstance(op, Attr) else ()
    return bool(values) and all(isinstance(value, Instance) and _is_container(infer, value.cls) for value in values)


def _is_container(infer: Inference, cls: AnyClass) -> bool:
    return find_member(infer, cls, "__iter__") is not None and find_member(infer, cls, "__await__") is None


def _looks(infer: Inference, method: Place) -> bool:
    """Whether the method of a task that is read at `method` looks at its end, or has a callback do so; in doubt true."""
    does = outcome(infer, method)
    if does != "register":
        return does == "look" or (does is None and is_unknown(infer.value(method.site, method.number)))
    ops = infer.body(method.site).ops
    for user in fate(infer, method).users:
        given = argument(infer, Place(method.site, user), CALLBACK) if isinstance(ops[user], Call) else None
        if given is None or _callback_looks(infer, infer.value(method.site, given)):
            return True
    return False


def _callback_looks(infer: Inference, values: Values) -> bool:
    """Whether a callback that is given a task may look at how it ended."""
    for value in values:
        if isinstance(value, Function) and infer.is_standard(value):
            continue
        if not isinstance(value, Function) or not infer.function_body(value).params:
            return True
        body = infer.function_body(value)
        index = 0 if value.receiver is None else 1
        site = Site(value.module, value.body)
        for number, op in enumerate(body.ops):
            if isinstance(op, Param) and op.index == index and _uses_look(infer, Place(site, number)):
                return True
    return not values


def _uses_look(infer: Inference, parameter: Place) -> bool:
    ops = infer.body(parameter.site).ops
    for user in fate(infer, parameter).users:
        op = ops[user]
        if isinstance(op, Attr):
            if infer.knowledge.outcome_by_word(op.name) == "look":
                return True
        elif isinstance(op, Call):
            callee = infer.value(parameter.site, op.func)
            if not all(isinstance(v, Function) and infer.is_standard(v) for v in callee):
                return True
    return False


# --- tasks that are stored ---


@dataclass(frozen=True, slots=True)
class Holder:
    """What holds a task, itself or in a container: the attribute or variable `name`.

    It is an attribute of objects of one of `classes`, or a variable of `module`, where that is known.
    """

    name: str
    classes: tuple[SourceClass, ...] = ()
    module: str = ""


def _holder(infer: Inference, place: Place) -> Holder | None:
    """What holds the task that is stored at `place`."""
    ops = infer.body(place.site).ops
    op = ops[place.number]
    base = -1
    if isinstance(op, StoreItem):
        base = op.base
    elif isinstance(op, Call):
        callee = ops[op.func]
        base = callee.base if isinstance(callee, Attr) else -1
    holder = ops[base] if base >= 0 else op
    match holder:
        case StoreAttr(name=name) | Attr(name=name):
            return Holder(name, _classes(infer, infer.value(place.site, holder.base)))
        case StoreName(name=name) | Lookup(name=name):
            is_global = name in infer.facts(place.site.module).bodies[0].names and name not in infer.body(place.site).cells
            return Holder(name, module=place.site.module if is_global else "")
    return None


def _classes(infer: Inference, values: Values) -> tuple[SourceClass, ...]:
    """The project's classes of which each of `values` is an object; none where that isn't known of all."""
    found = [value.cls for value in values if isinstance(value, Instance | ClassValue) and isinstance(value.cls, SourceClass)]
    return tuple(found) if len(found) == len(values) else ()


def _is_elsewhere(infer: Inference, read: Place, holder: Holder) -> bool:
    """Whether what is read at `read` bears the name of `holder` and is certainly something else."""
    op = infer.body(read.site).ops[read.number]
    if not isinstance(op, Attr):
        if holder.classes:
            return True
        made = [read] if isinstance(op, Import) else definitions_of(infer, read)
        return bool(holder.module and made) and all(_is_of_other_module(infer, one, holder.module) for one in made)
    classes = _classes(infer, infer.value(read.site, op.base))
    if holder.module:
        return bool(classes)
    return bool(classes and holder.classes) and all(
        _has_its_own(infer, cls, holder.name) and not _are_related(infer, cls, other)
        for cls in classes
        for other in holder.classes
    )


def _is_of_other_module(infer: Inference, definition: Place, module: str) -> bool:
    """Whether a variable is defined in another module than `module`, and not taken from one of the project, which may hand it
    on."""
    op = infer.body(definition.site).ops[definition.number]
    if not isinstance(op, Import):
        return definition.site.module != module
    this = infer.module(definition.site.module)
    absolute = this.absolute(op.module, op.level)
    taken = infer.program.get(absolute, this.root) if absolute else None
    return taken is None or taken.origin != "project"


def _has_its_own(infer: Inference, cls: SourceClass, name: str) -> bool:
    """Whether a class, or one that it inherits from, sets an attribute; a class to be mixed in only reads it."""
    ancestors = [ancestor.cls for ancestor in mro(infer, cls) if isinstance(ancestor.cls, SourceClass)]
    return any(name in infer.class_facts(ancestor).attributes for ancestor in ancestors)


def _are_related(infer: Inference, one: SourceClass, other: SourceClass) -> bool:
    ancestors = [{ancestor.cls for ancestor in mro(infer, cls)} for cls in (one, other)]
    return other in ancestors[0] or one in ancestors[1]


def _sight_of_stored(infer: Inference, place: Place, seen: set[str]) -> Sight:
    """Who looks at a task that is stored under a name: whoever reads something of that name that may be the same counts."""
    holder = _holder(infer, place)
    if holder is None:
        return Sight((), True)
    name = holder.name
    if name in seen:
        return Sight((), False)
    seen.add(name)
    modules = infer.program.modules_answering(Question(name))
    if modules is None:
        return Sight((), True)
    awaited: list[Place] = []
    for module in dict.fromkeys([place.site.module, *modules]):
        reads = [read for read in references(infer, module, name) if not _is_elsewhere(infer, read, holder)]
        for read in reads:
            other = _sight(infer, tuple(_ends_of_read(infer, read)), seen)
            if other.otherwise:
                return other
            awaited += other.awaited
    return Sight(tuple(awaited), False)


def _ends_of_read(infer: Inference, read: Place) -> Iterator[End]:
    """What becomes of a task, or of a container of tasks, that is read from where it is stored."""
    for end in ends(infer, read):
        if end.kind == "method" and outcome(infer, end.place) is None:
            yield from _ends_of_method(infer, end)
        elif end.kind not in ("dropped", "task"):
            yield end


def _ends_of_method(infer: Inference, end: End) -> Iterator[End]:
    """What a method of a container gives is followed: it may be one of the tasks."""
    ops = infer.body(end.place.site).ops
    for user in fate(infer, end.place).users:
        place = Place(end.place.site, user)
        call = ops[user]
        if isinstance(call, Call) and call.func == end.place.number:
            yield from [other for other in ends(infer, place) if other.kind != "dropped"]
        elif not isinstance(call, Call) or outcome(infer, Place(end.place.site, call.func)) != "register":
            yield End("unknown", place)
