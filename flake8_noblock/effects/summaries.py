"""Summaries: which kinds of operations a body may run on its own thread, each with its shortest witness.

One summary for each body and context, found on demand, bottom-up over the strongly connected components of the call graph
as a least fixpoint within each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple

from flake8_noblock.effects.alternatives import synchronous_regions
from flake8_noblock.effects.bottom_up import BottomUp
from flake8_noblock.effects.edges import Edge, edges
from flake8_noblock.effects.once import Once, once_regions
from flake8_noblock.effects.operations import Operation
from flake8_noblock.effects.runs import AllOf, OneOf, Run, sites_of
from flake8_noblock.knowledge.schema import Kind, Severity
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import regions_within
from flake8_noblock.link.regions import dispatches, regions_below, selective_regions
from flake8_noblock.options import Scope

Certainty = Literal["certain", "once", "possible"]
"""Whether operations run whenever the body does: ``once``, where something in its own module is missing yet; ``possible``, where
something elsewhere, or more than one thing, is missing yet, or for particular texts or types only, of which the calls on the
way say nothing."""


class Effect(NamedTuple):
    """Operations of a kind and severity. An effect has no place, its witness has."""

    kind: Kind
    severity: Severity
    certainty: Certainty = "certain"


class Witness(NamedTuple):
    """How an effect is reached: over operation `number` of a body, in `length` further steps, by `target`, as its `effect`."""

    length: int
    number: int
    target: Site | Operation
    effect: Effect


Summary = Mapping[Effect, Witness]
_NONE: Summary = {}


class Summaries:
    """The summaries of a program's bodies; each is found once."""

    def __init__(self, infer: Inference, scope: Scope) -> None:
        self.infer = infer
        self.scope = scope
        self.found = BottomUp(infer, "effects", _NONE, self._callees, self._summary)
        self._edges: dict[Site, tuple[tuple[Edge, ...], int]] = {}
        self._failures: dict[Site, str] = {}

    def edges(self, site: Site) -> tuple[Edge, ...]:
        """What the body at `site` runs; nothing where looking at it failed."""
        known = self._edges.get(site)
        if known is None:
            known = self._edges[site] = self.infer.reads.during(self._find_edges, site)
        else:
            self.infer.reads.mask |= known[1]
        return known[0]

    def _find_edges(self, site: Site) -> tuple[Edge, ...]:
        self.infer.reads.mask |= self.infer.program.mark(site.module)
        try:
            return edges(self.infer, site)
        except RecursionError:
            return ()  # Too deep to be known.
        except Exception as error:  # A failure in one function costs that function only.
            self._failures[site] = f"{type(error).__name__} in {self.infer.body(site).qualname}"
            return ()

    def edges_on_loop(self, site: Site) -> tuple[Edge, ...]:
        """What a body runs that the loop itself runs."""
        elsewhere = frozenset() if self.scope.possible else synchronous_regions(self.infer, site)
        where = self.infer.body(site).where
        return tuple([edge for edge in self.edges(site) if where[edge.number] not in elsewhere])

    def failures(self, module: str) -> list[str]:
        """What went wrong with bodies of `module`."""
        return [text for site, text in self._failures.items() if site.module == module]

    def of_edge(self, edge: Edge, site: Site) -> Summary:
        """The effects of what an operation of the body at `site` runs."""
        for other in sites_of(edge.run):
            if self.scope.enters(self._origin(other)):
                self.found.solve(other)
        return self._effects(edge.run, edge.number, self._origin(site))

    def witness(self, site: Site, effect: Effect) -> Witness:
        """How the body at `site`, whose summary is known, reaches `effect`, which it has itself."""
        return self.found.get(site)[effect]

    def _origin(self, site: Site) -> str:
        return self.infer.module(site.module).origin

    def _effects(self, run: Run, number: int, origin: str) -> Summary:
        match run:
            case Operation():
                counts = self.scope.counts(run.row, origin) and not (run.row.direct or self.infer.knowledge.is_cut(run.name))
                effect = Effect(run.row.kind, run.row.severity)
                return {effect: Witness(0, number, run, effect)} if counts else _NONE
            case AllOf(parts=parts):
                return _joined([self._effects(part, number, origin) for part in parts])
            case OneOf(parts=parts, declared=declared):
                return self._one_of([self._effects(part, number, origin) for part in parts], declared)
        return {effect: Witness(witness.length + 1, number, run, effect) for effect, witness in self.found.get(run).items()}

    def _one_of(self, parts: list[Summary], declared: bool) -> Summary:
        if self.scope.possible:
            return _joined(parts)
        if declared:
            return parts[0]
        return _common(parts)

    def _summary(self, site: Site) -> Summary:
        origin = self._origin(site)
        body = self.infer.body(site)
        in_handlers = regions_below(body, "except")  # The milliseconds of a file don't count there.
        once, selective = self._doubtful(site)
        parts = []
        arms: dict[int, list[Summary]] = {}
        for edge in self.edges(site):
            region = body.where[edge.number]
            effects = _as(
                self._effects(edge.run, edge.number, origin), lambda effect, witness: self._from_outside(effect, witness, site)
            )
            if region in in_handlers:
                effects = {effect: witness for effect, witness in effects.items() if effect.severity == "unbounded"}
            if region in selective:
                arms.setdefault(region, []).append(effects)
                effects = _as(effects, lambda effect, _: "possible")
            elif region in once.of_object:
                effects = _as(effects, lambda effect, _: "once" if _counts_once(effect) else "possible")
            elif region in once.regions:
                effects = _as(effects, lambda effect, _: "once" if effect.certainty == "certain" else "possible")
            parts.append(effects)
        return _joined([*parts, *self._of_every_arm(site, arms)]) if arms else _joined(parts)

    def _of_every_arm(self, site: Site, effects: Mapping[int, list[Summary]]) -> Iterator[Summary]:
        """What all branches do that a text or type is asked for: one of them runs. `effects` are those of regions."""
        elsewhere = synchronous_regions(self.infer, site)
        for chain in dispatches(self.infer, site):
            if not elsewhere.isdisjoint(chain):
                continue
            arms = []
            for arm in chain:
                inside = regions_within(self.infer, site, arm) - elsewhere
                arms.append(_joined([part for region in inside for part in effects.get(region, ())]))
            common = set(arms[0]).intersection(*arms[1:])
            yield {
                effect: witness for effect, witness in _joined(arms).items() if effect in common and effect.certainty == "certain"
            }

    def _from_outside(self, effect: Effect, witness: Witness, site: Site) -> Certainty:
        """What another module, or another library, does once need not be done here any more."""
        if effect.certainty != "once" or not isinstance(witness.target, Site):
            return effect.certainty
        return "once" if self._unit(witness.target) == self._unit(site) else "possible"

    def _unit(self, site: Site) -> str:
        """The module of a body, or the library that it belongs to."""
        module = self.infer.module(site.module)
        return module.name.partition(".")[0] if module.origin == "library" else site.module

    def _doubtful(self, site: Site) -> tuple[Once, frozenset[int]]:
        """The regions of a body that run once, and those that run for particular values, or elsewhere."""
        if self.scope.possible:
            return Once(), frozenset()
        return once_regions(self.infer, site), selective_regions(self.infer, site) | synchronous_regions(self.infer, site)

    def _callees(self, site: Site) -> Iterator[Site]:
        for edge in self.edges(site):
            for other in sites_of(edge.run):
                if self.scope.enters(self._origin(other)):
                    yield other


def _common(parts: list[Summary]) -> Summary:
    """What is certain where one of `parts` runs: the effects of all of them; else a kind that all have, by whatever operation;
    else, where each of them stalls the loop in its own way, how the first does."""
    common = {effect: witness for effect, witness in _joined(parts).items() if all(effect in part for part in parts)}
    kinds = [{effect.kind for effect in part if effect.certainty == "certain"} for part in parts]
    shared = set.intersection(*kinds) if kinds else set()
    if not shared and not common and all(kind - _SLIGHT for kind in kinds):
        shared = kinds[0] - _SLIGHT
    for effect, witness in parts[0].items():
        if effect.kind in shared and effect.certainty == "certain" and all(effect.kind != other.kind for other in common):
            common[effect] = witness
    return common


_SLIGHT = frozenset[Kind](["metadata", "cpu", "import", "lock"])
"""Kinds that are not reported by default."""


def _counts_once(effect: Effect) -> bool:
    """Whether what an object does once is worth a report: milliseconds at one of its many uses aren't; whoever asks for
    microseconds wants to see all."""
    return effect.certainty == "certain" and effect.severity != "disk"


def _as(effects: Summary, certainty: Callable[[Effect, Witness], Certainty]) -> Summary:
    """`effects` with another certainty."""
    if all(effect.certainty == certainty(effect, witness) for effect, witness in effects.items()):
        return effects
    return _joined([{effect._replace(certainty=certainty(effect, witness)): witness} for effect, witness in effects.items()])


def _joined(parts: list[Summary]) -> Summary:
    """All effects of `parts`, each with its shortest witness, the first of those that are equally short."""
    if len(parts) == 1:
        return parts[0]
    joined: dict[Effect, Witness] = {}
    for part in parts:
        for effect, witness in part.items():
            known = joined.get(effect)
            if known is None or witness.length < known.length:
                joined[effect] = witness
    return joined
