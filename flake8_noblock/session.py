"""One run over many files: the program and the answers found so far, shared by all files of a process."""

from __future__ import annotations

import ast
import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_noblock.effects.summaries import Summaries
from flake8_noblock.facts.build import module_facts
from flake8_noblock.finding import Finding
from flake8_noblock.knowledge.tables import Knowledge
from flake8_noblock.link.environment import library_folders
from flake8_noblock.link.evaluate import inference
from flake8_noblock.link.finder import Finder, module_name
from flake8_noblock.link.inference import Inference, Oracle
from flake8_noblock.link.names import named
from flake8_noblock.link.program import Module, Program, digest
from flake8_noblock.link.values import ClassValue, Function
from flake8_noblock.options import Options
from flake8_noblock.rules.base import Rule, Subject
from flake8_noblock.rules.codes import INTERNAL_ERROR, internal_error_text

if TYPE_CHECKING:
    from flake8_noblock.link.astroid_bridge import Oracle as AstroidOracle


class Session:
    """Lints modules one by one: the text of the module under lint comes from the caller, those of others from disk."""

    def __init__(self, options: Options) -> None:
        self._folder = options.working_folder
        self._roots = options.source_roots or _guessed_roots(self._folder)
        self._guess = Path() if options.source_roots else self._folder
        self._finder = Finder(self._roots, library_folders(self._folder, os.environ, options.environment))
        self._program = Program(self._finder)
        self._knowledge = _with_definitions(options.knowledge, inference(self._program, options.knowledge))
        self._scope = options.scope
        self._start()

    def _start(self) -> None:
        """Nothing is known yet of the program as it is."""
        self._infer = inference(self._program, self._knowledge)
        self._summaries = Summaries(self._infer, self._scope)

    def lint(self, tree: ast.Module, filename: str, text: str, rules: Sequence[Rule]) -> list[Finding]:
        """The findings of `rules` in the module whose text and tree these are, in the order of their places."""
        if not self._knowledge.may_concern_loop(text):
            return []
        with _without_collector():
            return self._lint(tree, filename, text, rules)

    def _lint(self, tree: ast.Module, filename: str, text: str, rules: Sequence[Rule]) -> list[Finding]:
        key = self._key(filename)
        infer = self._infer_with(tree, filename, text)
        subject = Subject(infer, self._summaries, key)
        subject.infer.oracles[key] = self._oracle(key, text)
        findings: set[Finding] = set()
        for rule in rules:
            with subject.contain(rule.code):
                findings.update(rule.check(subject))
        failures = [*subject.failures, *self._summaries.failures]
        if failures:
            findings.add(Finding(1, 0, INTERNAL_ERROR, internal_error_text(failures[0])))
        return sorted(findings)

    def _oracle(self, key: str, text: str) -> Oracle:
        """astroid, not imported before it is asked."""
        bridge: AstroidOracle | None = None

        def ask(line: int, column: int) -> tuple[str, ...]:
            nonlocal bridge
            if bridge is None:
                from flake8_noblock.link import astroid_bridge

                bridge = astroid_bridge.Oracle(self._finder, text, self._program[key].name)
            return bridge.receiver_classes(line, column)

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
            facts = module_facts(tree)
            is_package = path.stem == "__init__"
            self._program.put(Module(key, name, path, is_package, "project", facts, root, mark))
            if known is not None:
                self._start()
        return self._infer


@contextmanager
def _without_collector() -> Iterator[None]:
    """Facts and answers are many, live long and form no cycles: looking through them for garbage costs a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
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
