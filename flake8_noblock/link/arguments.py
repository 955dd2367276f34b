"""Arguments of a call, and the parameters that they are for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from flake8_noblock.facts.model import Body
from flake8_noblock.link.values import Partial, Value, Values


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a call; `more`: there are others, from ``*`` or ``**``, of which nothing is known."""

    positional: tuple[Values, ...] = ()
    keywords: dict[str, Values] = field(default_factory=dict)
    more: bool = True

    def all(self) -> Iterator[Value]:
        """What any of the arguments may be."""
        for values in (*self.positional, *self.keywords.values()):
            yield from values


NO_ARGUMENTS = Arguments()


def places(body: Body, is_bound: bool, arguments: Arguments) -> list[tuple[int, Values]] | None:
    """Which parameter each argument is for, by index; None where there is no parameter for one."""
    plain = [i for i, p in enumerate(body.params) if p.kind in ("positional", "plain")][1 if is_bound else 0 :]
    by_name = {p.name: i for i, p in enumerate(body.params) if p.kind in ("plain", "keyword")}
    variadic = next((i for i, p in enumerate(body.params) if p.kind == "variadic"), None)
    rest = any(p.kind == "keywords" for p in body.params)
    found = list(zip(plain, arguments.positional, strict=False))
    extra = arguments.positional[len(plain) :]
    if extra and variadic is None and not arguments.more:
        return None
    if variadic is not None:
        found += [(variadic, values) for values in extra]
    for name, values in arguments.keywords.items():
        if name in by_name:
            found.append((by_name[name], values))
        elif not rest:
            return None
    return found


def completed(partial: Partial, arguments: Arguments) -> Arguments:
    """What the callable inside `partial` is called with when that is called with `arguments`."""
    keywords = {**dict(partial.keywords), **arguments.keywords}
    return Arguments((*partial.positional, *arguments.positional), keywords, arguments.more)
