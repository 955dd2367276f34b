"""NBL2xx: blocking operations that code on the loop reaches through calls, reported at the call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from flake8_noblock.effects.reached import Reached, reached
from flake8_noblock.effects.roots import bodies_on_loop
from flake8_noblock.finding import Finding
from flake8_noblock.knowledge.schema import Kind
from flake8_noblock.link.inference import Site
from flake8_noblock.report.message import through_text
from flake8_noblock.rules.base import Rule, Subject


class ThroughRule(Rule):
    """Reports calls that reach operations of one kind. Those of microseconds count only for rules about such (`micro`)."""

    kind: ClassVar[Kind]
    micro: ClassVar[bool] = False

    def check(self, subject: Subject) -> Iterable[Finding]:
        seen: set[tuple[Site, int, int]] = set()
        for found in reached_operations(subject):
            if found.effect.kind != self.kind or (found.effect.severity == "micro" and not self.micro):
                continue
            site, number = found.place
            body = subject.infer.body(site)
            where = (site, body.statements[number], body.lines[number])
            if where not in seen:
                seen.add(where)
                yield Finding(body.line_of(number), body.columns[number], self.code, through_text(subject.infer, found))


def reached_operations(subject: Subject) -> list[Reached]:
    """What the module's code on the loop reaches; found once for all rules of the family."""
    return subject.infer.remember("reached operations", subject.module, _reached_operations, subject)


def _reached_operations(subject: Subject) -> list[Reached]:
    infer, module = subject.infer, subject.module
    if subject.summaries.scope.follow == "none":
        return []
    found: list[Reached] = []
    bodies = [number for number, body in enumerate(infer.facts(module).bodies) if body.is_async]
    with subject.contain("callbacks of the loop"):
        bodies = bodies_on_loop(infer, module)
    for number in bodies:
        with subject.contain(infer.facts(module).bodies[number].qualname):
            found.extend(list(reached(subject.summaries, Site(module, number), bodies)))
    return found
