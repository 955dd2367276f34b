"""Under which import path an expression names something outside a folder of modules."""

from __future__ import annotations

from collections.abc import Container

from flake8_noblock.effects.origins import Place, definitions_of
from flake8_noblock.facts.model import Attr, Call, Import, Lookup
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import ClassValue, Foreign, ForeignClass, Function, ModuleValue

LONGEST_WAY = 20
"""Names of names that are followed."""


def import_path(infer: Inference, place: Place, inside: Container[str], left: int = LONGEST_WAY) -> str | None:
    """The path by which the value at `place` was imported, aliases replaced by what they stand for.

    None for what is defined in one of the modules `inside`, and for what comes in other ways than by imports, attributes,
    and names for such. A class's path also stands for its objects where it is called on the spot.
    """
    if left == 0:
        return None
    site, number = place
    match infer.body(site).ops[number]:
        case Import() as op:
            return _imported(infer, site, op, inside, left)
        case Attr(base=base, name=name):
            path = import_path(infer, Place(site, base), inside, left - 1)
            return _member(infer, Place(site, base), name, inside, left) if path is None else f"{path}.{name}"
        case Lookup(name=name):
            return _named(infer, place, name, inside, left)
        case Call(func=func) if _is_class(infer, Place(site, func)):
            return import_path(infer, Place(site, func), inside, left - 1)
    return None


def _imported(infer: Inference, site: Site, op: Import, inside: Container[str], left: int) -> str | None:
    this = infer.module(site.module)
    absolute = this.absolute(op.module, op.level)
    if not absolute:
        return None
    if op.name is None:
        path = absolute.partition(".")[0] if op.binds_top else absolute
        found = infer.program.get(path, this.root)
        return path if found is None or found.key not in inside else None
    module = infer.program.get(absolute, this.root)
    if module is not None and module.key in inside:
        return _of_module(infer, module.key, op.name, inside, left)
    return f"{absolute}.{op.name}"


def _member(infer: Inference, base: Place, name: str, inside: Container[str], left: int) -> str | None:
    """The path of what a module inside imports and hands on under `name`."""
    match infer.value(base.site, base.number):
        case (ModuleValue(name=key),) if key in inside:
            return _of_module(infer, key, name, inside, left)
    return None


def _of_module(infer: Inference, key: str, name: str, inside: Container[str], left: int) -> str | None:
    facts = infer.module(key).facts
    number = facts.bodies[0].names.get(name) if facts is not None else None
    return None if number is None else import_path(infer, Place(Site(key, 0), number), inside, left - 1)


def _named(infer: Inference, place: Place, name: str, inside: Container[str], left: int) -> str | None:
    definitions = definitions_of(infer, place)
    paths = {import_path(infer, definition, inside, left - 1) for definition in definitions}
    if len(paths) == 1:
        return paths.pop()
    return f"builtins.{name}" if not definitions and _is_builtin(infer, place) else None


def _is_builtin(infer: Inference, place: Place) -> bool:
    values = infer.value(place.site, place.number)
    modules = [value.module if isinstance(value, Function) else _module_of(value) for value in values]
    return bool(modules) and all(module == "builtins" for module in modules)


def _module_of(value: object) -> str | None:
    return getattr(value.cls, "module", None) if isinstance(value, ClassValue) else None


def _is_class(infer: Inference, place: Place) -> bool:
    values = infer.value(place.site, place.number)
    return bool(values) and all(_stands_for_class(infer, value) for value in values)


def _stands_for_class(infer: Inference, value: object) -> bool:
    if isinstance(value, Foreign):
        return infer.knowledge.is_class(value.name)
    return isinstance(value, ClassValue) and (isinstance(value.cls, ForeignClass) or infer.is_standard(value))
