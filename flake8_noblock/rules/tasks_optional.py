"""NBL611 and NBL612: awaits one after the other that could run together; off by default."""

from __future__ import annotations

from collections.abc import Iterable

from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.sequence import independent_awaits, independent_rounds
from flake8_noblock.finding import Finding
from flake8_noblock.rules import tasks_optional_pages as pages
from flake8_noblock.rules.base import Rule, Subject, finding
from flake8_noblock.rules.loop import async_sites


class Sequential(Rule):
    """Independent awaits one after the other."""

    code = "NBL611"
    title = "Independent awaits one after the other"
    default = False
    page = pages.SEQUENTIAL

    def check(self, subject: Subject) -> Iterable[Finding]:
        for site in async_sites(subject):
            with subject.contain(subject.infer.body(site).qualname):
                for number in independent_awaits(subject.infer, site):
                    text = (
                        "this await needs nothing of the one before it; run both together in an asyncio.TaskGroup or with gather"
                    )
                    yield finding(subject.infer, Place(site, number), self.code, text)


class Rounds(Rule):
    """Independent awaits in a loop."""

    code = "NBL612"
    title = "Independent awaits in a loop"
    default = False
    page = pages.ROUNDS

    def check(self, subject: Subject) -> Iterable[Finding]:
        for site in async_sites(subject):
            with subject.contain(subject.infer.body(site).qualname):
                for number in independent_rounds(subject.infer, site):
                    text = (
                        "the rounds of this loop don't need each other; run them together in an asyncio.TaskGroup or with gather"
                    )
                    yield finding(subject.infer, Place(site, number), self.code, text)


RULES = (Sequential(), Rounds())
