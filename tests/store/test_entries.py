"""What was put comes back whole or not at all; what is not ours is ignored."""

from __future__ import annotations

import os
import shutil
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_noblock.cache import store
from flake8_noblock.cache.store import FORMAT, Store
from tests.folders import POSIX
from tests.store.support import KEY, KIND, LONG, SHORT, entry_files, filled, many, only_file

# --- get and put ------------------------------------------------------------------------------------------------------


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


# --- content that is not ours -----------------------------------------------------------------------------------------


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
