"""Collects from the tables what has to be known before they are read (see `words`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flake8_noblock.knowledge.index import BY_NAME, Index, R, Row
from flake8_noblock.knowledge.schema import (
    Blocking,
    Combine,
    Consumer,
    Entry,
    Invoke,
    LoopCallback,
    LoopMethods,
    Offload,
    Outcome,
    Protocol,
    Reads,
    Role,
    Task,
)
from flake8_noblock.knowledge.tables import shipped, shipped_index


def collect_loop_words() -> dict[str, list[str]]:
    """The loop words (see `words`) as the tables say them."""
    speaking = {name: shipped_index(name) for name in sorted(shipped())}
    indexes = speaking.values()
    rows = {name: index for name, index in speaking.items() if index.loop_callback or index.of(LoopMethods)}
    binding = [name for name, index in speaking.items() if any(map(_speaks_of_loop, index.of(Role).values()))]
    callables = {row.rpartition(".")[2] for index in rows.values() for row in index.loop_callback}
    methods = {m for index in rows.values() for listed in index.of(LoopMethods).values() for row in listed for m in row.methods}
    attributes = [row for index in speaking.values() for listed in index.of(Blocking).values() for row in listed if row.attribute]
    return {
        "modules": sorted({*rows, *binding}),
        "callables": sorted(callables),
        "methods": sorted(methods),
        "running": sorted({name.rpartition(".")[2] for index in speaking.values() for name in index.running}),
        "properties": sorted({name.rpartition(".")[2] for row in attributes for name in row.names}),
        "collecting": sorted({row.collects.keyword or "" for row in _rows(indexes, Consumer) if row.collects}),
        "closing": sorted({name for index in speaking.values() for name in index.closing}),
        "outcomes": sorted({f"{row.does} {n.rpartition('.')[2]}" for row in _rows(indexes, Outcome) for n in row.names}),
        "starting": sorted({n.rpartition(".")[2] for r in _rows(indexes, Role) if r.part == "starts a loop" for n in r.names}),
        "going by names": [name for name, index in speaking.items() if BY_NAME in index.of(Entry)],
        "readers": sorted({n.rpartition(".")[2] for i in speaking.values() for kind in (Reads, Protocol) for n in i.of(kind)}),
        **{f"{kind.__name__} rows": _last_names(speaking.values(), kind) for kind in LISTED},
    }


LISTED: tuple[type[Row], ...] = (Task, Combine, Role, Offload, LoopCallback, Invoke, Consumer)
"""The kinds of rows whose last names are among the loop words, so that other calls need not be resolved."""


def _rows(indexes: Iterable[Index], kind: type[R]) -> Iterator[R]:
    return (row for index in indexes for rows in index.of(kind).values() for row in rows)


def _last_names(indexes: Iterable[Index], kind: type[Row]) -> list[str]:
    return sorted({name.rpartition(".")[2] for index in indexes for name in index.of(kind)})


def _speaks_of_loop(rows: tuple[Role, ...]) -> bool:
    """Whether a file that calls it may concern the loop without holding anything asynchronous."""
    return any(row.part in ("starts a loop", "gets the loop", "makes a loop", "binds to the loop") for row in rows)
