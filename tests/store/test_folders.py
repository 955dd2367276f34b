"""Whose folder it is, and what is imported, opened and written."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from flake8_noblock.cache import store
from flake8_noblock.cache.store import FORMAT, Store
from tests.folders import POSIX, everything
from tests.store.support import KEY, KIND, LONG, SHORT, filled, only_file, python

# --- whose folder -----------------------------------------------------------------------------------------------------


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


# --- what is imported and opened --------------------------------------------------------------------------------------


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
