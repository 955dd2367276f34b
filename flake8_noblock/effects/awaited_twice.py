"""Coroutine objects that are awaited more than once; the second time fails."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.awaitables import kind_of
from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.conditions import arguments
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.remembered import remembers
from flake8_noblock.effects.uses import uses_in
from flake8_noblock.facts.model import Await, Body, Call, Declared, Jump, Raise, Return
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import Function


def awaited_twice(infer: Inference, site: Site) -> Iterator[tuple[int, int]]:
    """The numbers of the operations that await a coroutine again, each with that of the call that made it."""
    body = infer.body(site)
    for number, op in enumerate(body.ops):
        if isinstance(op, Call):
            users = _users(infer, site, number)
            if _may_repeat(body, number, users) and kind_of(infer, infer.value(site, number)) == "coroutine":
                again = _again(body, number, [user for user in users if _awaits(infer, Place(site, user), number)])
                if again is not None:
                    yield again, number


def _may_repeat(body: Body, made: int, users: tuple[int, ...]) -> bool:
    """Whether there are several users, or one that runs in another loop than the one that the value is made in."""
    return len(users) > 1 or any(body.where[user] != body.where[made] and _repeats(body, made, user) for user in users)


def _users(infer: Inference, site: Site, number: int) -> tuple[int, ...]:
    """The users of one very value; one of several that a name may have is another matter."""
    by = uses_in(infer, site).by
    ops = infer.body(site).ops
    direct = by.get(number, ())
    return tuple(sorted({u for user in direct for u in (by.get(user, ()) if isinstance(ops[user], Declared) else (user,))}))


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


def _again(body: Body, made: int, users: list[int]) -> int | None:
    """The first of `users` before which another has certainly run, or which itself runs in each round of a loop."""
    for index, user in enumerate(users):
        around = _regions_around(body, body.where[user])
        if any(_certain(body, region, set(users[:index])) for region in around) or _repeats(body, made, user):
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


def _certain(body: Body, region: int, users: set[int]) -> bool:
    """Whether one of `users` runs whenever `region` ends as it should."""
    if any(body.where[user] == region for user in users):
        return True
    branches: set[tuple[int, bool]] = set()
    for number, inner in enumerate(body.regions):
        if inner.parent == region and inner.kind in ("branch", "try", "with") and _certain(body, number, users):
            if inner.kind != "branch" or (inner.value, not inner.positive) in branches:
                return True
            branches.add((inner.value, inner.positive))
    return False


def _repeats(body: Body, made: int, user: int) -> bool:
    """Whether `user` runs in each round of a loop outside of which the coroutine was made."""
    outside = set(_regions_around(body, body.where[made]))
    inside: list[int] = []
    for region in _regions_around(body, body.where[user]):
        if region in outside:
            return False
        inside.append(region)
        if body.regions[region].kind == "loop":
            return not _leaves(body, user, inside)
    return False


def _leaves(body: Body, user: int, inside: list[int]) -> bool:
    """Whether the loop, whose regions around `user` these are, is left once that ran; a failure caught on the way may not."""
    caught = [n for n, region in enumerate(body.regions) if region.kind == "except" and region.partner in inside]
    if any(not _ends(body, region, -1) for region in caught):
        return False
    return any(_ends(body, region, user) for region in inside)


def _ends(body: Body, region: int, after: int) -> bool:
    """Whether the statements of `region` itself, behind operation `after`, leave the loop."""
    return any(
        isinstance(op, Return | Raise) or op == Jump("break")
        for op, where in list(zip(body.ops, body.where, strict=True))[after + 1 :]
        if where == region
    )


def kept_coroutines(infer: Inference, module: str) -> Iterator[int]:
    """The numbers of async functions whose coroutines a decorator keeps and gives again, already awaited."""
    for number, body in enumerate(infer.facts(module).bodies):
        if body.is_async and not body.is_generator and body.decorators and remembers(infer, Function(module, number)):
            yield number
