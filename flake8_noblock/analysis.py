"""The analysis of modules: their facts, the program around them, and the rules; imported where it is needed."""

from __future__ import annotations

import ast
import gc
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flake8_noblock.cache.facts import FactsCache
from flake8_noblock.effects.bottom_up import BottomUp, Earlier, Silent
from flake8_noblock.effects.starting import starters
from flake8_noblock.effects.summaries import Summaries
from flake8_noblock.facts.build import module_facts
from flake8_noblock.finding import Finding
from flake8_noblock.knowledge.tables import Knowledge
from flake8_noblock.link.evaluate import inference
from flake8_noblock.link.finder import Finder
from flake8_noblock.link.inference import Inference, Oracle
from flake8_noblock.link.names import named
from flake8_noblock.link.program import Module, Program, digest
from flake8_noblock.link.values import ClassValue, Function
from flake8_noblock.options import Options
from flake8_noblock.rules.base import Rule, Subject
from flake8_noblock.rules.codes import INTERNAL_ERROR, internal_error_text
from flake8_noblock.rules.registry import RULES

if TYPE_CHECKING:
    from flake8_noblock.link.astroid_bridge import Oracle as AstroidOracle

MOST_ANSWERS = 1_200_000
"""Answers that are kept; with more, or with more operations, analysis begins anew with the next file."""

MOST_OPERATIONS = 2_000_000
"""Operations in the facts of modules."""


class Analysis:
    """Looks at modules of one program; its answers are shared by all of them."""

    def __init__(self, options: Options, finder: Finder, program: Program, facts: FactsCache) -> None:
        self._options = options
        self._finder = finder
        self._program = program
        self._facts = facts
        self._rules = tuple([rule for rule in RULES if rule.code not in options.unasked])
        self._asked: set[AstroidOracle] = set()
        self._begin()

    def _begin(self) -> None:
        """Nothing is known yet."""
        plain = inference(self._program, self._options.knowledge)
        self._knowledge, self._read_before = self._program.reads.during(_with_definitions, self._options.knowledge, plain)
        self._start()

    def _start(self) -> None:
        """Nothing is known yet of the program as it is."""
        self._infer = inference(self._program, self._knowledge, self._oracle)
        self._summaries = Summaries(self._infer, self._options.scope)

    def show(self, tree: ast.Module, text: str, name: str, path: Path, root: Path) -> str:
        """Let the module in file `path` have this text, whatever lies on disk; gives the module's key."""
        if self._infer.size > MOST_ANSWERS or self._program.size > MOST_OPERATIONS:
            self._forget()
        key = self._program.key_of(name, path, root)
        mark = digest(text.encode("utf-8", "surrogatepass"))
        known = self._program.loaded(key)
        if known is None or known.path != path or known.digest != mark or known.facts is None:
            facts = self._facts.known(mark) or module_facts(tree)
            self._facts.keep(mark, facts)
            self._program.put(Module(key, name, path, path.stem == "__init__", "project", facts, root, mark))
            if known is not None:
                self._start()
        return key

    def _forget(self) -> None:
        """Begin anew, so that memory is bounded however many files a process is given."""
        self._program.forget()
        self._begin()
        gc.unfreeze()  # What was set aside is not collected, and summaries and those who find them know each other.
        gc.collect()

    def lint(self, key: str, rules: Sequence[Rule] | None, earlier: Earlier) -> list[Finding]:
        """The findings of `rules`, or of all that are asked for, in a module that was shown; what was read for them is in the
        program's reads."""
        self._program.reads.mask = self._read_before
        for found in self._found():
            found.begin(earlier)
        subject = Subject(self._infer, self._summaries, key, self._options.callback_depth)
        findings: set[Finding] = set()
        for rule in self._rules if rules is None else rules:
            with subject.contain(rule.code):
                findings.update(rule.check(subject))
        while self._asked:
            self._asked.pop().forget_trees()
        self._infer.forget_derived()
        failures = [*subject.failures, *self._summaries.failures(key)]
        if failures:
            findings.add(Finding(1, 0, INTERNAL_ERROR, internal_error_text(failures[0])))
        return sorted(findings)

    def found_nothing(self, key: str) -> dict[Silent, int]:
        """The bodies of other modules that were asked of for the module that was linted last, and of which there was nothing to
        be found, with the masks of what was read for that."""
        first, second = self._found()
        return first.found_nothing(key) | second.found_nothing(key)

    def _found(self) -> tuple[BottomUp[Any], ...]:
        return self._summaries.found, starters(self._summaries).found

    def _oracle(self, key: str) -> Oracle | None:
        """astroid on a module of the project, not imported before it is asked."""
        module = self._program[key]
        if module.origin != "project" or module.path is None:
            return None
        path = module.path
        bridge: AstroidOracle | None = None

        def ask(line: int, column: int) -> tuple[str, ...]:
            nonlocal bridge
            if bridge is None:
                from flake8_noblock.link import astroid_bridge

                text = self._facts.text_of(path).decode("utf-8", "replace")
                bridge = astroid_bridge.Oracle(self._finder, text, module.name)
            self._asked.add(bridge)
            classes = bridge.receiver_classes(line, column)
            for name in bridge.modules:
                self._program.get(name)  # What astroid has read is read for this answer, too.
            return classes

        return ask


def _with_definitions(knowledge: Knowledge, infer: Inference) -> Knowledge:
    """`knowledge` that also knows the user's own names by the place where they are defined."""
    aliases = dict(knowledge.own.aliases)
    for name in knowledge.own_names:
        owner = name.removesuffix(".*")
        for value in named(infer, owner):
            path = _definition(infer, value)
            if path is not None and path != owner:
                aliases[path] = owner
    return replace(knowledge, own=replace(knowledge.own, aliases=aliases)) if aliases != knowledge.own.aliases else knowledge


def _definition(infer: Inference, value: object) -> str | None:
    if isinstance(value, Function):
        return infer.path(value)
    return value.cls.name if isinstance(value, ClassValue) else None
