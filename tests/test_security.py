"""The code that is read is never imported or run, nothing is written but the cache, no interpreter is started."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support import write

ENVIRONMENT = f".venv/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
MAIN = """\
import hashlib
import pathlib
import sqlite3
import time
import tomllib

import _fast
import astroid
import conftest
import library
import msgspec
import setup
import trap
import typeshed_client
from shop import orders


async def main(a: trap.Trap, b: _fast.Fast, c: library.Library, d: astroid.NodeNG) -> None:
    a.use(), b.use(), c.use(), d.use(), orders.use(), _fast.use(), conftest, setup, msgspec.use()
    tomllib.load(open("x"))
    chosen = {"trap": trap.Trap, "fast": _fast.Fast, "library": library.Library, "orders": orders.Trap}["fast"]()
    chosen.read_text(), vars(_fast)["made"].execute(""), [_fast.Fast(), conftest.Trap()][0].connect()
    hashlib.sha1().update(typeshed_client.use().encode() + pathlib.PurePath().name + sqlite3.sqlite_version)
    time.sleep(1)
"""
TRAP = """\
with open({mark!r}, "a", encoding="utf-8") as _mark:
    _mark.write(__file__ + "\\n")


class Trap:
    def use(self): ...


def use(): ...
"""
# Modules that the plugin, or what it is built on, imports late or might.
LATE = (
    "astroid",
    "codecs",
    "hashlib",
    "importlib_resources",
    "json",
    "lazy_object_proxy",
    "msgspec",
    "platformdirs",
    "rich",
    "tomllib",
    "typeshed_client",
    "typing_extensions",
    "wrapt",
    "zlib",
)
C_SOURCE = """\
#include <Python.h>
#include <stdio.h>

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_fast", NULL, -1, NULL};

PyMODINIT_FUNC PyInit__fast(void) {
    FILE *mark = fopen(MARK, "a");
    if (mark != NULL) {
        fputs("_fast\\n", mark);
        fclose(mark);
    }
    return PyModule_Create(&module);
}
"""
# Runs flake8 and tells what it asked of the system, apart from reading.
WATCHED = """\
import json
import os
import sys

asked = []


def watch(event, args):
    if event.startswith(("subprocess.", "socket.", "ctypes.", "pty.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn",
                         "os.startfile", "os.system", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate",
                         "os.link", "os.symlink", "os.chmod", "os.utime", "shutil.", "tempfile.", "urllib.")):
        asked.append([event, *map(str, args)])
    if event == "open" and (set(str(args[1] or "")) & set("wax+") or (args[2] or 0) & (os.O_WRONLY | os.O_RDWR)):
        asked.append([event, *map(str, args)])


from flake8.main.cli import main

sys.addaudithook(watch)
status = main(sys.argv[1:])
print("asked:", json.dumps([asked, "astroid" in sys.modules]), sep="\\n")
raise SystemExit(status)
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Path] | None:
    """A compiled module that leaves a mark when it is imported, and the mark; None where none can be built."""
    folder = tmp_path_factory.mktemp("compiled")
    mark = folder / "MARK"
    source = folder / "fast.c"
    source.write_text(C_SOURCE, encoding="utf-8")
    target = folder / f"_fast{sysconfig.get_config_var('EXT_SUFFIX')}"
    compiler = shutil.which("gcc") or shutil.which("cc")
    headers = sysconfig.get_path("include")
    if compiler is None or os.name != "posix" or not os.path.isfile(os.path.join(headers, "Python.h")):
        return None
    command = [
        compiler,
        "-shared",
        "-fPIC",
        f'-DMARK="{mark}"',
        f"-I{headers}",
        str(source),
        "-o",
        str(target),
    ]
    if sys.platform == "darwin":
        command += ["-undefined", "dynamic_lookup"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None
    subprocess.run([sys.executable, "-c", "import _fast"], cwd=folder, check=True)
    assert mark.read_text(encoding="utf-8") == "_fast\n"
    mark.unlink()
    return target.read_bytes(), mark


@pytest.fixture
def mark(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that every trap writes to."""
    return tmp_path_factory.mktemp("mark") / "MARK"


@pytest.fixture
def project(tmp_path: Path, mark: Path, compiled: tuple[bytes, Path] | None) -> Path:
    """A project in which everything that runs leaves a mark."""
    trap = TRAP.format(mark=str(mark))
    traps = (
        "trap.py",
        "conftest.py",
        "setup.py",
        "sitecustomize.py",
        "usercustomize.py",
        "noxfile.py",
        "shop/__init__.py",
        "shop/orders.py",
        "shop/conftest.py",
        *(f"{ENVIRONMENT}/{name}" for name in ("library.py", "sitecustomize.py", "usercustomize.py", "msgspec.py")),
    )
    write(tmp_path, {name: trap for name in traps})
    line = f"import sys; open({str(mark)!r}, 'a').write('a .pth file')\n"
    write(tmp_path, {"main.py": MAIN, f"{ENVIRONMENT}/evil.pth": line, "evil.pth": line})
    write(tmp_path, {".venv/pyvenv.cfg": "home = /nowhere\n"})
    for name in ("python", "python3", "flake8", "pip"):
        write(tmp_path, {f".venv/bin/{name}": f"#!/bin/sh\necho $0 >> '{mark}'\n"})
        (tmp_path / ".venv" / "bin" / name).chmod(0o755)
    code = compiled[0] if compiled else b"\x7fELF\x00garbage"
    (tmp_path / f"_fast{sysconfig.get_config_var('EXT_SUFFIX')}").write_bytes(code)
    return tmp_path


def shadow(folder: Path, mark: Path, names: Sequence[str] = LATE) -> None:
    write(folder, {f"{name}.py": TRAP.format(mark=str(mark)) for name in names})


def run(command: list[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """flake8 by `command`, in an environment that names no other folder than `environment` says, but one for an empty cache."""
    own = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONSAFEPATH")}
    with tempfile.TemporaryDirectory() as caches:
        return subprocess.run(
            [*command, "--select=NBL1,NBL2,NBL9", "main.py"],
            cwd=cwd,
            env={**own, "XDG_CACHE_HOME": caches, **environment},
            capture_output=True,
            text=True,
            check=False,
        )


def assert_judged(done: subprocess.CompletedProcess[str]) -> None:
    """The plugin did its work: the traps are no reason to fail."""
    codes = [line.split(" ")[1] for line in done.stdout.splitlines() if line.startswith("main.py:")]
    assert "NBL101" in codes, done
    assert "NBL105" in codes, done
    assert "NBL900" not in codes, done
    assert done.stderr == ""


def marks(mark: Path) -> list[str]:
    return mark.read_text(encoding="utf-8").splitlines() if mark.exists() else []


SAFE = [sys.executable, "-P", "-m", "flake8"]
PLAIN = [sys.executable, "-m", "flake8"]
SCRIPT = [
    sys.executable,
    "-c",
    "import sys; del sys.path[0]; from flake8.main.cli import main; sys.exit(main())",
]


def script() -> list[str]:
    """The console script, else what it does."""
    found = Path(sysconfig.get_path("scripts")) / ("flake8.exe" if os.name == "nt" else "flake8")
    return [str(found)] if found.is_file() else SCRIPT


# --- the traps work ----------------------------------------------------------------------------------------------------


def test_a_trap_leaves_a_mark(project: Path, mark: Path) -> None:
    """Without this, the silence below would prove nothing."""
    subprocess.run([sys.executable, "-c", "import trap, shop.orders"], cwd=project, check=True)
    assert [Path(line).name for line in marks(mark)] == ["trap.py", "__init__.py", "orders.py"]


@pytest.mark.skipif(os.name != "posix", reason="needs /bin/sh")
def test_the_interpreter_of_the_environment_leaves_a_mark(project: Path, mark: Path) -> None:
    subprocess.run([str(project / ".venv" / "bin" / "python")], check=True)
    assert len(marks(mark)) == 1


# --- nothing of the project runs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [SAFE, script(), PLAIN], ids=["python -P -m flake8", "flake8", "python -m flake8"])
def test_nothing_of_the_project_is_run(
    project: Path, mark: Path, compiled: tuple[bytes, Path] | None, command: list[str]
) -> None:
    assert_judged(run(command, project))
    assert marks(mark) == []
    assert compiled is None or not compiled[1].exists()


def test_libraries_on_the_path_of_flake8_are_not_imported(
    tmp_path: Path, mark: Path, compiled: tuple[bytes, Path] | None
) -> None:
    """astroid would import compiled modules, and those of gi.repository, to look at them."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    names = ("gi/__init__.py", "gi/repository/__init__.py", "gi/repository/Door.py", "trap.py")
    libraries = write(tmp_path / "libraries", {name: TRAP.format(mark=str(mark)) for name in names})
    (libraries / f"_fast{suffix}").write_bytes(compiled[0] if compiled else b"\x7fELF\x00garbage")
    (libraries / "gi" / "repository" / f"Door{suffix}").write_bytes(b"\x7fELF\x00garbage")
    text = """\
import pathlib
import time

import _fast
import trap
from gi.repository import Door, Window


async def main() -> None:
    [Door.use, Window.Window, _fast.Fast, trap.use][1]().read_text()
    vars(Window)["made"].read_text(), vars(Door)["made"].read_text(), vars(_fast)["made"].read_text()
    time.sleep(1), pathlib.Path("x").read_text()
"""
    write(tmp_path / "project", {"main.py": text})
    assert_judged(run(SAFE, tmp_path / "project", PYTHONPATH=str(libraries)))
    assert marks(mark) == []
    assert compiled is None or not compiled[1].exists()


@pytest.mark.parametrize("command", [SAFE, script()], ids=["python -P -m flake8", "flake8"])
def test_files_that_shadow_what_is_imported_late(project: Path, mark: Path, command: list[str]) -> None:
    shadow(project, mark)
    shadow(project / "src", mark)
    assert_judged(run(command, project))
    assert_judged(run([*command, "--noblock-src=./src,."], project))
    assert marks(mark) == []


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names in LATE that flake8 doesn't import at its own start, before it asks the plugin anything."""
    folder = tmp_path_factory.mktemp("start")
    (folder / "plain.py").write_text("x = 1\n", encoding="utf-8")
    program = (
        "import atexit, sys; del sys.path[0]; atexit.register(lambda: print(*sys.modules));"
        "from flake8.main.cli import main; sys.exit(main(['--select=E9', 'plain.py']))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    return [name for name in LATE if name not in done.stdout.split()]


@pytest.mark.parametrize("path", [None, ".", "src", "here"])
def test_a_working_folder_on_the_path(project: Path, mark: Path, late: list[str], path: str | None) -> None:
    """``python -m flake8`` and PYTHONPATH put it before the standard library; what is imported late comes from elsewhere."""
    assert {"msgspec", "platformdirs", "typeshed_client"} <= set(late)
    shadow(project, mark, late)
    shadow(project / "src", mark, late)
    environment = {} if path is None else {"PYTHONPATH": str(project) if path == "here" else path}
    assert_judged(run(PLAIN, project, **environment))
    assert_judged(run([*PLAIN, "--noblock-safe-calls=shop.*"], project, **environment))
    assert [line for line in marks(mark) if "customize" not in line] == []


def test_standard_input_with_the_working_folder_on_the_path(project: Path, mark: Path, late: list[str]) -> None:
    shadow(project, mark, late)
    command = [*PLAIN, "--select=NBL1,NBL2,NBL9", "--stdin-display-name=main.py", "-"]
    done = subprocess.run(command, cwd=project, input=MAIN, capture_output=True, text=True, check=False)
    assert_judged(done)
    assert marks(mark) == []


def test_the_path_is_as_before_after_each_file(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other plugins run in the same process."""
    import ast

    from flake8_noblock.plugin import Plugin

    monkeypatch.chdir(project)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.syspath_prepend(str(project))
    monkeypatch.setattr(Plugin, "_values", {})
    monkeypatch.setattr(Plugin, "_session", None)
    before, entries = sys.path, list(sys.path)
    codes = []
    for _, _, text, _ in Plugin(ast.parse(MAIN), "main.py", MAIN.splitlines(keepends=True)).run():
        assert sys.path is before
        codes.append(text.partition(" ")[0])
    assert "NBL101" in codes
    assert "NBL900" not in codes
    assert sys.path is before
    assert sys.path == entries


# --- nothing but the cache is written, nothing is started, nobody is called --------------------------------------------


def listing(folder: Path) -> list[tuple[str, int, int]]:
    """Every file and folder below, with size and time of the last change."""
    paths = sorted([folder, *folder.rglob("*")])
    return [(str(path), path.lstat().st_size, path.lstat().st_mtime_ns) for path in paths]


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a folder for caches."""
    folder = tmp_path_factory.mktemp("home")
    (folder / ".cache").mkdir()
    return folder


def at_home(project: Path, home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    names = {"HOME": str(home), "USERPROFILE": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    return run([*SAFE, *options], project, **names)


def test_nothing_is_written_to_the_project_or_the_home_without_a_cache(project: Path, home: Path) -> None:
    folders = [folder for above in (project, home) for folder in (above, *above.rglob("*")) if folder.is_dir()]
    before = listing(project), listing(home)
    modes = {folder: folder.stat().st_mode for folder in folders}
    for folder in folders:
        folder.chmod(0o555)
    try:
        done = at_home(project, home, "--noblock-cache-dir=none")
    finally:
        for folder, mode in modes.items():
            folder.chmod(mode)
    assert_judged(done)
    assert (listing(project), listing(home)) == before


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="the cache folder of the user is another there")
def test_nothing_but_the_cache_is_written_to_the_project_or_the_home(project: Path, home: Path) -> None:
    cache = home / ".cache" / "flake8-noblock"
    cache.mkdir(mode=0o700)
    before = listing(project), [entry for entry in listing(home) if entry[0] != str(cache)]
    assert_judged(at_home(project, home))
    assert any(path.is_file() for path in cache.rglob("*-results"))
    elsewhere = [entry for entry in listing(home) if not Path(entry[0]).is_relative_to(cache)]
    assert (listing(project), elsewhere) == before


def asked(project: Path, driver: Path, *options: str) -> list[list[str]]:
    """What a run asks of the system apart from reading: events and their arguments."""
    program = write(driver, {"watched.py": WATCHED}) / "watched.py"
    done = run([sys.executable, "-B", "-P", str(program), *options], project)
    judged, _, told = done.stdout.partition("asked:\n")
    assert " NBL101 " in judged
    assert " NBL900 " not in judged
    events, astroid = json.loads(told)
    assert astroid is True, "without it, the rest would prove little"
    return list(events)


@pytest.mark.parametrize("option", ["--noblock-safe-calls=shop.*", "--extend-select=NBL1"])
def test_what_is_asked_of_the_system(project: Path, tmp_path_factory: pytest.TempPathFactory, option: str) -> None:
    """No process, no connection, no shared library, no file opened for writing."""
    assert asked(project, tmp_path_factory.mktemp("driver"), option, "--noblock-cache-dir=none") == []


@pytest.mark.parametrize("option", ["--noblock-safe-calls=shop.*", "--extend-select=NBL1"])
def test_what_is_asked_of_the_system_for_the_cache(project: Path, tmp_path_factory: pytest.TempPathFactory, option: str) -> None:
    """Files and folders inside the cache folder, and nothing else."""
    cache = tmp_path_factory.mktemp("cache") / "kept"
    events = asked(project, tmp_path_factory.mktemp("driver"), option, f"--noblock-cache-dir={cache}")
    assert {event for event, *_ in events} <= {"open", "os.mkdir", "os.chmod", "os.rename", "os.remove"}
    paths = [path for event, *rest in events for path in rest[: 2 if event == "os.rename" else 1]]
    # os.fchmod tells the number of an open file.
    assert {path for path in paths if not path.isdecimal() and not Path(path).is_relative_to(cache)} == set()
    assert any(path.endswith("-results") for path in paths)
