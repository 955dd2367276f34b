"""Coroutine objects that are awaited more than once; the second time fails."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_noblock.effects.awaitables import kind_of
from flake8_noblock.effects.callees import paths
from flake8_noblock.effects.conditions import arguments
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.remembered import remembers
from flake8_noblock.effects.uses import uses_in
from flake8_noblock.facts.model import Await, Body, Call, Declared
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import Function


def awaited_twice(infer: Inference, site: Site) -> Iterator[tuple[int, int]]:
    """The numbers of the operations that await a coroutine again, each with that of the call that made it."""
    body = infer.body(site)
    for number, op in enumerate(body.ops):
        if isinstance(op, Call):
            users = _users(infer, site, number)
            if len(users) > 1 and kind_of(infer, infer.value(site, number)) == "coroutine":
                again = _again(body, [user for user in users if _awaits(infer, Place(site, user), number)])
                if again is not None:
                    yield again, number


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


def _again(body: Body, users: list[int]) -> int | None:
    """The first of `users` before which another has certainly run."""
    for index, user in enumerate(users):
        around = _regions_around(body, body.where[user])
        if any(body.where[earlier] in around for earlier in users[:index]):
            return user
    return None


def _regions_around(body: Body, region: int) -> set[int]:
    found = set()
    while region >= 0:
        found.add(region)
        region = body.regions[region].parent
    return found


def kept_coroutines(infer: Inference, module: str) -> Iterator[int]:
    """The numbers of async functions whose coroutines a decorator keeps and gives again, already awaited."""
    for number, body in enumerate(infer.facts(module).bodies):
        if body.is_async and not body.is_generator and body.decorators and remembers(infer, Function(module, number)):
            yield number
