"""Who calls a function, over the whole project: the index, what it must notice, and the same answers from everywhere."""

from __future__ import annotations

import ast
import itertools
import os
import random
import sys
from pathlib import Path

import pytest

from flake8_noblock import options
from flake8_noblock.link import mentions
from flake8_noblock.link import program as program_module
from flake8_noblock.link.mentions import Mentions, Question, words_of
from flake8_noblock.rules.registry import RULES
from flake8_noblock.session import Session
from tests.support import flake8, write

API = """\
import httpx


async def fetch(client: httpx.AsyncClient) -> None:
    await client.get("https://a")


class Store:
    async def load(self, client: httpx.AsyncClient) -> None:
        await client.get("https://a")
"""
GUARDED = """\
import httpx

from shop.api import Store, fetch


async def use(client: httpx.AsyncClient) -> None:
    try:
        await fetch(client)
        await Store().load(client)
    except httpx.HTTPError:
        print("failed")
"""
UNGUARDED = GUARDED.replace("httpx.HTTPError", "KeyError")
UNRELATED = """\
import asyncio

from shop.api import Store

stores: list[Store] = []


async def wait() -> None:
    await asyncio.sleep(1)
"""
FILES = {"shop/api.py": API, "shop/use.py": GUARDED, "shop/other.py": UNRELATED}
"""A folder of scripts: what a package defines is there for callers outside of it."""
OPEN = {5, 10}
"""The lines of `API` that are reported where nobody guards."""


def lines(folder: Path, cache: Path | None, first: tuple[str, ...] = ()) -> set[int]:
    """The lines of shop/api.py with NBL401, in a session that looked at the files of `first` before."""
    given = {"cache-dir": [str(cache)]} if cache is not None else {}
    session = Session(options.parse(given, folder.resolve()))
    found = []
    for name in (*first, "shop/api.py"):
        path = folder / name
        text = path.read_text(encoding="utf-8")
        found = session.lint(ast.parse(text), str(path), text, RULES)
    return {finding.line for finding in found if finding.code == "NBL401"}


@pytest.mark.parametrize("caller", [GUARDED, UNGUARDED])
def test_same_findings_cold_warm_and_without_cache(tmp_path: Path, caller: str) -> None:
    folder = write(tmp_path / "project", {**FILES, "shop/use.py": caller})
    wanted = set() if caller == GUARDED else OPEN
    assert [lines(folder, None), *(lines(folder, tmp_path / "cache") for _ in range(3))] == [wanted] * 4


def test_same_findings_in_any_order_and_alone(tmp_path: Path) -> None:
    folder = write(tmp_path, FILES)
    others = ("shop/use.py", "shop/other.py", "shop/api.py")
    for count in range(len(others) + 1):
        for first in itertools.permutations(others, count):
            assert lines(folder, None, first) == set()


def test_same_findings_for_any_number_of_jobs_and_any_files(tmp_path: Path) -> None:
    folder = write(tmp_path, {**FILES, "shop/use.py": UNGUARDED})
    wanted = ["shop/api.py:10:9: NBL401", "shop/api.py:5:5: NBL401"]
    for files in (["."], ["shop/api.py"], ["shop/api.py", "shop/other.py"]):
        for jobs in ("-j1", "-j2"):
            shown = flake8("--isolated", "--select=NBL401", jobs, *files, cwd=folder).stdout.splitlines()
            assert sorted(line.removeprefix("./").partition(" await")[0] for line in shown) == wanted


@pytest.mark.parametrize("first", [(), ("shop/use.py",)])
def test_an_edit_of_a_caller_is_noticed(tmp_path: Path, first: tuple[str, ...]) -> None:
    folder, cache = write(tmp_path / "project", FILES), tmp_path / "cache"
    for text, wanted in ((GUARDED, set()), (UNGUARDED, OPEN), (GUARDED, set()), (UNRELATED, OPEN)):
        write(folder, {"shop/use.py": text})
        assert lines(folder, cache, first) == wanted
        assert lines(folder, cache, first) == wanted


def test_a_caller_that_comes_or_goes_is_noticed(tmp_path: Path) -> None:
    folder, cache = write(tmp_path / "project", FILES), tmp_path / "cache"
    assert lines(folder, cache) == set()
    write(folder, {"shop/new.py": UNGUARDED})
    assert lines(folder, cache) == OPEN
    (folder / "shop/new.py").unlink()
    assert lines(folder, cache) == set()
    (folder / "shop/use.py").unlink()
    assert lines(folder, cache) == OPEN


def test_an_edit_of_a_caller_of_callers_is_noticed(tmp_path: Path) -> None:
    middle = "from shop.api import Store, fetch\n\n\nasync def middle(client) -> None:\n    await fetch(client)\n"
    middle += "    await Store().load(client)\n"
    top = GUARDED.replace("shop.api import Store, fetch", "shop.middle import middle")
    top = top.replace("await fetch(client)", "await middle(client)")
    top = top.replace("        await Store().load(client)\n", "")
    folder, cache = write(tmp_path / "project", {**FILES, "shop/use.py": top, "shop/middle.py": middle}), tmp_path / "cache"
    assert lines(folder, cache) == set()
    write(folder, {"shop/use.py": top.replace("httpx.HTTPError", "KeyError")})
    assert lines(folder, cache) == OPEN


def test_an_edit_of_what_a_caller_imports_is_noticed(tmp_path: Path) -> None:
    caller = GUARDED.replace("import httpx\n", "import httpx\n\nfrom shop.errors import Expected", 1)
    caller = caller.replace("httpx.HTTPError", "Expected")
    files = {**FILES, "shop/use.py": caller, "shop/errors.py": "import httpx\n\nExpected = httpx.HTTPError\n"}
    folder, cache = write(tmp_path / "project", files), tmp_path / "cache"
    assert lines(folder, cache) == set()
    write(folder, {"shop/errors.py": "Expected = KeyError\n"})
    assert lines(folder, cache) == OPEN


def test_a_touched_project_with_the_same_texts_keeps_its_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, cache = write(tmp_path / "project", FILES), tmp_path / "cache"
    assert lines(folder, cache) == set()
    os.utime(folder / "shop/use.py", ns=(1, 1))
    monkeypatch.setattr(Session, "_lint", lambda *args: pytest.fail("linted again"))
    assert lines(folder, cache) == set()


def test_only_files_that_mention_the_name_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = {f"shop/more{number}.py": UNRELATED for number in range(5)}
    folder = write(tmp_path, {**FILES, **more})
    seen: list[str] = []
    read = program_module.read_source

    def noted(path: Path) -> bytes:
        seen.append(path.name)
        return read(path)

    monkeypatch.setattr("flake8_noblock.cache.facts.read_source", noted)
    assert lines(folder, None) == set()
    assert "use.py" in seen
    assert not [name for name in seen if name.startswith("more")]


def test_text_in_an_editor_counts_for_its_own_module(tmp_path: Path) -> None:
    folder = write(tmp_path, {**FILES, "shop/use.py": UNRELATED})
    edited = API + "\n\nasync def own(client) -> None:\n    try:\n        await fetch(client)\n"
    edited += "        await Store().load(client)\n"
    edited += "    except Exception:\n        print('failed')\n"
    session = Session(options.parse({}, folder.resolve()))
    found = session.lint(ast.parse(edited), str(folder / "shop/api.py"), edited, RULES)
    assert not [finding for finding in found if finding.code == "NBL401"]


def test_words_of_a_text() -> None:
    text = 'def fetch(url): return client.get(url, "a_b", naïve=1)  # größe\n'.encode()
    assert words_of(text).decode().split() == ["1", "a_b", "client", "def", "fetch", "get", "größe", "naïve", "return", "url"]


def test_who_may_have_a_function_from_where(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "pkg/__init__.py": "from pkg.deep import fetch\n",
            "pkg/deep.py": "def fetch(): ...\n",
            "pkg/near.py": "from . import fetch\n",
            "by_package.py": "from pkg import fetch\n",
            "by_module.py": "import pkg.deep as d\nd.fetch()\n",
            "unrelated.py": "def fetch(): ...\nfetch()\n",
            "silent.py": "import pkg.deep\n",
        },
    )
    index = Mentions((folder,))
    found = index.files(Question("fetch", "pkg.deep"))
    assert found is not None
    names = {path.relative_to(folder).as_posix() for path in found}
    assert names == {"pkg/__init__.py", "pkg/deep.py", "pkg/near.py", "by_package.py", "by_module.py"}
    everyone = index.files(Question("fetch"))
    assert everyone is not None and len(everyone) == 6


def test_names_that_too_many_mention_are_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path, {**FILES, "shop/use.py": UNGUARDED})
    assert lines(folder, None) == OPEN
    monkeypatch.setattr(mentions, "MOST_MENTIONING", 0)
    assert lines(folder, None) == set()


def test_index_is_the_same_from_memory(tmp_path: Path) -> None:
    rng = random.Random(7)
    names = [f"name_{number}" for number in range(30)]
    kept: list[mentions.Words] = []

    class Memory:
        def recall(self) -> mentions.Words:
            return kept[-1] if kept else {}

        def keep(self, words: mentions.Words) -> None:
            kept.append(words)

    for round_ in range(4):
        for number in range(10):
            if round_ == 0 or rng.random() < 0.3:
                write(tmp_path, {f"m{number}.py": " ".join(rng.sample(names, 8)) + "\n" * round_})
        fresh, remembered = Mentions((tmp_path,)), Mentions((tmp_path,), Memory())
        assert [fresh.files(Question(name)) for name in names] == [remembered.files(Question(name)) for name in names]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a folder that can't be read")
def test_a_file_that_can_not_be_read_mentions_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path, FILES)
    os.symlink(folder / "nowhere.py", folder / "shop/broken.py")
    assert lines(folder, None) == set()
