"""The same findings, however they come about: cold, warm, in several processes, after a kill, on a disk that does not take it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flake8_noblock.cache import store
from tests.cache.support import (
    DIE,
    ENVIRONMENT,
    FILES,
    FOUND,
    FULL,
    NAMES,
    NOBODY,
    OTHER,
    START,
    after,
    command,
    entries,
    places,
    printed,
    run,
)
from tests.folders import POSIX, everything, let_only_read
from tests.support import lint, write

# --- the same findings, however they come about -----------------------------------------------------------------------


def test_findings_of_the_project(expected: str) -> None:
    assert places(expected) == FOUND


def test_cold_warm_and_in_other_orders_and_processes(shared: Path, expected: str, cache: Path, tmp_path: Path) -> None:
    assert printed(run(shared, cache)) == expected
    cold = entries(cache)
    assert {path.name.partition("-")[2] for path in cold} >= {"facts", "results"}
    for jobs, files in (("-j1", NAMES), ("-j4", NAMES[5:] + NAMES[:5])):
        assert printed(run(shared, cache, jobs, files=files)) == expected
    assert entries(cache) == cold, "a warm run has nothing to write"
    other = tmp_path / "other"
    assert printed(run(shared, other, files=NAMES[::-1])) == expected
    assert {path.name for path in entries(other, "results")} == {path.name for path in entries(cache, "results")}
    assert printed(run(shared, "none", "-j4")) == expected


def test_one_file_alone(shared: Path, expected: str, cache: Path) -> None:
    """Into an empty cache, and out of one that others have filled."""
    for state in ("cold", "warm"):
        for name in ("main.py", "shop/service.py"):
            own = "".join(line for line in expected.splitlines(keepends=True) if line.startswith(f"{name}:"))
            assert own
            assert printed(run(shared, cache, files=[name])) == own, state
    assert printed(run(shared, cache)) == expected


@POSIX
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_start_methods_of_the_workers(shared: Path, expected: str, cache: Path, tmp_path: Path, method: str) -> None:
    driver = after(tmp_path / "driver", START.format(method=method))
    assert printed(run(shared, cache, "-j4", driver=driver)) == expected
    assert printed(run(shared, cache)) == expected


# --- several processes, and those that die ----------------------------------------------------------------------------


def test_two_runs_that_share_an_empty_cache(shared: Path, expected: str, cache: Path) -> None:
    runs = [
        subprocess.Popen(command(cache, "-j4"), cwd=shared, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [(*each.communicate(), each.returncode) for each in runs] == [(expected, "", 1)] * 2
    kept = entries(cache)
    assert not [path for path in cache.rglob("*.tmp")]
    assert printed(run(shared, cache)) == expected
    assert entries(cache) == kept


@POSIX
def test_runs_that_are_killed(shared: Path, expected: str, cache: Path, tmp_path: Path) -> None:
    """Twenty times, two at once, each somewhere in its writing."""
    choose = random.Random(7)
    for number in range(10):
        victims = []
        for part in ("one", "other"):
            die = DIE.format(number=choose.randrange(25), folder=str(cache))
            driver = after(tmp_path / f"{number}{part}", die)
            victims.append(subprocess.Popen(command(cache, driver=driver), cwd=shared, stdout=subprocess.DEVNULL))
        assert [victim.wait() for victim in victims] == [-signal.SIGKILL] * 2
    assert entries(cache), "some of the work was kept"
    assert printed(run(shared, cache)) == expected
    kept = entries(cache)
    assert printed(run(shared, cache, "-j4")) == expected
    assert entries(cache) == kept


# --- a disk that doesn't take it --------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize("size", [0, 700])
def test_a_full_disk(shared: Path, expected: str, cache: Path, tmp_path: Path, size: int) -> None:
    driver = after(tmp_path / "driver", FULL.format(size=size))
    jobs = "-j4" if size else "-j1"  # Workers come with small files of their own.
    assert printed(run(shared, cache, jobs, driver=driver)) == expected
    assert not [path for path in cache.rglob("*.tmp")]
    assert all(path.stat().st_size <= size for path in cache.rglob("*") if path.is_file())
    assert printed(run(shared, cache)) == expected


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that every user can reach, which those of pytest are not."""
    made = Path(tempfile.mkdtemp(prefix="cache-"))
    made.chmod(0o755)
    yield made
    for path in made.rglob("*"):
        if path.is_dir():
            path.chmod(0o700)
    shutil.rmtree(made)


@POSIX
@pytest.mark.parametrize("state", ["cold", "warm"])
def test_a_cache_that_can_only_be_read(reachable: Path, state: str) -> None:
    if os.geteuid() == 0 and any(not folder.stat().st_mode & 0o001 for folder in Path(sys.prefix).resolve().parents):
        pytest.skip("another user can't read the environment that the tests run in")
    project, cache = write(reachable / "project", FILES), reachable / "cache"
    write(reachable / "environment", ENVIRONMENT)
    cache.mkdir(mode=0o700)
    expected = printed(run(project, cache if state == "warm" else "none"))
    assert places(expected) == FOUND
    assert bool(entries(cache)) == (state == "warm")
    root = os.geteuid() == 0
    let_only_read(cache)
    before = everything(cache)
    driver = after(reachable / "driver", NOBODY if root else "")
    assert printed(run(project, cache, driver=driver)) == expected
    assert everything(cache) == before


def test_a_cache_that_can_t_be_made(shared: Path, expected: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for place in (tmp_path / "file" / "cache", tmp_path / ("x" * 300)):
        assert printed(run(shared, place)) == expected
    assert (tmp_path / "file").read_bytes() == b""


# --- entries that aren't ours -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("signature", "believed"), [("b'other'", False), ("signature._own()", True)])
def test_a_cache_of_another_version(
    shared: Path, expected: str, cache: Path, tmp_path: Path, signature: str, believed: bool
) -> None:
    """A version that finds nothing says so to itself only; with our own signature it would be believed."""
    before = OTHER.format(signature=signature).replace(
        "\nsignature.", "\nsignature._own = signature.plugin_signature\nsignature.", 1
    )
    driver = after(tmp_path / "driver", before)
    assert printed(run(shared, cache, driver=driver)) == ""
    assert printed(run(shared, cache)) == ("" if believed else expected)
    assert printed(run(shared, cache, driver=driver)) == "", "each finds its own"


def test_damaged_entries(shared: Path, expected: str, cache: Path) -> None:
    assert printed(run(shared, cache)) == expected
    files = sorted(entries(cache))
    contents = {path: path.read_bytes() for path in files}
    for number, path in enumerate(files):
        content = contents[path]
        path.write_bytes(
            [
                b"",
                content[: len(content) // 2],
                content[:-1] + bytes([content[-1] ^ 1]),
                contents[files[number - 1]],
                b"SQLite format 3\0" * 30,
            ][number % 5]
        )
    assert printed(run(shared, cache)) == expected
    assert {path: path.read_bytes() for path in files if path.name.endswith("-results")} == {
        path: content for path, content in contents.items() if path.name.endswith("-results")
    }


@pytest.mark.parametrize("value", [b"", b"\xc1", b"\x01", b"\x91\x94\x01\x02\x03\x04", b"\xdd\xff\xff\xff\xff"])
def test_entries_with_a_right_checksum_and_a_wrong_value(project: Path, cache: Path, value: bytes) -> None:
    options = [f"--noblock-cache-dir={cache}"]
    files = [project / name for name in NAMES]
    right = lint(files, project, options)
    assert entries(cache, "results")
    for path in entries(cache):
        path.write_bytes(store._packed(path.name, value))
    assert lint(files, project, options) == right == lint(files, project)


def test_folders_and_links_in_the_places_of_entries(shared: Path, expected: str, cache: Path, tmp_path: Path) -> None:
    assert printed(run(shared, cache)) == expected
    (tmp_path / "mine").write_bytes(b"mine")
    for number, path in enumerate(sorted(entries(cache))):
        path.unlink()
        if number % 2:
            path.mkdir()
        else:
            path.symlink_to(tmp_path / "mine")
    assert printed(run(shared, cache)) == expected
    assert (tmp_path / "mine").read_bytes() == b"mine"
