"""A project of several modules with a library, and runs of flake8 in processes of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

SERVICE = """\
from shop import clock, library
from shop.carriers import Carrier
from shop.stock import Stock


class Service:
    def __init__(self, stock: Stock) -> None:
        self.stock = stock

    async def place(self, carrier: Carrier) -> None:
        self.stock.reserve()
        carrier.ship()
        clock.wait()

    async def later(self) -> None:
        library.send()
        library.declared()
"""
FILES = {
    "main.py": """\
from shop.service import Service
from shop.tools.report import report


async def main(service: Service) -> None:
    report()
    service.stock.reserve()
""",
    "shop/__init__.py": "",
    "shop/service.py": SERVICE,
    "shop/stock.py": """\
from . import files


class Stock:
    def reserve(self) -> None:
        files.save("stock")
""",
    "shop/files.py": """\
from .paths import folder


def save(name: str) -> None:
    (folder() / name).write_text(name)
""",
    "shop/paths.py": """\
import pathlib


def folder() -> pathlib.Path:
    return pathlib.Path("files")
""",
    "shop/clock.py": """\
from .ticks import tick


def wait() -> None:
    tick()
""",
    "shop/ticks.py": """\
import time


def tick() -> None:
    time.sleep(1)
""",
    "shop/carriers.py": """\
from abc import ABC, abstractmethod


class Carrier(ABC):
    @abstractmethod
    def ship(self) -> None: ...
""",
    "shop/post.py": """\
from .carriers import Carrier


class Post(Carrier):
    name = "post"
""",
    "shop/library.py": """\
import parcel


def send() -> None:
    parcel.send()


def declared() -> None:
    return None
""",
    "shop/tools/__init__.py": "",
    "shop/tools/report.py": """\
import asyncio

from ..clock import wait


def report() -> None:
    wait()


async def slow() -> None:
    await asyncio.to_thread(report)
""",
    "shop/tools/own.py": """\
import time


async def own() -> None:
    time.sleep(1)
""",
}
TRUCK = """\
from .carriers import Carrier


class Truck(Carrier):
    def ship(self) -> None:
        open("road")
"""
PARCEL = """\
import time


def send() -> None:
    time.sleep(1)
"""
SITE = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
ENVIRONMENT = {
    "pyvenv.cfg": "home = /nowhere\n",
    f"{SITE}/parcel/__init__.py": PARCEL,
    f"{SITE}/parcel-1.0.dist-info/METADATA": "Name: parcel\nVersion: 1.0\n",
}
NAMES = sorted(FILES)
FOUND = {
    ("main.py", 6, "NBL201"),
    ("main.py", 7, "NBL205"),
    ("shop/service.py", 11, "NBL205"),
    ("shop/service.py", 13, "NBL201"),
    ("shop/service.py", 16, "NBL201"),
    ("shop/tools/own.py", 5, "NBL101"),
}
LINE = re.compile(r"([^:]+):(\d+):\d+: (NBL\d{3}) ")

# Runs flake8 after something else.
AFTER = """\
import sys

{before}

from flake8.main.cli import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
"""
START = """
import multiprocessing

if __name__ == "__main__":
    multiprocessing.set_start_method({method!r})
"""
# Dies as the cache folder is written to, when it comes to the given number of makings, renamings and the like.
DIE = """
import os
import signal

left = {number}


def watch(event, args):
    global left
    if event == "open" and not (args[2] or 0) & os.O_WRONLY or event not in ("open", "os.mkdir", "os.rename", "os.chmod"):
        return
    if {folder!r} in str(args[0]):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


sys.addaudithook(watch)
"""
# What is imported may lie where only root can read: a first run imports it all.
NOBODY = """
import os

from flake8.main.cli import main

main([*sys.argv[1:], "--noblock-cache-dir=none", f"--output-file={os.devnull}"])
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
"""
FULL = """
import resource
import signal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
"""
# A version that finds nothing, with its own signature or with ours.
OTHER = """
from flake8_noblock.cache import signature

signature.plugin_signature = lambda: {signature}

from flake8_noblock import analysis

analysis.RULES = ()
"""
# Edits a file between two runs in one process.
TWICE = {
    "cli": """
from flake8.main.cli import main

main(options)
edit()
main(options)
""",
    "api": """
from flake8.api.legacy import get_style_guide
from flake8.main.options import JobsArgument

for number in range(2):
    style = get_style_guide(select=["NBL1", "NBL2", "NBL9"], jobs=JobsArgument("1"), noblock_cache_dir=folder)
    style.check_files(files)
    if number == 0:
        edit()
""",
    "api, one style guide": """
from flake8.api.legacy import get_style_guide
from flake8.main.options import JobsArgument

style = get_style_guide(select=["NBL1", "NBL2", "NBL9"], jobs=JobsArgument("1"), noblock_cache_dir=folder)
style.check_files(files)
edit()
style.check_files(files)
""",
}
HOST = """\
import sys
from pathlib import Path

folder, name, text, *files = sys.argv[1:]
options = ["--select=NBL1,NBL2,NBL9", "-j1", f"--noblock-cache-dir={{folder}}", *files]


def edit():
    Path(name).write_text(text, encoding="utf-8")
    print("edited", flush=True)

{body}
"""


def command(cache: Path | str, *options: str, files: list[str] | None = None, driver: Path | None = None) -> list[str]:
    start = ["-m", "flake8"] if driver is None else [str(driver)]
    jobs = [] if any(option.startswith("-j") for option in options) else ["-j1"]
    common = ["--select=NBL1,NBL2,NBL9", f"--noblock-cache-dir={cache}", "--noblock-environment=../environment"]
    return [sys.executable, "-P", *start, *common, *jobs, *options, *(NAMES if files is None else files)]


def run(
    project: Path,
    cache: Path | str,
    *options: str,
    files: list[str] | None = None,
    driver: Path | None = None,
    umask: int = -1,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(cache, *options, files=files, driver=driver),
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        umask=umask,
        env={**os.environ, **variables},
    )


def printed(done: subprocess.CompletedProcess[str]) -> str:
    """The output of a run in which nothing went wrong."""
    assert done.stderr == ""
    assert done.returncode == (1 if done.stdout else 0)
    assert "NBL900" not in done.stdout
    return done.stdout


def after(folder: Path, before: str) -> Path:
    """A program that runs flake8 after `before`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "driver.py"
    path.write_text(AFTER.format(before=before), encoding="utf-8")
    return path


def places(output: str) -> set[tuple[str, int, str]]:
    found = [LINE.match(line) for line in output.splitlines()]
    return {(os.path.normpath(m[1]).replace(os.sep, "/"), int(m[2]), m[3]) for m in found if m is not None}


def entries(cache: Path, kind: str = "") -> set[Path]:
    return {path for path in cache.rglob("*-*") if path.is_file() and path.name.endswith(f"-{kind}" if kind else "")}
