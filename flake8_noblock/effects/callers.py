"""Who calls a function, in the whole project, and what becomes of what the call gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from flake8_noblock.effects.awaiting import End, closure_number, ends, is_given, rows_of
from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.guards import names_of
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.undecorated import undecorated_anywhere
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import (
    Attr,
    Await,
    Call,
    Compare,
    Const,
    Drop,
    Element,
    Enter,
    Exit,
    Import,
    Lookup,
    Op,
    Unary,
)
from flake8_noblock.link.classes import mro
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.mentions import Question
from flake8_noblock.link.values import Adapter, ClassValue, Function, Instance, Partial, SourceClass, Value, Values, is_unknown

Certainty = Literal["known", "possible"]


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A call of a function: what becomes of the awaitable that it gives. Only `possible`: the object is not known. `call` is the
    operation, where the function is called by itself."""

    end: End
    certainty: Certainty = "known"
    call: Place | None = None


@dataclass(frozen=True, slots=True)
class Callers:
    """The calls of a function that were found; `escapes`: it is handed to code that may call it in ways that are not seen."""

    calls: tuple[FoundCall, ...]
    escapes: bool


def callers(infer: Inference, site: Site) -> Callers | None:
    """Who calls the function at `site`; None where too many files may.

    The module's own text always counts, other files of the project as they lie on disk.
    """
    modules = _modules_that_may_call(infer, site)
    if modules is None:
        return None
    found = infer.remember("callers", site, lambda: _gathered(_uses_everywhere(infer, site, modules)))
    is_plain = infer.body(site).owner < 0 and infer.body(site).parent == 0
    return _through_unknown_modules(infer, site) if is_plain and found == Callers((), False) else found


LEAST_PLUGINS = 3
"""Modules that define a function of one name: fewer are no plug-ins."""


def _through_unknown_modules(infer: Inference, site: Site) -> Callers | None:
    """The calls of something with the name of a function that several modules define at their top, as plug-ins do, on objects of
    which nothing is known: modules that are imported by a name made up at run time. None where too many files may hold some."""
    name = infer.body(site).name
    modules = infer.program.modules_answering(Question(name))
    if modules is None:
        return None
    return infer.remember("callers through unknown modules", site, _find_callers_unknown, infer, site, name, modules)


def _find_callers_unknown(infer: Inference, site: Site, name: str, modules: list[str]) -> Callers:
    plugins = [module for module in modules if _defines(infer, module, name)]
    reads = [place for module in modules for place in references(infer, module, name) if len(plugins) >= LEAST_PLUGINS]
    unknown = [p for p in reads if isinstance(infer.body(p.site).ops[p.number], Attr) and is_unknown(infer.value(*p))]
    return _gathered(use for place in unknown for use in _uses(infer, place, site, "possible", 0))


def _gathered(uses: Iterable[FoundCall | None]) -> Callers:
    found = dict.fromkeys(uses)
    return Callers(tuple([use for use in found if use is not None]), None in found)


def _defines(infer: Inference, module: str, name: str) -> bool:
    return any(body.parent == 0 and body.name == name for body in infer.facts(module).bodies)


def _modules_that_may_call(infer: Inference, site: Site) -> list[str] | None:
    """The function's own module, and those that mention it; asked each time, so that the question is known of each module."""
    body = infer.body(site)
    question = None
    if body.owner >= 0:
        cls = infer.facts(site.module).classes[body.owner].name
        question = Question(cls if _is_protocol(body.name) else body.name)
    elif body.parent == 0:
        question = Question(body.name, infer.module(site.module).name)
    mentioning = infer.program.modules_answering(question) if question is not None else []
    return None if mentioning is None else list(dict.fromkeys([site.module, *mentioning]))


def _is_protocol(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _uses_everywhere(infer: Inference, site: Site, modules: list[str]) -> Iterator[FoundCall | None]:
    """The calls of a function; None for any other use of it."""
    name = infer.body(site).name
    for place in _made(infer, site):
        yield from _uses(infer, place, site, "known", 0)
    for module in modules:
        if infer.body(site).owner >= 0 and _is_protocol(name):
            yield from _protocol_uses(infer, module, site)
        for place in references(infer, module, name):
            certainty = _means(infer, place, site)
            if certainty is not None:
                yield from _uses(infer, place, site, certainty, 0)


def _made(infer: Inference, site: Site) -> Iterator[Place]:
    """The values that are the function where it is defined: itself, and what its decorators make of it."""
    made = closure_number(infer, site)
    decorators = infer.body(site).decorators
    while made is not None:
        yield made
        ops = infer.body(made.site).ops
        after = [n for n in fate(infer, made).users if _decorates(ops[n], decorators, made.number)]
        made = Place(made.site, after[0]) if after else None


def _decorates(op: Op, decorators: tuple[int, ...], number: int) -> bool:
    return isinstance(op, Call) and op.func in decorators and op.args == (number,)


def references(infer: Inference, module: str, name: str) -> list[Place]:
    """Where `module` reads something called `name`, or imported under that name."""
    return infer.remember("references by name", module, _references, infer, module).get(name, [])


def _references(infer: Inference, module: str) -> dict[str, list[Place]]:
    facts = infer.facts(module)
    aliases: dict[str, str] = {}
    for body in facts.bodies:
        bound = [*body.names.items(), *[(n, number) for n, made in body.cells.items() for _, number in made]]
        for name, number in bound:
            op = body.ops[number] if number < len(body.ops) else None
            if isinstance(op, Import) and op.name is not None and op.name != name:
                aliases[name] = op.name
    found: dict[str, list[Place]] = {}
    for index, body in enumerate(facts.bodies):
        site = Site(module, index)
        for number, op in enumerate(body.ops):
            if isinstance(op, Lookup | Attr | Import) and op.name:
                place = Place(site, number)
                found.setdefault(op.name, []).append(place)
                if isinstance(op, Lookup) and op.name in aliases:
                    found.setdefault(aliases[op.name], []).append(place)
    return found


def _means(infer: Inference, place: Place, site: Site) -> Certainty | None:
    """Whether a name or attribute stands for the function at `site`, or may; None: for something else."""
    values = infer.value(place.site, place.number)
    if any(_is_function(infer, value, site) for value in values):
        return "known"
    op = infer.body(place.site).ops[place.number]
    if is_unknown(values) or infer.body(site).decorators:
        if any(_is_function(infer, value, site) for value in undecorated_anywhere(infer, place)):
            return "known"
    return "possible" if isinstance(op, Attr) and is_unknown(values) and infer.body(site).owner >= 0 else None


def _is_function(infer: Inference, value: Value, site: Site) -> bool:
    match value:
        case Partial(callee=callee) | Adapter(callee=callee):
            return any(_is_function(infer, inner, site) for inner in callee)
        case Function(module=module, body=number) if (module, number) == (site.module, site.body):
            return True
        case Function(receiver=Instance(cls=SourceClass() as cls) | ClassValue(cls=SourceClass() as cls)):
            return _overrides(infer, value, cls, site)
    return False


def _overrides(infer: Inference, base: Function, cls: SourceClass, site: Site) -> bool:
    """Whether the method at `site` may run where method `base` is called on an object of class `cls`."""
    body = infer.body(site)
    if body.owner < 0 or infer.function_body(base).name != body.name:
        return False
    owner = infer.source_class(site.module, body.owner)
    return owner != cls and any(ancestor.cls == cls for ancestor in mro(infer, owner))


def _uses(infer: Inference, place: Place, site: Site, certainty: Certainty, depth: int) -> Iterator[FoundCall | None]:
    """What is done with the value at `place`, which is the function at `site`."""
    ops = infer.body(place.site).ops
    for user in fate(infer, place).users:
        op = ops[user]
        match op:
            case Call(func=func) if func == place.number:
                call = Place(place.site, user)
                yield from [FoundCall(end, certainty, call) for end in ends(infer, call)]
            case Call(func=func) if func not in infer.body(site).decorators or place.site != infer.around(site):
                yield from _handed(infer, Place(place.site, user), place, site, certainty, depth)
            case Unary() | Compare() | Drop() | Call() | Attr():
                continue
            case _:
                yield None


def _handed(
    infer: Inference, call: Place, function: Place, site: Site, certainty: Certainty, depth: int
) -> Iterator[FoundCall | None]:
    """The function is an argument of a call."""
    task, consumer = rows_of(infer, call)
    row = task or consumer
    if row is not None and row.function and is_given(infer, call, row.coroutine, function.number):
        if task is not None:
            yield FoundCall(End("kept" if task.kept else "task", call, (call,), True), certainty)
        else:
            found = [end for end in ends(infer, call) if end.kind == "awaited"]
            yield from [FoundCall(end, certainty) for end in found or [End("awaited", call, (call,))]]
    elif depth < 2 and any(isinstance(v, Partial) and _is_function(infer, v, site) for v in infer.value(call.site, call.number)):
        yield from _uses(infer, call, site, certainty, depth + 1)
    else:
        yield None


def _protocol_uses(infer: Inference, module: str, site: Site) -> Iterator[FoundCall | None]:
    """Where the language calls a method of an object: entering, iterating, awaiting."""
    name = infer.body(site).name
    for index, body in enumerate(infer.facts(module).bodies):
        for number, op in enumerate(body.ops):
            if isinstance(op, Enter | Exit | Element | Await) and name in _protocol_methods(op):
                values = infer.value(Site(module, index), op.value)
                if any(_has_method(infer, value, site) for value in values):
                    yield FoundCall(End("awaited", Place(Site(module, index), number)))


def _protocol_methods(op: Enter | Exit | Element | Await) -> tuple[str, ...]:
    if isinstance(op, Await):
        return ("__await__",)
    if not op.is_async:
        return ()
    return ("__aiter__", "__anext__") if isinstance(op, Element) else ("__aenter__",) if isinstance(op, Enter) else ("__aexit__",)


def _has_method(infer: Inference, value: Value, site: Site) -> bool:
    """Whether `value` is an object of the class that has the method at `site`, or of one that inherits it or is its base."""
    if not isinstance(value, Instance) or not isinstance(value.cls, SourceClass):
        return False
    owner = infer.source_class(site.module, infer.body(site).owner)
    return any(a.cls == owner for a in mro(infer, value.cls)) or any(a.cls == value.cls for a in mro(infer, owner))


# --- frameworks ---


def is_entry(infer: Inference, site: Site) -> bool:
    """Whether a framework calls the function at `site`, and sees to its errors."""
    body = infer.body(site)
    around = infer.around(site) if body.decorators else site
    for number in body.decorators:
        op = infer.body(around).ops[number]
        named = _names(infer, infer.value(around, op.func if isinstance(op, Call) else number))
        known = map(infer.knowledge.canonical, named)
        if any(name in row.decorators for name in known for row in infer.knowledge.entries(name)):
            return True
    return _is_entry_by_class(infer, site) or _is_entry_by_name(infer, site) or _is_registered(infer, site)


def _names(infer: Inference, values: Values) -> list[str]:
    return [name for value in values for name in paths(infer, value) or ()]


def _is_entry_by_class(infer: Inference, site: Site) -> bool:
    body = infer.body(site)
    if body.owner < 0:
        return False
    for ancestor in mro(infer, infer.source_class(site.module, body.owner)):
        for row in infer.knowledge.entries(ancestor.cls.name) if ancestor.cls is not None else ():
            if any(fnmatchcase(body.name, pattern) for pattern in row.methods):
                return True
    return False


def _is_entry_by_name(infer: Inference, site: Site) -> bool:
    body = infer.body(site)
    last = infer.module(site.module).name.rpartition(".")[2]
    return any(
        any(fnmatchcase(body.name, pattern) for pattern in row.functions) and any(fnmatchcase(last, p) for p in row.modules)
        for row in infer.knowledge.entries_by_name()
    )


def _is_registered(infer: Inference, site: Site) -> bool:
    """Whether the function is handed to a framework in its own module."""
    name = infer.body(site).name
    places = [*_made(infer, site), *[p for p in references(infer, site.module, name) if _means(infer, p, site) == "known"]]
    for place in places:
        for user in fate(infer, place).users:
            call = Place(place.site, user)
            if isinstance(infer.body(call.site).ops[user], Call):
                rows = [row for name in names_of(infer, call) for row in infer.knowledge.entries(name)]
                if any(row.registers and is_given(infer, call, row.callable, place.number) for row in rows):
                    return True
    return False


def _is_interface(infer: Inference, site: Site) -> bool:
    """Whether the function at `site`, or the class that it is a method of, is for code outside of the project.

    That is what a package defines, as far as nobody in the project calls it; of sync functions, which may be a program that
    starts the loop, and of what is no package, only what is public and handed on by a package or listed in ``__all__``.
    """
    body = infer.body(site)
    facts = infer.facts(site.module)
    cls = facts.classes[body.owner] if body.owner >= 0 else None
    name = body.name if cls is None else cls.name
    if (body.parent if cls is None else cls.parent) != 0:
        return False
    if (body.is_async or cls is not None) and _is_of_package(infer, site.module):
        return True
    if name.startswith("_") or body.name.startswith("_"):
        return False
    return name in (facts.public or ()) or infer.module(site.module).is_package or is_handed_on(infer, site.module, name)


def _is_of_package(infer: Inference, module: str) -> bool:
    """Whether a module is, or lies below, a folder with an ``__init__``, as in distributions."""
    this = infer.module(module)
    name = this.name
    while not this.is_package and (name := name.rpartition(".")[0]):
        around = infer.program.get(name, this.root)
        if around is not None and around.is_package and around.path is not None:
            return True
    return this.is_package


def is_handed_on(infer: Inference, module: str, name: str) -> bool:
    """Whether another package lists or imports `name`, which is defined in `module`."""
    for other in infer.program.modules_answering(Question(name, infer.module(module).name)) or ():
        if infer.module(other).is_package and other != module:
            package = infer.facts(other)
            number = package.bodies[0].names.get(name, -1)
            if name in (package.public or ()) or (number >= 0 and isinstance(package.bodies[0].ops[number], Import)):
                return True
    return False


def _overridden(infer: Inference, site: Site) -> Iterator[Site]:
    """The function at `site` and, of a method, those of the project's classes that it stands in for."""
    yield site
    body = infer.body(site)
    if body.owner < 0:
        return
    for ancestor in mro(infer, infer.source_class(site.module, body.owner))[1:]:
        if isinstance(ancestor.cls, SourceClass) and infer.module(ancestor.cls.module).origin == "project":
            for number, other in enumerate(infer.facts(ancestor.cls.module).bodies):
                if other.owner == ancestor.cls.index and other.name == body.name:
                    yield Site(ancestor.cls.module, number)


def _is_called_by_computed_name(infer: Inference, site: Site) -> bool:
    """Whether the method at `site` is of objects whose methods are looked up by names that are made up at run time."""
    body = infer.body(site)
    if body.owner < 0:
        return False
    mentioning = infer.program.modules_answering(Question(infer.facts(site.module).classes[body.owner].name)) or ()
    for module in dict.fromkeys([site.module, *mentioning]):
        for read in references(infer, module, "getattr"):
            ops = infer.body(read.site).ops
            for user in fate(infer, read).users:
                match ops[user]:
                    case Call(func=read.number, args=(subject, name, *_)) if not isinstance(ops[name], Const):
                        if any(_has_method(infer, value, site) for value in infer.value(read.site, subject)):
                            return True
    return False


def _overrides_of_library(infer: Inference, site: Site) -> bool:
    """Whether the method at `site` stands in for one of a class outside the project, or may, so that code there calls it."""
    body = infer.body(site)
    if body.owner < 0:
        return False
    for ancestor in mro(infer, infer.source_class(site.module, body.owner))[1:]:
        cls = ancestor.cls
        if cls is None or not isinstance(cls, SourceClass):
            return True
        if infer.module(cls.module).origin != "project" and body.name in infer.body(infer.class_site(cls)).names:
            return not (infer.is_standard(ClassValue(cls)) and cls.name == "builtins.object")
    return False


def may_be_called_elsewhere(infer: Inference, site: Site) -> bool:
    """Whether the language or code outside of the project is there to call a function."""
    return (
        _is_protocol(infer.body(site).name)
        or _overrides_of_library(infer, site)
        or any(_is_interface(infer, one) for one in _overridden(infer, site))
        or _is_called_by_computed_name(infer, site)
    )
