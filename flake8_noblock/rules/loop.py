"""NBL701 to NBL708 and NBL713: the event loop, misused."""

from __future__ import annotations

from collections.abc import Iterable

from flake8_noblock.effects.importing import bound_at_import
from flake8_noblock.effects.managing import coroutine_functions_given, left_open, managed, waits_on_itself
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.roots import bodies_on_loop
from flake8_noblock.effects.scopes import yields_in_scopes
from flake8_noblock.effects.spinning import polling, spinning
from flake8_noblock.effects.starting import allows_nesting, direct_starts, is_guarded, starters
from flake8_noblock.effects.threads import handed_to_threads, held_across_pauses, thread_unsafe, unsafe_elsewhere
from flake8_noblock.finding import Finding
from flake8_noblock.link.inference import Site
from flake8_noblock.report.message import chained, function_name
from flake8_noblock.rules import loop_pages as pages
from flake8_noblock.rules.base import Rule, Subject, finding, in_bodies
from flake8_noblock.rules.tasks import spelled

_SAFELY = "loop.call_soon_threadsafe"


class Nested(Rule):
    """Loops that are started inside a running one."""

    code = "NBL701"
    title = "Event loop started inside a running one"
    page = pages.NESTED

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer, module = subject.infer, subject.module
        if allows_nesting(infer, module):
            return
        for number in bodies_on_loop(infer, module):
            site = Site(module, number)
            for call in direct_starts(infer, site):
                text = f"{spelled(infer, Place(site, call))} starts an event loop inside the running one; await instead"
                yield finding(infer, Place(site, call), self.code, text)
            with subject.contain(infer.body(site).qualname):
                yield from self._through(subject, site)

    def _through(self, subject: Subject, site: Site) -> Iterable[Finding]:
        infer = subject.infer
        for edge in subject.summaries.edges_on_loop(site):
            place = Place(site, edge.number)
            chain = () if edge.direct else starters(subject.summaries).chain(edge.run)
            if chain and not is_guarded(infer, place):
                names = [*(function_name(infer, step.site) for step in chain), spelled(infer, chain[-1]).removesuffix("()")]
                text = (
                    f"{spelled(infer, place)} starts an event loop inside the running one: "
                    f"{chained(names)}; await an asynchronous form of it instead"
                )
                yield finding(infer, place, self.code, text)


class SelfWaiting(Rule):
    """The loop waits for what only it can run."""

    code = "NBL702"
    title = "Event loop waits on itself"
    page = pages.SELF_WAITING

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer = subject.infer
        for place in waits_on_itself(infer, subject.module):
            text = f"{spelled(infer, place)} waits for what only this event loop can run, so it never ends; await the coroutine"
            yield finding(infer, place, self.code, text)


class Spinning(Rule):
    """Loops that don't let others run."""

    code = "NBL703"
    title = "Loop that never lets others run"
    page = pages.SPINNING

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer = subject.infer
        for place in in_bodies(subject, lambda site: [Place(site, number) for number in spinning(infer, site)]):
            text = (
                "this loop goes round without an await until something outside it changes, and nothing else runs "
                "meanwhile; await what it waits for"
            )
            yield finding(infer, place, self.code, text)


class Polling(Rule):
    """Loops that sleep until a flag has changed."""

    code = "NBL704"
    title = "Polling where an event could be awaited"
    page = pages.POLLING

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer = subject.infer
        for place in in_bodies(subject, lambda site: [Place(site, number) for number in polling(infer, site)]):
            text = (
                "this loop asks again and again whether something has changed, late and for nothing; "
                "await an asyncio.Event, a Condition or a Queue"
            )
            yield finding(infer, place, self.code, text)


class Held(Rule):
    """Locks between threads that are held across an await."""

    code = "NBL705"
    title = "Thread lock held across an await"
    page = pages.HELD

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer = subject.infer
        for place in in_bodies(subject, lambda site: [Place(site, number) for number in held_across_pauses(infer, site)]):
            text = (
                "a thread lock is held across an await, so whoever else wants it stops the event loop, for ever if "
                "it is a coroutine; use asyncio.Lock, or release it before the await"
            )
            yield finding(infer, place, self.code, text)


class Unsafe(Rule):
    """Objects of the loop that other threads use."""

    code = "NBL706"
    title = "Not thread-safe"
    page = pages.UNSAFE

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer = subject.infer
        for place, row in handed_to_threads(infer, subject.module):
            text = f"{spelled(infer, place)} has another thread call what is not thread-safe; use {row.instead or _SAFELY}"
            yield finding(infer, place, self.code, text)
        for place, inner, row in unsafe_elsewhere(subject.summaries, subject.module):
            text = (
                f"{spelled(infer, place)} has another thread run {function_name(infer, inner.site)}(), in which "
                f"{spelled(infer, inner)} is not thread-safe; use {row.instead or _SAFELY}"
            )
            yield finding(infer, place, self.code, text)
        for place, root, row in thread_unsafe(subject.summaries, subject.module):
            name = function_name(infer, Site(subject.module, root))
            text = (
                f"{spelled(infer, place)} is not thread-safe, and {name}() runs in another thread; use {row.instead or _SAFELY}"
            )
            yield finding(infer, place, self.code, text)


class Managed(Rule):
    """Loops that are managed by hand."""

    code = "NBL707"
    title = "Event loop managed by hand"
    page = pages.MANAGED

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer, module = subject.infer, subject.module
        for place, what in managed(infer, module):
            yield finding(infer, place, self.code, f"{spelled(infer, place)} {what}")
        for place in left_open(infer, module):
            text = f"the loop of {spelled(infer, place)} is never closed; use asyncio.run or asyncio.Runner, which close it"
            yield finding(infer, place, self.code, text)
        for place, name in coroutine_functions_given(infer, module):
            text = f"{spelled(infer, place)} takes a coroutine and is given a function; call it: {name}()"
            yield finding(infer, place, self.code, text)


class Imported(Rule):
    """Tasks and objects that need a running loop, made at import."""

    code = "NBL708"
    title = "Task or loop-bound object created at import"
    page = pages.IMPORTED

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer = subject.infer
        for place in bound_at_import(infer, subject.module):
            text = f"{spelled(infer, place)} needs a running event loop, and none runs at import; create it in a coroutine"
            yield finding(infer, place, self.code, text)


class Scoped(Rule):
    """Values that are yielded inside a scope that cancels."""

    code = "NBL713"
    title = "Yield inside a task group or timeout"
    page = pages.SCOPED

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer = subject.infer
        for place, name in yields_in_scopes(infer, subject.module):
            text = (
                f"this generator may be left at the yield while {name} is open, which then cancels code that is not its own; "
                "yield outside of it, or decorate the function with contextlib.asynccontextmanager"
            )
            yield finding(infer, place, self.code, text)


def async_sites(subject: Subject) -> list[Site]:
    """The async functions of the module."""
    bodies = subject.infer.facts(subject.module).bodies
    return [Site(subject.module, n) for n, body in enumerate(bodies) if body.is_async and body.kind == "function"]


RULES = (Nested(), SelfWaiting(), Spinning(), Polling(), Held(), Unsafe(), Managed(), Imported(), Scoped())
