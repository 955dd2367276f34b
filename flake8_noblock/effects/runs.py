"""What runs: bodies and table rows, joined by "all of these" and "one of these"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flake8_noblock.effects.operations import Operation
from flake8_noblock.link.inference import Site


@dataclass(frozen=True, slots=True)
class AllOf:
    """Each of `parts` may run; none: nothing that is known does."""

    parts: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of `parts` runs, and which is not known.

    With `declared` the first is the method of the class that the source names, the others are overrides of it.
    """

    parts: tuple[Run, ...]
    declared: bool = False


Run = Site | Operation | AllOf | OneOf

NOTHING = AllOf()


def all_of(parts: Iterable[Run]) -> Run:
    """Each of `parts` may run."""
    kept = tuple(dict.fromkeys(part for part in parts if part != NOTHING))
    return kept[0] if len(kept) == 1 else AllOf(kept)


def one_of(parts: Iterable[Run]) -> Run:
    """One of `parts` runs."""
    kept = tuple(dict.fromkeys(parts))
    if all(part == NOTHING for part in kept):
        return NOTHING
    return kept[0] if len(kept) == 1 else OneOf(kept)


def bodies_only(run: Run) -> Run:
    """`run` without table rows: what is awaited does not block by what tables say of its name."""
    match run:
        case Operation():
            return NOTHING
        case AllOf(parts=parts):
            return all_of([bodies_only(part) for part in parts])
        case OneOf(parts=parts, declared=declared):
            kept = tuple([bodies_only(part) for part in parts])
            return OneOf(kept, True) if declared else one_of(kept)
    return run


def sites_of(run: Run) -> Iterator[Site]:
    """The bodies that `run` may run."""
    if isinstance(run, Site):
        yield run
    elif isinstance(run, AllOf | OneOf):
        for part in run.parts:
            yield from sites_of(part)
