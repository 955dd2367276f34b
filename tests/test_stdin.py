"""flake8 on standard input, as editors run it: the buffer is judged, not the file on disk."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import flake8, write

BLOCKING = """\
import time


async def main() -> None:
    time.sleep(1)
"""
CLEAN = BLOCKING.replace("time.sleep(1)", "time.monotonic()")
CLOCK = """\
import pathlib


def where() -> pathlib.Path:
    return pathlib.Path("clock")
"""
NO_PATH = "def where() -> str:\n    return ''\n"
READS = """\
from {clock} import where


async def main() -> None:
    where().read_text()
"""


def judge(folder: Path, text: str, name: str | None, *arguments: str) -> list[str]:
    """The codes and lines that flake8 reports in a buffer with this text."""
    display = [] if name is None else [f"--stdin-display-name={name}"]
    run = flake8("--select=NBL1,NBL2,NBL9,E9", *display, *arguments, "-", cwd=folder, stdin=text)
    assert run.stderr == ""
    prefix = re.escape("stdin" if name is None else name)
    lines = run.stdout.splitlines()
    matches = [re.fullmatch(rf"{prefix}:(\d+):\d+: ([A-Z]+\d+) .*", line) for line in lines]
    assert all(matches), run.stdout
    return [f"{match[2]} in {match[1]}" for match in matches if match]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A package with another package of the same module names inside."""
    return write(
        tmp_path,
        {
            "shop/__init__.py": "",
            "shop/clock.py": CLOCK,
            "shop/orders.py": READS.format(clock=".clock"),
            "shop/tools/__init__.py": "",
            "shop/tools/clock.py": NO_PATH,
            "shop/tools/watch.py": READS.format(clock=".clock"),
        },
    )


# --- the buffer and the file on disk -----------------------------------------------------------------------------------


def test_the_buffer_blocks_the_file_does_not(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": CLEAN})
    assert judge(tmp_path, BLOCKING, "main.py") == ["NBL101 in 5"]
    assert (tmp_path / "main.py").read_text(encoding="utf-8") == CLEAN


def test_the_file_blocks_the_buffer_does_not(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": BLOCKING})
    assert judge(tmp_path, CLEAN, "main.py") == []


def test_the_lines_are_those_of_the_buffer(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": BLOCKING})
    assert judge(tmp_path, "\n\n\n" + BLOCKING, "main.py") == ["NBL101 in 8"]


def test_an_empty_buffer(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": BLOCKING})
    assert judge(tmp_path, "", "main.py") == []


def test_a_buffer_that_python_cannot_parse(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": BLOCKING})
    assert judge(tmp_path, BLOCKING + "def\n", "main.py") == ["E999 in 6"]


@pytest.mark.parametrize("name", [None, "stdin", "new.py", "no/such/folder/new.py", "Untitled-1", "<buffer>"])
def test_a_buffer_without_a_file(tmp_path: Path, name: str | None) -> None:
    assert judge(tmp_path, BLOCKING, name) == ["NBL101 in 5"]


def test_a_display_name_that_no_file_can_have(tmp_path: Path) -> None:
    assert judge(tmp_path, BLOCKING, "a/" * 3000 + "new.py") == ["NBL101 in 5"]


def test_an_absolute_display_name(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": CLEAN})
    assert judge(tmp_path, BLOCKING, str(tmp_path / "main.py")) == ["NBL101 in 5"]


# --- imports of the buffer ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "clock", "found"),
    [
        ("shop/orders.py", ".clock", ["NBL105 in 5"]),
        ("shop/orders.py", "shop.clock", ["NBL105 in 5"]),
        ("shop/orders.py", ".tools.clock", []),
        ("shop/tools/watch.py", ".clock", []),
        ("shop/tools/watch.py", "..clock", ["NBL105 in 5"]),
        ("shop/tools/watch.py", "shop.clock", ["NBL105 in 5"]),
        ("shop/tools/new.py", "..clock", ["NBL105 in 5"]),
        ("shop/tools/__init__.py", "..clock", ["NBL105 in 5"]),
        ("shop/tools/__init__.py", ".clock", []),
        ("shop/orders.py", "...clock", []),
        ("elsewhere.py", "shop.clock", ["NBL105 in 5"]),
        ("elsewhere.py", ".clock", []),
        (None, "shop.clock", ["NBL105 in 5"]),
    ],
)
def test_imports_start_at_the_display_name(shop: Path, name: str | None, clock: str, found: list[str]) -> None:
    assert judge(shop, READS.format(clock=clock), name) == found


def test_a_new_package_is_judged_before_its_first_save(tmp_path: Path) -> None:
    write(tmp_path, {"shop/clock.py": CLOCK})
    assert judge(tmp_path, READS.format(clock=".clock"), "shop/__init__.py") == ["NBL105 in 5"]


def test_from_a_subfolder_of_the_project(shop: Path) -> None:
    assert judge(shop / "shop" / "tools", READS.format(clock="..clock"), "watch.py") == ["NBL105 in 5"]


# --- a buffer that other modules import --------------------------------------------------------------------------------


USES_ITSELF = """\
from shop.orders import Orders

{imports}


class Clock:
    def where(self) -> {type}:
        raise NotImplementedError


async def main() -> None:
    Orders().clock.where().read_text()
"""
ORDERS = """\
from shop import clock


class Orders:
    def __init__(self) -> None:
        self.clock = clock.Clock()
"""


@pytest.mark.parametrize("folder", ["", "project"])
def test_what_other_modules_import_is_the_buffer(tmp_path: Path, folder: str) -> None:
    """An import cycle leads back to the buffer, whether or not its package is below a source root."""
    path = USES_ITSELF.format(imports="import pathlib", type="pathlib.Path")
    text = USES_ITSELF.format(imports="import io", type="io.StringIO")
    root = tmp_path / folder
    write(root, {"shop/__init__.py": "", "shop/orders.py": ORDERS, "shop/clock.py": text})
    name = str(Path(folder) / "shop" / "clock.py")
    assert judge(tmp_path, path, name) == ["NBL105 in 12"]
    write(root, {"shop/clock.py": path})
    assert judge(tmp_path, text, name) == []


def test_a_file_that_imports_the_buffer_is_judged_by_what_is_saved(shop: Path) -> None:
    write(shop, {"shop/clock.py": NO_PATH})
    assert judge(shop, CLOCK, "shop/clock.py") == []
    assert flake8("--select=NBL1,NBL2,NBL9", "shop/orders.py", cwd=shop).stdout == ""


# --- configuration -----------------------------------------------------------------------------------------------------


def test_options_and_ignores_hold_for_the_buffer(tmp_path: Path) -> None:
    config = "[flake8]\nnoblock-extend-blocking = shop.send\nper-file-ignores = tests/*: NBL101\n"
    write(tmp_path, {".flake8": config})
    text = BLOCKING.replace("import time", "import time\nimport shop") + "    shop.send()\n"
    assert judge(tmp_path, text, "app/main.py") == ["NBL101 in 6", "NBL108 in 7"]
    assert judge(tmp_path, text, "tests/main.py") == ["NBL108 in 7"]


def test_noqa_holds_in_the_buffer(tmp_path: Path) -> None:
    text = BLOCKING.replace("sleep(1)", "sleep(1)  # noqa: NBL101")
    assert judge(tmp_path, text, "main.py") == []
    assert judge(tmp_path, text, "main.py", "--disable-noqa") == ["NBL101 in 5"]
