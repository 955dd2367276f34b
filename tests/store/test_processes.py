"""Whoever else writes, dies or fills the disk: entries are whole or not there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flake8_noblock.cache import store
from flake8_noblock.cache.store import FORMAT, SHARDS, Store
from tests.folders import POSIX, everything, let_only_read
from tests.store.support import KEY, KIND, LONG, ROOT, entry_files, filled, many, only_file, python

# --- several processes ------------------------------------------------------------------------------------------------

FORK = """
import os, pathlib, sys
from flake8_noblock.cache.store import Store
store = Store(pathlib.Path(sys.argv[1]))
store.put("facts", b"early", b"early")
store.flush()
assert store.get("facts", b"early") == b"early"
store.put("facts", b"pending", b"pending")
child = os.fork()
if child == 0:
    assert [store.get("facts", key) for key in (b"early", b"pending", b"none")] == [b"early", b"pending", None]
    store.put("facts", b"child", b"child")
    store.close()
    os._exit(0 if store.get("facts", b"child") == b"child" else 1)
assert os.waitpid(child, 0) == (child, 0)
assert store.get("facts", b"child") == b"child"
store.put("facts", b"parent", b"parent")
store.close()
fresh = Store(pathlib.Path(sys.argv[1]))
print(*(fresh.get("facts", key).decode() for key in (b"early", b"pending", b"child", b"parent")))
"""


@POSIX
def test_a_fork_with_a_store_in_use(folder: Path) -> None:
    done = python(FORK, str(folder))
    assert (done.returncode, done.stdout, done.stderr) == (0, "early pending child parent\n", "")


CROWD = """
import hashlib, pathlib, random, sys
from flake8_noblock.cache.store import Store
store, role = Store(pathlib.Path(sys.argv[1]), int(sys.argv[3])), sys.argv[2]
keys = [str(number).encode() for number in range(60)]
choose = random.Random(role)
found = 0
for turn in range(40):
    for key in choose.sample(keys, 12):
        size = choose.choice((100, 9000, 70_000))
        if role != "reader":
            store.put("facts", key, key + b":" + hashlib.shake_128(key).digest(16) * size)
        else:
            value = store.get("facts", key)
            if value is not None:
                found += 1
                before, _, rest = value.partition(b":")
                assert before == key and rest[:16] == hashlib.shake_128(key).digest(16), key
                assert rest == rest[:16] * (len(rest) // 16), key
    store.flush()
    if role == "clearing" and turn % 10 == 0:
        store.clear()
    store.size()
print(found)
"""


@pytest.mark.parametrize(("limit", "last"), [(store.LIMIT, "d"), (SHARDS * 9000, "d"), (store.LIMIT, "clearing")])
def test_several_writers_and_readers(folder: Path, limit: int, last: str) -> None:
    command = [sys.executable, "-P", "-c", CROWD, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    crowd = [
        subprocess.Popen(
            [*command, role, str(limit)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        for role in ("a", "b", "c", last, "reader", "reader")
    ]
    said = [process.communicate(timeout=60)[0] for process in crowd]
    assert [process.returncode for process in crowd] == [0] * 6, said
    assert said[:4] == ["0\n"] * 4
    assert not [path for path in entry_files(folder) if path.name.endswith(".tmp")]
    if limit == store.LIMIT and last == "d":
        fresh = Store(folder)
        assert fresh.size().entries == 60
        assert all(fresh.get(KIND, str(number).encode()) for number in range(60))


VICTIM = """
import pathlib, sys
from flake8_noblock.cache.store import Store
from tests.store.support import many
store = Store(pathlib.Path(sys.argv[1]))
print("ready", flush=True)
while True:
    for key, value in many(40, 30_000).items():
        store.put("facts", key, value)
        store.flush()
        print(key.decode(), flush=True)
"""


@POSIX
def test_writers_that_are_killed(folder: Path) -> None:
    choose = random.Random(20)
    right = many(40, 30_000)
    for _ in range(20):
        command = [sys.executable, "-P", "-c", VICTIM, str(folder)]
        victim = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
        assert victim.stdout is not None
        assert victim.stdout.readline() == "ready\n"
        for _ in range(choose.randrange(60)):
            victim.stdout.readline()
        # At any moment of the next writing: burning a random time is no waiting for something.
        sum(range(choose.randrange(100_000)))
        victim.kill()
        victim.communicate()
        assert victim.returncode == -signal.SIGKILL
        found = {key: Store(folder).get(KIND, key) for key in right}
        assert {key for key, value in found.items() if value not in (None, right[key])} == set()
    kept = Store(folder)
    assert any(kept.get(KIND, key) for key in right)
    for key, value in right.items():
        kept.put(KIND, key, value)
    kept.flush()
    assert {key: Store(folder).get(KIND, key) for key in right} == right
    assert kept.size().entries == len(right)


def test_what_killed_writers_have_left_goes_after_an_hour(folder: Path) -> None:
    filled(folder)
    path = only_file(folder)
    now = time.time()
    old, young = (path.with_name(f"{path.name}.{name}.tmp") for name in ("old", "young"))
    for left, minutes in ((old, 61), (young, 59)):
        left.write_bytes(b"half")
        os.utime(left, (now - minutes * 60,) * 2)
    kept = Store(folder)
    assert kept.size().entries == 1
    fill_all_shards(kept)
    assert not old.exists()
    assert young.exists()
    assert path.exists()


# --- disks that don't do it -------------------------------------------------------------------------------------------

USE = """
import os, pathlib, sys
from flake8_noblock.cache.store import Store
{before}
store = Store(pathlib.Path(sys.argv[1]))
for turn in range(3):
    store.put("facts", b"new", bytes(range(256)) * 4000 + os.urandom(50_000))
    store.put("facts", b"small", b"small")
    store.flush()
    store.size()
    old, new = store.get("facts", b"key"), store.get("facts", b"new")
store.close()
sys.stdout.buffer.write(b"%s %s" % (b"none" if old is None else b"old", b"none" if new is None else b"new"))
"""
NOBODY = "import hashlib, platformdirs, zlib; os.setgroups([]); os.setgid(65534); os.setuid(65534)"
FULL = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
"""


@POSIX
@pytest.mark.parametrize("before", ["cache", "empty"])
def test_a_folder_that_can_only_be_read(open_folder: Path, before: str) -> None:
    folder = open_folder / "cache"
    folder.mkdir(mode=0o700)
    if before == "cache":
        filled(folder)
    root = os.geteuid() == 0
    let_only_read(folder)
    listed = everything(folder)
    done = python(USE.format(before=NOBODY if root else ""), str(folder))
    assert everything(folder) == listed
    for path in folder.rglob("*"):
        path.chmod(0o700)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("old none" if before == "cache" else "none none")


@POSIX
def test_a_folder_that_can_t_be_made(open_folder: Path) -> None:
    (open_folder / "file").write_bytes(b"")
    for place in (open_folder / "file", open_folder / "file" / "cache", Path("/proc/no/cache"), open_folder / ("x" * 300)):
        done = python(USE.format(before=""), str(place))
        assert (done.returncode, done.stdout, done.stderr) == (0, "none none", "")
    assert [path.name for path in open_folder.iterdir()] == ["file"]
    assert (open_folder / "file").read_bytes() == b""


def test_a_drive_that_is_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    assert filled(folder).get(KIND, KEY) is None
    assert not folder.parent.exists()


def test_what_there_is_instead_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    for place in (tmp_path / "file", tmp_path / "file" / "cache"):
        kept = filled(place)
        assert kept.get(KIND, KEY) is None
        assert kept.size().entries == 0
        kept.clear()
    (tmp_path / f"noblock-{FORMAT}").write_bytes(b"mine")
    kept = filled(tmp_path)
    assert kept.get(KIND, KEY) is None
    kept.clear()
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"mine"}


@POSIX
@pytest.mark.parametrize("size", [0, 10, 4096])
def test_a_full_disk(folder: Path, size: int) -> None:
    filled(folder)
    done = python(USE.format(before=FULL.format(size=size)), str(folder))
    assert (done.returncode, done.stdout, done.stderr) == (0, "old none", "")
    assert not [path for path in entry_files(folder) if path.name.endswith(".tmp")]
    done = python(USE.format(before=""), str(folder))
    assert (done.returncode, done.stdout, done.stderr) == (0, "old new", "")


def test_a_full_disk_costs_one_attempt_for_each_flush(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = filled(folder)
    attempts = []

    def full(path: str, content: bytes) -> None:
        attempts.append(path)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_write_file", full)
    for key, value in many(50).items():
        kept.put(KIND, key, value)
    kept.flush()
    assert len(attempts) == 1
    assert kept.get(KIND, b"1") is None, "what could not be written is not kept in memory for ever"
    assert kept.get(KIND, KEY) == LONG


# --- bounds -----------------------------------------------------------------------------------------------------------


def fill_all_shards(kept: Store, count: int = SHARDS * 64, size: int = 64) -> None:
    """One flush with so many entries that every shard is tidied."""
    for key, value in many(count, size).items():
        kept.put("many", key, value)
    kept.flush()


def test_the_limit_holds(folder: Path) -> None:
    limit = 4096 * SHARDS * 20
    kept = Store(folder, limit)
    fill_all_shards(kept)
    size = kept.size()
    assert limit * 0.7 < size.bytes <= limit
    assert sum(path.lstat().st_size for path in entry_files(folder)) <= limit
    again = Store(folder, limit // 2)
    fill_all_shards(again, size=100)
    assert again.size().bytes <= limit // 2


def test_small_flushes_hold_the_limit_too(folder: Path) -> None:
    limit = 4096 * SHARDS
    kept = Store(folder, limit)
    for start in range(0, 3000, 10):
        for number in range(start, start + 10):
            kept.put(KIND, str(number).encode(), b"")
        kept.flush()
    # A shard is looked at once in 64 such flushes, in which all shards together gain 640 entries.
    assert kept.size().bytes < limit + 1280 * 4096


def test_a_flush_looks_at_few_shards(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = filled(folder)
    looked: list[str] = []
    monkeypatch.setattr(store, "_trim_shard", lambda shard, limit: looked.append(shard))
    for count, most in ((1, 1), (63, 1), (640, 11), (SHARDS * 64 * 2, SHARDS)):
        looked.clear()
        fill_all_shards(kept, count)
        assert len(set(looked)) == len(looked) == most


def test_those_that_were_not_used_for_longest_go_first(folder: Path) -> None:
    kept = Store(folder)
    fill_all_shards(kept)
    now = time.time()
    used, unused = many(100), [str(number).encode() for number in range(100, 4096)]
    for path in entry_files(folder):
        os.utime(path, (now - 10 * 86400,) * 2)
    assert all(kept.get("many", key) for key in used)
    for name, value in {f"new{number}".encode(): b"" for number in range(4096)}.items():
        kept.put(KIND, name, value)
    tight = Store(folder, 4096 * SHARDS * 100)
    tight._pending = kept._pending
    tight.flush()
    assert all(kept.get("many", key) for key in used)
    assert sum(kept.get("many", key) is None for key in unused) > 1000


@pytest.mark.parametrize(("hours", "noted"), [(23, False), (25, True), (-25, True)])
def test_use_is_noted_once_a_day(folder: Path, hours: int, noted: bool) -> None:
    kept = filled(folder)
    path = only_file(folder)
    then = time.time() - hours * 3600
    os.utime(path, (then, then))
    kept.get(KIND, KEY)
    assert (abs(path.stat().st_mtime - time.time()) < 60) is noted


def test_a_clock_that_is_wrong_decides_nothing_but_age(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for now in (0.0, 1e12):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        kept = filled(folder)
        assert Store(folder).get(KIND, KEY) == LONG
        assert kept.size().entries == 1
