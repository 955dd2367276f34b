"""What becomes of a value: who uses it in its own body, and whether it leaves that body by a name."""

from __future__ import annotations

from dataclasses import dataclass

from flake8_noblock.effects.origins import Place
from flake8_noblock.facts.model import Body, Choice, Declared, ModuleFacts, Narrowed
from flake8_noblock.facts.operands import alone, operands
from flake8_noblock.link.inference import Inference, Site


@dataclass(frozen=True, slots=True)
class Uses:
    """The users of each operation's value, by its number, and the numbers of values that other bodies can reach by a name."""

    by: tuple[tuple[int, ...], ...]
    named: frozenset[int]


def uses_in(infer: Inference, site: Site) -> Uses:
    """The uses of values in the body at `site`; the same in every context."""
    return infer.derive("uses of values", site, _find_uses, infer, site)


def _find_uses(infer: Inference, site: Site) -> Uses:
    return _uses_of(infer.body(site), site.body, _used_by_definitions(infer, site.module).get(site.body, set()))


def _uses_of(body: Body, number: int, defining: set[int]) -> Uses:
    users: dict[int, list[int]] = {}
    for user, op in enumerate(body.ops):
        for value in operands(op):
            users.setdefault(value, []).append(user)
    by: list[tuple[int, ...]] = [()] * len(body.ops)
    for value, those in users.items():
        by[value] = tuple(those) if len(those) > 1 else alone(*those)
    cells = {value for definitions in body.cells.values() for where, value in definitions if where == number}
    return Uses(tuple(by), frozenset(cells.union(body.names.values(), defining)))


def _used_by_definitions(infer: Inference, module: str) -> dict[int, set[int]]:
    """For each body of `module`, the values that functions and classes defined in it take as defaults, decorators, bases."""
    return infer.remember("values that definitions use", module, _find_used_by_definitions, infer.facts(module))


def _find_used_by_definitions(facts: ModuleFacts) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for body in facts.bodies:
        defaults = [parameter.default for parameter in body.params if parameter.default >= 0]
        found.setdefault(body.parent, set()).update(body.decorators, defaults)
    for cls in facts.classes:
        found.setdefault(cls.parent, set()).update(cls.bases, cls.decorators, [value for _, value in cls.keywords])
    return found


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one value: the operations that use it, and whether it is `named` where other bodies can reach it.

    Where branches meet and types are narrowed a value stays itself: such operations are passed through.
    """

    users: tuple[int, ...]
    named: bool


def fate(infer: Inference, place: Place) -> Fate:
    """What becomes of the value at `place` within its body."""
    uses = uses_in(infer, place.site)
    ops = infer.body(place.site).ops
    same = same_value(infer, place)
    if same is None:
        return Fate((), True)
    users = {user for number in same for user in uses.by[number] if not isinstance(ops[user], PASSING)}
    return Fate(tuple(sorted(users)), not same.isdisjoint(uses.named))


def same_value(infer: Inference, place: Place) -> set[int] | None:
    """The operations whose value is, or may be, that at `place`; None where there are too many."""
    uses = uses_in(infer, place.site)
    ops = infer.body(place.site).ops
    waiting, seen = [place.number], {place.number}
    while waiting:
        passed = {user for user in uses.by[waiting.pop()] if isinstance(ops[user], PASSING)}
        waiting.extend(passed - seen)
        seen |= passed
        if len(seen) > MOST_PASSED:
            return None
    return seen


MOST_PASSED = 100
"""Operations that one value is followed through; beyond, anything may become of it."""

PASSING = (Choice, Declared, Narrowed)
"""Operations whose value is one of their operands."""
