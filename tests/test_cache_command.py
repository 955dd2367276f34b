"""``python -m flake8_noblock cache``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_noblock.cache.store import Store, user_folder

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the cache folder is set by XDG_CACHE_HOME")


def cache(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "flake8_noblock", "cache", *arguments]
    environment = {**os.environ, "XDG_CACHE_HOME": str(home)}
    return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)


def filled(home: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    store = Store(user_folder())
    store.put("facts", b"one", b"x" * 10)
    store.put("facts", b"two", b"y" * 10)
    store.put("index", b"one", b"z" * 10)
    store.flush()
    return store


def test_an_empty_cache(tmp_path: Path) -> None:
    done = cache(home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{tmp_path / 'flake8-noblock'}: 0 entries, 0 B\n"
    assert list(tmp_path.iterdir()) == []


def test_entries_by_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = filled(tmp_path, monkeypatch).size()
    assert size.entries == 3
    done = cache(home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    first, facts, index = done.stdout.splitlines()
    assert first.startswith(f"{tmp_path / 'flake8-noblock'}: 3 entries, ")
    assert facts.startswith("    facts  2 entries, ")
    assert index.startswith("    index  1 entry, ")


def test_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = filled(tmp_path, monkeypatch)
    done = cache("--clear", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("removed 3 entries, ") and str(tmp_path / "flake8-noblock") in done.stdout
    assert Store(user_folder()).size().entries == 0
    assert Store(user_folder()).get("facts", b"one") is None
    assert cache("--clear", home=tmp_path).stdout.startswith("removed 0 entries, 0 B, from ")
    assert store.size().entries == 0


@pytest.mark.parametrize("arguments", [("--frobnicate",), ("all",)])
def test_wrong_arguments(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = cache(*arguments, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "unrecognized arguments" in done.stderr
