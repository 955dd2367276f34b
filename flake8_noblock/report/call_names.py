"""The names of callers and callees as ``calls`` prints them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flake8_noblock.effects.body_calls import BodyNumber, Outside
from flake8_noblock.effects.call_graph import CallGraph
from flake8_noblock.facts.model import Body
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.names import member
from flake8_noblock.link.values import ClassValue, Function

_TEXT = "<**PyStr**>"
_BUILTIN = "<builtin>"


def call_lines(graph: CallGraph, modules: Mapping[Path, str]) -> list[str]:
    """The calls of `graph`, one a line, sorted; `modules` are the names of the modules by their files."""
    infer = graph.infer
    known: dict[str, list[str]] = {}

    def name_of(place: BodyNumber) -> str:
        if place.module not in known:
            path = infer.module(place.module).path
            known[place.module] = body_names(
                infer.facts(place.module).bodies, modules[path] if path is not None else place.module
            )
        return known[place.module][place.body]

    lines = set()
    for caller, callee in graph.calls():
        called = outside_name(infer, callee) if isinstance(callee, Outside) else name_of(callee)
        if called is not None:
            lines.add(f"{name_of(caller)}\t{called}")
    return sorted(lines)


def body_names(bodies: tuple[Body, ...], module: str) -> list[str]:
    """The name of each body of a module: lambdas are numbered in the body around them, in the order of the text."""
    names = [module]
    numbers = _lambda_numbers(bodies)
    for number, body in enumerate(bodies[1:], 1):
        outer = names[body.parent]
        if body.kind == "generator expression":
            names.append(outer)
        else:
            names.append(f"{outer}.<lambda{numbers[number]}>" if body.kind == "lambda" else f"{outer}.{body.name}")
    return names


def _lambda_numbers(bodies: tuple[Body, ...]) -> dict[int, int]:
    lambdas = [number for number, body in enumerate(bodies) if body.kind == "lambda"]
    lambdas.sort(key=lambda number: (bodies[number].line, bodies[number].column))
    counted: dict[int, int] = {}
    numbers = {}
    for number in lambdas:
        outer = bodies[number].parent
        while bodies[outer].kind == "generator expression":
            outer = bodies[outer].parent
        counted[outer] = counted.get(outer, 0) + 1
        numbers[number] = counted[outer]
    return numbers


def outside_name(infer: Inference, callee: Outside) -> str | None:
    """What stands for something outside the folder.

    None for methods of builtin classes other than text, and of the abstract classes of containers that annotations name.
    """
    top, _, rest = callee.path.partition(".")
    if top == "typing" and "." in rest and not callee.written:
        return None
    if top != "builtins":
        return callee.path if callee.written else _public(infer, callee.path)
    owner, _, method = rest.partition(".")
    if not method:
        return f"{_BUILTIN}.{owner}"
    return f"{_TEXT}.{method}" if owner == "str" else None


def _public(infer: Inference, path: str) -> str:
    """The shortest path by which a module hands on what `path` names (``asyncio.run`` for ``asyncio.runners.run``)."""
    path = infer.knowledge.canonical(path)
    parts = path.split(".")
    for cut in range(1, len(parts)):
        module = infer.program.get(".".join(parts[:cut]))
        if module is None or module.facts is None:
            continue
        for start in range(cut, len(parts)):
            if _leads_to(infer, module.key, parts[start], ".".join(parts[: start + 1])):
                return ".".join((*parts[:cut], *parts[start:]))
    return path


def _leads_to(infer: Inference, module: str, name: str, path: str) -> bool:
    for value in member(infer, module, name) or ():
        if isinstance(value, Function) and infer.path(value) == path:
            return True
        if isinstance(value, ClassValue) and value.cls.name == path:
            return True
    return False
