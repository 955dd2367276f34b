"""Modules that are programs: they run themselves where they are started, and do nothing where they are imported."""

from __future__ import annotations

from itertools import islice

from flake8_noblock.effects.origins import Place
from flake8_noblock.facts.model import Body, Import
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.layout import regions_around
from flake8_noblock.link.mentions import Question

SEVERAL = 2
"""Programs in packages, so that there is a library with programs beside it."""


def is_main(infer: Inference, place: Place) -> bool:
    """Whether an operation of a module's own body runs only where the module is the program."""
    body = infer.body(place.site)
    return any(_asks_for_main(body, region) for region in regions_around(body, body.where[place.number]))


def is_beside(infer: Inference, program: str, module: str) -> bool:
    """Whether module `program` runs itself in a package that hands on what it has, or is one of several in packages that do: what
    it tries out of `module` is there for callers outside, too. ``__main__`` is the program of its package."""
    if program == module or not _is_program(infer, program):
        return False
    if _hands_on(infer, program):
        return True
    others = infer.program.modules_answering(Question("__main__"))
    found = (one for one in others or () if _is_program(infer, one))
    return others is None or sum(1 for _ in islice(found, SEVERAL)) == SEVERAL


def _hands_on(infer: Inference, module: str) -> bool:
    """Whether the package around a module has names of its own modules."""
    this = infer.module(module)
    top = this.name.partition(".")[0]
    package = infer.program.get(top, this.root)
    if package is None or not package.is_package or package.facts is None:
        return False
    ops = package.facts.bodies[0].ops
    return any(isinstance(op, Import) and op.name and (op.level or op.module.partition(".")[0] == top) for op in ops)


def _is_program(infer: Inference, module: str) -> bool:
    name = infer.module(module).name
    if "." not in name or name.endswith(".__main__"):
        return False
    body = infer.facts(module).bodies[0]
    return any(_asks_for_main(body, region) for region in range(len(body.regions)))


def _asks_for_main(body: Body, region: int) -> bool:
    """Whether a region is a branch for ``__name__ == "__main__"``."""
    found = body.regions[region]
    if found.kind != "branch" or found.value < 0:
        return False
    values = getattr(body.ops[found.value], "values", ())
    return any(getattr(body.ops[value], "value", None) == "__main__" for value in values)
