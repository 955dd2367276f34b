"""Imports of what can't be read, and environments that are none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bad_input.support import BLOCKING, findings, write


def make_missing(folder: Path) -> None:
    """Nothing is there."""


def make_cycle(folder: Path) -> None:
    write(folder, {"thing.py": "from other import use\n", "other.py": "from thing import use\n"})


def make_cycle_of_stars(folder: Path) -> None:
    write(
        folder,
        {"thing.py": "from other import *\nfrom thing import *\n", "other.py": "from thing import *\n"},
    )


def make_cycle_of_packages(folder: Path) -> None:
    write(folder, {"thing/__init__.py": "from .use import use\n", "thing/use.py": "from . import use\n"})


def make_own_import(folder: Path) -> None:
    write(folder, {"thing.py": "import thing\nfrom thing import use\nuse = thing.use\n"})


def make_import_of_main(folder: Path) -> None:
    write(folder, {"thing.py": "from main import main as use, main, use\n"})


def make_link_loop(folder: Path) -> None:
    (folder / "thing.py").symlink_to("thing.py")


def make_link_loop_of_folders(folder: Path) -> None:
    (folder / "thing").mkdir()
    (folder / "thing" / "use").symlink_to("..")


def make_broken_link(folder: Path) -> None:
    (folder / "thing.py").symlink_to("nowhere.py")


def make_folder(folder: Path) -> None:
    write(folder, {"thing.py/__init__.py": "use = 1\n"})


def make_init_folder(folder: Path) -> None:
    write(folder, {"thing/__init__.py/use.py": "use = 1\n"})


def make_unreadable(folder: Path) -> None:
    if os.name != "posix" or os.geteuid() == 0:
        pytest.skip("every file can be read by this user")
    write(folder, {"thing.py": "use = 1\n"})
    (folder / "thing.py").chmod(0)


def make_unreadable_folder(folder: Path) -> None:
    if os.name != "posix" or os.geteuid() == 0:
        pytest.skip("every folder can be read by this user")
    write(folder, {"thing/__init__.py": "use = 1\n"})
    (folder / "thing").chmod(0)


def make_pipe(folder: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    os.mkfifo(folder / "thing.py")


def make_device(folder: Path) -> None:
    if not os.path.exists("/dev/zero"):
        pytest.skip("no devices here")
    (folder / "thing.py").symlink_to("/dev/zero")


def make_compiled(folder: Path) -> None:
    for suffix in (".so", ".pyd", ".cpython-312-x86_64-linux-gnu.so", ".pyc"):
        write(folder, {f"thing{suffix}": b"\x7fELF\x00garbage"})


def make_binary(folder: Path) -> None:
    write(folder, {"thing.py": b"\x00\xff\xfe\x80"})


def make_syntax_error(folder: Path) -> None:
    write(folder, {"thing.py": "use = (\n"})


def make_unknown_encoding(folder: Path) -> None:
    write(folder, {"thing.py": "# coding: klingon\nuse = 1\n"})


def make_invalid_bytes(folder: Path) -> None:
    write(folder, {"thing.py": b"use = '\xff'\n"})


def make_huge(folder: Path) -> None:
    write(folder, {"thing.py": "use = 1\n" * 1_000_000})


def make_too_deep(folder: Path) -> None:
    write(folder, {"thing.py": "use = " + "(" * 5000 + ")" * 5000 + "\nuse = a" + ".b" * 50_000})


MAKERS = [maker for name, maker in list(globals().items()) if name.startswith("make_")]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__.removeprefix("make_"))
def test_imports_of_what_cannot_be_read(project: Path, maker: Callable[[Path], None]) -> None:
    maker(project)
    text = """\
import time
import thing
from thing import use, use as other
from thing.use import *
from thing.use.deeper import one
from thing import *


async def main():
    use().read_text()
    other(one, thing.use.deeper)
    time.sleep(1)
"""
    write(project, {"main.py": text})
    assert findings(text) == [(12, "NBL101")]


@pytest.mark.parametrize(
    "files",
    [
        {"broken/__init__.py": "def (:\n"},
        {"broken/__init__.py": b"x = '\xff'\n"},
        {"broken/__init__.py": b"x = 1\x00\n"},
        {"broken/__init__.py/oops.py": ""},
        {"broken": b"no folder"},
        {"broken.py/oops.py": ""},
        {"broken/__init__.pyi": "def (:\n", "broken/__init__.py": ""},
        {
            "broken/__init__.py": "from .core import *\n",
            "broken/core.py": "from broken import *\nclass A(A): pass\n",
        },
        {"broken-1.0.dist-info/METADATA": b"\xff\x00", "broken.pth": b"\x00\xffimport broken\n"},
    ],
    ids=["syntax", "bytes", "NUL", "folder", "file", "folder named .py", "stub", "cycle", "metadata"],
)
def test_a_broken_installed_library(project: Path, files: dict[str, str | bytes]) -> None:
    libraries = ".venv/lib/python3.12/site-packages"
    write(
        project,
        {
            ".venv/pyvenv.cfg": b"\xff\x00",
            f"{libraries}/fine.py": "import pathlib\ndef where() -> pathlib.Path: ...\n",
        },
    )
    write(project, {f"{libraries}/{name}": content for name, content in files.items()})
    text = """\
import time
import broken
from broken import A, core
from broken.core import B
from fine import where


async def main(a: A, b: B, c: broken.C):
    a.read(), b.read(), c.read(), A().read(), core.read()
    where().read_text()
    time.sleep(1)
"""
    assert findings(text) == [(10, "NBL105"), (11, "NBL101")]


@pytest.mark.parametrize("variable", ["VIRTUAL_ENV", "PYTHONPATH"])
@pytest.mark.parametrize("value", ["", "missing", "main.py", "a" * 5000, "a\nb", ":::", "~", "/dev/null"])
def test_odd_environments(project: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    write(project, {"main.py": BLOCKING})
    monkeypatch.setenv(variable, value)
    assert findings(f"import attr, other\n{BLOCKING}") == [(6, "NBL101")]


@pytest.mark.parametrize("make", [make_link_loop_of_folders, make_folder], ids=["loop", "folder"])
def test_an_environment_that_is_none(project: Path, make: Callable[[Path], None]) -> None:
    (project / ".venv").mkdir()
    (project / ".venv" / "pyvenv.cfg").symlink_to("pyvenv.cfg")
    make(project / ".venv")
    assert findings(f"import attr, other\n{BLOCKING}") == [(6, "NBL101")]
