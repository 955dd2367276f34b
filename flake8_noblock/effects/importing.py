"""What needs a running loop and is made where none runs: when the module is imported."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.programs import is_main
from flake8_noblock.effects.rows import calls_with, parts_played
from flake8_noblock.effects.tasks import in_order
from flake8_noblock.knowledge.schema import Task
from flake8_noblock.link.inference import Inference, Site


def bound_at_import(infer: Inference, module: str) -> Iterator[Place]:
    """Calls in the module's own body, and in those of its classes, that start tasks or make what needs a running loop.

    A module that runs its loop itself is a program, and is left out.
    """
    here = frozenset(n for n, body in enumerate(infer.facts(module).bodies) if body.kind in ("module", "class"))
    found = {place for place, _, _ in calls_with(infer, module, Task)}
    found.update(place for place, _, _ in parts_played(infer, module, "binds to the loop"))
    inside = sorted([place for place in found if place.site.body in here and not is_main(infer, place)], key=in_order)
    starts = parts_played(infer, module, "starts a loop", "makes a loop") if inside else ()
    if not any(place.site == Site(module, 0) and not is_main(infer, place) for place, _, _ in starts):
        yield from inside
