"""NBL601 to NBL605: tasks that nobody keeps or waits for, and what joins them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flake8_noblock.effects.combining import misused
from flake8_noblock.effects.flow import flow_of
from flake8_noblock.effects.governs import is_governed
from flake8_noblock.effects.origins import Place, origins
from flake8_noblock.effects.rows import part_at, parts_played
from flake8_noblock.effects.tasks import Started, is_kept, is_start, started
from flake8_noblock.effects.uses import fate
from flake8_noblock.facts.model import Attr, Await, Call, Drop, Lookup, Op
from flake8_noblock.finding import Finding
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import Coroutine
from flake8_noblock.rules import tasks_pages as pages
from flake8_noblock.rules.base import Rule, Subject, finding


def spelled(infer: Inference, place: Place) -> str:
    """The call at `place` as it is written, without its arguments."""
    ops = infer.body(place.site).ops
    op = ops[place.number]
    if isinstance(op, Call) and op.spelling:
        return f"{op.spelling}()"
    callee = ops[op.func] if isinstance(op, Call) else op
    return f"{callee.name}()" if isinstance(callee, Attr | Lookup) else "the call"


class Lost(Rule):
    """Tasks that nobody keeps."""

    code = "NBL601"
    title = "Task without a reference"
    page = pages.LOST

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer = subject.infer
        for task in started(infer, subject.module):
            with subject.contain(self.code):
                if not task.kept and not is_kept(infer, task.place):
                    text = (
                        f"nobody keeps the task of {spelled(infer, task.place)}, so it may be collected before it ends; "
                        "keep it until it is done, or start it in an asyncio.TaskGroup"
                    )
                    yield finding(infer, task.place, self.code, text)


class Joined(Rule):
    """Misuse of what joins awaitables."""

    code = "NBL602"
    title = "Misuse of gather, wait, as_completed or shield"
    page = pages.JOINED

    def check(self, subject: Subject) -> Iterable[Finding]:
        for place, what in misused(subject.infer, subject.module):
            yield finding(subject.infer, place, self.code, f"{spelled(subject.infer, place)} {what}")


class Early(Rule):
    """The outcome of a task that can't be done yet."""

    code = "NBL603"
    title = "Outcome of a task that is not done"
    page = pages.EARLY

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer = subject.infer
        for place, _, _ in parts_played(infer, subject.module, "outcome"):
            if _is_early(infer, place) and not is_governed(infer, place, "moved by the loop", "flag"):
                cause = "nothing has run since the task was started"
                text = f"{spelled(infer, place)} raises InvalidStateError: {cause}; await the task"
                yield finding(infer, place, self.code, text)


def _is_early(infer: Inference, place: Place) -> bool:
    """Whether a way leads from the start of the task to `place` on which nothing else can run."""
    ops = infer.body(place.site).ops
    op = ops[place.number]
    callee = ops[op.func] if isinstance(op, Call) else None
    made = origins(infer, Place(place.site, callee.base)) if isinstance(callee, Attr) else None
    if not made or any(start.site != place.site or is_start(infer, start) is None for start in made):
        return False
    if _is_asked(infer, made, place.number):
        return False
    flow = flow_of(infer, place.site)
    runs = {
        number
        for number, op in enumerate(ops)
        if isinstance(op, Call) and part_at(infer, Place(place.site, number), "starts a loop")
    }
    return any(flow.reaches(start.number, place.number, flow.pauses | runs) for start in made)


def _is_asked(infer: Inference, made: list[Place], before: int) -> bool:
    """Whether the task that is made at one of `made` is asked, before an operation, whether it is done."""
    site = made[0].site
    ops = infer.body(site).ops
    for number, op in enumerate(ops[:before]):
        callee = ops[op.func] if isinstance(op, Call) else None
        if isinstance(callee, Attr) and part_at(infer, Place(site, number), "moved by the loop", "flag") is not None:
            if origins(infer, Place(site, callee.base)) == made:
                return True
    return False


class AtOnce(Rule):
    """Tasks that are awaited where they are started."""

    code = "NBL604"
    title = "Task awaited at once"
    page = pages.AT_ONCE

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer = subject.infer
        for task in started(infer, subject.module):
            number = _awaited_at_once(infer, task)
            if number is not None:
                place = Place(task.place.site, number)
                text = (
                    f"the task of {spelled(infer, task.place)} is awaited as soon as it is started, so nothing runs beside it; "
                    "await the coroutine itself"
                )
                yield finding(infer, place, self.code, text)


def _awaited_at_once(infer: Inference, task: Started) -> int | None:
    """The ``await`` of a task before which nothing happens."""
    site, number = task.place
    body = infer.body(site)
    op = body.ops[number]
    if task.coroutine is None or not isinstance(op, Call) or len(op.args) + len(op.keywords) > 1:
        return None  # A task with a name or a context of its own is there for these.
    if not all(isinstance(value, Coroutine) for value in infer.value(site, task.coroutine)):
        return None
    became = fate(infer, task.place)
    awaits = [isinstance(body.ops[user], Await) for user in became.users]
    if became.named or not awaits or not awaits[0] or any(isinstance(body.ops[user], Call) for user in became.users):
        return None  # It is handed to others, too, who ask for a task.
    first = became.users[0]
    if body.where[first] != body.where[number] or any(map(_does_something, body.ops[number + 1 : first])):
        return None
    return first


def _does_something(op: Op) -> bool:
    return not isinstance(op, Lookup | Attr)


class Cancelled(Rule):
    """Tasks that are cancelled and never awaited."""

    code = "NBL605"
    title = "Cancelled task never awaited"
    default = False
    page = pages.CANCELLED

    def check(self, subject: Subject) -> Iterable[Finding]:
        infer = subject.infer
        cancels = {place for place, _, _ in parts_played(infer, subject.module, "cancels")}
        for task in started(infer, subject.module):
            became = fate(infer, task.place)
            ops = infer.body(task.place.site).ops
            if became.named or not all(isinstance(ops[user], Attr | Drop) for user in became.users):
                continue
            for number in _calls_of(infer, task.place.site, became.users):
                place = Place(task.place.site, number)
                if place in cancels:
                    text = (
                        f"{spelled(infer, place)} only asks the task to end, and nobody waits until it has; "
                        "await it in a try that catches asyncio.CancelledError"
                    )
                    yield finding(infer, place, self.code, text)


def _calls_of(infer: Inference, site: Site, methods: tuple[int, ...]) -> Iterator[int]:
    for number, op in enumerate(infer.body(site).ops):
        if isinstance(op, Call) and op.func in methods:
            yield number


RULES = (Lost(), Joined(), Early(), AtOnce(), Cancelled())
