"""The options, as flake8 gives them, checked and made into frozen data."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flake8_noblock.knowledge.schema import Argument, Blocking, LoopCallback, Offload, Table
from flake8_noblock.knowledge.tables import Knowledge, TableError, index_of, read_table

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\.\*)?\Z")
_PATTERN = re.compile(r"[\w.*?\[\]!-]+\Z")
_CALLABLE = re.compile(r"(?P<name>[A-Za-z_]\w*(\.[A-Za-z_]\w*)*)(\[(?P<position>\d)\])?\Z")


class OptionError(Exception):
    """A value that an option can't take; the text names the option and what it takes, in one line."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user configured. `source_roots` are absolute folders; `codes` decides which rules are asked."""

    knowledge: Knowledge = Knowledge()
    source_roots: tuple[Path, ...] = ()
    working_folder: Path = Path()


def parse(
    extend_blocking: Sequence[str],
    safe_calls: Sequence[str],
    offloaders: Sequence[str],
    loop_callbacks: Sequence[str],
    source_roots: Sequence[str],
    knowledge: Sequence[str],
    folder: Path,
) -> Options:
    """The options from their values; relative paths start at `folder`.

    Raises OptionError where a value is none that its option takes.
    """
    tables = [_read_table(folder / path) for path in knowledge]
    tables.append(
        Table(
            blocking=tuple(_declared(value) for value in extend_blocking),
            offload=tuple(_offloader(value) for value in offloaders),
            loop_callback=tuple(_loop_callback(value) for value in loop_callbacks),
        )
    )
    for value in safe_calls:
        if not _PATTERN.match(value):
            raise OptionError(_wrong("safe-calls", value, "dotted names, with * for any part: pkg.fn, pkg.Class.*"))
    roots = tuple(_source_root(folder, value) for value in source_roots)
    return Options(Knowledge(index_of(tables), tuple(safe_calls)), roots, folder)


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
