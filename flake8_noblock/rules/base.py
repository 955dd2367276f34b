"""What a rule is: its metadata, its page, and one question to the program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.summaries import Summaries
from flake8_noblock.finding import Finding
from flake8_noblock.knowledge.words import CALLBACK_DEPTH
from flake8_noblock.link.inference import Inference, Site

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """What a rule's page says, section by section; `bad` and `good` are Python, the rest is Markdown."""

    reports: str
    hurts: str
    bad: str
    good: str
    certainty: str
    options: str
    off: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A module under the rules: its key in the program, what the options say, and what went wrong on the way."""

    infer: Inference
    summaries: Summaries
    module: str
    callback_depth: int = CALLBACK_DEPTH
    failures: list[str] = field(default_factory=list)

    @contextmanager
    def contain(self, where: str) -> Iterator[None]:
        """A failure inside costs what is inside only; it is noted."""
        try:
            yield
        except Exception as error:  # The plugin's own failure must not take the rest of the findings with it.
            self.note(error, where)

    def note(self, error: Exception, where: str) -> None:
        """Note what went wrong."""
        self.failures.append(f"{type(error).__name__} in {where}")


class Rule:
    """A rule. Subclasses set the class attributes and answer `check`."""

    code: ClassVar[str]
    title: ClassVar[str]
    default: ClassVar[bool] = True
    page: ClassVar[Page]

    def check(self, subject: Subject) -> Iterable[Finding]:
        """The findings of this rule in the module under `subject`."""
        raise NotImplementedError


def finding(infer: Inference, place: Place, code: str, text: str) -> Finding:
    """The finding of rule `code` at an operation."""
    body = infer.body(place.site)
    return Finding(body.line_of(place.number), body.columns[place.number], code, text)


def in_bodies(subject: Subject, question: Callable[[Site], Iterable[T]], every: bool = False) -> Iterator[T]:
    """The answers for the async bodies of the module, or `every` body, in source order; a failure costs its own body."""
    for number, body in enumerate(subject.infer.facts(subject.module).bodies):
        if every or body.is_async:
            try:
                found = list(question(Site(subject.module, number)))
            except Exception as error:
                subject.note(error, body.qualname or body.kind)
                continue
            yield from found
