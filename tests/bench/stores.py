"""What keeping results costs, by way of keeping them: `python -m tests.bench.stores` compares files with SQLite.

Ten thousand modules, each with its facts (real ones of installed packages, of 5 to 200 KB) and with a short result. *fill*
writes them, two hundred entries at a time; *read* reads all of them in another order; *one* is what an editor does, a first
look-up in a new process; *check* is looking over all of a full store, as tidying does. Each runs in a process of its own, the
stores take turns, and the table gives medians.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import multiprocessing
import os
import random
import resource
import shutil
import sysconfig
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Protocol

import msgspec

from flake8_noblock.cache.store import Store
from flake8_noblock.facts.build import parse_facts
from tests.bench.__main__ import table
from tests.bench.measure import Cost

SMALLEST, LARGEST = 5_000, 200_000
BATCH = 200
KINDS = ("facts", "results")
COLUMNS = ("store", "fill, CPU s", "wall s", "read, CPU s", "wall s", "one, CPU ms", "wall ms", "check, CPU ms", "disk MB")


class Keeper(Protocol):
    """What is measured of a store."""

    def get(self, kind: str, key: bytes) -> bytes | None: ...
    def put(self, kind: str, key: bytes, value: bytes) -> None: ...
    def flush(self) -> None: ...
    def size(self) -> object: ...


class Sqlite:
    """One SQLite file. `level` is that of zlib, 0 for none."""

    def __init__(self, folder: Path, level: int, journal: str = "wal") -> None:
        import sqlite3

        self._level = level
        self._pending: list[tuple[str, bytes, bytes]] = []
        self._file = sqlite3.connect(folder / "entries.sqlite3", isolation_level=None)
        for statement in ("auto_vacuum=incremental", f"journal_mode={journal}", "synchronous=normal"):
            self._file.execute(f"pragma {statement}")
        self._file.execute(
            "create table if not exists entries(id integer primary key, kind text, key blob, value blob, unique(kind, key))"
        )

    def get(self, kind: str, key: bytes) -> bytes | None:
        row = self._file.execute("select value from entries where kind = ? and key = ?", (kind, key)).fetchone()
        return None if row is None else _checked(row[0], self._level)

    def put(self, kind: str, key: bytes, value: bytes) -> None:
        self._pending.append((kind, key, value))

    def flush(self) -> None:
        rows = [(kind, key, _marked(value, self._level)) for kind, key, value in self._pending]
        self._file.execute("begin immediate")
        self._file.executemany("insert or replace into entries(kind, key, value) values (?, ?, ?)", rows)
        self._file.execute("commit")
        self._pending.clear()

    def size(self) -> object:
        return self._file.execute("select kind, count(*), sum(length(value)) from entries group by kind").fetchall()


class Files:
    """A file for each entry, in 64 folders, and nothing else: what the package's own store does besides is its price."""

    def __init__(self, folder: Path, level: int) -> None:
        self._folder = str(folder)
        self._level = level
        self._pending: list[tuple[str, bytes, bytes]] = []

    def get(self, kind: str, key: bytes) -> bytes | None:
        file = os.open(self._path(kind, key), os.O_RDONLY)
        try:
            return _checked(os.read(file, os.fstat(file).st_size), self._level)
        finally:
            os.close(file)

    def put(self, kind: str, key: bytes, value: bytes) -> None:
        self._pending.append((kind, key, value))

    def flush(self) -> None:
        for kind, key, value in self._pending:
            path = self._path(kind, key)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            file = os.open(f"{path}.tmp", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(file, _marked(value, self._level))
            os.close(file)
            os.replace(f"{path}.tmp", path)
        self._pending.clear()

    def size(self) -> object:
        return sum(entry.stat().st_size for shard in os.scandir(self._folder) for entry in os.scandir(shard))

    def _path(self, kind: str, key: bytes) -> str:
        return f"{self._folder}/{key[0] % 64:02}/{key.hex()}-{kind}"


STORES: dict[str, Callable[[Path], Keeper]] = {
    "flake8_noblock.cache.store": Store,
    "files, no compression": partial(Files, level=0),
    "files, zlib 1": partial(Files, level=1),
    "SQLite WAL, no compression": partial(Sqlite, level=0),
    "SQLite WAL, zlib 1": partial(Sqlite, level=1),
    "SQLite rollback journal, zlib 1": partial(Sqlite, level=1, journal="delete"),
}


class Sample:
    """Entries as a run makes them: `count` modules, each with its own key, out of `facts` that repeat."""

    def __init__(self, count: int, facts: Sequence[bytes]) -> None:
        self._count = count
        self._facts = facts

    def digests(self) -> Iterator[bytes]:
        for number in range(self._count):
            yield hashlib.blake2b(number.to_bytes(8, "big"), digest_size=16).digest()

    def entries(self) -> Iterator[tuple[str, bytes, bytes]]:
        for number, key in enumerate(self.digests()):
            facts = self._facts[number % len(self._facts)]
            yield "facts", key, key + facts
            yield "results", key, key + facts[: 200 + number * 37 % 4800]


def real_facts(count: int) -> list[bytes]:
    """The facts of some modules of this interpreter's installed packages."""
    paths = sorted(Path(sysconfig.get_paths()["purelib"]).rglob("*.py"))
    random.Random(1).shuffle(paths)
    found: list[bytes] = []
    for path in paths:
        if len(found) == count:
            break
        facts = parse_facts(path.read_bytes())
        encoded = b"" if facts is None else msgspec.msgpack.encode(facts)
        if SMALLEST <= len(encoded) <= LARGEST:
            found.append(encoded)
    return found


def fill(sample: Sample, make: Callable[[], Keeper]) -> None:
    store = make()
    for number, entry in enumerate(sample.entries(), 1):
        store.put(*entry)
        if number % BATCH == 0:
            store.flush()
    store.flush()


def read(sample: Sample, make: Callable[[], Keeper]) -> None:
    """RuntimeError where an entry is missing: then nothing was measured."""
    store = make()
    wanted = [(kind, key) for key in sample.digests() for kind in KINDS]
    random.Random(2).shuffle(wanted)
    if not all(store.get(kind, key) for kind, key in wanted):
        raise RuntimeError("an entry is missing")


def one(sample: Sample, make: Callable[[], Keeper]) -> None:
    make().get(KINDS[0], next(sample.digests()))


def check(sample: Sample, make: Callable[[], Keeper]) -> None:
    make().size()


def cost(work: Callable[[Sample, Callable[[], Keeper]], None], sample: Sample, make: Callable[[], Keeper]) -> Cost:
    """What the work costs in a child of this process, which starts with nothing open."""
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def child() -> None:
        before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        work(sample, make)
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
        answers.put(Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall))

    process = context.Process(target=child)
    process.start()
    process.join()
    if process.exitcode != 0:
        raise RuntimeError(f"the child ended with status {process.exitcode}")
    answer: Cost = answers.get()
    return answer


def measured(sample: Sample, make: Callable[[Path], Keeper]) -> tuple[list[Cost], float]:
    """The costs of filling, reading, one look-up and a check of a new store, and the disk that it takes in MB."""
    folder = Path(tempfile.mkdtemp(prefix="stores-"))
    try:
        costs = [cost(work, sample, partial(make, folder)) for work in (fill, read, one, check)]
        blocks = sum(path.lstat().st_blocks for path in folder.rglob("*") if path.is_file())
    finally:
        shutil.rmtree(folder)
    return costs, blocks * 512 / 1e6


def row(name: str, rounds: Sequence[tuple[list[Cost], float]]) -> tuple[str, ...]:
    cpu = [median(costs[number].cpu for costs, _ in rounds) for number in range(4)]
    wall = [median(costs[number].wall for costs, _ in rounds) for number in range(4)]
    return (
        name,
        f"{cpu[0]:.2f}",
        f"{wall[0]:.2f}",
        f"{cpu[1]:.2f}",
        f"{wall[1]:.2f}",
        f"{cpu[2] * 1000:.2f}",
        f"{wall[2] * 1000:.2f}",
        f"{cpu[3] * 1000:.0f}",
        f"{median(disk for _, disk in rounds):.0f}",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.stores", description=__doc__)
    parser.add_argument("--modules", type=int, default=10_000, help="how many modules (default: 10000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each store runs (default: 3)")
    options = parser.parse_args(arguments)
    facts = real_facts(250)
    sample = Sample(options.modules, facts)
    # The children share the parent's objects; a collection there would copy them all.
    gc.freeze()
    rounds = [{name: measured(sample, make) for name, make in STORES.items()} for _ in range(options.rounds)]
    print(f"{options.modules:,} modules, {sum(map(len, facts)) / len(facts) / 1000:.1f} KB of facts each\n")
    print(table(COLUMNS, [row(name, [each[name] for each in rounds]) for name in STORES]))


def _marked(value: bytes, level: int) -> bytes:
    payload = zlib.compress(value, level) if level else value
    return hashlib.blake2b(payload, digest_size=16).digest() + payload


def _checked(content: bytes, level: int) -> bytes | None:
    payload = content[16:]
    if content[:16] != hashlib.blake2b(payload, digest_size=16).digest():
        return None
    return zlib.decompress(payload) if level else payload


if __name__ == "__main__":
    main()
