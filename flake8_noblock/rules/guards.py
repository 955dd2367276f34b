"""NBL4xx: failures of what is awaited that nobody catches, sees, or lets through."""

from __future__ import annotations

from collections.abc import Iterable

from flake8_noblock.effects.cancellation import swallows_cancellation
from flake8_noblock.effects.dropped_errors import drops_errors
from flake8_noblock.effects.handlers import handlers
from flake8_noblock.effects.uncollected import uncollected
from flake8_noblock.effects.unguarded import cut_short, unguarded, unlimited, unseen_tasks, without_handler
from flake8_noblock.finding import Finding
from flake8_noblock.report import guards as texts
from flake8_noblock.rules import guards_pages as pages
from flake8_noblock.rules.base import Rule, Subject, finding, in_bodies


class Unguarded(Rule):
    """An await whose failure nothing catches."""

    code = "NBL401"
    title = "Await that can fail, unguarded"
    page = pages.UNGUARDED

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer, cover = subject.infer, not subject.summaries.scope.frameworks_unguarded
        for found in in_bodies(subject, lambda site: unguarded(infer, site, cover)):
            yield finding(subject.infer, found.operation.place, self.code, texts.unguarded_text(infer, found))


class UnseenTask(Rule):
    """A task whose failure nobody sees."""

    code = "NBL402"
    title = "Task whose failure nobody sees"
    page = pages.UNSEEN_TASK

    def check(self, subject: Subject) -> Iterable[Finding]:
        for found in in_bodies(subject, lambda site: unseen_tasks(subject.infer, site), every=True):
            yield finding(subject.infer, found.place, self.code, texts.unseen_text(subject.infer, found))


class SwallowedCancellation(Rule):
    """A handler that keeps cancellation from going on."""

    code = "NBL403"
    title = "Cancellation swallowed"
    page = pages.SWALLOWED

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer = subject.infer
        for handler in in_bodies(
            subject, lambda site: [h for h in handlers(infer, site) if swallows_cancellation(infer, site, h)]
        ):
            yield Finding(handler.line, handler.column, self.code, texts.cancellation_text(handler))


class DroppedErrors(Rule):
    """A handler that does nothing with every error."""

    code = "NBL404"
    title = "Every error dropped"
    page = pages.DROPPED

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer = subject.infer
        for handler in in_bodies(subject, lambda site: [h for h in handlers(infer, site) if drops_errors(infer, site, h)]):
            yield Finding(handler.line, handler.column, self.code, texts.dropped_text(handler))


class UncollectedErrors(Rule):
    """Errors among results that nobody looks at."""

    code = "NBL405"
    title = "Gathered errors never looked at"
    page = pages.UNCOLLECTED

    def check(self, subject: Subject) -> Iterable[Finding]:
        for place in in_bodies(subject, lambda site: uncollected(subject.infer, site)):
            yield finding(subject.infer, place, self.code, texts.uncollected_text(subject.infer, place))


class CutShort(Rule):
    """An await in clean-up that cancellation cuts short."""

    code = "NBL406"
    title = "Await in clean-up, not shielded"
    default = False
    page = pages.CUT_SHORT

    def check(self, subject: Subject) -> Iterable[Finding]:
        for place in in_bodies(subject, lambda site: cut_short(subject.infer, site)):
            yield finding(subject.infer, place, self.code, texts.cut_short_text(subject.infer, place))


class Unlimited(Rule):
    """An await of the network without a time limit."""

    code = "NBL407"
    title = "Network await without a time limit"
    default = False
    page = pages.UNLIMITED

    def check(self, subject: Subject) -> Iterable[Finding]:
        for found in in_bodies(subject, lambda site: unlimited(subject.infer, site)):
            yield finding(subject.infer, found.place, self.code, texts.unlimited_text(subject.infer, found))


class Strict(Rule):
    """An await outside of any try."""

    code = "NBL499"
    title = "Await outside of try"
    default = False
    page = pages.STRICT

    def check(self, subject: Subject) -> Iterable[Finding]:
        for place in in_bodies(subject, lambda site: without_handler(subject.infer, site)):
            yield finding(subject.infer, place, self.code, texts.strict_text(subject.infer, place))


RULES: tuple[Rule, ...] = (
    Unguarded(),
    UnseenTask(),
    SwallowedCancellation(),
    DroppedErrors(),
    UncollectedErrors(),
    CutShort(),
    Unlimited(),
    Strict(),
)
