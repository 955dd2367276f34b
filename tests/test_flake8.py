"""flake8 as users run it: codes, statuses, noqa, configuration, and the same result however it is run."""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from flake8_noblock.plugin import Plugin
from tests.support import flake8

LINE = re.compile(r"(?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<code>NBL\d{3}) (?P<text>\S.*)")

OPERATIONS = """\
import hashlib
import importlib
import os
import socket
import sqlite3
import subprocess
import threading
import time


async def main() -> None:
    time.sleep(1)  # NBL101
    socket.create_connection(("localhost", 80))  # NBL102
    sqlite3.connect("shop.db")  # NBL103
    subprocess.run(["true"])  # NBL104
    open("shop.txt")  # NBL105
    threading.Event().wait()  # NBL106
    input()  # NBL107
    os.listdir(".")  # NBL111
    hashlib.scrypt(b"", salt=b"", n=2, r=8, p=1)  # NBL112
    importlib.import_module("shop")  # NBL113
    threading.Lock().acquire()  # NBL114
"""
ON = [f"NBL{number}" for number in range(101, 108)]
OFF = [f"NBL{number}" for number in range(111, 115)]
CLEAN = """\
import asyncio


async def main() -> None:
    await asyncio.sleep(1)
"""
BLOCKING = """\
import time


async def main() -> None:
    time.sleep(1)
"""
SHOP = {
    "shop/__init__.py": "from .clock import tick\n",
    "shop/clock.py": """\
        import pathlib
        import time


        def where() -> pathlib.Path:
            return pathlib.Path("clock")


        async def tick() -> None:
            time.sleep(1)
        """,
    "shop/orders.py": """\
        from . import clock
        from .stock import Stock


        class Orders:
            def __init__(self, stock: Stock) -> None:
                self.stock = stock

            async def load(self) -> str:
                self.stock.count()
                return clock.where().read_text() + self.stock.path.read_text()
        """,
    "shop/stock.py": """\
        from .clock import where


        class Stock:
            def __init__(self) -> None:
                self.path = where()

            def count(self) -> int:
                return 0
        """,
    "shop/tools/__init__.py": "",
    "shop/tools/sync.py": """\
        from .. import orders


        def run() -> None:
            orders.clock.where().read_text()
        """,
    "shop/tools/watch.py": """\
        from shop.stock import Stock


        async def watch(stock: Stock) -> None:
            stock.path.read_bytes()
            stock.count()
        """,
    ".flake8": "[flake8]\nnoblock-extend-blocking = shop.stock.Stock.count\n",
}
FILES = [name for name in SHOP if name.endswith(".py")]
SHOP_FINDINGS = [
    ("shop/clock.py", 10, "NBL101"),
    ("shop/orders.py", 10, "NBL108"),
    ("shop/orders.py", 11, "NBL105"),
    ("shop/orders.py", 11, "NBL105"),
    ("shop/tools/watch.py", 5, "NBL105"),
    ("shop/tools/watch.py", 6, "NBL108"),
]

# Runs flake8 with workers that start in a given way.
DRIVER = """\
import multiprocessing
import sys

from flake8.main.cli import main

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    raise SystemExit(main(sys.argv[2:]))
"""


def write(folder: Path, files: dict[str, str]) -> Path:
    """Files whose text may be indented as the test is."""
    for name, text in files.items():
        margin = len(text) - len(text.lstrip(" "))
        lines = [line.removeprefix(" " * margin) for line in text.splitlines(keepends=True)]
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines), encoding="utf-8")
    return folder


def codes(run: subprocess.CompletedProcess[str]) -> list[str]:
    return [match["code"] for match in map(LINE.fullmatch, run.stdout.splitlines()) if match]


def places(output: str) -> list[tuple[str, int, str]]:
    matches = filter(None, map(LINE.fullmatch, output.splitlines()))
    return [(os.path.normpath(match["file"]).replace(os.sep, "/"), int(match["line"]), match["code"]) for match in matches]


@pytest.fixture
def operations(tmp_path: Path) -> Path:
    return write(tmp_path, {"main.py": OPERATIONS})


# --- the entry point ---------------------------------------------------------------------------------------------------


def test_flake8_lists_the_plugin(tmp_path: Path) -> None:
    run = flake8("--version", cwd=tmp_path)
    assert "flake8-noblock:" in " ".join(run.stdout.split())
    assert run.returncode == 0


def test_the_entry_point_is_the_prefix_of_the_codes() -> None:
    (entry,) = entry_points(group="flake8.extension", name="NBL")
    assert entry.load() is Plugin


# --- codes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ([], ON),
        (["--extend-select=NBL111"], [*ON, "NBL111"]),
        (["--extend-select=NBL112,NBL114"], [*ON, "NBL112", "NBL114"]),
        (["--select=NBL1"], ON + OFF),
        (["--select=NBL"], ON + OFF),
        (["--select=NBL113"], ["NBL113"]),
        (["--select=E,W"], []),
        (["--ignore=E501"], ON),
        (["--ignore=E501", "--extend-select=NBL111"], [*ON, "NBL111"]),
        (["--ignore=NBL105"], [code for code in ON if code != "NBL105"]),
        (["--extend-ignore=NBL10"], []),
        (["--extend-ignore=E501"], ON),
    ],
    ids=" ".join,
)
def test_codes_that_are_shown(operations: Path, arguments: list[str], shown: list[str]) -> None:
    assert codes(flake8(*arguments, "main.py", cwd=operations)) == shown


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("extend-ignore = NBL105", [code for code in ON if code != "NBL105"]),
        ("ignore = E501", ON),
        ("extend-select = NBL111, NBL112", [*ON, "NBL111", "NBL112"]),
        ("select = NBL1", ON + OFF),
        ("per-file-ignores = main.py: NBL101, NBL107", ON[1:-1]),
        ("per-file-ignores = other.py: NBL1", ON),
    ],
)
def test_codes_in_the_configuration(operations: Path, setting: str, shown: list[str]) -> None:
    write(operations, {".flake8": f"[flake8]\n{setting}\n"})
    assert codes(flake8("main.py", cwd=operations)) == shown


def test_a_finding_stands_at_its_call(operations: Path) -> None:
    run = flake8("--select=NBL1", "main.py", cwd=operations)
    marks = [f"NBL{line.partition('# NBL')[2]}" for line in OPERATIONS.splitlines()]
    assert {(line, code) for _, line, code in places(run.stdout)} == {
        (number, code) for number, code in enumerate(marks, start=1) if code != "NBL"
    }


def test_each_finding_is_one_line_that_flake8_clients_can_read(operations: Path) -> None:
    lines = flake8("--select=NBL1", "main.py", cwd=operations).stdout.splitlines()
    assert len(lines) == len(ON + OFF)
    assert all(LINE.fullmatch(line) for line in lines)


# --- exit status -------------------------------------------------------------------------------------------------------


def test_silence_and_status_0_on_a_clean_file(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": CLEAN})
    run = flake8("main.py", cwd=tmp_path)
    assert (run.stdout, run.stderr, run.returncode) == ("", "", 0)


def test_status_1_with_findings(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": BLOCKING})
    run = flake8("main.py", cwd=tmp_path)
    assert places(run.stdout) == [("main.py", 5, "NBL101")]
    assert (run.stderr, run.returncode) == ("", 1)


def test_status_0_where_all_that_is_found_is_off_by_default(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "import os\n\n\nasync def main() -> None:\n    os.stat('x')\n"})
    run = flake8("main.py", cwd=tmp_path)
    assert (run.stdout, run.stderr, run.returncode) == ("", "", 0)


# --- noqa --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comment", "shown"),
    [
        ("# noqa", []),
        ("# noqa: NBL101", []),
        ("# noqa: NBL1", []),
        ("# noqa: E501, NBL101", []),
        ("# noqa: NBL102", ["NBL101"]),
        ("# noqa: NBL2", ["NBL101"]),
    ],
)
def test_noqa_on_the_reported_line(tmp_path: Path, comment: str, shown: list[str]) -> None:
    write(tmp_path, {"main.py": BLOCKING.replace("sleep(1)", f"sleep(1)  {comment}")})
    assert codes(flake8("main.py", cwd=tmp_path)) == shown


def test_noqa_on_the_reported_line_of_a_call_over_several_lines(tmp_path: Path) -> None:
    text = """\
        import time


        async def main() -> None:
            time.sleep(  # noqa: NBL101
                1
            )
            time.sleep(
                2
            )
        """
    write(tmp_path, {"main.py": text})
    assert places(flake8("main.py", cwd=tmp_path).stdout) == [("main.py", 8, "NBL101")]


def test_disable_noqa_shows_the_finding(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": BLOCKING.replace("sleep(1)", "sleep(1)  # noqa: NBL101")})
    assert codes(flake8("--disable-noqa", "main.py", cwd=tmp_path)) == ["NBL101"]


# --- the same result, however it is run --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("shop"), SHOP)


@pytest.fixture(scope="module")
def expected(shop: Path) -> str:
    """What flake8 prints for the project in one process, the files in the order of FILES."""
    return flake8("--select=NBL1,NBL2,NBL9", "-j", "1", *FILES, cwd=shop).stdout


def test_findings_of_the_project(expected: str) -> None:
    assert places(expected) == SHOP_FINDINGS


@pytest.mark.parametrize("name", FILES)
def test_a_file_alone(shop: Path, expected: str, name: str) -> None:
    alone = flake8("--select=NBL1,NBL2,NBL9", name, cwd=shop).stdout.splitlines()
    assert alone == [line for line in expected.splitlines() if line.startswith(f"{name}:")]


@pytest.mark.parametrize(
    "arguments",
    [
        FILES[::-1],
        [*FILES[3:], *FILES[:3]],
        ["-j", "4", *FILES],
        ["-j", "4", *FILES[::-1]],
    ],
    ids=["reversed", "rotated", "4 jobs", "4 jobs reversed"],
)
def test_other_orders_and_jobs(shop: Path, expected: str, arguments: list[str]) -> None:
    run = flake8("--select=NBL1,NBL2,NBL9", *arguments, cwd=shop)
    assert (run.stdout, run.stderr, run.returncode) == (expected, "", 1)


def test_folders_and_absolute_paths(shop: Path) -> None:
    assert sorted(places(flake8("--select=NBL1,NBL2,NBL9", cwd=shop).stdout)) == SHOP_FINDINGS
    run = flake8("--select=NBL1,NBL2,NBL9", *(str(shop / name) for name in FILES), cwd=shop)
    assert places(run.stdout.replace(f"{shop}{os.sep}", "")) == SHOP_FINDINGS


@pytest.mark.parametrize("where", ["elsewhere", "above", "in the package"])
def test_another_working_folder(shop: Path, expected: str, tmp_path: Path, where: str) -> None:
    """A package is named from the folder that holds it, whatever the working folder."""
    folder = {"elsewhere": tmp_path, "above": shop.parent, "in the package": shop / "shop" / "tools"}[where]
    files = [str(shop / name) for name in FILES]
    run = flake8("--select=NBL1,NBL2,NBL9", f"--config={shop / '.flake8'}", *files, cwd=folder)
    assert run.stdout.replace(f"{shop}{os.sep}", "") == expected


def test_a_module_of_another_folder_on_the_command_line_is_not_imported(tmp_path: Path) -> None:
    files = {
        "first-app/util.py": "import pathlib\n\n\ndef where() -> pathlib.Path:\n    return pathlib.Path()\n",
        "second-app/main.py": "from util import where\n\n\nasync def main() -> None:\n    where().read_text()\n",
    }
    write(tmp_path, files)
    alone = flake8("--select=NBL1,NBL2,NBL9", "second-app/main.py", cwd=tmp_path).stdout
    assert flake8("--select=NBL1,NBL2,NBL9", "-j", "1", *files, cwd=tmp_path).stdout == alone == ""


def test_modules_of_one_name_in_several_projects(tmp_path: Path) -> None:
    """Each project imports its own."""
    main = "from {0}util import where\n\n\nasync def main() -> None:\n    where().read_text()\n"
    util = {
        "path": "import pathlib\n\n\ndef where() -> pathlib.Path:\n    return pathlib.Path()\n",
        "text": "import io\n\n\ndef where() -> io.StringIO:\n    return io.StringIO()\n",
    }
    files = {}
    for project, kind in (("one", "path"), ("two", "text"), ("three", "path")):
        files[f"{project}/app/__init__.py"] = ""
        files[f"{project}/app/util.py"] = util[kind]
        files[f"{project}/app/main.py"] = main.format(".")
        files[f"{project}/app/other.py"] = main.format("app.")
    write(tmp_path, files)
    found = [(f"{project}/app/{name}.py", 5, "NBL105") for project in ("one", "three") for name in ("main", "other")]
    for order in (list(files), list(files)[::-1]):
        run = flake8("--select=NBL1,NBL2,NBL9", "-j", "1", *order, cwd=tmp_path)
        assert sorted(places(run.stdout)) == found


def with_workers(method: str, driver: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """flake8 with two workers that start by `method`; `driver` is the file to put the program in."""
    driver.write_text(DRIVER, encoding="utf-8")
    command = [sys.executable, "-P", str(driver), method, "-j", "2", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_start_methods_of_the_workers(shop: Path, expected: str, tmp_path: Path, method: str) -> None:
    run = with_workers(method, tmp_path / "driver.py", "--select=NBL1,NBL2,NBL9", *FILES, cwd=shop)
    assert (run.stdout, run.stderr, run.returncode) == (expected, "", 1)


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_options_of_the_command_line_reach_the_workers(shop: Path, tmp_path: Path, method: str) -> None:
    options = [
        "--select=NBL1,NBL2,NBL9",
        "--noblock-extend-blocking=shop.clock.where",
        "--noblock-safe-calls=pathlib.*,time.*",
    ]
    run = with_workers(method, tmp_path / "driver.py", *options, *FILES, cwd=shop)
    assert places(run.stdout) == [("shop/orders.py", 11, "NBL108")]
    assert run.stderr == ""


@pytest.mark.parametrize("arguments", [["plain.py"], ["plain.py", "late.py"], ["late.py", "plain.py"], ["."]])
def test_a_module_that_only_drops_coroutines_of_another(tmp_path: Path, arguments: list[str]) -> None:
    """What a file's own text does not say is told by the modules that it imports, whatever else is linted."""
    write(
        tmp_path,
        {
            "late.py": "async def save() -> None:\n    print(1)\n",
            "plain.py": "from late import save\n\n\ndef run() -> None:\n    save()\n",
            "other.py": "from late import unknown\n\n\ndef run() -> None:\n    unknown()\n",
        },
    )
    run = flake8("--isolated", "--select=NBL3", *arguments, cwd=tmp_path)
    assert [line.split(" ")[1] for line in run.stdout.splitlines() if "plain.py:5" in line] == ["NBL301"]
    assert len(run.stdout.splitlines()) == 1
