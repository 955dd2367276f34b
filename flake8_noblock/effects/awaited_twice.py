"""Coroutine objects that are awaited more than once; the second time fails."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.awaitables import kind_at
from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.conditions import arguments
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.remembered import remembers
from flake8_noblock.effects.returns import routes
from flake8_noblock.effects.uses import uses_in
from flake8_noblock.facts.model import Await, Body, Call, Declared, Jump, Raise, Return
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import layout
from flake8_noblock.link.values import Function


def awaited_twice(infer: Inference, site: Site) -> Iterator[tuple[int, int]]:
    """The numbers of the operations that await a coroutine again, each with that of the call that made it."""
    body = infer.body(site)
    for number, op in enumerate(body.ops):
        if isinstance(op, Call):
            users = _users(infer, site, number)
            if _may_repeat(infer, site, number, users) and kind_at(infer, Place(site, number)) == "coroutine":
                again = _again(infer, site, number, [user for user in users if _awaits(infer, Place(site, user), number)])
                if again is not None:
                    yield again, number


def _may_repeat(infer: Inference, site: Site, made: int, users: tuple[int, ...]) -> bool:
    """Whether there are several users, or one that runs in another loop than the one that the value is made in."""
    where = infer.body(site).where
    return len(users) > 1 or any(where[user] != where[made] and repeats(infer, site, made, user) for user in users)


def _users(infer: Inference, site: Site, number: int) -> tuple[int, ...]:
    """The users of one very value; one of several that a name may have is another matter."""
    by = uses_in(infer, site).by
    ops = infer.body(site).ops
    direct = by[number]
    return tuple(sorted({u for user in direct for u in (by[user] if isinstance(ops[user], Declared) else (user,))}))


def _awaits(infer: Inference, place: Place, value: int) -> bool:
    """Whether the operation at `place` awaits `value`, or hands it to what does."""
    match infer.body(place.site).ops[place.number]:
        case Await():
            return True
        case Call(func=func):
            names = [name for v in infer.value(place.site, func) for name in paths(infer, v) or ()]
            rows = [row for name in names for row in (infer.knowledge.consumer(name), infer.knowledge.task(name)) if row]
            return any(value in arguments(infer, place, row.coroutine) for row in rows if not row.function)
    return False


def _again(infer: Inference, site: Site, made: int, users: list[int]) -> int | None:
    """The first of `users` before which another has certainly run, or which itself runs in each round of a loop."""
    body = infer.body(site)
    for index, user in enumerate(users):
        around = _regions_around(body, body.where[user])
        before = frozenset(users[:index])
        if before and any(_certain(infer, site, region, before) for region in around) or repeats(infer, site, made, user):
            return user
    return None


def _regions_around(body: Body, region: int) -> list[int]:
    """The regions that a place in `region` lies in; the ``try`` of a handler or ``finally`` counts, since it ran before."""
    found = []
    while region >= 0:
        found.append(region)
        if body.regions[region].kind in ("except", "finally"):
            found.append(body.regions[region].partner)
        region = body.regions[region].parent
    return found


def _certain(infer: Inference, site: Site, region: int, users: frozenset[int]) -> bool:
    """Whether one of `users` runs whenever `region` ends as it should."""
    body = infer.body(site)
    above = {at for user in users for at in _regions_around(body, body.where[user])}
    return region in above and _surely(infer, site, region, users, above)


def _surely(infer: Inference, site: Site, region: int, users: frozenset[int], above: set[int]) -> bool:
    body = infer.body(site)
    if any(body.where[user] == region for user in users):
        return True
    branches: set[tuple[int, bool]] = set()
    for number in layout(infer, site).children[region]:
        inner = body.regions[number]
        if number in above and inner.kind in ("branch", "try", "with") and _surely(infer, site, number, users, above):
            if inner.kind != "branch" or (inner.value, not inner.positive) in branches:
                return True
            branches.add((inner.value, inner.positive))
    return False


def repeats(infer: Inference, site: Site, made: int, user: int) -> bool:
    """Whether `user` runs in each round of a loop outside of which the value was made."""
    body = infer.body(site)
    outside = set(_regions_around(body, body.where[made]))
    inside: list[int] = []
    for region in _regions_around(body, body.where[user]):
        if region in outside:
            return False
        inside.append(region)
        if body.regions[region].kind == "loop":
            return not _leaves(infer, site, user, inside)
    return False


def _leaves(infer: Inference, site: Site, user: int, inside: list[int]) -> bool:
    """Whether the loop, whose regions around `user` these are, is left once that ran; a failure caught on the way may not."""
    regions = infer.body(site).regions
    partners = [partner for region in inside for partner in layout(infer, site).partners[region]]
    if any(regions[partner].kind == "except" and not _ends(infer, site, partner, -1) for partner in partners):
        return False
    return any(_ends(infer, site, region, user) for region in inside)


def _ends(infer: Inference, site: Site, region: int, after: int) -> bool:
    """Whether the statements of `region` itself, behind operation `after`, leave the loop."""
    ops = infer.body(site).ops
    behind = [ops[number] for number in layout(infer, site).numbers[region] if number > after]
    return any(isinstance(op, Return | Raise) or op == Jump("break") for op in behind)


def kept_coroutines(infer: Inference, module: str) -> Iterator[int]:
    """The numbers of async functions whose coroutines a decorator keeps and gives again, already awaited."""
    for number, body in enumerate(infer.facts(module).bodies):
        if body.is_async and not body.is_generator and body.decorators and remembers(infer, Function(module, number)):
            # Where a decorator is a route, the framework calls what isn't remembered.
            if not routes(infer, Site(module, body.parent), body.decorators[-1]):
                yield number
