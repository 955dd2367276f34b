"""``explain CODE`` prints the page of a code."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from flake8_noblock.commands.base import Command, complain, printed
from flake8_noblock.report.pages import internal_error_page, page
from flake8_noblock.rules.codes import INTERNAL_ERROR
from flake8_noblock.rules.registry import rule


class Explain(Command):
    """Prints pages."""

    description = "Prints the pages of codes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("codes", nargs="+", metavar="CODE", help="a code such as NBL102")

    def run(self, arguments: Namespace, flake8_options: Sequence[str]) -> int:
        pages = {code: _page(code) for code in arguments.codes}
        unknown = [code for code, text in pages.items() if text is None]
        if unknown:
            complain(f"no such code: {', '.join(unknown)}; docs/rules/README.md lists all codes")
            return 2
        printed(["\n".join(text for text in pages.values() if text is not None).removesuffix("\n")])
        return 0


def _page(code: str) -> str | None:
    if code.upper() == INTERNAL_ERROR:
        return internal_error_page()
    known = rule(code)
    return page(known) if known is not None else None
