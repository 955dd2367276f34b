"""The state of asking what expressions may be: answers so far, questions being asked, and the bounds of both."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, ParamSpec, TypeGuard, TypeVar

from msgspec import Struct

from flake8_noblock.facts.model import (
    Body,
    Builtin,
    ByteString,
    Call,
    ClassDef,
    ClassFacts,
    Closure,
    Compare,
    Const,
    Definition,
    Format,
    ModuleFacts,
    Op,
)
from flake8_noblock.knowledge.tables import Knowledge
from flake8_noblock.link.dependence import dependent
from flake8_noblock.link.kept import Answers
from flake8_noblock.link.program import Module, Program
from flake8_noblock.link.values import (
    NO_CONTEXT,
    NOTHING,
    UNKNOWN,
    AnyClass,
    ClassValue,
    Context,
    Function,
    SourceClass,
    Value,
    Values,
    shallow,
    union,
    widened,
)

DEEPEST = 40
"""Questions that may depend on one another in a row; what lies deeper is asked from the other end, or is unknown."""

MOST_STEPS_BELOW = 3000
"""Steps to answer a question and all that were put first because it leads to them too deep; if they don't suffice, the answer
is unknown."""

MOST_GIVEN_UP = 8
"""Questions about one body for which that didn't suffice; whatever else is asked of it is unknown from then on."""

MOST_PASSES = 6
"""Times that questions that lead to one another are answered anew with what was found before; then the first one's answer
stands."""

MOST_STEPS = 1500
"""Questions asked to answer one question; if they don't suffice, the answer is unknown."""

MOST_STEPS_OUTSIDE = 500
"""The same for a question about code of an installed library."""

MOST_DEFINITIONS = 64
"""A name or attribute with more definitions than these may be anything."""

_ALONE = (Const, ByteString, Builtin, Closure, ClassDef, Compare, Format)
"""Operations whose values depend on no other question."""

Evaluate = Callable[["Inference", "Site", int, Op], Values]
Oracle = Callable[[int, int], tuple[str, ...]]
"""Says of the receiver of the method call at a line and column which classes it may be of; none: not known."""

Oracles = Callable[[str], Oracle | None]
"""Gives the oracle for a module; None: there is none."""


class Site(Struct, frozen=True, gc=False, cache_hash=True):
    """A body of a module of the program, as run in `context`."""

    module: str
    body: int
    context: int = NO_CONTEXT


P = ParamSpec("P")
T = TypeVar("T")
_Key = tuple[Site, int]
_Question = _Key | tuple[str, Hashable]
_NO_CUT = DEEPEST + 1


class _Tentative(NamedTuple):
    """An answer that holds if what was assumed of the open questions that it comes back to does; `lowest` is their least
    depth."""

    answer: Values
    mask: int
    lowest: int


class Inference:
    """Answers what the operations of a program may give; every answer is found once.

    Questions that lead to one another are answered together, by the least fixpoint: each that comes back while it is open
    is taken to give `NOTHING` at first, then what was found, until all of them give what was assumed. The strongly
    connected components of questions show as in Tarjan's algorithm: a question is the first of its component if nothing
    below it came back to one that was open before. So no answer depends on which question was asked first.
    """

    def __init__(self, program: Program, knowledge: Knowledge, evaluate: Evaluate, oracles: Oracles) -> None:
        self.program = program
        self.knowledge = knowledge
        self._evaluate = evaluate
        self.reads = program.reads
        self._answers: Answers[Site | str, Hashable] = Answers()
        self._open: dict[_Question, int] = {}
        self._lowest = _NO_CUT
        self._tentative: dict[_Question, _Tentative] = {}
        self._assumed: dict[_Question, Values] = {}
        self._pending: list[_Question] = []
        self._came_back: list[_Question] = []
        self._too_deep: dict[_Key, None] = {}
        self._given_up: Counter[tuple[str, int]] = Counter()
        self._steps = 0
        self._most_steps = MOST_STEPS
        self._contexts: list[Context] = [Context()]
        self._numbers: dict[Context, int] = {self._contexts[0]: NO_CONTEXT}
        self._bodies: dict[Site, Body] = {}
        self._dependent: dict[tuple[str, int, tuple[int, ...], bool], frozenset[int]] = {}
        self._plain: dict[tuple[str, int], Site] = {}
        self._classes: dict[tuple[str, int], SourceClass] = {}
        self._paths: dict[tuple[str, int], str] = {}
        self._kept: defaultdict[str, dict[object, tuple[Any, int]]] = defaultdict(dict)
        self._derived: dict[tuple[str, str, int], tuple[Any, int]] = {}
        self.classes_asked: set[AnyClass] = set()
        self.protocols_solved: set[tuple[AnyClass, AnyClass]] = set()
        self.contexts_of: dict[tuple[str, int], set[int]] = {}
        self._find_oracle = oracles
        self._oracles: dict[str, Oracle | None] = {}

    @property
    def size(self) -> int:
        """The number of answers that are kept."""
        return self._answers.size + sum(map(len, self._kept.values()))

    def oracle(self, module: str) -> Oracle | None:
        """Who may know the receivers of calls in `module`."""
        if module not in self._oracles:
            self._oracles[module] = self._find_oracle(module)
        return self._oracles[module]

    def value(self, site: Site, number: int) -> Values:
        """What operation `number` of the body at `site` may give."""
        answers = self._answers.by.get(site)
        known = None if answers is None else answers.get(number)
        if known is None:
            known = self._find((site, number))
        answer, mask = known
        self.reads.mask |= mask
        return answer

    def _find(self, key: _Key) -> tuple[Values, int]:
        """The answer to a question that was not answered before, and what was read for it."""
        site, number = key
        op = self.body(site).ops[number]
        if isinstance(op, _ALONE):
            known = self._answers[key] = self._evaluate(self, site, number, op), self.program.mark(site.module)
            return known
        if site.context != NO_CONTEXT and number not in self.dependent(site):
            plain = (self._without_context(site), number)
            answered = self._answers.get(plain)
            if answered is not None:
                self._answers[key] = answered
                return answered
            key = plain
        if self._open:
            return self._ask_operation(key)
        self._most_steps = MOST_STEPS if self.program[site.module].origin == "project" else MOST_STEPS_OUTSIDE
        answer, mask = self.reads.during(self._from_below, key)
        return self._answers.setdefault(key, (answer, mask))

    def ask(self, kind: str, key: Hashable, find: Callable[..., Values], *args: object) -> Values:
        """What `find` gives for `key`, found once, as part of the question that is being answered, to which it may come back."""
        question = (kind, key)
        known = self._answers.get(question)
        if known is None and self._open:
            known = self._ask(question, lambda: find(*args))
        elif known is None:
            known = self._answers[question] = self.reads.during(find, *args)
        self.reads.mask |= known[1]
        return known[0]

    def remember(self, kind: str, key: object, find: Callable[P, T], *args: P.args, **keywords: P.kwargs) -> T:
        """What `find` gives for `key`, found once."""
        kept = self._kept[kind]
        known = kept.get(key)
        if known is None:
            known = kept[key] = self.reads.during(find, *args, **keywords)
        else:
            self.reads.mask |= known[1]
        return known[0]  # type: ignore[no-any-return]

    def remember_from(self, first: T, kind: str, key: object, find: Callable[P, T], *args: P.args, **keywords: P.kwargs) -> T:
        """The same for a question that may come back to itself: it is answered by `first` then."""
        kept = self._kept[kind]
        if key not in kept:
            kept[key] = first, 0
            try:
                kept[key] = self.reads.during(find, *args, **keywords)
            except BaseException:
                del kept[key]
                raise
        answer, mask = kept[key]
        self.reads.mask |= mask
        return answer  # type: ignore[no-any-return]

    def derive(self, kind: str, site: Site, find: Callable[P, T], *args: P.args, **keywords: P.kwargs) -> T:
        """What `find` gives for the body at `site` in any context: what its facts say in another form, kept until
        `forget_derived`."""
        key = (kind, site.module, site.body)
        known = self._derived.get(key)
        if known is None:
            known = self._derived[key] = self.reads.during(find, *args, **keywords)
        else:
            self.reads.mask |= known[1]
        return known[0]  # type: ignore[no-any-return]

    def forget_derived(self) -> None:
        """What `derive` gives is found anew from now on."""
        self._derived.clear()

    def recall(self, kind: str, key: object) -> tuple[Any, int] | None:
        """What was remembered for `key`, if anything was."""
        known = self._kept[kind].get(key)
        if known is not None:
            self.reads.mask |= known[1]
        return known

    def kept(self, kind: str) -> dict[Any, tuple[Any, int]]:
        """All answers of a kind that were found, each with the mask of what was read for it."""
        return self._kept[kind]

    def dependent(self, site: Site) -> frozenset[int]:
        """The operations of the body at `site` whose values may depend on its context."""
        context = self._contexts[site.context]
        given = tuple([index for index, _ in context.arguments])
        key = (site.module, site.body, given, context.outer != NO_CONTEXT)
        found = self._dependent.get(key)
        if found is None:
            around = self._names_around(site) if context.outer != NO_CONTEXT else None
            found = self._dependent[key] = dependent(self.body(site), given, around)
        return found

    def _names_around(self, site: Site) -> frozenset[str]:
        bodies = self.facts(site.module).bodies
        number = bodies[site.body].parent
        names: set[str] = set()
        while number > 0:
            names.update(bodies[number].cells, [name for name, _ in bodies[number].type_params])
            number = bodies[number].parent
        return frozenset(names)

    def _without_context(self, site: Site) -> Site:
        key = (site.module, site.body)
        plain = self._plain.get(key)
        if plain is None:
            plain = self._plain[key] = Site(*key)
        return plain

    @property
    def is_settled(self) -> bool:
        """Whether no question is open, so that answers found now are final."""
        return not self._open

    def _from_below(self, key: _Key) -> Values:
        """The answer to a question that nobody else is waiting for.

        Where it leads too deep, what lies there is asked first, each for itself, as often as it takes: so an answer doesn't
        depend on how deep the question was asked.
        """
        waiting, steps = {key: None}, 0
        body = (key[0].module, key[0].body)
        while waiting and steps <= MOST_STEPS_BELOW and self._given_up[body] < MOST_GIVEN_UP:
            current = next(reversed(waiting))
            if current not in self._answers:
                self._too_deep.clear()
                answer, _ = self._ask_operation(current)
                steps += self._steps
                deep = [other for other in self._too_deep if other not in self._answers and other not in waiting]
                if deep and current not in self._answers:
                    waiting.update(dict.fromkeys(deep))
                    continue
                self._answers.setdefault(current, (answer, self.reads.mask))
            del waiting[current]
        known = self._answers.get(key)
        if known is not None:
            return known[0]
        self._given_up[body] += 1
        return UNKNOWN

    def _ask_operation(self, key: _Key) -> tuple[Values, int]:
        if len(self._open) >= DEEPEST and key not in self._open and key not in self._tentative:
            self._too_deep[key] = None
            self._cut(-1)
            return UNKNOWN, 0
        return self._ask(key, lambda: self._of_operation(key))

    def _of_operation(self, key: _Key) -> Values:
        site, number = key
        self.reads.mask |= self.program.mark(site.module)
        try:
            return self._evaluate(self, site, number, self.body(site).ops[number])
        except RecursionError:
            self._too_deep[key] = None
            self._cut(-1)
            return UNKNOWN

    def _ask(self, question: _Question, find: Callable[[], Values]) -> tuple[Values, int]:
        tentative = self._tentative.get(question)
        if tentative is not None:
            self._cut(tentative.lowest)
            return tentative.answer, tentative.mask
        if question in self._open:
            self._cut(self._open[question])
            self._came_back.append(question)
            return self._assumed.get(question, NOTHING), 0
        depth = len(self._open)
        self._steps = 0 if depth == 0 else self._steps + 1
        if self._steps > self._most_steps:
            self._cut(-1)
            return UNKNOWN, 0
        outer, before = self._lowest, self.reads.mask
        self.reads.mask = 0
        self._open[question] = depth
        try:
            answer = self._fixpoint(question, find, depth)
        finally:
            del self._open[question]
            mask = self.reads.mask
            self.reads.mask = before | mask
            if depth == 0:
                self._forget()
        if self._lowest >= depth:
            self._answers[question] = answer, mask
        elif depth > 0:
            self._tentative[question] = _Tentative(answer, mask, self._lowest)
            self._pending.append(question)
        self._lowest = min(outer, self._lowest)
        return answer, mask

    def _fixpoint(self, question: _Question, find: Callable[[], Values], depth: int) -> Values:
        """The answer to an open question; where it is the first of its component, the others' are kept with it."""
        pending, cuts = len(self._pending), len(self._came_back)
        for _ in range(MOST_PASSES):
            self._lowest = _NO_CUT
            try:
                answer = shallow(find())
            except BaseException:
                self._take(pending, cuts)
                raise
            if self._lowest < depth or len(self._came_back) == cuts:
                break
            found, came_back = self._take(pending, cuts)
            found[question] = answer
            before = {cut: set(self._assumed.get(cut, NOTHING)) for cut in came_back}
            self._assumed.update({cut: widened(found[cut]) for cut in came_back})
            if all(set(self._assumed[cut]) == values for cut, values in before.items()):
                mask = self.reads.mask
                for member, values in found.items():
                    self._answers[member] = values, mask
                break
        return answer

    def _take(self, pending: int, cuts: int) -> tuple[dict[_Question, Values], set[_Question]]:
        """What was found since there were so many tentative answers, and where questions came back; both are forgotten."""
        found = {question: self._tentative.pop(question).answer for question in self._pending[pending:]}
        came_back = set(self._came_back[cuts:])
        del self._pending[pending:], self._came_back[cuts:]
        return found, came_back

    def _forget(self) -> None:
        """Nothing is assumed or tentative any more: no question is open."""
        self._tentative.clear()
        self._assumed.clear()
        self._pending.clear()
        self._came_back.clear()

    def _cut(self, depth: int) -> None:
        """The answer depends on the open question at `depth`; -1: it is for nobody to keep."""
        self._lowest = min(self._lowest, depth)

    def values(self, definitions: tuple[Definition, ...], at: Site) -> Values:
        """What a name with these definitions may be, for the body at `at` that owns the name."""
        if len(definitions) > MOST_DEFINITIONS:
            return UNKNOWN
        sites = [(at if body == at.body else Site(at.module, body), number) for body, number in definitions]
        return union(*[self.value(site, number) for site, number in sites])

    def context_number(self, context: Context) -> int:
        """The number by which `context` is known."""
        number = self._numbers.get(context)
        if number is None:
            number = self._numbers[context] = len(self._contexts)
            self._contexts.append(context)
        return number

    def context(self, number: int) -> Context:
        return self._contexts[number]

    def argument(self, site: Site, index: int) -> Values | None:
        """What the context of `site` says of parameter `index`; None: nothing."""
        if site.context == NO_CONTEXT:
            return None
        return next((values for i, values in self._contexts[site.context].arguments if i == index), None)

    def around(self, site: Site) -> Site:
        """The body around the one at `site`, in the context in which it made that."""
        parent = self.body(site).parent
        outer = self._contexts[site.context].outer
        return Site(site.module, parent, outer if self.facts(site.module).bodies[parent].kind != "class" else NO_CONTEXT)

    def module(self, name: str) -> Module:
        return self.program[name]

    def facts(self, module: str) -> ModuleFacts:
        """The facts of a module that has a body at some `Site`."""
        facts = self.program[module].facts
        assert facts is not None
        return facts

    def body(self, site: Site) -> Body:
        body = self._bodies.get(site)
        if body is None:
            body = self._bodies[site] = self.facts(site.module).bodies[site.body]
        return body

    def is_standard(self, value: Function | ClassValue) -> bool:
        """Whether a function or class is the standard library's."""
        module = value.module if isinstance(value, Function) else getattr(value.cls, "module", None)
        return module is not None and self.program[module].origin == "standard library"

    def class_site(self, cls: SourceClass) -> Site:
        """The body of a class."""
        return Site(cls.module, self.class_facts(cls).body)

    def class_facts(self, cls: SourceClass) -> ClassFacts:
        return self.facts(cls.module).classes[cls.index]

    def made_at(self, site: Site) -> tuple[Site, int] | None:
        """The call that stands for making the generator expression at `site`: the body around it, and its number there."""
        if self.body(site).kind != "generator expression":
            return None
        outer = self.around(site)
        ops = self.body(outer).ops
        for number, op in enumerate(ops):
            if isinstance(op, Call) and ops[op.func] == Closure(site.body):
                return outer, number
        return None

    def function_body(self, function: Function) -> Body:
        return self.facts(function.module).bodies[function.body]

    def is_async_function(self, value: Value) -> TypeGuard[Function]:
        """Whether `value` is an ``async def``, a generator or not."""
        return isinstance(value, Function) and self.function_body(value).is_async

    def is_coroutine_function(self, value: Value) -> TypeGuard[Function]:
        """Whether `value` is an ``async def`` of which a call gives a coroutine, as far as no decorator changes that."""
        return self.is_async_function(value) and not self.function_body(value).is_generator

    def path(self, function: Function) -> str:
        """The dotted path of a function where it is defined."""
        key = (function.module, function.body)
        path = self._paths.get(key)
        if path is None:
            path = self._paths[key] = f"{self.program[function.module].name}.{self.function_body(function).qualname}"
        return path

    def source_class(self, module: str, index: int) -> SourceClass:
        key = (module, index)
        cls = self._classes.get(key)
        if cls is None:
            name = f"{self.program[module].name}.{self.facts(module).classes[index].qualname}"
            cls = self._classes[key] = SourceClass(module, index, name)
        return cls
