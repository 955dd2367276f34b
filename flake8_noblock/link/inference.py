"""The state of asking what expressions may be: answers so far, questions being asked, and the bounds of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from flake8_noblock.facts.model import Body, ClassFacts, Definition, ModuleFacts, Op
from flake8_noblock.knowledge.tables import Knowledge
from flake8_noblock.link.program import Module, Program
from flake8_noblock.link.values import NOTHING, UNKNOWN, Function, SourceClass, Values, union

DEEPEST = 60
"""Questions that may depend on one another in a row; what lies deeper is unknown."""

Evaluate = Callable[["Inference", "Site", int, Op], Values]
Oracle = Callable[[int, int], tuple[str, ...]]
"""Says of the receiver of the method call at a line and column which classes it may be of; none: not known."""


class Site(NamedTuple):
    """A body of a module of the program."""

    module: str
    body: int


class Inference:
    """Answers what the operations of a program may give; every answer is found once.

    A question that comes back to itself gets `NOTHING` there: the answer is what the other ways give (a least fixpoint,
    cut after its first round). Answers found under such a cut are kept only where the cut was made, so that no answer
    depends on which question was asked first.
    """

    def __init__(self, program: Program, knowledge: Knowledge, evaluate: Evaluate) -> None:
        self.program = program
        self.knowledge = knowledge
        self._evaluate = evaluate
        self._answers: dict[tuple[Site, int], Values] = {}
        self._asked: dict[tuple[Site, int], int] = {}
        self._lowest_cut = DEEPEST + 1
        self.caches: dict[str, dict[object, object]] = {}
        self.oracles: dict[str, Oracle] = {}

    def value(self, site: Site, number: int) -> Values:
        """What operation `number` of the body at `site` may give."""
        key = (site, number)
        answer = self._answers.get(key)
        if answer is not None:
            return answer
        depth = len(self._asked)
        if key in self._asked:
            self._lowest_cut = min(self._lowest_cut, self._asked[key])
            return NOTHING
        if depth >= DEEPEST:
            self._lowest_cut = -1
            return UNKNOWN
        outer_cut, self._lowest_cut = self._lowest_cut, DEEPEST + 1
        self._asked[key] = depth
        try:
            answer = self._evaluate(self, site, number, self.body(site).ops[number])
        finally:
            del self._asked[key]
        if self._lowest_cut >= depth:
            self._answers[key] = answer
            self._lowest_cut = outer_cut
        else:
            self._lowest_cut = min(self._lowest_cut, outer_cut)
        return answer

    def values(self, definitions: tuple[Definition, ...], module: str) -> Values:
        """What a name with these definitions may be."""
        return union(*[self.value(Site(module, body), number) for body, number in definitions])

    def module(self, name: str) -> Module:
        return self.program[name]

    def facts(self, module: str) -> ModuleFacts:
        """The facts of a module that has a body at some `Site`."""
        facts = self.program[module].facts
        assert facts is not None
        return facts

    def body(self, site: Site) -> Body:
        return self.facts(site.module).bodies[site.body]

    def class_facts(self, cls: SourceClass) -> ClassFacts:
        return self.facts(cls.module).classes[cls.index]

    def function_body(self, function: Function) -> Body:
        return self.facts(function.module).bodies[function.body]

    def path(self, function: Function) -> str:
        """The dotted path of a function where it is defined."""
        return f"{self.program[function.module].name}.{self.function_body(function).qualname}"

    def source_class(self, module: str, index: int) -> SourceClass:
        return SourceClass(module, index, f"{self.program[module].name}.{self.facts(module).classes[index].qualname}")
