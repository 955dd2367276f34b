"""``chain FILE:LINE`` shows how a line comes to block."""

from __future__ import annotations

import os
import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from flake8_noblock.commands.base import FLAKE8_OPTIONS, Command, complain, printed
from flake8_noblock.commands.linting import Linter, Unreadable, read_source
from flake8_noblock.plugin import configured
from flake8_noblock.report.chain import Chain, Line, Part, chain_lines

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d{1,9})(:\d+)?:?\Z", re.DOTALL)
_MOST_LINES = 5
_STYLES: dict[Part, str] = {"message": "bold", "place": "cyan", "source": "", "operation": "bold red"}


class ChainCommand(Command):
    """Shows chains."""

    description = (
        "Shows, for each finding of NBL1xx and NBL2xx on a line, the calls that lead to the operation that blocks, with their "
        f"files and lines. {FLAKE8_OPTIONS} Exit status 1: the line has no such finding."
    )
    takes_flake8_options = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("place", metavar="FILE:LINE", help="a place as flake8 prints it; a column is ignored")

    def run(self, arguments: Namespace, flake8_options: Sequence[str]) -> int:
        match = _PLACE.match(arguments.place)
        if match is None:
            complain(f"{arguments.place!r} is no place; write FILE:LINE")
            return 2
        file, line = match["file"], int(match["line"])
        if not os.path.isfile(file):
            complain(f"no such file: {file}")
            return 2
        configuration = configured(flake8_options)
        try:
            source = read_source(file)
        except Unreadable as error:
            complain(f"{file} can't be read: {error}")
            return 2
        lines = len(source.text.splitlines())
        if not 1 <= line <= lines:
            complain(f"{file} has no line {line}; it has {lines}")
            return 2
        chains = Linter(configuration).lint(source).chains
        chosen = [chain for chain in chains if chain.finding.line == line]
        if not chosen:
            complain(f"no finding of NBL1xx or NBL2xx on line {line} of {file}; {_near(chains, line)}")
            return 1
        _show(chosen, Path.cwd())
        return 0


def _near(chains: Sequence[Chain], line: int) -> str:
    """Which lines have findings, those next to `line` if there are many."""
    lines = sorted({chain.finding.line for chain in chains}, key=lambda other: (abs(other - line), other))[:_MOST_LINES]
    if not lines:
        return "the file has none"
    return f"near by: line{'s' * (len(lines) > 1)} {', '.join(map(str, sorted(lines)))}"


def _show(chains: Sequence[Chain], folder: Path) -> None:
    lines = [line for chain in chains for line in chain_lines(chain, folder)]
    if sys.stdout.isatty():
        _show_in_colour(lines)
    else:
        printed(" " * line.indent + line.text for line in lines)


def _show_in_colour(lines: Sequence[Line]) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    for line in lines:
        console.print(Padding(Text(line.text, style=_STYLES[line.part]), (0, 0, 0, line.indent)))
