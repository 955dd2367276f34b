"""NBL711 and NBL712: functions that never wait, and updates that an await can lose; off by default."""

from __future__ import annotations

from collections.abc import Iterable

from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.sequence import lost_updates
from flake8_noblock.effects.waiting import never_waiting
from flake8_noblock.finding import Finding
from flake8_noblock.rules import loop_optional_pages as pages
from flake8_noblock.rules.base import Rule, Subject, finding
from flake8_noblock.rules.loop import async_sites


class NeverWaits(Rule):
    """Async functions in which nothing waits."""

    code = "NBL711"
    title = "Async function that never awaits"
    default = False
    page = pages.NEVER_WAITS

    def check(self, subject: Subject) -> Iterable[Finding]:
        bodies = subject.infer.facts(subject.module).bodies
        for number in never_waiting(subject.summaries, subject.module):
            body = bodies[number]
            text = f"{body.name}() is async and awaits nothing; make it a plain function, so that callers see this"
            yield Finding(body.line, body.column, self.code, text)


class LostUpdate(Rule):
    """Shared state that is read, awaited and written."""

    code = "NBL712"
    title = "Shared state changed across an await"
    default = False
    page = pages.LOST_UPDATE

    def check(self, subject: Subject) -> Iterable[Finding]:
        for site in async_sites(subject):
            with subject.contain(subject.infer.body(site).qualname):
                for number in lost_updates(subject.infer, site):
                    text = (
                        "what is stored here was read before an await, and what others stored meanwhile is lost; "
                        "read it after the await, or hold an asyncio.Lock"
                    )
                    yield finding(subject.infer, Place(site, number), self.code, text)


RULES = (NeverWaits(), LostUpdate())
