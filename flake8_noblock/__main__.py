"""``python -m flake8_noblock explain NBL102`` prints the page of a rule."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from flake8_noblock import __version__
from flake8_noblock.report.pages import internal_error_page, page
from flake8_noblock.rules.codes import INTERNAL_ERROR
from flake8_noblock.rules.registry import rule


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m flake8_noblock", description="Explains what flake8-noblock reports.")
    parser.add_argument("--version", action="version", version=f"flake8-noblock {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    explain = commands.add_parser("explain", help="print the page of a code", description="Prints the pages of codes.")
    explain.add_argument("codes", nargs="+", metavar="CODE", help="a code such as NBL102")
    return _explain(parser.parse_args(arguments).codes)


def _explain(codes: Sequence[str]) -> int:
    pages = {code: _page(code) for code in codes}
    unknown = [code for code, text in pages.items() if text is None]
    if unknown:
        named = ", ".join(" ".join(code.split()) for code in unknown)
        print(f"flake8-noblock: no such code: {named}; docs/rules/README.md lists all codes", file=sys.stderr)
        return 2
    try:
        print("\n".join(text for text in pages.values() if text is not None), end="", flush=True)
    except BrokenPipeError:  # The reader, `head` for one, has seen enough; Python's own flush at exit must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _page(code: str) -> str | None:
    if code.upper() == INTERNAL_ERROR:
        return internal_error_page()
    known = rule(code)
    return page(known) if known is not None else None


if __name__ == "__main__":
    sys.exit(main())
