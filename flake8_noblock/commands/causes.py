"""``causes PATH...`` lists the operations that most findings come from."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path

from flake8_noblock.commands.base import FLAKE8_OPTIONS, Command, complain, printed
from flake8_noblock.commands.linting import Linter, Unreadable, read_source
from flake8_noblock.plugin import Configuration, configured
from flake8_noblock.report.causes import HEADINGS, Cause, cause_row, causes
from flake8_noblock.report.chain import Chain


class Causes(Command):
    """Lists causes."""

    description = (
        "Lints Python files and lists what their findings of NBL2xx come from: each operation that blocks, with the function "
        "that holds it and the number of findings that lead there, the largest first. Findings that a noqa comment silences "
        f"count, too. {FLAKE8_OPTIONS}"
    )
    takes_flake8_options = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", help="a Python file, or a folder of such")
        parser.add_argument("--top", type=_positive, metavar="N", help="list no more than the N largest")

    def run(self, arguments: Namespace, flake8_options: Sequence[str]) -> int:
        absent = [path for path in arguments.paths if not os.path.exists(path)]
        if absent:
            complain(f"no such file or folder: {', '.join(absent)}")
            return 2
        configuration = configured(flake8_options)
        files = configuration.files(arguments.paths)
        found = causes(_chains(files, configuration))
        if found:
            _show(found[: arguments.top], Path.cwd())
        else:
            complain(f"no findings of NBL2xx in {len(files)} file{'s' * (len(files) != 1)}")
        return 0


def _positive(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or int(text) == 0:
        raise ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def _chains(files: Sequence[str], configuration: Configuration) -> list[Chain]:
    """The chains of all findings of NBL2xx; tells of files that were left out."""
    linter = Linter(configuration)
    found: list[Chain] = []
    unreadable = failed = 0
    for file in _followed(files):
        try:
            linted = linter.lint(read_source(file))
        except Unreadable:
            unreadable += 1
            continue
        failed += linted.failed
        found.extend(chain for chain in linted.chains if chain.finding.code.startswith("NBL2"))
    if unreadable:
        complain(f"{unreadable} of {len(files)} files could not be read or parsed and were left out")
    if failed:
        complain(f"internal errors in {failed} of {len(files)} files; some of their findings are missing")
    return found


def _followed(files: Sequence[str]) -> Iterable[str]:
    """`files`, with a bar on a terminal that tells how far we are."""
    if not sys.stderr.isatty():
        return files
    from rich.console import Console
    from rich.progress import track

    return track(files, description="linting", console=Console(stderr=True), transient=True)


def _show(found: Sequence[Cause], folder: Path) -> None:
    rows = [cause_row(cause, folder) for cause in found]
    if sys.stdout.isatty():
        _show_in_colour(rows)
    else:
        printed(_plain([HEADINGS, *rows]))


def _plain(rows: Sequence[tuple[str, str, str, str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [row[0].rjust(widths[0]), *[cell.ljust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]]
        ).rstrip()
        for row in rows
    ]


def _show_in_colour(rows: Sequence[tuple[str, str, str, str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for heading in HEADINGS:
        table.add_column(heading, justify="right" if heading == HEADINGS[0] else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)
