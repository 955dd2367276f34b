"""One run over many files: the program and the answers found so far, shared by all files of a process."""

from __future__ import annotations

import ast
import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_noblock.cache.facts import FactsCache
from flake8_noblock.cache.project import ProjectCache
from flake8_noblock.cache.recall import Recall
from flake8_noblock.cache.store import Store
from flake8_noblock.cache.texts import Texts
from flake8_noblock.finding import Finding
from flake8_noblock.knowledge.neighbours import Neighbours
from flake8_noblock.knowledge.words import may_nest_functions
from flake8_noblock.link.environment import library_folders
from flake8_noblock.link.finder import NO_GUESS, Finder
from flake8_noblock.link.inheritance import Headers, Inheritance
from flake8_noblock.link.mentions import Mentions, Words
from flake8_noblock.link.program import Program, digest
from flake8_noblock.options import Options
from flake8_noblock.rules.codes import INTERNAL_ERROR

if TYPE_CHECKING:
    from flake8_noblock.analysis import Analysis
    from flake8_noblock.effects.bottom_up import Earlier
    from flake8_noblock.rules.base import Rule

_NOTHING: Earlier = {}

FIRST_SET_ASIDE = 100_000
"""Objects made before the garbage collector is told for the first time to leave them alone."""


class Session:
    """Lints modules one by one: the text of the module under lint comes from the caller, those of others from disk.

    What looks into code is imported with the first module whose findings are not known from an earlier run.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._folder = options.working_folder
        self._roots = options.source_roots or _guessed_roots(self._folder)
        self._libraries = library_folders(self._folder, os.environ, options.environment)
        self._neighbours = Neighbours(tuple(map(str, self._roots)))
        self._finder = Finder(self._roots, self._libraries, NO_GUESS if options.source_roots else self._folder)
        self._store = Store(options.cache_folder)
        self._facts = FactsCache(self._store)
        self._texts = Texts(self._store, self._roots, self._facts)
        inheritance = Inheritance(self._roots, ProjectCache(self._store, self._roots, "headers", Headers))
        mentions = Mentions(self._roots, ProjectCache(self._store, self._roots, "words", Words))
        self._program = Program(self._finder, self._facts.read, inheritance, mentions)
        self._collector = _Collector()

    @cached_property
    def _analysis(self) -> Analysis:
        from flake8_noblock.analysis import Analysis

        return Analysis(self._options, self._finder, self._program, self._facts)

    def lint(self, tree: ast.Module, filename: str, text: str, rules: Sequence[Rule] | None = None) -> list[Finding]:
        """The findings of `rules`, or of all that are asked for, in the module whose text and tree these are, in the order of
        their places."""
        if not self._concerns_us(filename, text, tree):
            return []
        self._texts.show(self._named(filename)[1], text.encode("utf-8", "surrogatepass"))
        with self._collector.standing_still():
            if self._options.cache_folder is None:
                return self._lint(tree, filename, text, rules)
            findings = self._remembered(tree, filename, text)
        if rules is None:
            return findings
        codes = {INTERNAL_ERROR, *(rule.code for rule in rules)}
        return [finding for finding in findings if finding.code in codes]

    def _concerns_us(self, filename: str, text: str, tree: ast.Module) -> bool:
        """Whether a rule may have something to say of a module; cheap, and in doubt true."""
        if self._options.knowledge.may_concern_loop(text):
            return True
        if may_nest_functions(text, self._options.callback_depth):
            from flake8_noblock.facts.nesting import may_nest_callbacks

            if may_nest_callbacks(tree, self._options.callback_depth):
                return True
        return self._neighbours.may_give_coroutines(os.path.abspath(self._folder / filename), text)

    def _remembered(self, tree: ast.Module, filename: str, text: str) -> list[Finding]:
        """The findings of all rules that are asked for, from the store if they are there."""
        name, path, root = self._named(filename)
        key = self._recall.key(name, path, text.encode("utf-8", "surrogatepass"))
        findings = self._recall.get(key, path)
        if findings is not None:
            self._keep_up(tree, filename, text)
        else:
            findings = self._lint(tree, filename, text, None, self._recall.nothing(name, path))
            if not any(finding.code == INTERNAL_ERROR for finding in findings):
                reads = self._program.reads
                self._recall.put(key, path, findings, reads.listed(reads.mask))
                module = self._program.key_of(name, path, root)
                self._recall.keep_nothing(name, path, self._analysis.found_nothing(module))
            self._store.flush()
        return findings

    def _keep_up(self, tree: ast.Module, filename: str, text: str) -> None:
        """Let other modules see this text, too, where they saw another."""
        name, path, root = self._named(filename)
        known = self._program.loaded(self._program.key_of(name, path, root))
        if known is not None and known.digest != digest(text.encode("utf-8", "surrogatepass")):
            self._analysis.show(tree, text, name, path, root)

    @cached_property
    def _recall(self) -> Recall:
        return Recall(self._finder, self._program, self._texts, self._store, self._libraries, self._options)

    def _lint(
        self, tree: ast.Module, filename: str, text: str, rules: Sequence[Rule] | None, earlier: Earlier = _NOTHING
    ) -> list[Finding]:
        return self._analysis.lint(self._analysis.show(tree, text, *self._named(filename)), rules, earlier)

    def _named(self, filename: str) -> tuple[str, Path, Path]:
        path = Path(os.path.abspath(self._folder / filename))
        name, root = self._finder.name_of(path)
        return name or path.parent.name, path, root


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
