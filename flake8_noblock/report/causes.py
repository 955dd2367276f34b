"""Which operations many findings come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from flake8_noblock.report.chain import Chain, printable, shown_path


@dataclass(frozen=True, slots=True)
class Cause:
    """An operation in a function, and how many findings lead to it; `line` is that of its first such operation."""

    findings: int
    code: str
    operation: str
    path: Path
    line: int
    function: str


HEADINGS = ("findings", "operation", "place", "function")


def causes(chains: Iterable[Chain]) -> list[Cause]:
    """What the findings come from, the causes of most findings first."""
    counted: Counter[tuple[str, str, Path, str]] = Counter()
    lines: dict[tuple[str, str, Path, str], int] = {}
    for chain in chains:
        last = chain.hops[-1]
        key = (chain.finding.code, chain.operation, last.path, last.function)
        counted[key] += 1
        lines[key] = min(last.line, lines.get(key, last.line))
    found = [
        Cause(number, code, operation, path, lines[code, operation, path, function], function)
        for (code, operation, path, function), number in counted.items()
    ]
    return sorted(found, key=lambda cause: (-cause.findings, str(cause.path), cause.line, cause.operation, cause.code))


def cause_row(cause: Cause, folder: Path) -> tuple[str, str, str, str]:
    """The cells of a cause's row, below `HEADINGS`; paths as seen from `folder`."""
    return (
        str(cause.findings),
        f"{cause.code} {printable(cause.operation)}",
        f"{shown_path(cause.path, folder)}:{cause.line}",
        printable(cause.function),
    )
