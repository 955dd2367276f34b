"""NBL501 to NBL505: callbacks where ``await`` belongs."""

from __future__ import annotations

from collections.abc import Iterable

from flake8_noblock.effects.handing import answering, chained, nested_callbacks, timers, working_callbacks
from flake8_noblock.finding import Finding
from flake8_noblock.rules import callbacks_pages as pages
from flake8_noblock.rules.base import Rule, Subject, finding
from flake8_noblock.rules.tasks import spelled


class Continued(Rule):
    """Done-callbacks that go on with a task's result."""

    code = "NBL501"
    title = "Done-callback where await would do"
    page = pages.CONTINUED

    def check(self, subject: Subject) -> Iterable[Finding]:
        for place in working_callbacks(subject.infer, subject.module):
            text = (
                f"{spelled(subject.infer, place)} goes on with the result in a callback, where an error has nobody to catch it; "
                "await the task, or do it in the coroutine"
            )
            yield finding(subject.infer, place, self.code, text)


class Nested(Rule):
    """Callbacks in callbacks."""

    code = "NBL502"
    title = "Callbacks nested too deep"
    page = pages.NESTED

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer = subject.infer
        for number, depth in nested_callbacks(infer, subject.module, subject.callback_depth):
            body = infer.facts(subject.module).bodies[number]
            name = "lambda" if body.kind == "lambda" else f"{body.name}()"
            text = f"{name} is a callback inside {depth - 1} others; write the steps one after the other in an async function"
            yield Finding(body.line, body.column, self.code, text)


class Timed(Rule):
    """Control flow by the loop's timers."""

    code = "NBL503"
    title = "Control flow by call_soon, call_later or call_at"
    page = pages.TIMED

    def check(self, subject: Subject) -> Iterable[Finding]:
        for place in timers(subject.infer, subject.module):
            text = (
                f"{spelled(subject.infer, place)} goes on in a callback that nobody awaits; "
                "write a coroutine that awaits asyncio.sleep, and start it as a task"
            )
            yield finding(subject.infer, place, self.code, text)


class Answering(Rule):
    """Async functions that call back instead of returning."""

    code = "NBL504"
    title = "Async function that calls back instead of returning"
    page = pages.ANSWERING

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer = subject.infer
        for number, names in answering(infer, subject.module):
            body = infer.facts(subject.module).bodies[number]
            text = f"{body.name}() hands its outcome to {' and '.join(names)}; return the result and raise the error"
            yield Finding(body.line, body.column, self.code, text)


class Chained(Rule):
    """Callback chains of libraries, on the loop."""

    code = "NBL505"
    title = "Callback chain of something that can be awaited"
    page = pages.CHAINED

    def check(self, subject: Subject) -> Iterable[Finding]:
        for place, row in chained(subject.infer, subject.module):
            text = f"{spelled(subject.infer, place)} chains a callback in code that could await; use {row.instead}"
            yield finding(subject.infer, place, self.code, text)


RULES = (Continued(), Nested(), Timed(), Answering(), Chained())
