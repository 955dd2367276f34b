"""The calls that the modules of a folder may make: where their code starts, and what runs from there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from flake8_noblock.effects.body_calls import BodyCalls, BodyNumber, Callee, Inside, Reader
from flake8_noblock.facts.model import Call
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import ClassValue, Function, SourceClass

MOST_CONTEXTS = 100
"""Contexts in which one body is looked at; further ones add nothing."""


class CallEdge(NamedTuple):
    """A body calls something."""

    caller: BodyNumber
    callee: Callee


class CallGraph:
    """The call graph of `modules`, given by their keys, from their bodies on; `files` are where they lie."""

    def __init__(self, infer: Inference, modules: Sequence[str], files: Collection[Path]) -> None:
        self.infer = infer
        self.failures: list[str] = []
        self._modules = modules
        self._reader = Reader(infer, Inside(infer, files))
        self._seen: dict[Site, BodyCalls] = {}

    def calls(self) -> set[CallEdge]:
        """All calls that may be made by code that runs: what runs as the modules are imported, what that calls, and functions
        and methods that someone outside may call."""
        start = [Site(module, 0) for module in self._modules]
        for entries in (self._functions, self._methods):
            known = {_number(site) for site in self._reached(start)}
            start += self._first([site for site in entries() if _number(site) not in known])
        return {
            CallEdge(self._around(_number(site)), callee) for site in self._reached(start) for callee in self._look(site).callees
        }

    def _around(self, number: BodyNumber) -> BodyNumber:
        """The body that the calls in a generator expression belong to: the one around it."""
        bodies = self.infer.facts(number.module).bodies
        body = number.body
        while bodies[body].kind == "generator expression":
            body = bodies[body].parent
        return BodyNumber(number.module, body)

    # --- where code starts ---

    def _functions(self) -> list[Site]:
        """The functions of the modules, without those whose name stands for another function in the end."""
        return [site for module in self._modules for site in _functions(self.infer, module)]

    def _methods(self) -> list[Site]:
        """The methods of classes of the modules, of classes of which the modules make no object."""
        made = self._made()
        return [
            Site(module, number)
            for module in self._modules
            for number, body in enumerate(self.infer.facts(module).bodies)
            if body.kind == "function" and body.owner >= 0 and (module, body.owner) not in made
        ]

    def _made(self) -> set[tuple[str, int]]:
        """The classes that are called in what was looked at so far."""
        return {
            (value.cls.module, value.cls.index)
            for site in list(self._seen)
            for op in self.infer.body(site).ops
            if isinstance(op, Call)
            for value in self.infer.value(site, op.func)
            if isinstance(value, ClassValue) and isinstance(value.cls, SourceClass)
        }

    def _first(self, entries: list[Site]) -> list[Site]:
        """Those of `entries` that are not called by others, and one of each circle that nobody else calls."""
        called = {
            _number(other)
            for site in self._reached(entries)
            for other in self._look(site).runs
            if _number(other) != _number(site)
        }
        first = [site for site in entries if _number(site) not in called]
        known = {_number(site) for site in self._reached(first)}
        for site in entries:
            if _number(site) not in known:
                first.append(site)
                known.update(_number(other) for other in self._reached([site]))
        return first

    def _reached(self, start: Iterable[Site]) -> list[Site]:
        """The bodies that run when those of `start` do."""
        found: dict[Site, None] = {}
        contexts: Counter[BodyNumber] = Counter()
        todo = list(start)
        while todo:
            site = todo.pop()
            if site not in found and contexts[_number(site)] < MOST_CONTEXTS:
                contexts[_number(site)] += 1
                found[site] = None
                todo.extend(self._look(site).runs)
        return list(found)

    def _look(self, site: Site) -> BodyCalls:
        seen = self._seen.get(site)
        if seen is None:
            seen = self._seen[site] = BodyCalls()
            try:
                self._reader.read(site, seen)
            except Exception as error:  # A failure in one function costs that function only.
                self.failures.append(f"{type(error).__name__} in {self.infer.body(site).qualname or site.module}")
        return seen


def _number(site: Site) -> BodyNumber:
    return BodyNumber(site.module, site.body)


def _functions(infer: Inference, module: str) -> list[Site]:
    """The functions of a module that can be called by their names."""
    bodies = infer.facts(module).bodies
    by_name: dict[str, list[int]] = {}
    for number, body in enumerate(bodies):
        if body.kind == "function" and body.parent == 0:
            by_name.setdefault(body.name, []).append(number)
    return [Site(module, number) for name, numbers in by_name.items() for number in _last(infer, module, name, numbers)]


def _last(infer: Inference, module: str, name: str, numbers: list[int]) -> list[int]:
    """Those of the functions called `name` that it stands for in the end; all where that isn't known."""
    value = infer.facts(module).bodies[0].names.get(name)
    if len(numbers) == 1 or value is None:
        return numbers
    meant = [value.body for value in infer.value(Site(module, 0), value) if isinstance(value, Function)]
    return [number for number in numbers if number in meant] or numbers
