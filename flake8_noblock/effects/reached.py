"""Blocking operations that code on the loop reaches through calls: one for each statement and effect, with its chain."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from flake8_noblock.effects.absent import lacks_part
from flake8_noblock.effects.construction import constructors
from flake8_noblock.effects.edges import Edge
from flake8_noblock.effects.guarded import is_guarded_by_caller, was_awaited_by_caller, was_stored_by_caller
from flake8_noblock.effects.operations import Operation
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.roots import registrations
from flake8_noblock.effects.runs import NOTHING, AllOf, OneOf, Run, all_of, one_of
from flake8_noblock.effects.summaries import Effect, Summaries, Witness
from flake8_noblock.effects.targets import call_runs
from flake8_noblock.facts.model import Body, Param
from flake8_noblock.link.arguments import NO_ARGUMENTS
from flake8_noblock.link.contexts import context_of_call
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.layout import regions_around
from flake8_noblock.link.values import ClassValue, Function, Instance


@dataclass(frozen=True, slots=True)
class Reached:
    """An operation that the one at `place` reaches.

    `chain` are the places of the calls on the way, in the bodies that they run: the last is that of `operation`. With `later` the
    operation at `place` doesn't run them, but hands the loop the first of these bodies.
    """

    place: Place
    effect: Effect
    chain: tuple[Place, ...]
    operation: Operation
    later: bool = False


def reached(summaries: Summaries, site: Site, reported: Collection[int]) -> Iterator[Reached]:
    """What the body at `site` reaches through calls; what runs in bodies of the same module that are `reported` themselves
    is left to them, and what is possible, but not certain, is left out."""
    body = summaries.infer.body(site)
    registered = list(_registered(summaries.infer, site))
    edges = sorted([*summaries.edges_on_loop(site), *registered], key=lambda edge: edge.number)
    direct = {(body.statements[edge.number], _kind(edge)) for edge in edges if edge.direct}
    seen: set[tuple[int, int, Effect]] = set()
    done: list[tuple[int, Operation]] = []
    for edge in edges:
        run = _without(edge.run, site.module, reported)
        if edge.direct or run == NOTHING:
            continue
        for effect, witness in summaries.of_edge(Edge(edge.number, run), site).items():
            key = (body.statements[edge.number], body.lines[edge.number], effect)
            if key in seen or effect.certainty == "possible":
                continue
            seen.add(key)
            chain, operation = _chain(summaries, witness)
            if _is_known_not_to_wait(summaries.infer, [Place(site, edge.number), *chain], operation):
                continue
            if effect.certainty == "once":
                region = body.where[edge.number]
                known = (body.statements[edge.number], effect.kind) in direct or _is_done(body, region, operation, done)
                known = known or _is_done_by_constructor(summaries, [site, *[place.site for place in chain]], effect, operation)
                done.append((region, operation))
                if known:
                    continue
            yield Reached(Place(site, edge.number), effect, chain, operation, edge in registered)


def _registered(infer: Inference, site: Site) -> Iterator[Edge]:
    """What the loop runs of functions of other modules, which know nothing of it, that the body at `site` hands to it."""
    for call, callback in registrations(infer, site.module):
        if call.site == site:
            functions = [value for value in infer.value(*callback) if isinstance(value, Function) and value.module != site.module]
            others = [value for value in functions if infer.module(value.module).origin == "project"]
            yield Edge(call.number, call_runs(infer, tuple(others), NO_ARGUMENTS, call))


def _is_known_not_to_wait(infer: Inference, way: list[Place], operation: Operation) -> bool:
    """Whether what an operation would wait for is there, as a caller has seen, or has awaited."""
    bodies = [place.site for place in way[1:]]
    stored = any(was_stored_by_caller(infer, caller, inner) for caller, inner in zip(way, way[1:], strict=False))
    if stored or lacks_part(infer, way):
        return True
    return is_guarded_by_caller(infer, way[-2:][0], operation.place, operation.row) or (
        operation.row.kind == "thread" and was_awaited_by_caller(infer, way[0], bodies, operation.row)
    )


def _kind(edge: Edge) -> str:
    return edge.run.row.kind if isinstance(edge.run, Operation) else ""


def _is_done(body: Body, region: int, operation: Operation, done: list[tuple[int, Operation]]) -> bool:
    """Whether an operation that runs once ran before on every way to `region`."""
    around = {region, *regions_around(body, region)}
    return any(where in around and same.place == operation.place for where, same in done)


def _is_done_by_constructor(summaries: Summaries, way: list[Site], effect: Effect, operation: Operation) -> bool:
    """Whether an operation that runs once ran when the object was made of which a method on `way` comes to it."""
    bodies = [(site.module, site.body) for site in way]
    for number, site in enumerate(way):
        for constructor in _constructors(summaries.infer, site):
            if (constructor.module, constructor.body) not in bodies[: number + 1]:
                summary = summaries.of_edge(Edge(0, constructor), site)
                if effect in summary and _chain(summaries, summary[effect])[1].place == operation.place:
                    return True
    return False


def _constructors(infer: Inference, site: Site) -> Iterator[Site]:
    """What runs when an object is made, with any arguments or none, of which the body at `site` is a method."""
    body = infer.body(site)
    if body.owner >= 0 and Param(0) in body.ops and isinstance(infer.value(site, body.ops.index(Param(0)))[0], Instance):
        for function in constructors(infer, ClassValue(infer.source_class(site.module, body.owner))):
            yield Site(function.module, function.body)
            yield Site(function.module, function.body, context_of_call(infer, function, NO_ARGUMENTS))


def _without(run: Run, module: str, reported: Collection[int]) -> Run:
    match run:
        case AllOf(parts=parts):
            return all_of([_without(part, module, reported) for part in parts])
        case OneOf(parts=parts, declared=declared):
            kept = tuple([_without(part, module, reported) for part in parts])
            return OneOf(kept, True) if declared else one_of(kept)
        case Site():
            return NOTHING if run.module == module and run.body in reported else run
    return run


def _chain(summaries: Summaries, witness: Witness) -> tuple[tuple[Place, ...], Operation]:
    places: list[Place] = []
    while isinstance(witness.target, Site):
        site = witness.target
        witness = summaries.witness(site, witness.effect)
        places.append(Place(site, witness.number))
    return tuple(places), witness.target
