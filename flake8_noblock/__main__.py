"""``python -m flake8_noblock COMMAND``: the commands are modules of `commands`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from flake8_noblock import __version__

if TYPE_CHECKING:
    from flake8_noblock.commands.base import Command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    import argparse

    given = list(sys.argv[1:] if arguments is None else arguments)
    description = "Explains and explores what flake8-noblock reports."
    parser = argparse.ArgumentParser(prog="python -m flake8_noblock", description=description)
    parser.add_argument("--version", action="version", version=f"flake8-noblock {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (help_text, load) in COMMANDS.items():
        own = commands.add_parser(name, help=help_text, allow_abbrev=False)
        if name in given:
            command = load()
            own.description = command.description
            command.add_arguments(own)
            own.set_defaults(command=command)
    parsed, rest = parser.parse_known_args(given)
    chosen: Command = parsed.command
    if rest and not chosen.takes_flake8_options:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return chosen.run(parsed, rest)


def _explain() -> Command:
    from flake8_noblock.commands.explain import Explain

    return Explain()


def _chain() -> Command:
    from flake8_noblock.commands.chain import ChainCommand

    return ChainCommand()


def _causes() -> Command:
    from flake8_noblock.commands.causes import Causes

    return Causes()


def _calls() -> Command:
    from flake8_noblock.commands.calls import Calls

    return Calls()


def _cache() -> Command:
    from flake8_noblock.commands.cache import Cache

    return Cache()


COMMANDS: Mapping[str, tuple[str, Callable[[], Command]]] = {
    "explain": ("print the page of a code", _explain),
    "chain": ("show how a line comes to block, call by call", _chain),
    "causes": ("list the operations that most findings come from", _causes),
    "calls": ("print the call graph of a folder", _calls),
    "cache": ("show or empty the cache", _cache),
}
"""The commands: what they are for, and how to get them; what they import is imported for them only."""


def _import_nothing_from_working_folder() -> None:
    """Take the working folder, where ``python -m`` looks first, off ``sys.path``, unless we come from there ourselves."""
    here = os.path.realpath(os.getcwd())
    if os.path.realpath(os.path.dirname(os.path.dirname(__file__))) != here:
        sys.path = [entry for entry in sys.path if os.path.realpath(entry) != here]


if __name__ == "__main__":
    _import_nothing_from_working_folder()
    sys.exit(main())
