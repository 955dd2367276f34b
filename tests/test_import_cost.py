"""What the plugin costs those who write no asynchronous code: it loads the engine only for files that may need it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HEAVY = {"astroid", "msgspec", "platformdirs", "rich", "typeshed_client"}
ENGINE = tuple(f"flake8_noblock.{room}" for room in ("cache", "commands", "effects", "facts", "link", "session"))

IMPORT = "import json, sys; import flake8_noblock.plugin; print(json.dumps(sorted(sys.modules)))"

# flake8 in this process, so that what it and its plugins have imported can be seen.
LINT = """
import json, sys
from flake8.main.application import Application
application = Application()
application.run(["--isolated", "--jobs=1", "--select=NBL1,NBL2,NBL9", "--output-file=found.txt", *sys.argv[1:]])
print(json.dumps(sorted(sys.modules)))
"""

WITHOUT_LOOP = '''\
"""Reads a page."""

import time

import requests


def read(url: str) -> str:
    time.sleep(0.1)
    return requests.get(url, timeout=5).text
'''

WITH_LOOP = """\
import time


async def pause() -> None:
    time.sleep(0.1)
"""


def modules_after(program: str, *arguments: str, folder: Path) -> set[str]:
    """The modules that a fresh interpreter has imported at the end of this program; the user's cache folder lies in `folder`."""
    run = subprocess.run(
        [sys.executable, "-P", "-c", program, *arguments],
        cwd=folder,
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "caches")},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(run.stdout))


def test_importing_the_plugin_imports_nothing_heavy(tmp_path: Path) -> None:
    modules = modules_after(IMPORT, folder=tmp_path)
    assert "flake8_noblock.plugin" in modules
    assert not modules & HEAVY


def test_linting_a_file_without_asynchronous_code_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "pages.py").write_text(WITHOUT_LOOP, encoding="utf-8")
    modules = modules_after(LINT, "pages.py", folder=tmp_path)
    assert "flake8_noblock.plugin" in modules
    assert not modules & HEAVY
    assert not {name for name in modules if name.startswith(ENGINE)}
    assert (tmp_path / "found.txt").read_text(encoding="utf-8") == ""
    assert not (tmp_path / "caches").exists()


def test_linting_a_file_with_asynchronous_code_loads_the_engine_and_no_astroid(tmp_path: Path) -> None:
    (tmp_path / "pause.py").write_text(WITH_LOOP, encoding="utf-8")
    modules = modules_after(LINT, "pause.py", folder=tmp_path)
    assert "flake8_noblock.link.evaluate" in modules
    assert not modules & {"astroid", "rich"}
    assert "NBL101" in (tmp_path / "found.txt").read_text(encoding="utf-8")


def test_a_named_cache_folder_saves_the_search_for_one(tmp_path: Path) -> None:
    (tmp_path / "pause.py").write_text(WITH_LOOP, encoding="utf-8")
    for folder in ("none", str(tmp_path / "kept")):
        assert "platformdirs" not in modules_after(LINT, f"--noblock-cache-dir={folder}", "pause.py", folder=tmp_path)
        assert "NBL101" in (tmp_path / "found.txt").read_text(encoding="utf-8")
