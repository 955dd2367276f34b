"""``cache`` shows what the cache on disk holds, and empties it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from flake8_noblock.cache.store import Size, Store, user_folder
from flake8_noblock.commands.base import Command, complain, printed
from flake8_noblock.report.chain import printable

_UNITS = ("B", "kB", "MB", "GB")


class Cache(Command):
    """Shows the cache, or empties it."""

    description = "Shows where the cache lies and how much it holds, by kind of entry. It may be emptied at any time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clear", action="store_true", help="remove all entries")

    def run(self, arguments: Namespace, flake8_options: Sequence[str]) -> int:
        folder = user_folder()
        if folder is None:
            complain("there is no cache: the system names no cache folder for this user")
            return 0
        store = Store(folder)
        size = store.size()
        if arguments.clear:
            store.clear()
            printed([f"removed {_entries(size.entries)}, {_bytes(size.bytes)}, from {printable(str(folder))}"])
        else:
            printed([f"{printable(str(folder))}: {_entries(size.entries)}, {_bytes(size.bytes)}", *_kinds(size)])
        return 0


def _kinds(size: Size) -> list[str]:
    width = max(map(len, size.kinds), default=0)
    return [f"    {kind:{width}}  {_entries(entries)}, {_bytes(held)}" for kind, (entries, held) in sorted(size.kinds.items())]


def _entries(number: int) -> str:
    return f"{number} entr{'y' if number == 1 else 'ies'}"


def _bytes(number: int) -> str:
    """A number of bytes, in the largest unit of which there is at least one."""
    value = float(number)
    for unit in _UNITS:
        if value < 1000 or unit == _UNITS[-1]:
            return f"{value:.1f} {unit}" if unit != "B" else f"{number} B"
        value /= 1000
    raise AssertionError
