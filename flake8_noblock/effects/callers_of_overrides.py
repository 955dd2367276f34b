"""Who calls a method that is overridden by one of the other kind: whether any of them gets what it doesn't expect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from flake8_noblock.effects.awaiting import rows_of
from flake8_noblock.effects.callers import is_handed_on, references
from flake8_noblock.effects.kind_checks import tells_kind
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.returns import says_plain
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import Attr, Await, Call, Const, Enter, Op, Return, Yield
from flake8_noblock.link.classes import find_member, is_subclass, mro
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.mentions import Question
from flake8_noblock.link.subclasses import subclasses
from flake8_noblock.link.values import ClassValue, Function, Instance, SourceClass, is_unknown

Side = Literal["base", "own", "unknown"]
"""Whether a method is called of an object of a base, of the class that overrides it (or one below), or of any object."""

Use = Literal["awaited", "either", "plain", "handed"]
"""What is done with what a method gives: `either`: it goes to what is awaited, which takes both kinds; `handed`: not the result
goes on, but the method."""


def is_meant(infer: Inference, cls: SourceClass, name: str, is_async: bool) -> bool:
    """Whether the method `name` of `cls` is of its kind, `is_async` or not, on purpose: those who call it are prepared for that,
    as far as they are known, and nobody takes it for one of the base's kind."""
    modules = infer.program.modules_answering(Question(name))
    if modules is None or _is_called_as_object(infer, cls, name) or _is_called_by_computed_name(infer, cls):
        return True
    found = set(_found(infer, cls, name, modules))
    if not found and _is_for_others(infer, cls, name):
        return True
    if is_async:
        return bool(found & _EITHER) or ("base", "plain") not in found and bool(found & _ASYNC)
    return ("base", "awaited") not in found and bool(found & _SYNC)


def _is_called_as_object(infer: Inference, cls: SourceClass, name: str) -> bool:
    """Whether the method is what calling an object runs, which is not seen where it is called, of a class that isn't the
    language's."""
    member = find_member(infer, cls, name, after=cls) if name == "__call__" else None
    return member is not None and not (isinstance(member.owner, SourceClass) and infer.is_standard(ClassValue(member.owner)))


def _is_for_others(infer: Inference, cls: SourceClass, name: str) -> bool:
    """Whether nobody in the project is to call the method: a package has the class for callers outside, or a library calls it."""
    member = find_member(infer, cls, name, after=cls)
    if member is not None and isinstance(member.owner, SourceClass) and infer.module(member.owner.module).origin == "library":
        return "." in infer.module(cls.module).name
    return any(_is_for_import(infer, one) for one in (cls, *subclasses(infer, cls, True)))


def _is_for_import(infer: Inference, cls: SourceClass) -> bool:
    """Whether a package has a class, or the one in which it is nested, for those who import the package."""
    name = _outermost(infer, cls)
    return infer.module(cls.module).is_package and not name.startswith("_") or is_handed_on(infer, cls.module, name)


def _outermost(infer: Inference, cls: SourceClass) -> str:
    """The name of the class, or of the one in which it is nested: that is what others import."""
    return infer.class_facts(cls).qualname.partition(".")[0]


_EITHER = {("base", "awaited"), ("base", "either"), ("base", "handed"), ("unknown", "either")}
_ASYNC = {("own", "awaited"), ("own", "either"), ("own", "handed"), ("unknown", "awaited")}
_SYNC = {("own", "plain"), ("base", "plain")}


def _found(infer: Inference, cls: SourceClass, name: str, modules: list[str]) -> Iterator[tuple[Side, Use]]:
    own = infer.class_facts(cls).name
    near = {cls.module, *(infer.program.modules_answering(Question(own)) or ())}
    bases = [one.cls.module for one in mro(infer, cls) if isinstance(one.cls, SourceClass)]
    theirs = [module for module in bases if infer.module(module).origin != "standard library"]
    for module in dict.fromkeys([cls.module, *theirs, *modules]):
        for place in references(infer, module, name):
            side = _side(infer, place, cls)
            if side is not None and (side != "unknown" or module in near):
                yield from ((side, use) for use in _uses(infer, place))


def _side(infer: Inference, method: Place, cls: SourceClass) -> Side | None:
    """Of whose objects a method is read; None: of none that could be of `cls`, or by ``super()``."""
    ops = infer.body(method.site).ops
    op = ops[method.number]
    if not isinstance(op, Attr) or isinstance(base := ops[op.base], Call) and base.spelling == "super":
        return None
    values = infer.value(*method)
    receivers = [value.receiver.cls for value in values if isinstance(value, Function) and isinstance(value.receiver, Instance)]
    if any(isinstance(one, SourceClass) and is_subclass(infer, one, cls) for one in receivers):
        return "own"
    if any(is_subclass(infer, cls, receiver) for receiver in receivers):
        return "base" if _may_run(infer, method.site, cls) else None
    return "unknown" if is_unknown(values) else None


def _may_run(infer: Inference, site: Site, cls: SourceClass) -> bool:
    """Whether code may run on objects of `cls`: a method of a base that `cls` overrides doesn't."""
    body = infer.body(site)
    if body.owner < 0:
        return True
    owner = infer.source_class(site.module, body.owner)
    member = find_member(infer, cls, body.name)
    return member is None or member.owner == owner or not is_subclass(infer, cls, owner)


def _uses(infer: Inference, method: Place) -> Iterator[Use]:
    ops = infer.body(method.site).ops
    for user in fate(infer, method).users:
        op = ops[user]
        if isinstance(op, Call) and op.func == method.number:
            use = _use_of_result(infer, Place(method.site, user))
            if use is not None:
                yield use
        elif isinstance(op, Await):
            yield "awaited"
        elif isinstance(op, Call) and not is_unknown(infer.value(*method)):
            yield "handed"


def _use_of_result(infer: Inference, call: Place) -> Use | None:
    ops = infer.body(call.site).ops
    what = fate(infer, call)
    if any(_awaits(ops[user]) for user in what.users):
        return "awaited"
    calls = [user for user in what.users if isinstance(ops[user], Call)]
    if any(_takes_coroutines(infer, Place(call.site, user)) for user in calls):
        return "awaited"
    if any(tells_kind(infer, Place(call.site, user)) for user in calls):
        return "either"
    after = [later for user in calls for later in fate(infer, Place(call.site, user)).users]
    if any(_awaits(ops[user]) for user in after):
        return "either"
    returns = (Call, Yield) if says_plain(infer, call.site) else (Call, Return, Yield)
    return None if what.named or any(isinstance(ops[user], returns) for user in what.users) else "plain"


def _takes_coroutines(infer: Inference, call: Place) -> bool:
    """Whether a call starts what it is given as a task, or awaits it."""
    return rows_of(infer, call) != (None, None)


def _awaits(op: Op) -> bool:
    return isinstance(op, Await) or isinstance(op, Enter) and op.is_async


def _is_called_by_computed_name(infer: Inference, cls: SourceClass) -> bool:
    """Whether a module of the class or its bases looks up attributes by names that are made up at run time."""
    modules = [one.cls.module for one in mro(infer, cls) if isinstance(one.cls, SourceClass)]
    return any(_looks_up(infer, one) for one in dict.fromkeys(modules) if infer.module(one).origin != "standard library")


def _looks_up(infer: Inference, module: str) -> bool:
    return infer.remember("names that are looked up", module, _find_look_up, infer, module)


def _find_look_up(infer: Inference, module: str) -> bool:
    for read in (*references(infer, module, "getattr"), *references(infer, module, "__dict__")):
        ops = infer.body(read.site).ops
        for user in fate(infer, read).users:
            match ops[user]:
                case Call(func=read.number, args=(_, name, *_)) if not isinstance(ops[name], Const):
                    return True
                case Attr(name="get"):
                    return True
    return False
