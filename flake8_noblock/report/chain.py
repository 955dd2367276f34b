"""How a finding comes about, call by call, with every file and line."""

from __future__ import annotations

import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flake8_noblock.effects.operations import Operation
from flake8_noblock.effects.origins import Place
from flake8_noblock.finding import Finding
from flake8_noblock.link.inference import Inference
from flake8_noblock.report.message import function_name


@dataclass(frozen=True, slots=True)
class Hop:
    """A call on the way, or the operation at its end; `function` is the one that it stands in."""

    path: Path
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Chain:
    """A finding, the hops from its place to that of the operation, and the operation's name."""

    finding: Finding
    hops: tuple[Hop, ...]
    operation: str


Part = Literal["message", "place", "source", "operation"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a chain as it is shown."""

    part: Part
    indent: int
    text: str


def chain_of(infer: Inference, finding: Finding, places: Sequence[Place], operation: Operation) -> Chain:
    """The chain of a finding from the places of its calls, the last of which is that of the operation."""
    return Chain(finding, tuple([_hop(infer, place) for place in places]), operation.name)


def _hop(infer: Inference, place: Place) -> Hop:
    site, number = place
    path = infer.module(site.module).path or Path(infer.module(site.module).name)
    return Hop(path, infer.body(site).line_of(number), function_name(infer, site))


def chain_lines(chain: Chain, folder: Path) -> Iterator[Line]:
    """The lines that show a chain: the message, each hop with its source, the operation; paths as seen from `folder`."""
    first = chain.hops[0].path
    finding = chain.finding
    place = f"{shown_path(first, folder)}:{finding.line}:{finding.column + 1}"
    yield Line("message", 0, f"{place}: {finding.code} {printable(finding.text)}")
    for hop in chain.hops:
        yield Line("place", 4, f"{shown_path(hop.path, folder)}:{hop.line} in {printable(hop.function)}")
        source = source_line(hop.path, hop.line)
        if source:
            yield Line("source", 8, source)
    yield Line("operation", 4, f"which is {printable(chain.operation)}")


def shown_path(path: Path, folder: Path) -> str:
    """`path` relative to `folder` where it lies below it."""
    return printable(str(path.relative_to(folder) if path.is_relative_to(folder) else path))


def source_line(path: Path, line: int) -> str:
    """A line of a file, without indentation; empty where it can't be read."""
    try:
        with tokenize.open(path) as lines:
            for number, text in enumerate(lines, 1):
                if number == line:
                    return printable(text.strip())
    except (OSError, SyntaxError, ValueError):
        return ""
    return ""


def printable(text: str) -> str:
    """`text` with what a terminal would not show, or would obey, written as escapes."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text.expandtabs(4))
