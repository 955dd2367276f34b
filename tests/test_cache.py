"""The cache in real runs: the same findings with and without it, whoever else uses it, breaks it or changes the project."""

from __future__ import annotations

import ast
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flake8_noblock import analysis, options
from flake8_noblock.cache import store
from flake8_noblock.rules.registry import RULES
from flake8_noblock.session import Session
from tests.support import HELPER, IDLE, caller, lint, write

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
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")

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


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    return write(tmp_path / "environment", ENVIRONMENT)


@pytest.fixture
def project(tmp_path: Path, environment: Path) -> Path:
    return write(tmp_path / "project", FILES)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project and its environment, for tests that change neither."""
    folder = tmp_path_factory.mktemp("shared")
    write(folder / "environment", ENVIRONMENT)
    write(folder / "project", FILES)
    return folder / "project"


@pytest.fixture(scope="module")
def expected(shared: Path) -> str:
    """What flake8 prints for the project without a cache, in one process."""
    return printed(run(shared, "none"))


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


def everything(folder: Path) -> list[tuple[str, int, int]]:
    return [(str(path), path.lstat().st_mode, path.lstat().st_mtime_ns) for path in sorted([folder, *folder.rglob("*")])]


# --- the same findings, however they come about ------------------------------------------------------------------------


def test_findings_of_the_project(expected: str) -> None:
    assert places(expected) == FOUND


def test_cold_warm_and_in_other_orders_and_processes(shared: Path, expected: str, cache: Path, tmp_path: Path) -> None:
    assert printed(run(shared, cache)) == expected
    cold = entries(cache)
    assert {path.name.partition("-")[2] for path in cold} >= {"facts", "results"}
    for jobs, files in (("-j1", NAMES), ("-j4", NAMES[5:] + NAMES[:5])):
        assert printed(run(shared, cache, jobs, files=files)) == expected
    assert entries(cache) == cold, "a warm run has nothing to write"
    other = tmp_path / "other"
    assert printed(run(shared, other, files=NAMES[::-1])) == expected
    assert {path.name for path in entries(other, "results")} == {path.name for path in entries(cache, "results")}
    assert printed(run(shared, "none", "-j4")) == expected


def test_one_file_alone(shared: Path, expected: str, cache: Path) -> None:
    """Into an empty cache, and out of one that others have filled."""
    for state in ("cold", "warm"):
        for name in ("main.py", "shop/service.py"):
            own = "".join(line for line in expected.splitlines(keepends=True) if line.startswith(f"{name}:"))
            assert own
            assert printed(run(shared, cache, files=[name])) == own, state
    assert printed(run(shared, cache)) == expected


@POSIX
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_start_methods_of_the_workers(shared: Path, expected: str, cache: Path, tmp_path: Path, method: str) -> None:
    driver = after(tmp_path / "driver", START.format(method=method))
    assert printed(run(shared, cache, "-j4", driver=driver)) == expected
    assert printed(run(shared, cache)) == expected


# --- several processes, and those that die -----------------------------------------------------------------------------


def test_two_runs_that_share_an_empty_cache(shared: Path, expected: str, cache: Path) -> None:
    runs = [
        subprocess.Popen(command(cache, "-j4"), cwd=shared, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [(*each.communicate(), each.returncode) for each in runs] == [(expected, "", 1)] * 2
    kept = entries(cache)
    assert not [path for path in cache.rglob("*.tmp")]
    assert printed(run(shared, cache)) == expected
    assert entries(cache) == kept


@POSIX
def test_runs_that_are_killed(shared: Path, expected: str, cache: Path, tmp_path: Path) -> None:
    """Twenty times, two at once, each somewhere in its writing."""
    choose = random.Random(7)
    for number in range(10):
        victims = []
        for part in ("one", "other"):
            die = DIE.format(number=choose.randrange(25), folder=str(cache))
            driver = after(tmp_path / f"{number}{part}", die)
            victims.append(subprocess.Popen(command(cache, driver=driver), cwd=shared, stdout=subprocess.DEVNULL))
        assert [victim.wait() for victim in victims] == [-signal.SIGKILL] * 2
    assert entries(cache), "some of the work was kept"
    assert printed(run(shared, cache)) == expected
    kept = entries(cache)
    assert printed(run(shared, cache, "-j4")) == expected
    assert entries(cache) == kept


# --- a disk that doesn't take it ---------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize("size", [0, 700])
def test_a_full_disk(shared: Path, expected: str, cache: Path, tmp_path: Path, size: int) -> None:
    driver = after(tmp_path / "driver", FULL.format(size=size))
    jobs = "-j4" if size else "-j1"  # Workers come with small files of their own.
    assert printed(run(shared, cache, jobs, driver=driver)) == expected
    assert not [path for path in cache.rglob("*.tmp")]
    assert all(path.stat().st_size <= size for path in cache.rglob("*") if path.is_file())
    assert printed(run(shared, cache)) == expected


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that every user can reach, which those of pytest are not."""
    made = Path(tempfile.mkdtemp(prefix="cache-"))
    made.chmod(0o755)
    yield made
    for path in made.rglob("*"):
        if path.is_dir():
            path.chmod(0o700)
    shutil.rmtree(made)


@POSIX
@pytest.mark.parametrize("state", ["cold", "warm"])
def test_a_cache_that_can_only_be_read(reachable: Path, state: str) -> None:
    if os.geteuid() == 0 and any(not folder.stat().st_mode & 0o001 for folder in Path(sys.prefix).resolve().parents):
        pytest.skip("another user can't read the environment that the tests run in")
    project, cache = write(reachable / "project", FILES), reachable / "cache"
    write(reachable / "environment", ENVIRONMENT)
    cache.mkdir(mode=0o700)
    expected = printed(run(project, cache if state == "warm" else "none"))
    assert places(expected) == FOUND
    assert bool(entries(cache)) == (state == "warm")
    root = os.geteuid() == 0
    for path in [cache, *cache.rglob("*")]:
        path.chmod(0o500 if path.is_dir() else 0o400)
        if root:
            os.chown(path, 65534, 65534)
    before = everything(cache)
    driver = after(reachable / "driver", NOBODY if root else "")
    assert printed(run(project, cache, driver=driver)) == expected
    assert everything(cache) == before


def test_a_cache_that_can_t_be_made(shared: Path, expected: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for place in (tmp_path / "file" / "cache", tmp_path / ("x" * 300)):
        assert printed(run(shared, place)) == expected
    assert (tmp_path / "file").read_bytes() == b""


# --- entries that aren't ours ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("signature", "believed"), [("b'other'", False), ("signature._own()", True)])
def test_a_cache_of_another_version(
    shared: Path, expected: str, cache: Path, tmp_path: Path, signature: str, believed: bool
) -> None:
    """A version that finds nothing says so to itself only; with our own signature it would be believed."""
    before = OTHER.format(signature=signature).replace(
        "\nsignature.", "\nsignature._own = signature.plugin_signature\nsignature.", 1
    )
    driver = after(tmp_path / "driver", before)
    assert printed(run(shared, cache, driver=driver)) == ""
    assert printed(run(shared, cache)) == ("" if believed else expected)
    assert printed(run(shared, cache, driver=driver)) == "", "each finds its own"


def test_damaged_entries(shared: Path, expected: str, cache: Path) -> None:
    assert printed(run(shared, cache)) == expected
    files = sorted(entries(cache))
    contents = {path: path.read_bytes() for path in files}
    for number, path in enumerate(files):
        content = contents[path]
        path.write_bytes(
            [
                b"",
                content[: len(content) // 2],
                content[:-1] + bytes([content[-1] ^ 1]),
                contents[files[number - 1]],
                b"SQLite format 3\0" * 30,
            ][number % 5]
        )
    assert printed(run(shared, cache)) == expected
    assert {path: path.read_bytes() for path in files if path.name.endswith("-results")} == {
        path: content for path, content in contents.items() if path.name.endswith("-results")
    }


@pytest.mark.parametrize("value", [b"", b"\xc1", b"\x01", b"\x91\x94\x01\x02\x03\x04", b"\xdd\xff\xff\xff\xff"])
def test_entries_with_a_right_checksum_and_a_wrong_value(project: Path, cache: Path, value: bytes) -> None:
    options = [f"--noblock-cache-dir={cache}"]
    files = [project / name for name in NAMES]
    right = lint(files, project, options)
    assert entries(cache, "results")
    for path in entries(cache):
        path.write_bytes(store._packed(path.name, value))
    assert lint(files, project, options) == right == lint(files, project)


def test_folders_and_links_in_the_places_of_entries(shared: Path, expected: str, cache: Path, tmp_path: Path) -> None:
    assert printed(run(shared, cache)) == expected
    (tmp_path / "mine").write_bytes(b"mine")
    for number, path in enumerate(sorted(entries(cache))):
        path.unlink()
        if number % 2:
            path.mkdir()
        else:
            path.symlink_to(tmp_path / "mine")
    assert printed(run(shared, cache)) == expected
    assert (tmp_path / "mine").read_bytes() == b"mine"


# --- edits are noticed -------------------------------------------------------------------------------------------------


def without(text: str, line: str) -> str:
    """`text` with ``pass`` in place of what the line that holds `line` does."""
    lines = [re.sub(r"\S.*", "pass", each) if line in each else each for each in text.splitlines()]
    return "\n".join(lines) + "\n"


def test_edits_are_noticed_and_no_more_is_computed_again_than_depends_on_them(project: Path, cache: Path) -> None:
    found = set(FOUND)
    dependants = {
        "shop/ticks.py": {"shop/service.py", "main.py"},
        "shop/paths.py": {"shop/service.py", "main.py"},
    }

    def check(computed: int, what: str, *options: str) -> None:
        before = entries(cache, "results")
        assert places(printed(run(project, cache, *options))) == found, what
        assert len(entries(cache, "results") - before) == computed, what

    asynchronous = [name for name in NAMES if "async" in FILES[name]]
    assert len(asynchronous) == 4
    check(4, "the first run")
    check(0, "nothing has changed")

    (project / "shop/tools/own.py").write_text(without(FILES["shop/tools/own.py"], "sleep"), encoding="utf-8")
    found -= {("shop/tools/own.py", 5, "NBL101")}
    check(1, "the file itself")

    (project / "shop/ticks.py").write_text(without(FILES["shop/ticks.py"], "sleep"), encoding="utf-8")
    found -= {("main.py", 6, "NBL201"), ("shop/service.py", 13, "NBL201")}
    check(len(dependants["shop/ticks.py"]), "a helper two modules away")

    (project / "shop/ticks.py").write_text(FILES["shop/ticks.py"], encoding="utf-8")
    found |= {("main.py", 6, "NBL201"), ("shop/service.py", 13, "NBL201")}
    check(0, "as it was before")

    (project / "shop/paths.py").unlink()
    found -= {("main.py", 7, "NBL205"), ("shop/service.py", 11, "NBL205")}
    check(len(dependants["shop/paths.py"]), "a helper is removed")
    (project / "shop/paths.py").write_text(FILES["shop/paths.py"], encoding="utf-8")
    found |= {("main.py", 7, "NBL205"), ("shop/service.py", 11, "NBL205")}
    check(0, "it is back")

    write(project, {"shop/ticks/__init__.py": "def tick() -> None: ...\n"})
    found -= {("main.py", 6, "NBL201"), ("shop/service.py", 13, "NBL201")}
    check(len(dependants["shop/ticks.py"]), "a package comes before the module")
    shutil.rmtree(project / "shop/ticks")
    found |= {("main.py", 6, "NBL201"), ("shop/service.py", 13, "NBL201")}
    check(0, "it is gone")

    write(project, {"shop/trucks.py": TRUCK})
    found |= {("shop/service.py", 12, "NBL205")}
    check(1, "another file implements an abstract method")
    (project / "shop/trucks.py").unlink()
    found -= {("shop/service.py", 12, "NBL205")}
    check(0, "no longer")

    (project / "unrelated.py").write_text("import shop\n\n\ndef f() -> None: ...\n", encoding="utf-8")
    check(0, "a new file that nothing needs")


def test_changed_options_are_noticed(project: Path, cache: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.toml"
    declared = ("shop/service.py", 17, "NBL108")
    slept = {place for place in FOUND if place[2].endswith("1")}

    def found(*options: str) -> set[tuple[str, int, str]]:
        return places(printed(run(project, cache, *options)))

    assert found() == FOUND
    assert found("--noblock-extend-blocking=shop.library.declared") == FOUND | {declared}
    assert found("--noblock-safe-calls=time.*") == FOUND - slept
    assert found("--noblock-follow=none") == {place for place in FOUND if place[2].startswith("NBL1")}
    table.write_text('[[blocking]]\nnames = ["shop.library.declared"]\nkind = "declared"\n', encoding="utf-8")
    assert found(f"--noblock-knowledge={table}") == FOUND | {declared}
    table.write_text('[[blocking]]\nnames = ["shop.library.nothing"]\nkind = "declared"\n', encoding="utf-8")
    assert found(f"--noblock-knowledge={table}") == FOUND
    assert found() == FOUND


def test_a_library_that_was_replaced_is_noticed(project: Path, environment: Path, cache: Path) -> None:
    """Its files may be as old and as long as before: the folder of its metadata tells."""
    sent = ("shop/service.py", 16, "NBL201")
    assert places(printed(run(project, cache))) == FOUND
    module = environment / SITE / "parcel" / "__init__.py"
    module.write_text(without(PARCEL, "sleep"), encoding="utf-8")
    (environment / SITE / "parcel-1.0.dist-info").rename(environment / SITE / "parcel-1.1.dist-info")
    assert places(printed(run(project, cache))) == FOUND - {sent}
    shutil.rmtree(environment / SITE / "parcel")
    shutil.rmtree(environment / SITE / "parcel-1.1.dist-info")
    (environment / SITE / "other-1.0.dist-info").mkdir()
    assert places(printed(run(project, cache))) == FOUND - {sent}
    write(environment, ENVIRONMENT)
    assert places(printed(run(project, cache))) == FOUND


@pytest.mark.parametrize("limit", ["MOST_ANSWERS", "MOST_OPERATIONS"])
def test_beginning_anew_changes_no_finding(project: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """A process that has read too much forgets it between files; what an editor shows is still what is read."""
    files = [project / name for name in NAMES]
    right = lint(files, project)
    helper = f"{HELPER}\n\nasync def g():\n    pass\n"
    main = caller("import h", "h.f()")
    write(project, {"h.py": IDLE})
    monkeypatch.setattr(analysis, limit, 0)
    for given in ([], [f"--noblock-cache-dir={cache}"], [f"--noblock-cache-dir={cache}"]):
        assert lint(files, project, given) == right
    session = Session(options.parse({"cache-dir": ["none"]}, project))
    session.lint(ast.parse(helper), str(project / "h.py"), helper, RULES)
    found = session.lint(ast.parse(main), str(project / "main.py"), main, RULES)
    assert [finding.code for finding in found] == ["NBL201"]


@pytest.fixture
def analysed(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files of the project whose findings are computed, in order."""
    seen: list[str] = []
    compute = Session._lint

    def noted(session: Session, tree: object, filename: str, *rest: object) -> object:
        seen.append(Path(filename).relative_to(project).as_posix())
        return compute(session, tree, filename, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Session, "_lint", noted)
    return seen


@pytest.mark.parametrize(
    ("edited", "computed"),
    [
        ("main.py", ["main.py"]),
        ("shop/service.py", ["main.py", "shop/service.py"]),
        ("shop/ticks.py", ["main.py", "shop/service.py"]),
        ("shop/post.py", ["shop/service.py"]),
        ("shop/tools/own.py", ["shop/tools/own.py"]),
        ("shop/tools/report.py", ["main.py", "shop/tools/report.py"]),
    ],
)
def test_which_files_are_computed_again(
    project: Path, cache: Path, analysed: list[str], edited: str, computed: list[str]
) -> None:
    options = [f"--noblock-cache-dir={cache}"]
    files = [project / name for name in NAMES]
    lint(files, project, options)
    analysed.clear()
    right = lint(files, project, options)
    assert analysed == []
    with (project / edited).open("a", encoding="utf-8") as file:
        file.write("\n\nADDED = 1\n")
    assert lint(files, project, options) == right
    assert analysed == computed


def test_comments_and_layout_concern_nobody_else(project: Path, cache: Path, analysed: list[str]) -> None:
    options = [f"--noblock-cache-dir={cache}"]
    files = [project / name for name in NAMES]
    right = lint(files, project, options)
    analysed.clear()
    service = project / "shop/service.py"
    service.write_text("# A comment.\n\n" + service.read_text(encoding="utf-8"), encoding="utf-8")
    found = lint(files, project, options)
    assert {path: len(listed) for path, listed in found.items()} == {path: len(listed) for path, listed in right.items()}
    assert [line for line, *_ in found[service]] == [line + 2 for line, *_ in right[service]]
    assert analysed == ["shop/service.py"]


def test_a_text_that_is_not_on_disk(project: Path, cache: Path) -> None:
    """An editor hands over what it shows; neither that nor the file on disk is taken for the other."""
    arguments = ["--stdin-display-name=shop/tools/own.py"]
    text = FILES["shop/tools/own.py"]
    for source in (text, without(text, "sleep")) * 2:
        done = subprocess.run(
            command(cache, *arguments, files=["-"]), cwd=project, input=source, capture_output=True, text=True, check=False
        )
        assert places(printed(done)) == ({("shop/tools/own.py", 5, "NBL101")} if "sleep" in source else set())
        assert places(printed(run(project, cache, files=["shop/tools/own.py"]))) == {("shop/tools/own.py", 5, "NBL101")}


def test_what_imports_a_text_that_is_not_on_disk(project: Path, cache: Path) -> None:
    """Once the text's own findings are remembered, it still stands for its module; nothing wrong is kept for later."""
    main, helper = caller("import h", "h.f()"), f"{HELPER}\n\nasync def g():\n    pass\n"
    write(project, {"h.py": IDLE})

    def judge(folder: str, **shown: str) -> list[tuple[int, str]]:
        """What a session with the cache in `folder` says of the last of the texts that an editor shows."""
        session = Session(options.parse({"cache-dir": [folder]}, project))
        judged = [session.lint(ast.parse(text), str(project / f"{name}.py"), text, RULES) for name, text in shown.items()]
        return [(finding.line, finding.code) for finding in judged[-1]]

    assert judge(str(cache), h=helper, main=main) == [(5, "NBL201")]
    edited = f"{main}# edited\n"
    assert judge(str(cache), h=helper, main=edited) == judge("none", h=helper, main=edited) == [(5, "NBL201")]
    write(project, {"h.py": helper})
    assert judge(str(cache), main=edited) == judge("none", main=edited) == [(5, "NBL201")]


@pytest.mark.parametrize("folder", ["cache", "none"])
@pytest.mark.parametrize("host", TWICE)
def test_a_process_that_runs_flake8_twice(project: Path, tmp_path: Path, cache: Path, host: str, folder: str) -> None:
    program = tmp_path / "host.py"
    program.write_text(HOST.format(body=TWICE[host]), encoding="utf-8")
    text = without(FILES["shop/ticks.py"], "sleep")
    chosen = str(cache) if folder == "cache" else "none"
    arguments = [str(program), chosen, "shop/ticks.py", text, "main.py", "shop/service.py"]
    done = subprocess.run([sys.executable, "-P", *arguments], cwd=project, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    before, _, behind = done.stdout.partition("edited\n")
    slow = {("main.py", 6, "NBL201"), ("shop/service.py", 13, "NBL201")}
    assert slow <= places(before)
    assert places(behind) == places(before) - slow
    assert places(behind)


@pytest.mark.parametrize("name", [["chain", "shop/service.py:13"], ["causes", "shop"]], ids=["chain", "causes"])
def test_commands_show_the_same_with_a_cache(project: Path, cache: Path, name: list[str]) -> None:
    assert printed(run(project, cache))
    shown = []
    for folder in (cache, "none"):
        options = [f"--noblock-cache-dir={folder}", "--noblock-environment=../environment"]
        arguments = [sys.executable, "-P", "-m", "flake8_noblock", *name, *options]
        shown.append(subprocess.run(arguments, cwd=project, capture_output=True, text=True, check=False))
    assert "time.sleep" in shown[1].stdout
    assert (shown[0].stdout, shown[0].stderr) == (shown[1].stdout, shown[1].stderr)


# --- what is written, and where ----------------------------------------------------------------------------------------


def test_nothing_is_written_outside_the_cache(project: Path, environment: Path, cache: Path, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("HOME", "XDG_CACHE_HOME", "TMPDIR")}
    for folder in folders.values():
        folder.mkdir()
    watched = [project, environment, *folders.values()]
    before = [everything(folder) for folder in watched]
    variables = {name: str(folder) for name, folder in folders.items()}
    assert places(printed(run(project, cache, "-j4", **variables))) == FOUND
    assert [everything(folder) for folder in watched] == before
    assert entries(cache, "results")


def test_no_cache_where_none_is_wanted(project: Path, tmp_path: Path) -> None:
    caches = tmp_path / "caches"
    assert places(printed(run(project, "none", XDG_CACHE_HOME=str(caches)))) == FOUND
    assert not caches.exists()
    assert not (project / "none").exists()


@POSIX
@pytest.mark.parametrize("umask", [0, 0o777])
def test_the_cache_is_the_user_s_alone(shared: Path, expected: str, cache: Path, umask: int) -> None:
    assert printed(run(shared, cache, "-j4" if umask == 0 else "-j1", umask=umask)) == expected
    paths = [cache, *cache.rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()} == {0o600}
    assert [path.name for path in cache.iterdir()] == [f"noblock-{store.FORMAT}"]
