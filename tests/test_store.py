"""The cache on disk: what was put comes back whole or not at all, whoever else writes, dies or fills the disk."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flake8_noblock.cache import store
from flake8_noblock.cache.store import FORMAT, SHARDS, Store

ROOT = Path(__file__).parents[1]
KIND = "facts"
KEY = b"key"
LONG = bytes(range(256)) * 400
SHORT = b"short"
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outer" / "cache"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, which those of pytest are not."""
    made = Path(tempfile.mkdtemp(prefix="store-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def filled(folder: Path, value: bytes = LONG, limit: int = store.LIMIT) -> Store:
    kept = Store(folder, limit)
    kept.put(KIND, KEY, value)
    kept.flush()
    return kept


def entry_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in ("CACHEDIR.TAG", ".gitignore"))


def only_file(folder: Path) -> Path:
    (path,) = entry_files(folder)
    return path


def everything(folder: Path) -> list[tuple[str, int, int]]:
    return [(str(path), path.lstat().st_mode, path.lstat().st_mtime_ns) for path in sorted([folder, *folder.rglob("*")])]


def many(count: int, size: int = 300) -> dict[bytes, bytes]:
    """Keys and values that tell, by themselves, whether they belong together."""
    return {str(number).encode(): value_of(str(number).encode(), size) for number in range(count)}


def value_of(key: bytes, size: int) -> bytes:
    return hashlib.shake_128(key).digest(size)


def python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", program, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60
    )


# --- get and put -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [b"", SHORT, LONG, os.urandom(4079), os.urandom(4080), os.urandom(200_000)], ids=len)
def test_what_was_put_comes_back(folder: Path, value: bytes) -> None:
    kept = filled(folder, value)
    assert kept.get(KIND, KEY) == value
    assert Store(folder).get(KIND, KEY) == value


def test_kinds_and_keys_are_apart(folder: Path) -> None:
    kept = Store(folder)
    for kind, key in (("a", b"b"), ("ab", b""), ("a", b"B"), ("a", b"b\0"), ("a", b"x" * 5000)):
        kept.put(kind, key, kind.encode() + b"/" + key)
    kept.flush()
    for kind, key in (("a", b"b"), ("ab", b""), ("a", b"B"), ("a", b"b\0"), ("a", b"x" * 5000)):
        assert Store(folder).get(kind, key) == kind.encode() + b"/" + key
    assert Store(folder).get("b", b"b") is None
    assert Store(folder).get("a", b"") is None


def test_the_last_one_counts(folder: Path) -> None:
    kept = filled(folder)
    kept.put(KIND, KEY, SHORT)
    assert kept.get(KIND, KEY) == SHORT
    assert Store(folder).get(KIND, KEY) == LONG
    kept.flush()
    assert Store(folder).get(KIND, KEY) == SHORT


def test_nothing_is_written_before_a_flush(folder: Path) -> None:
    kept = Store(folder)
    kept.put(KIND, KEY, LONG)
    assert kept.get(KIND, KEY) == LONG
    assert kept.get(KIND, b"other") is None
    kept.size()
    assert not folder.parent.exists()
    Store(folder).flush()
    assert not folder.parent.exists()


def test_closing_flushes_and_the_store_goes_on(folder: Path) -> None:
    kept = Store(folder)
    kept.put(KIND, KEY, LONG)
    kept.close()
    assert Store(folder).get(KIND, KEY) == LONG
    kept.put(KIND, b"other", SHORT)
    kept.close()
    assert Store(folder).get(KIND, b"other") == SHORT


def test_a_store_sees_what_another_one_writes_later(folder: Path) -> None:
    early = Store(folder)
    assert early.get(KIND, KEY) is None
    filled(folder)
    assert early.get(KIND, KEY) == LONG


def test_a_store_without_folder_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    none = Store(None)
    none.put(KIND, KEY, LONG)
    assert none.get(KIND, KEY) is None
    none.flush()
    none.clear()
    none.close()
    assert none.size() == store.Size(0, 0, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["", "A", "../a", "a-b", "a.b", "1", "ä", "a" * 17])
def test_what_is_no_kind(folder: Path, kind: str) -> None:
    with pytest.raises(ValueError, match="not a kind"):
        Store(folder).put(kind, KEY, SHORT)
    with pytest.raises(ValueError, match="not a kind"):
        Store(folder).get(kind, KEY)


def test_a_folder_is_meant_as_it_was_when_the_store_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    kept = Store(Path("cache"))
    monkeypatch.chdir(tmp_path / "other")
    kept.put(KIND, KEY, LONG)
    kept.flush()
    assert Store(tmp_path / "cache").get(KIND, KEY) == LONG
    assert list((tmp_path / "other").iterdir()) == []


def test_values_that_are_too_large(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = filled(folder, bytes(100_000))
    monkeypatch.setattr(store, "LARGEST", 99_999)
    assert kept.get(KIND, KEY) is None, "unpacking has bounds"
    kept.put(KIND, b"other", bytes(100_000))
    assert kept.get(KIND, b"other") is None
    os.truncate(only_file(folder), 100_000)
    assert kept.get(KIND, KEY) is None


def test_how_much_there_is(folder: Path) -> None:
    kept = Store(folder)
    kept.put("facts", KEY, os.urandom(5000))
    kept.put("facts", b"other", SHORT)
    kept.put("results", KEY, SHORT)
    assert kept.size().entries == 0
    kept.flush()
    assert kept.size() == Store(folder).size() == store.Size(3, 16384, {"facts": (2, 12288), "results": (1, 4096)})


def test_clearing(folder: Path) -> None:
    kept = filled(folder)
    kept.put(KIND, b"other", LONG)
    kept.flush()
    shutil.copytree(folder / f"noblock-{FORMAT}", folder / "noblock-7")
    (folder / "mine.txt").write_bytes(b"")
    (folder / "noblock-mine").mkdir()
    kept.put(KIND, b"third", LONG)
    kept.clear()
    assert sorted(path.name for path in folder.iterdir()) == ["mine.txt", "noblock-mine"]
    assert [kept.get(KIND, key) for key in (KEY, b"other", b"third")] == [None, None, None]
    kept.put(KIND, KEY, SHORT)
    kept.flush()
    assert Store(folder).get(KIND, KEY) == SHORT


def test_clearing_what_is_not_there(folder: Path) -> None:
    Store(folder).clear()
    assert not folder.parent.exists()


def test_what_is_removed_while_a_store_is_in_use(folder: Path) -> None:
    kept = filled(folder)
    shutil.rmtree(folder)
    assert kept.get(KIND, KEY) is None
    kept.put(KIND, KEY, SHORT)
    kept.flush()
    assert kept.get(KIND, KEY) == SHORT


# --- content that is not ours ------------------------------------------------------------------------------------------


def cut(content: bytes) -> bytes:
    return content[:-1]


def halved(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    return content[:-40] + bytes([content[-40] ^ 1]) + content[-39:]


def longer(content: bytes) -> bytes:
    return content + b"\0"


DAMAGE = {
    "empty": lambda _: b"",
    "cut": cut,
    "half": halved,
    "one byte": lambda content: content[:1],
    "flipped": flipped,
    "first byte flipped": lambda content: bytes([content[0] ^ 1]) + content[1:],
    "longer": longer,
    "foreign": lambda _: b"SQLite format 3\0" * 20,
    "zeros": lambda content: bytes(len(content)),
    "compressed only": lambda _: zlib.compress(LONG),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("value", [LONG, os.urandom(1000)], ids=["long", "short"])
def test_damaged_entries_are_ignored_and_rewritten(folder: Path, value: bytes, damage: Callable[[bytes], bytes]) -> None:
    kept = filled(folder, value)
    path = only_file(folder)
    path.write_bytes(damage(path.read_bytes()))
    assert kept.get(KIND, KEY) is None
    assert Store(folder).get(KIND, KEY) is None
    filled(folder, value)
    assert Store(folder).get(KIND, KEY) == value


def test_every_cut_and_every_flip_is_noticed(folder: Path) -> None:
    kept = filled(folder, SHORT)
    path = only_file(folder)
    content = path.read_bytes()
    for number in range(len(content)):
        for wrong in (content[:number], content[:number] + bytes([content[number] ^ 4]) + content[number + 1 :]):
            path.write_bytes(wrong)
            assert kept.get(KIND, KEY) is None
    path.write_bytes(content)
    assert kept.get(KIND, KEY) == SHORT


@pytest.mark.parametrize("payload", [b"", b"x", b"dgarbage", b"d" + zlib.compress(LONG)[:-9]])
def test_a_right_checksum_over_a_wrong_payload(folder: Path, payload: bytes) -> None:
    kept = filled(folder)
    path = only_file(folder)
    path.write_bytes(store._mark(path.name, payload) + payload)
    assert kept.get(KIND, KEY) is None


def test_an_entry_in_the_place_of_another(folder: Path) -> None:
    kept = filled(folder)
    kept.put("other", KEY, SHORT)
    kept.flush()
    one, other = entry_files(folder)
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    assert kept.get(KIND, KEY) is None
    assert kept.get("other", KEY) is None


@pytest.mark.parametrize("later", [FORMAT + 1, FORMAT + 10])
def test_entries_of_another_format_never_come_back(folder: Path, monkeypatch: pytest.MonkeyPatch, later: int) -> None:
    filled(folder)
    same_place = only_file(folder).relative_to(folder / f"noblock-{FORMAT}")
    with monkeypatch.context() as changed:
        changed.setattr(store, "FORMAT", later)
        changed.setattr(store, "_PERSON", b"noblock-%d" % later)
        assert Store(folder).get(KIND, KEY) is None
        filled(folder, SHORT)
        assert Store(folder).get(KIND, KEY) == SHORT
    assert Store(folder).get(KIND, KEY) == LONG
    shutil.copy(folder / f"noblock-{later}" / same_place, folder / f"noblock-{FORMAT}" / same_place)
    assert Store(folder).get(KIND, KEY) is None, "not even out of a folder that was renamed"


def test_formats_that_no_run_has_used_for_a_month_go(folder: Path) -> None:
    filled(folder)
    now = time.time()
    for name, days in (("noblock-0", 31), ("noblock-7", 29), ("noblock-mine", 31), ("other", 31)):
        shutil.copytree(folder / f"noblock-{FORMAT}", folder / name)
        os.utime(folder / name, (now - days * 86400,) * 2)
    os.utime(folder / f"noblock-{FORMAT}", (now - 40 * 86400,) * 2)
    filled(folder)
    assert sorted(path.name for path in folder.iterdir()) == [f"noblock-{FORMAT}", "noblock-7", "noblock-mine", "other"]
    assert (folder / f"noblock-{FORMAT}").stat().st_mtime > now - 60, "this format is in use"


@POSIX
def test_what_is_no_file_in_an_entry_s_place(folder: Path, tmp_path: Path) -> None:
    kept = filled(folder)
    path = only_file(folder)
    path.unlink()
    os.mkfifo(path)
    assert kept.get(KIND, KEY) is None, "and nobody waits for a writer"
    filled(folder)
    assert path.is_file()
    target = tmp_path / "target"
    path.rename(target)
    path.symlink_to(target)
    before = target.read_bytes()
    assert kept.get(KIND, KEY) is None
    filled(folder, SHORT)
    assert not path.is_symlink()
    assert target.read_bytes() == before
    path.unlink()
    path.mkdir()
    kept.put(KIND, KEY, LONG)
    kept.put(KIND, b"other", SHORT)
    kept.flush()
    assert kept.get(KIND, KEY) is None
    assert kept.get(KIND, b"other") == SHORT, "one entry's trouble is its own"
    assert not [path for path in entry_files(folder) if path.name.endswith(".tmp")]


def test_a_file_in_a_shard_s_place(folder: Path) -> None:
    kept = filled(folder)
    shard = only_file(folder).parent
    shutil.rmtree(shard)
    shard.write_bytes(b"")
    for key, value in many(200).items():
        kept.put(KIND, key, value)
    kept.put(KIND, KEY, LONG)
    kept.flush()
    assert kept.get(KIND, KEY) is None
    assert kept.size().entries > 150
    assert shard.read_bytes() == b""


# --- whose folder ------------------------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize("mask", [0, 0o022, 0o077, 0o777])
def test_only_the_user_may_enter(folder: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        filled(folder)
    finally:
        os.umask(before)
    assert Store(folder).get(KIND, KEY) == LONG
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [folder.parent, *folder.parent.rglob("*")]}
    assert len(modes) == 7
    assert {path: mode for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)} == {}


@POSIX
def test_others_may_not_enter_for_a_moment_either(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("chmod", "fchmod"):
        monkeypatch.setattr(os, name, lambda *_: None)
    before = os.umask(0)
    try:
        filled(folder)
    finally:
        os.umask(before)
    paths = [folder.parent, *folder.parent.rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600, 0o700}


@POSIX
def test_an_own_folder_is_left_as_it_is_and_ours_in_it_is_closed(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    filled(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    ours = folder / f"noblock-{FORMAT}"
    ours.chmod(0o777)
    assert Store(folder).get(KIND, KEY) == LONG
    assert stat.S_IMODE(ours.stat().st_mode) == 0o700


@POSIX
@pytest.mark.parametrize(("mode", "used"), [(0o777, False), (0o1777, True), (0o770, True)])
def test_a_folder_that_everybody_may_write_to(folder: Path, mode: int, used: bool) -> None:
    folder.mkdir(parents=True)
    folder.chmod(mode)
    filled(folder)
    assert (Store(folder).get(KIND, KEY) == LONG) is used
    assert (list(folder.iterdir()) != []) is used


@POSIX
@pytest.mark.parametrize("part", ["", f"noblock-{FORMAT}", "shard"])
def test_links_are_not_followed(folder: Path, tmp_path: Path, part: str) -> None:
    filled(folder)
    link = only_file(folder).parent if part == "shard" else folder / part
    elsewhere = tmp_path / "elsewhere"
    link.rename(elsewhere)
    link.symlink_to(elsewhere, target_is_directory=True)
    before = everything(elsewhere)
    kept = filled(folder, SHORT)
    kept.size()
    kept.clear()
    assert everything(elsewhere) == before
    assert part == "shard" or kept.get(KIND, KEY) is None


@POSIX
@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("part", ["", f"noblock-{FORMAT}"])
def test_another_user_s_folder_is_not_used(folder: Path, part: str) -> None:
    filled(folder)
    os.chown(folder / part, 65534, -1)
    before = everything(folder)
    kept = filled(folder, SHORT)
    assert kept.get(KIND, KEY) is None
    assert kept.size().entries == 0
    assert everything(folder) == before
    kept.put(KIND, KEY, SHORT)
    assert kept.get(KIND, KEY) is None, "what can't be flushed isn't gathered"
    if part == "":
        kept.clear()
        assert everything(folder) == before


@POSIX
def test_another_user_s_folder_by_the_number_of_the_user(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(folder)
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    before = everything(folder)
    assert filled(folder, SHORT).get(KIND, KEY) is None
    assert everything(folder) == before


def test_the_folder_says_what_it_is(folder: Path) -> None:
    filled(folder)
    made = folder / f"noblock-{FORMAT}"
    assert (made / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")
    assert (made / ".gitignore").read_text(encoding="utf-8") == "*\n"
    assert sorted(path.name for path in folder.iterdir()) == [made.name]


def test_the_user_s_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = store.user_folder()
    assert found is not None
    assert found.name == "flake8-noblock"
    if sys.platform == "linux":
        assert found == tmp_path / "flake8-noblock"
    assert list(tmp_path.iterdir()) == []


def test_a_relative_user_folder_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: Path("~/.cache"))
    assert store.user_folder() is None


# --- what is imported and opened ---------------------------------------------------------------------------------------


def test_what_is_imported_with_the_module() -> None:
    program = "import sys, json; import flake8_noblock.cache.store; print(json.dumps(sorted(sys.modules)))"
    modules = set(json.loads(python(program).stdout))
    assert "flake8_noblock.cache.store" in modules
    assert not modules & {"sqlite3", "platformdirs", "pickle", "shelve", "dbm", "msgspec", "tempfile", "shutil", "random"}


WRITES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.chmod", "os.utime", "os.truncate", "os.link", "os.symlink"}
WATCHED = """
import os, pathlib, sys
asked = []

def watch(event, args):
    writes = event == "open" and (set(str(args[1] or "")) & set("wax+") or (args[2] or 0) & (os.O_WRONLY | os.O_RDWR))
    if writes or event in {events!r}:
        asked.extend(str(part) for part in args[:2 if event == "os.rename" else 1])
    elif event.split(".")[0] in ("subprocess", "socket", "sqlite3", "pickle", "marshal", "tempfile", "shutil"):
        asked.append(event)

from flake8_noblock.cache.store import Store
sys.addaudithook(watch)
store = Store(pathlib.Path(sys.argv[1]), limit=300_000)
for number in range(200):
    store.put("facts", str(number).encode(), os.urandom(9000))
    store.flush()
store.get("facts", b"3")
store.size()
store.clear()
print(*asked, sep="\\n")
"""


def test_nothing_but_the_folder_is_written_to(folder: Path) -> None:
    done = python(WATCHED.format(events=WRITES), str(folder))
    assert done.stderr == ""
    asked = done.stdout.splitlines()
    assert len(asked) > 400
    assert {path for path in asked if not path.startswith(str(folder)) and path != str(folder.parent)} == set()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_nothing_stays_open(folder: Path) -> None:
    before = os.listdir("/proc/self/fd")
    kept = filled(folder)
    kept.get(KIND, KEY)
    kept.get(KIND, b"other")
    only_file(folder).write_bytes(b"")
    kept.get(KIND, KEY)
    kept.size()
    assert os.listdir("/proc/self/fd") == before


# --- several processes -------------------------------------------------------------------------------------------------


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
from tests.test_store import Store, many
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


# --- disks that don't do it --------------------------------------------------------------------------------------------

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
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o500 if path.is_dir() else 0o400)
        if root:
            os.chown(path, 65534, 65534)
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


# --- bounds ------------------------------------------------------------------------------------------------------------


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
