"""One run over many files: the program and the answers found so far, shared by all files of a process."""

from __future__ import annotations

import ast
import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_noblock.cache.facts import FactsCache
from flake8_noblock.cache.project import ProjectCache
from flake8_noblock.cache.recall import Recall
from flake8_noblock.cache.store import Store
from flake8_noblock.cache.texts import Texts
from flake8_noblock.effects.summaries import Summaries
from flake8_noblock.facts.build import module_facts
from flake8_noblock.facts.nesting import may_nest_callbacks
from flake8_noblock.finding import Finding
from flake8_noblock.knowledge.neighbours import Neighbours
from flake8_noblock.knowledge.tables import Knowledge
from flake8_noblock.knowledge.words import may_nest_functions
from flake8_noblock.link.environment import library_folders
from flake8_noblock.link.evaluate import inference
from flake8_noblock.link.finder import Finder, module_name
from flake8_noblock.link.inference import Inference, Oracle
from flake8_noblock.link.inheritance import Headers, Inheritance
from flake8_noblock.link.mentions import Mentions, Words
from flake8_noblock.link.names import named
from flake8_noblock.link.program import Module, Program, digest, read_source
from flake8_noblock.link.values import ClassValue, Function
from flake8_noblock.options import Options
from flake8_noblock.rules.base import Rule, Subject
from flake8_noblock.rules.codes import INTERNAL_ERROR, internal_error_text
from flake8_noblock.rules.registry import RULES

if TYPE_CHECKING:
    from flake8_noblock.link.astroid_bridge import Oracle as AstroidOracle


FIRST_SET_ASIDE = 100_000
"""Objects made before the garbage collector is told for the first time to leave them alone."""


class Session:
    """Lints modules one by one: the text of the module under lint comes from the caller, those of others from disk."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._folder = options.working_folder
        self._roots = options.source_roots or _guessed_roots(self._folder)
        self._guess = Path() if options.source_roots else self._folder
        self._libraries = library_folders(self._folder, os.environ, options.environment)
        self._neighbours = Neighbours(tuple(map(str, self._roots)))
        self._finder = Finder(self._roots, self._libraries)
        self._store = Store(options.cache_folder)
        self._facts = FactsCache(self._store)
        self._files = Texts(self._store, self._roots, self._facts)
        inheritance = Inheritance(self._roots, ProjectCache(self._store, self._roots, "headers", Headers))
        mentions = Mentions(self._roots, ProjectCache(self._store, self._roots, "words", Words))
        self._program = Program(self._finder, self._facts.read, inheritance, mentions)
        self._texts: dict[str, str] = {}
        self._collector = _Collector()
        self._knowledge = _with_definitions(options.knowledge, inference(self._program, options.knowledge))
        self._read_before = self._program.reads.mask
        self._start()

    def _start(self) -> None:
        """Nothing is known yet of the program as it is."""
        self._infer = inference(self._program, self._knowledge, self._oracle)
        self._summaries = Summaries(self._infer, self._options.scope)

    def lint(self, tree: ast.Module, filename: str, text: str, rules: Sequence[Rule]) -> list[Finding]:
        """The findings of `rules` in the module whose text and tree these are, in the order of their places."""
        if not self._concerns_us(filename, text, tree):
            return []
        self._files.show(self._named(filename)[1], text.encode("utf-8", "surrogatepass"))
        with self._collector.standing_still():
            if self._options.cache_folder is None:
                return self._lint(tree, filename, text, rules)
            codes = {INTERNAL_ERROR, *(rule.code for rule in rules)}
            return [finding for finding in self._remembered(tree, filename, text) if finding.code in codes]

    def _concerns_us(self, filename: str, text: str, tree: ast.Module) -> bool:
        """Whether a rule may have something to say of a module; cheap, and in doubt true."""
        depth = self._options.callback_depth
        if self._knowledge.may_concern_loop(text) or (may_nest_functions(text, depth) and may_nest_callbacks(tree, depth)):
            return True
        return self._neighbours.may_give_coroutines(os.path.abspath(self._folder / filename), text)

    def _remembered(self, tree: ast.Module, filename: str, text: str) -> list[Finding]:
        """The findings of all rules, from the store if they are there."""
        name, path, _ = self._named(filename)
        key = self._recall.key(name, path, text.encode("utf-8", "surrogatepass"))
        findings = self._recall.get(key, path)
        if findings is not None:
            self._keep_up(tree, filename, text)
        else:
            findings = self._lint(tree, filename, text, RULES)
            if not any(finding.code == INTERNAL_ERROR for finding in findings):
                reads = self._program.reads
                self._recall.put(key, path, findings, reads.listed(reads.mask))
            self._store.flush()
        return findings

    def _keep_up(self, tree: ast.Module, filename: str, text: str) -> None:
        """Let other modules see this text, too, where they saw another."""
        known = self._program.loaded(self._key(filename))
        if known is not None and known.digest != digest(text.encode("utf-8", "surrogatepass")):
            self._infer_with(tree, filename, text)

    @cached_property
    def _recall(self) -> Recall:
        return Recall(self._finder, self._program, self._files, self._store, self._libraries, self._options)

    def _lint(self, tree: ast.Module, filename: str, text: str, rules: Sequence[Rule]) -> list[Finding]:
        key = self._key(filename)
        infer = self._infer_with(tree, filename, text)
        self._program.reads.mask = self._read_before
        subject = Subject(infer, self._summaries, key, self._options.callback_depth)
        findings: set[Finding] = set()
        for rule in rules:
            with subject.contain(rule.code):
                findings.update(rule.check(subject))
        failures = [*subject.failures, *self._summaries.failures(key)]
        if failures:
            findings.add(Finding(1, 0, INTERNAL_ERROR, internal_error_text(failures[0])))
        return sorted(findings)

    def _oracle(self, key: str) -> Oracle | None:
        """astroid on a module of the project, not imported before it is asked."""
        module = self._program[key]
        if module.origin != "project" or module.path is None:
            return None
        text = self._texts.get(key)
        if text is None:
            text = read_source(module.path).decode("utf-8", "replace")
        bridge: AstroidOracle | None = None

        def ask(line: int, column: int) -> tuple[str, ...]:
            nonlocal bridge
            if bridge is None:
                from flake8_noblock.link import astroid_bridge

                bridge = astroid_bridge.Oracle(self._finder, text, module.name)
            classes = bridge.receiver_classes(line, column)
            for name in bridge.modules:
                self._program.get(name)  # What astroid has read is read for this answer, too.
            return classes

        return ask

    def _key(self, filename: str) -> str:
        name, path, root = self._named(filename)
        return self._program.key_of(name, path, root)

    def _named(self, filename: str) -> tuple[str, Path, Path]:
        path = Path(os.path.abspath(self._folder / filename))
        name, root = module_name(path, self._roots, self._guess)
        return name or path.parent.name, path, root

    def _infer_with(self, tree: ast.Module, filename: str, text: str) -> Inference:
        """Inference over a program in which the module has this text."""
        name, path, root = self._named(filename)
        key = self._program.key_of(name, path, root)
        mark = digest(text.encode("utf-8", "surrogatepass"))
        known = self._program.loaded(key)
        if known is None or known.path != path or known.digest != mark or known.facts is None:
            facts = self._facts.known(mark) or module_facts(tree)
            self._facts.keep(mark, facts)
            is_package = path.stem == "__init__"
            self._texts[key] = text
            self._program.put(Module(key, name, path, is_package, "project", facts, root, mark))
            if known is not None:
                self._start()
        return self._infer


class _Collector:
    """Keeps the garbage collector from looking through facts and answers: they are many, live long and form no cycles.

    It stands still while a file is looked at. What has been made by then is set aside whenever that has doubled, so that
    what other plugins leave behind is collected as before, at the price of what they hold at these few moments.
    """

    def __init__(self) -> None:
        self._made = 0
        self._limit = FIRST_SET_ASIDE

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """The collector is off inside."""
        enabled = gc.isenabled()
        gc.disable()
        before = gc.get_count()[0]
        try:
            yield
        finally:
            self._made += max(gc.get_count()[0] - before, 0)
            if enabled and self._made > self._limit:
                gc.collect()
                gc.freeze()
                self._limit = 2 * self._made
            if enabled:
                gc.enable()


def _guessed_roots(folder: Path) -> tuple[Path, ...]:
    """The working folder, after the folder ``src`` in it if there is one."""
    return tuple(root for root in (folder / "src", folder) if os.path.isdir(root))


def _with_definitions(knowledge: Knowledge, infer: Inference) -> Knowledge:
    """`knowledge` that also knows the user's own names by the place where they are defined."""
    own = knowledge.own
    aliases = dict(own.aliases)
    for name in (*own.blocking, *own.offload, *own.loop_callback, *own.returns):
        owner = name.removesuffix(".*")
        for value in named(infer, owner):
            path = _definition(infer, value)
            if path is not None and path != owner:
                aliases[path] = owner
    return replace(knowledge, own=replace(own, aliases=aliases)) if aliases != own.aliases else knowledge


def _definition(infer: Inference, value: object) -> str | None:
    if isinstance(value, Function):
        return infer.path(value)
    return value.cls.name if isinstance(value, ClassValue) else None
