"""Linting from a command: findings of NBL1xx and NBL2xx together with how they come about."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from flake8_noblock.finding import Finding
from flake8_noblock.plugin import Configuration
from flake8_noblock.report.chain import Chain, chain_of
from flake8_noblock.report.message import blocking_text, through_text
from flake8_noblock.rules.base import Rule, Subject
from flake8_noblock.rules.blocking import BlockingRule, direct_operations
from flake8_noblock.rules.codes import INTERNAL_ERROR
from flake8_noblock.rules.through import ThroughRule, reached_operations
from flake8_noblock.session import Session


class Unreadable(Exception):
    """A file that can't be read or parsed; the text says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it is linted."""

    name: str
    text: str
    tree: ast.Module


@dataclass(frozen=True, slots=True)
class Linted:
    """What linting a file gave; `failed`: some of it is missing, for reasons that are ours."""

    chains: tuple[Chain, ...]
    failed: bool


def read_source(name: str) -> Source:
    """The text and the tree of a file.

    Raises Unreadable.
    """
    try:
        with tokenize.open(name) as file:
            text = file.read()
        return Source(name, text, ast.parse(text))
    except (OSError, SyntaxError, ValueError) as error:
        raise Unreadable(str(error)) from None
    except (RecursionError, MemoryError):
        raise Unreadable("nested too deep") from None


class Linter:
    """Lints files one by one."""

    def __init__(self, configuration: Configuration) -> None:
        # What a finding is made of is looked at here, and the cache holds findings only.
        self._session = Session(replace(configuration.options, cache_folder=None))
        self._rules = [rule for rule in configuration.rules if isinstance(rule, BlockingRule | ThroughRule)]
        self._shown = configuration.shown

    def lint(self, source: Source) -> Linted:
        """The findings of NBL1xx and NBL2xx in a file that flake8 would show, each with its chain."""
        keeper = _Keeper()
        findings = self._session.lint(source.tree, source.name, source.text, [*self._rules, keeper])
        failed = any(finding.code == INTERNAL_ERROR for finding in findings)
        if keeper.subject is None:
            return Linted((), failed)
        shown = [finding for finding in findings if self._shown(source.name, finding.code)]
        known = {chain.finding: chain for chain in _chains(keeper.subject, self._rules)}
        return Linted(tuple([known[finding] for finding in shown if finding in known]), failed)


class _Keeper(Rule):
    """Reports nothing; keeps what the other rules were asked about."""

    code = INTERNAL_ERROR
    title = "keeps the subject"

    def __init__(self) -> None:
        self.subject: Subject | None = None

    def check(self, subject: Subject) -> Iterable[Finding]:
        self.subject = subject
        return ()


def _chains(subject: Subject, rules: Iterable[Rule]) -> Iterator[Chain]:
    """Every chain that a finding of `rules` may have; the first of those for the same finding comes last."""
    infer = subject.infer
    for rule in rules:
        if isinstance(rule, BlockingRule):
            for operation in reversed(direct_operations(subject)):
                if operation.row.kind == rule.kind:
                    body, number = infer.body(operation.place.site), operation.place.number
                    finding = Finding(body.line_of(number), body.columns[number], rule.code, blocking_text(operation))
                    yield chain_of(infer, finding, [operation.place], operation)
        elif isinstance(rule, ThroughRule):
            for found in reversed(reached_operations(subject)):
                if found.effect.kind == rule.kind:
                    body, number = infer.body(found.place.site), found.place.number
                    finding = Finding(body.line_of(number), body.columns[number], rule.code, through_text(infer, found))
                    yield chain_of(infer, finding, [found.place, *found.chain], found.operation)
