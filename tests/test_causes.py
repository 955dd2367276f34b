"""``python -m flake8_noblock causes PATH...``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import write

DB = """\
import time
import requests


def fetch(url):
    return requests.get(url)


def nap():
    time.sleep(1)


def log(path):
    with open(path) as file:
        return file


def nap_twice():
    nap()
    nap()
"""
API = """\
import time
from db import fetch, log, nap, nap_twice


async def one():
    fetch("a")
    fetch("b")


async def two():
    fetch("c")
    nap()
    nap_twice()
    log("x")
    time.sleep(1)
"""
FILES = {"db.py": DB, "api.py": API}
ROWS = [
    ["3", "NBL202 requests.get", "db.py:6", "fetch"],
    ["2", "NBL201 time.sleep", "db.py:10", "nap"],
    ["1", "NBL205 builtins.open", "db.py:14", "log"],
]


def causes(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "flake8_noblock", "causes", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False)


def rows(done: subprocess.CompletedProcess[str]) -> list[list[str]]:
    heading, *lines = done.stdout.splitlines()
    assert heading.split() == ["findings", "operation", "place", "function"]
    return [[cell.strip() for cell in line.strip().split("  ") if cell.strip()] for line in lines]


@pytest.mark.parametrize("paths", [(".",), ("api.py",), ("api.py", "."), ("./api.py",)])
def test_the_largest_comes_first(paths: tuple[str, ...], tmp_path: Path) -> None:
    done = causes(*paths, cwd=write(tmp_path, FILES))
    assert (done.returncode, done.stderr) == (0, "")
    assert rows(done) == ROWS


@pytest.mark.parametrize("number", [1, 2, 3, 9])
def test_top(number: int, tmp_path: Path) -> None:
    done = causes(".", "--top", str(number), cwd=write(tmp_path, FILES))
    assert (done.returncode, rows(done)) == (0, ROWS[:number])


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", ""])
def test_top_takes_numbers(number: str, tmp_path: Path) -> None:
    done = causes(".", f"--top={number}", cwd=write(tmp_path, FILES))
    assert (done.returncode, done.stdout) == (2, "")
    assert "--top" in done.stderr


def test_nothing_to_list(tmp_path: Path) -> None:
    done = causes(".", cwd=write(tmp_path, {"a.py": "import time\nasync def f():\n    time.sleep(1)\n"}))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "flake8-noblock: no findings of NBL2xx in 1 file\n"


@pytest.mark.parametrize(
    "place", [".hidden/api.py", "__pycache__/api.py", "lib/.git/api.py", "generated/api.py", "api.txt", ".api.py"]
)
def test_files_that_are_left_out(place: str, tmp_path: Path) -> None:
    write(tmp_path, {"db.py": DB, place: API, ".flake8": "[flake8]\nexclude = generated\n"})
    done = causes(".", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "flake8-noblock: no findings of NBL2xx in 1 file\n"


@pytest.mark.parametrize("text", ["def f(:\n", "x = '\0'\n", "# coding: nonsense\n", "x = " + "(" * 300 + ")" * 300 + "\n"])
def test_files_that_cannot_be_parsed_are_counted(text: str, tmp_path: Path) -> None:
    done = causes(".", cwd=write(tmp_path, {**FILES, "broken.py": text}))
    assert (done.returncode, rows(done)) == (0, ROWS)
    assert done.stderr == "flake8-noblock: 1 of 3 files could not be read or parsed and were left out\n"


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    (tmp_path / "broken.py").write_bytes(b"x = '\xff'\n")
    done = causes(".", cwd=tmp_path)
    assert (done.returncode, rows(done)) == (0, ROWS)
    assert "1 of 3 files" in done.stderr


def test_paths_that_do_not_exist(tmp_path: Path) -> None:
    done = causes("api.py", "absent", cwd=write(tmp_path, FILES))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "flake8-noblock: no such file or folder: absent\n"


@pytest.mark.parametrize(
    ("config", "left"),
    [
        ("extend-ignore = NBL202", [ROWS[1], ROWS[2]]),
        ("noblock-safe-calls = time.sleep, builtins.open", [ROWS[0]]),
        ("per-file-ignores =\n    api.py: NBL201, NBL205", [ROWS[0]]),
        ("select = NBL205", [ROWS[2]]),
    ],
)
def test_configuration_counts(config: str, left: list[list[str]], tmp_path: Path) -> None:
    done = causes(".", cwd=write(tmp_path, {**FILES, "tox.ini": f"[flake8]\n{config}\n"}))
    assert (done.returncode, rows(done)) == (0, left)


def test_no_follow_no_causes(tmp_path: Path) -> None:
    done = causes(".", "--noblock-follow=none", cwd=write(tmp_path, FILES))
    assert (done.returncode, done.stdout) == (0, "")


def test_operations_on_two_lines_of_a_function_are_one_cause(tmp_path: Path) -> None:
    db = "import time\ndef nap(long):\n    if long:\n        time.sleep(9)\n    else:\n        time.sleep(1)\n"
    api = "from db import nap\nasync def f(x):\n    nap(x)\n    nap(True)\n    nap(False)\n"
    done = causes(".", cwd=write(tmp_path, {"db.py": db, "api.py": api}))
    assert (done.returncode, rows(done)) == (0, [["3", "NBL201 time.sleep", "db.py:4", "nap"]])


def test_the_order_of_paths_does_not_matter(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "b/api.py": API.replace("fetch('c')", "pass"), "b/db.py": DB})
    one, other = causes("b", ".", cwd=tmp_path), causes(".", "b", cwd=tmp_path)
    assert rows(one) and one.stdout == other.stdout


def test_rich_is_not_needed_without_a_terminal(tmp_path: Path) -> None:
    program = (
        "import sys; from flake8_noblock.__main__ import main; status = main(sys.argv[1:]);"
        "sys.exit(status or ('rich' in sys.modules and 9))"
    )
    write(tmp_path, FILES)
    for arguments in (["causes", "."], ["chain", "api.py:6"], ["explain", "NBL101"], ["calls", "."]):
        command = [sys.executable, "-P", "-c", program, *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), arguments
