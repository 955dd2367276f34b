"""The options, as flake8 gives them, checked and made into frozen data."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast, get_args

from flake8_noblock.knowledge.index import index_of
from flake8_noblock.knowledge.schema import Argument, Blocking, Kind, LoopCallback, Offload, Table
from flake8_noblock.knowledge.tables import Knowledge, TableError, read_table
from flake8_noblock.knowledge.words import CALLBACK_DEPTH
from flake8_noblock.link.environment import site_packages

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\.\*)?\Z")
_PATTERN = re.compile(r"[\w.*?\[\]!-]+\Z")
_CALLABLE = re.compile(r"(?P<name>[A-Za-z_]\w*(\.[A-Za-z_]\w*)*)(\[(?P<position>\d)\])?\Z")


class OptionError(Exception):
    """A value that an option can't take; the text names the option and what it takes, in one line."""


Follow = Literal["none", "project", "libraries", "all"]

LONG_KINDS: frozenset[Kind] = frozenset({"sleep", "network", "database", "subprocess", "thread", "terminal", "declared"})
"""What may stop a thread for long wherever it stands; of the rest only what is unbounded counts in libraries."""


@dataclass(frozen=True, slots=True)
class Scope:
    """How far calls are followed, whether what merely may run counts, and whether frameworks leave errors to the project."""

    follow: Follow = "libraries"
    possible: bool = False
    frameworks_unguarded: bool = False

    def enters(self, origin: str) -> bool:
        """Whether bodies of modules of this origin are looked at."""
        return origin == "project" or self.follow in ("libraries", "all")

    def counts(self, row: Blocking, origin: str) -> bool:
        """Whether an operation in a module of this origin counts."""
        return origin == "project" or self.follow == "all" or row.kind in LONG_KINDS or row.severity == "unbounded"


@dataclass(frozen=True, slots=True)
class Options:
    """What the user configured. `source_roots` are absolute folders.

    Without a `cache_folder` nothing is kept on disk. Rules for codes that are `unasked` for are not run. `signature` tells one
    configuration from another.
    """

    knowledge: Knowledge = Knowledge()
    source_roots: tuple[Path, ...] = ()
    working_folder: Path = Path()
    scope: Scope = Scope()
    callback_depth: int = CALLBACK_DEPTH
    environment: Path | None = None
    cache_folder: Path | None = None
    signature: str = ""
    unasked: tuple[str, ...] = ()

    def without(self, codes: tuple[str, ...]) -> Options:
        """The same, with nothing to be found for these codes."""
        return replace(self, unasked=codes, signature=f"{self.signature} {codes}")


def parse(values: Mapping[str, Sequence[str]], folder: Path) -> Options:
    """The options from their values, by option name without ``--noblock-``; relative paths start at `folder`.

    Raises OptionError where a value is none that its option takes.
    """

    def given(name: str) -> Sequence[str]:
        return values.get(name, ())

    tables = [_read_table(folder / path) for path in given("knowledge")]
    tables.append(
        Table(
            blocking=tuple(_declared(value) for value in given("extend-blocking")),
            offload=tuple(_offloader(value) for value in given("offloaders")),
            loop_callback=tuple(_loop_callback(value) for value in given("loop-callbacks")),
        )
    )
    for value in given("safe-calls"):
        if not _PATTERN.match(value):
            raise OptionError(_wrong("safe-calls", value, "dotted names, with * for any part: pkg.fn, pkg.Class.*"))
    return Options(
        Knowledge(index_of(tables), tuple(given("safe-calls"))),
        tuple(_source_root(folder, value) for value in given("src")),
        folder,
        Scope(_follow(given("follow")), bool(given("possible")), bool(given("frameworks-unguarded"))),
        _depth(given("callback-depth")),
        _environment(folder, given("environment")),
        next((folder / value for value in given("cache-dir")[-1:] if value != "none"), None),
        repr((sorted((name, list(given)) for name, given in values.items() if name != "cache-dir"), tables)),
    )


def _follow(values: Sequence[str]) -> Follow:
    for value in values[-1:]:
        if value not in get_args(Follow):
            raise OptionError(_wrong("follow", value, "one of " + ", ".join(get_args(Follow))))
        return cast("Follow", value)
    return Scope().follow


def _depth(values: Sequence[str]) -> int:
    for value in values[-1:]:
        if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 99:
            raise OptionError(_wrong("callback-depth", value, "a number from 1 to 99"))
        return int(value)
    return Options().callback_depth


def _environment(folder: Path, values: Sequence[str]) -> Path | None:
    for value in values[-1:]:
        path = folder / value
        if not site_packages(path):
            raise OptionError(_wrong("environment", value, "the folder of a virtual environment, in which pyvenv.cfg lies"))
        return path
    return None


def _wrong(option: str, value: str, takes: str) -> str:
    return f"--noblock-{option}: {value!r} is not accepted; it takes {takes}"


def _declared(value: str) -> Blocking:
    name, arrow, instead = (part.strip() for part in value.partition("->"))
    if not _NAME.match(name) or (arrow and not instead):
        takes = "dotted names, each with a replacement if there is one: pkg.fn, pkg.Class.*, pkg.fn->pkg.async_fn"
        raise OptionError(_wrong("extend-blocking", value, takes))
    return Blocking(names=(name,), kind="declared", instead=instead)


def _callable(option: str, value: str) -> tuple[str, Argument]:
    match = _CALLABLE.match(value)
    if match is None:
        takes = "dotted names, each with the position of the callable if it is not the first argument: pkg.fn, pkg.fn[1]"
        raise OptionError(_wrong(option, value, takes))
    return match["name"], Argument(position=int(match["position"] or 0))


def _offloader(value: str) -> Offload:
    name, argument = _callable("offloaders", value)
    return Offload(names=(name,), callable=argument)


def _loop_callback(value: str) -> LoopCallback:
    name, argument = _callable("loop-callbacks", value)
    return LoopCallback(names=(name,), callable=argument)


def _source_root(folder: Path, value: str) -> Path:
    path = folder / value
    if not os.path.isdir(path):
        raise OptionError(_wrong("src", value, "folders that exist, relative to the configuration file or the working folder"))
    return path.resolve()


def _read_table(path: Path) -> Table:
    try:
        return read_table(path)
    except (TableError, ValueError) as error:  # A path with a NUL byte is a ValueError.
        raise OptionError(f"--noblock-knowledge: {error}; it takes knowledge tables as docs/guide.md describes them") from None
