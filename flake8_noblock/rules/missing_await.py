"""NBL3xx: what has to be awaited and isn't, and what is awaited and can't be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar, TypeVar

from flake8_noblock.effects.async_callables import async_callables, described, run_plainly
from flake8_noblock.effects.awaitables import Kind
from flake8_noblock.effects.awaited_twice import awaited_twice, kept_coroutines
from flake8_noblock.effects.lost import Loss, lost
from flake8_noblock.effects.misused import Misuse, misused
from flake8_noblock.effects.mixed_overrides import called_plainly, mixed_overrides
from flake8_noblock.effects.origins import Place
from flake8_noblock.finding import Finding
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.report import awaits
from flake8_noblock.rules import missing_await_mistaken_pages as mistaken_pages
from flake8_noblock.rules import missing_await_pages as pages
from flake8_noblock.rules.base import Rule, Subject, finding, in_bodies

T = TypeVar("T")


class LossRule(Rule):
    """Reports what is made and never awaited."""

    losses: ClassVar[tuple[Loss, ...]]
    kinds: ClassVar[tuple[Kind, ...]] = ("coroutine", "async generator")

    def check(self, subject: Subject) -> Iterable[Finding]:
        for found in in_all_bodies(subject, lost):
            if found.loss in self.losses and found.kind in self.kinds:
                yield finding(subject.infer, found.place, self.code, awaits.lost_text(subject.infer, found))


class Dropped(LossRule):
    """A coroutine as a statement."""

    code = "NBL301"
    title = "Coroutine dropped"
    losses = ("dropped",)
    page = pages.DROPPED


class Stored(LossRule):
    """A coroutine in a name that nobody awaits."""

    code = "NBL302"
    title = "Coroutine stored and never awaited"
    losses = ("stored",)
    page = pages.STORED


class OtherAwaitable(LossRule):
    """A future as a statement."""

    code = "NBL351"
    title = "Other awaitable dropped"
    default = False
    losses = ("dropped",)
    kinds = ("future",)
    page = pages.OTHER_AWAITABLE


class MisuseRule(Rule):
    """Reports uses that coroutines and async objects don't take."""

    misuse: ClassVar[Misuse]

    def check(self, subject: Subject) -> Iterable[Finding]:
        for found in in_all_bodies(subject, misused):
            if found.misuse == self.misuse:
                yield finding(subject.infer, found.place, self.code, awaits.misused_text(subject.infer, found))


class AsValue(MisuseRule):
    """A coroutine in place of its result."""

    code = "NBL303"
    title = "Coroutine used as its result"
    misuse = "as value"
    page = pages.AS_VALUE


class Truth(MisuseRule):
    """A coroutine as a condition."""

    code = "NBL304"
    title = "Coroutine tested for truth"
    misuse = "truth"
    page = pages.TRUTH


class PlainProtocol(MisuseRule):
    """An async context manager or iterator in a plain statement."""

    code = "NBL305"
    title = "Async object in plain with or for"
    misuse = "plain protocol"
    page = mistaken_pages.PLAIN_PROTOCOL


class NotAwaitable(MisuseRule):
    """``await`` on what has no ``__await__``."""

    code = "NBL306"
    title = "Await on what can't be awaited"
    misuse = "not awaitable"
    page = mistaken_pages.NOT_AWAITABLE


class AsyncCallable(Rule):
    """An async function where a sync one is called."""

    code = "NBL307"
    title = "Async function given as a sync callable"
    page = mistaken_pages.ASYNC_CALLABLE

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer, module = subject.infer, subject.module
        for found in in_all_bodies(subject, async_callables):
            name = described(infer, found.function[0])
            yield finding(subject.infer, found.place, self.code, awaits.callable_text(infer, found, name))
        with subject.contain("commands"):
            for number, framework in run_plainly(infer, module):
                body = infer.facts(module).bodies[number]
                yield Finding(body.line, body.column, self.code, awaits.command_text(body.name, framework))
        with subject.contain("methods of classes"):
            for number, owner in called_plainly(infer, module):
                body = infer.facts(module).bodies[number]
                yield Finding(body.line, body.column, self.code, awaits.method_text(body.name, owner))


class AwaitedTwice(Rule):
    """One coroutine object, awaited twice."""

    code = "NBL308"
    title = "Coroutine awaited twice"
    page = mistaken_pages.AWAITED_TWICE

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer, module = subject.infer, subject.module
        for again, made in in_all_bodies(subject, _placed_twice):
            yield finding(subject.infer, again, self.code, awaits.twice_text(infer, made))
        with subject.contain("decorators"):
            for number in kept_coroutines(infer, module):
                body = infer.facts(module).bodies[number]
                yield Finding(body.line, body.column, self.code, awaits.kept_text(body.name))


class Override(Rule):
    """A method that overrides one of the other kind."""

    code = "NBL309"
    title = "Override of the other kind"
    page = mistaken_pages.OVERRIDE

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer, module = subject.infer, subject.module
        with subject.contain("methods of classes"):
            for found in mixed_overrides(infer, module):
                body = infer.facts(module).bodies[found.body]
                yield Finding(body.line, body.column, self.code, awaits.override_text(found, body.qualname))


def in_all_bodies(subject: Subject, find: Callable[[Inference, Site], Iterator[T]]) -> list[T]:
    """What `find` finds in the bodies of the module, in source order; found once for all rules that ask."""
    kind = f"{find.__module__}.{find.__name__}"
    return subject.infer.remember(
        kind, subject.module, lambda: list(in_bodies(subject, lambda site: find(subject.infer, site), every=True))
    )


def _placed_twice(infer: Inference, site: Site) -> Iterator[tuple[Place, Place]]:
    yield from ((Place(site, again), Place(site, made)) for again, made in awaited_twice(infer, site))


RULES: tuple[Rule, ...] = (
    Dropped(),
    Stored(),
    AsValue(),
    Truth(),
    PlainProtocol(),
    NotAwaitable(),
    AsyncCallable(),
    AwaitedTwice(),
    Override(),
    OtherAwaitable(),
)
