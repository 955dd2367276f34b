"""One file is one module, by whatever names it goes: projects below the working folder, packages without ``__init__``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import flake8, write

CARRIER = """\
import asyncio
from abc import ABC, abstractmethod


class Carrier(ABC):
    @abstractmethod
    def ship(self): ...


async def ask(host):
    await asyncio.open_connection(host, 80)


async def send(carrier: Carrier):
    carrier.ship()
"""
POST = """\
import asyncio
import time
from {imported} import Carrier, ask


class Post(Carrier):
    def ship(self):
        time.sleep(1)


async def main():
    await ask("here")


asyncio.run(main())
"""
FOUND = {"11:5: NBL401", "15:5: NBL201"}
LAYOUTS = {
    "below the working folder": ("shop", "shop.carrier"),
    "of another project in a subfolder": ("service/shop", "shop.carrier"),
    "in a folder without __init__": ("outer/shop", "outer.shop.carrier"),
    "in src": ("src/shop", "shop.carrier"),
    "by relative import": ("service/shop", ".carrier"),
}


@pytest.mark.parametrize(("folder", "imported"), LAYOUTS.values(), ids=LAYOUTS)
def test_callers_and_overrides_in_other_modules_are_found(tmp_path: Path, folder: str, imported: str) -> None:
    project = tmp_path / "project"
    write(project / folder, {"__init__.py": "", "carrier.py": CARRIER, "post.py": POST.format(imported=imported)})
    options = ("--isolated", "--select=NBL2,NBL4", "--extend-ignore=NBL407,NBL499", f"--noblock-cache-dir={tmp_path / 'cache'}")
    for names in ((".",), (".",), (f"{folder}/carrier.py",), (f"{folder}/post.py", f"{folder}/carrier.py")):
        assert found_by(flake8(*options, *names, cwd=project).stdout, "carrier.py") == FOUND

    post = project / folder / "post.py"
    post.write_text(post.read_text(encoding="utf-8").replace("time.sleep(1)", "pass"), encoding="utf-8")
    assert found_by(flake8(*options, ".", cwd=project).stdout, "carrier.py") == {"11:5: NBL401"}


def found_by(output: str, name: str) -> set[str]:
    """Where and what the findings in files of this name are."""
    lines = [line.partition(f"{name}:")[2] for line in output.splitlines() if name in line]
    return {" ".join(line.split(" ")[:2]) for line in lines}
