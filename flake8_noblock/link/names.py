"""What names stand for: scopes, imports, re-exports, star imports, builtins."""

from __future__ import annotations

from flake8_noblock.facts.model import ClassDef, Definition, Import, ModuleFacts
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.program import Module
from flake8_noblock.link.values import (
    UNKNOWN,
    ClassValue,
    Foreign,
    ForeignClass,
    Instance,
    Literal,
    ModuleValue,
    Special,
    TypeVariable,
    Values,
    is_unknown,
)

DEEPEST_PATH = 12
"""Parts of a path into something that isn't at hand; behind longer ones nothing is known."""

_TYPING = ("typing", "typing_extensions")
_SPECIAL = frozenset(
    [
        "Annotated",
        "Any",
        "Callable",
        "ClassVar",
        "Concatenate",
        "Final",
        "Generic",
        "Literal",
        "LiteralString",
        "Never",
        "NoReturn",
        "NotRequired",
        "Optional",
        "Protocol",
        "ReadOnly",
        "Required",
        "Self",
        "Tuple",
        "Type",
        "TypeAlias",
        "TypeGuard",
        "TypeIs",
        "TypedDict",
        "Union",
        "Unpack",
    ]
)
"""Constructs of the typing module that are no classes."""


def lookup(infer: Inference, site: Site, name: str) -> Values:
    """What `name`, not a local of the body at `site`, stands for there."""
    bodies = infer.facts(site.module).bodies
    at, own = site, True
    classes = []
    while at.body > 0:
        number = at.body
        body = bodies[number]
        for parameter, bound in body.type_params:
            if parameter == name:
                limit = infer.value(at, bound) if bound >= 0 else ()
                return (TypeVariable(name, objects_of(limit)),)
        if body.kind == "class":
            if own and name in body.names and isinstance(body.ops[body.names[name]], ClassDef):
                return infer.value(at, body.names[name])
            classes.append(number)  # What else it defines it defines later, after this use.
        elif name in body.cells:
            return infer.values(body.cells[name], at)
        at, own = infer.around(at), False
    found = _global(infer, site.module, name)
    if found is not None:
        return found
    builtin = member(infer, "builtins", name) if infer.program.get("builtins") else None
    if builtin is not None:
        return builtin
    for number in classes:
        if name in bodies[number].names:
            return infer.value(Site(site.module, number), bodies[number].names[name])
    return UNKNOWN


def objects_of(types: Values) -> Values:
    """The objects of plain classes; nothing for other types."""
    return tuple(
        [Instance(value.cls, value.args) for value in types if isinstance(value, ClassValue)]
        + [Instance(ForeignClass(value.name)) for value in types if isinstance(value, Foreign)]
    )


def special_form(infer: Inference, site: Site, number: int) -> Values | None:
    """The construct of the typing module that operation `number` declares there; None: it declares none."""
    if site.module not in _TYPING or site.body != 0:
        return None
    for name in _SPECIAL:
        if infer.body(site).names.get(name) == number:
            return (Special(name),)
    return None


def _global(infer: Inference, module: str, name: str) -> Values | None:
    facts = infer.facts(module)
    definitions: tuple[Definition, ...] = facts.globals.get(name, ())
    if name in facts.bodies[0].names:
        definitions = ((0, facts.bodies[0].names[name]), *definitions)
    if definitions:
        return infer.values(definitions, Site(module, 0))
    return _from_stars(infer, infer.module(module), name, set())


def member(infer: Inference, module: str, name: str, seen: set[str] | None = None) -> Values | None:
    """What attribute `name` of module `module`, which is at hand, is; None: it has none that is known."""
    if name in _SPECIAL and module in _TYPING:
        return (Special(name),)
    if name == "MaybeNone" and module == "_typeshed":
        return (Literal(None),)  # An alias of Any, which says: None, but not so that callers need a check.
    this = infer.module(module)
    if this.facts is not None:
        names = this.facts.bodies[0].names
        if name in names or name in this.facts.globals:
            return _global(infer, module, name)
        found = _from_stars(infer, this, name, set() if seen is None else seen)
        if found is not None:
            return found
    return _submodule(infer, this, name) if this.is_package else None


def _from_stars(infer: Inference, this: Module, name: str, seen: set[str]) -> Values | None:
    """What a module takes over by ``from m import *``; modules that were `seen` have no such name."""
    if this.facts is None or this.key in seen:
        return None
    seen.add(this.key)
    for source, level in reversed(this.facts.stars):
        absolute = this.absolute(source, level)
        other = infer.program.get(absolute, this.root) if absolute else None
        if other is None or other.facts is None:
            continue
        if _is_public(other, other.facts, name):
            found = member(infer, other.key, name, seen)
            if found is not None:
                return found
    return None


def _is_public(module: Module, facts: ModuleFacts, name: str) -> bool:
    """Whether ``from module import *`` takes `name`; a stub does not give on what it imports."""
    if facts.public is not None:
        return name in facts.public
    if name.startswith("_"):
        return False
    number = facts.bodies[0].names.get(name)
    is_stub = module.path is not None and module.path.suffix == ".pyi"
    return not (is_stub and number is not None and isinstance(facts.bodies[0].ops[number], Import))


def imported(infer: Inference, site: Site, op: Import) -> Values:
    """What an import binds."""
    this = infer.module(site.module)
    absolute = this.absolute(op.module, op.level)
    if absolute is None:
        return UNKNOWN
    if not absolute:
        return module_value(infer, op.name, this) if op.name else UNKNOWN
    if op.name is None:
        return module_value(infer, absolute.partition(".")[0] if op.binds_top else absolute, this)
    module = infer.program.get(absolute, this.root)
    if module is None:
        return foreign(infer, f"{absolute}.{op.name}")
    found = member(infer, module.key, op.name) if module.key != this.key else _submodule(infer, this, op.name)
    if found is not None:
        return _or_told(infer, module, op.name, found)
    return foreign(infer, f"{absolute}.{op.name}") if _may_have_others(module) else UNKNOWN


def _submodule(infer: Inference, this: Module, name: str) -> Values | None:
    """The module `name` below package `this`."""
    found = infer.program.get(f"{this.name}.{name}", this.root)
    return (ModuleValue(found.key),) if found is not None else None


def module_value(infer: Inference, name: str, this: Module) -> Values:
    """The module `name`, at hand or not, as `this` module sees it."""
    found = infer.program.get(name, this.root)
    return (Foreign(name),) if found is None else (ModuleValue(found.key),)


def module_attribute(infer: Inference, module: str, name: str) -> Values:
    """Attribute `name` of a module at hand."""
    found = member(infer, module, name)
    this = infer.module(module)
    if found is not None:
        return _or_told(infer, this, name, found)
    return foreign(infer, f"{this.name}.{name}") if _may_have_others(this) else UNKNOWN


def _may_have_others(module: Module) -> bool:
    """Whether a module may have members that are not at hand: it is a library's, or a package to which others add modules."""
    return module.origin != "project" or module.path is None


def _or_told(infer: Inference, module: Module, name: str, values: Values) -> Values:
    """What a module has by a name; where a library makes it in a way that isn't seen, its path, if tables know that."""
    path = f"{module.name}.{name}"
    if is_unknown(values) and module.origin == "library" and infer.knowledge.awaitable(path) is not None:
        return foreign(infer, path)
    return values


def foreign(infer: Inference, path: str, receiver: Instance | None = None) -> Values:
    """Something that isn't at hand: an object of the class that tables say, or its bare path."""
    if path.count(".") > DEEPEST_PATH:
        return UNKNOWN
    known = infer.knowledge.attribute(path)
    return (Foreign(path, receiver),) if known is None else (Instance(named_class(infer, known).cls),)


def named(infer: Inference, dotted: str) -> Values:
    """What a dotted path stands for, in modules at hand as far as there are any."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        module = ".".join(parts[:cut])
        at_hand = infer.program.get(module)
        if at_hand is None:
            continue
        if cut == len(parts):
            return (ModuleValue(at_hand.key),)
        found = member(infer, at_hand.key, parts[cut])
        if found is not None and cut + 1 == len(parts) and not is_unknown(found):
            return found
        break
    return (Foreign(dotted),)


def named_class(infer: Inference, dotted: str) -> ClassValue:
    """The class that a dotted path names; a foreign one where it isn't at hand."""
    return (
        infer.remember("named classes", dotted, _named_class, infer, dotted) if infer.is_settled else _named_class(infer, dotted)
    )


def _named_class(infer: Inference, dotted: str) -> ClassValue:
    values = (value for value in named(infer, dotted) if isinstance(value, ClassValue))
    return next(values, None) or ClassValue(ForeignClass(infer.knowledge.canonical(dotted)))


def builtin(infer: Inference, name: str) -> ClassValue:
    """A class of the builtins module."""
    # No question that is open can change what the builtins are.
    return infer.remember("builtins", name, _named_class, infer, f"builtins.{name}")
