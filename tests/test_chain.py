"""``python -m flake8_noblock chain FILE:LINE``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import write

API = """\
import time
from app.db import Repo


async def handler(key):
    repo = Repo()
    repo.load(key)
    time.sleep(2)
    repo.name()
"""
DB = """\
import time
import requests


def fetch(url):
    return requests.get(url)


class Repo:
    def load(self, key):
        time.sleep(1)
        return fetch(key)

    def name(self):
        return "repo"
"""
FILES = {"app/__init__.py": "", "app/api.py": API, "app/db.py": DB}


def chain(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "flake8_noblock", "chain", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False)


def test_every_hop_is_shown(tmp_path: Path) -> None:
    done = chain("app/api.py:7", cwd=write(tmp_path, FILES))
    assert (done.returncode, done.stderr) == (0, "")
    sleeps, network = done.stdout.split("    which is time.sleep\n")
    assert sleeps.startswith("app/api.py:7:5: NBL201 repo.load() sleeps: Repo.load -> time.sleep; use ")
    message, *hops = network.splitlines()
    assert message.startswith(
        "app/api.py:7:5: NBL202 repo.load() blocks on network I/O: Repo.load -> fetch -> requests.get; use "
    )
    assert hops == [
        "    app/api.py:7 in handler",
        "        repo.load(key)",
        "    app/db.py:12 in Repo.load",
        "        return fetch(key)",
        "    app/db.py:6 in fetch",
        "        return requests.get(url)",
        "    which is requests.get",
    ]


@pytest.mark.parametrize("place", ["app/api.py:8", "app/api.py:8:5", "app/api.py:8:5:", "./app/api.py:8"])
def test_an_operation_on_the_line_itself(place: str, tmp_path: Path) -> None:
    done = chain(place, cwd=write(tmp_path, FILES))
    assert (done.returncode, done.stderr) == (0, "")
    message, *hops = done.stdout.splitlines()
    assert message.startswith("app/api.py:8:5: NBL101 time.sleep() ")
    assert hops == ["    app/api.py:8 in handler", "        time.sleep(2)", "    which is time.sleep"]


def test_a_file_outside_the_working_folder_is_named_in_full(tmp_path: Path) -> None:
    write(tmp_path / "project", FILES)
    (tmp_path / "elsewhere").mkdir()
    done = chain(str(tmp_path / "project/app/api.py") + ":8", cwd=tmp_path / "elsewhere")
    assert done.returncode == 0
    assert f"    {tmp_path / 'project/app/api.py'}:8 in handler\n" in done.stdout


@pytest.mark.parametrize(
    ("place", "near"),
    [
        ("app/api.py:9", "near by: lines 7, 8"),
        ("app/api.py:1", "near by: lines 7, 8"),
        ("app/db.py:6", "the file has none"),
    ],
)
def test_a_line_without_findings(place: str, near: str, tmp_path: Path) -> None:
    done = chain(place, cwd=write(tmp_path, FILES))
    file, _, line = place.partition(":")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"flake8-noblock: no finding of NBL1xx or NBL2xx on line {line} of {file}; {near}\n"


def test_one_line_near_by(tmp_path: Path) -> None:
    done = chain("a.py:3", cwd=write(tmp_path, {"a.py": "import time\nasync def f():\n    pass\n    time.sleep(1)\n"}))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("; near by: line 4\n")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("app/absent.py:1", "no such file: app/absent.py"),
        ("app:1", "no such file: app"),
        ("app/api.py", "'app/api.py' is no place; write FILE:LINE"),
        ("app/api.py:x", "'app/api.py:x' is no place; write FILE:LINE"),
        ("app/api.py:", "'app/api.py:' is no place; write FILE:LINE"),
        ("", "'' is no place; write FILE:LINE"),
        ("app/api.py:0", "app/api.py has no line 0; it has 9"),
        ("app/api.py:10", "app/api.py has no line 10; it has 9"),
        ("broken.py:1", "broken.py can't be read: "),
        ("a\nb.py:1", "no such file: a b.py"),
    ],
)
def test_wrong_arguments(place: str, said: str, tmp_path: Path) -> None:
    done = chain(place, cwd=write(tmp_path, {**FILES, "broken.py": "def f(:\n"}))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"flake8-noblock: {said}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "config",
    [
        {".flake8": "[flake8]\nnoblock-safe-calls = time.sleep\n"},
        {"setup.cfg": "[flake8]\nnoblock_safe_calls = time.sleep\n"},
        {"tox.ini": "[flake8]\nextend-ignore = NBL1\n"},
        {"tox.ini": "[flake8]\nper-file-ignores =\n    app/api.py: NBL101\n"},
    ],
)
def test_configuration_files_count(config: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path, {**FILES, **config})
    assert chain("app/api.py:8", cwd=tmp_path).returncode == 1
    assert chain("app/api.py:8", "--isolated", cwd=tmp_path).returncode == 0


def test_options_of_flake8_count(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    assert chain("app/api.py:8", "--noblock-safe-calls=time.sleep", cwd=tmp_path).returncode == 1
    assert "NBL108" in chain("app/api.py:9", "--noblock-extend-blocking=app.db.Repo.name", cwd=tmp_path).stdout


def test_codes_off_by_default_are_shown_when_they_are_selected(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "import os\nasync def f():\n    os.stat('x')\n"})
    assert chain("a.py:3", cwd=tmp_path).returncode == 1
    done = chain("a.py:3", "--extend-select=NBL111", cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "    which is os.stat")


@pytest.mark.parametrize(
    ("option", "status"),
    [("--noblock-follow=far", 2), ("--config=absent.cfg", 2), ("--frobnicate", 2), ("--ignore=NBL1", 1)],
)
def test_options_are_checked(option: str, status: int, tmp_path: Path) -> None:
    done = chain("app/api.py:8", option, cwd=write(tmp_path, FILES))
    assert (done.returncode, done.stdout) == (status, "")
    assert "Traceback" not in done.stderr and done.stderr


def test_what_a_terminal_obeys_is_escaped(tmp_path: Path) -> None:
    text = "import time\nasync def f():\n    time.sleep(1)  # \x1b[31m\N{RIGHT-TO-LEFT OVERRIDE} \N{GREEK SMALL LETTER ALPHA}\n"
    done = chain("a.py:3", cwd=write(tmp_path, {"a.py": text}))
    assert done.returncode == 0
    assert "        time.sleep(1)  # \\x1b[31m\\u202e \N{GREEK SMALL LETTER ALPHA}\n" in done.stdout


def test_an_output_that_lacks_letters(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "import time\nasync def f():\n    time.sleep(1)  # \N{GREEK SMALL LETTER ALPHA}\n"})
    command = [sys.executable, "-P", "-X", "utf8=0", "-m", "flake8_noblock", "chain", "a.py:3"]
    environment = {"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "time.sleep(1)  # \\u03b1\n" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_colours_on_a_terminal(tmp_path: Path) -> None:
    import os
    import pty

    write(tmp_path, FILES)
    reader, writer = pty.openpty()
    command = [sys.executable, "-P", "-m", "flake8_noblock", "chain", "app/api.py:8"]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(command, cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, env=environment) as process:
        os.close(writer)
        shown = b""
        while b"which is" not in shown:
            shown += os.read(reader, 1 << 16)
    os.close(reader)
    assert process.returncode == 0
    assert b"\x1b[" in shown and b"app/api.py:8 in handler" in shown


def test_what_lies_in_the_folder_is_not_imported(tmp_path: Path) -> None:
    shadows = {f"{name}.py": "open('ran', 'w')\n" for name in ("rich", "msgspec", "tokenize", "argparse", "plugin_of_theirs")}
    local = {".flake8": "[flake8:local-plugins]\nextension =\n    X = plugin_of_theirs:Plugin\npaths = .\n"}
    write(tmp_path, {**FILES, **shadows, **local})
    command = [sys.executable, "-m", "flake8_noblock", "chain", "app/api.py:8"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "ran").exists()
