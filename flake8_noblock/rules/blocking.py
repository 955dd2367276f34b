"""NBL1xx: operations that block the event loop, written in code that the loop runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from flake8_noblock.effects.operations import Operation
from flake8_noblock.effects.roots import bodies_on_loop, handed_over
from flake8_noblock.finding import Finding
from flake8_noblock.knowledge.schema import Kind
from flake8_noblock.link.inference import Site
from flake8_noblock.report.message import blocking_text
from flake8_noblock.rules.base import Rule, Subject


class BlockingRule(Rule):
    """Reports operations of one kind. Those of microseconds count only for rules that are about such (`micro`)."""

    kind: ClassVar[Kind]
    micro: ClassVar[bool] = False

    def check(self, subject: Subject) -> Iterable[Finding]:
        seen: set[tuple[int, int]] = set()
        for operation in direct_operations(subject):
            if operation.row.kind != self.kind or (operation.row.severity == "micro" and not self.micro):
                continue
            body = subject.infer.body(operation.place.site)
            where = (body.line_of(operation.place.number), body.columns[operation.place.number])
            if where not in seen:  # ``with Popen(...)`` starts and waits at one place: one finding.
                seen.add(where)
                yield Finding(*where, self.code, blocking_text(operation))


def direct_operations(subject: Subject) -> list[Operation]:
    """The blocking operations in the module's code on the loop; found once for all rules of the family."""
    return subject.infer.remember("direct operations", subject.module, _direct_operations, subject)


def _direct_operations(subject: Subject) -> list[Operation]:
    infer, module = subject.infer, subject.module
    found: list[Operation] = []
    bodies = [number for number, body in enumerate(infer.facts(module).bodies) if body.is_async]
    with subject.contain("callbacks of the loop"):
        found.extend(handed_over(infer, module))
        bodies = bodies_on_loop(infer, module)
    for number in bodies:
        with subject.contain(infer.facts(module).bodies[number].qualname):
            edges = subject.summaries.edges_on_loop(Site(module, number))
            found.extend([edge.run for edge in edges if edge.direct and isinstance(edge.run, Operation)])
    return found
