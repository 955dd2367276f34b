"""Input that is broken, huge, deep or hostile: the run goes on, and everything else is still reported."""

from __future__ import annotations

import ast
import os
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flake8_noblock.link import inference as inference_module
from flake8_noblock.plugin import Plugin
from flake8_noblock.rules.registry import rule
from tests.support import flake8

BLOCKING = "import time\n\n\nasync def main():\n    time.sleep(1)\n"
OPTIONS = ("extend_blocking", "safe_calls", "offloaders", "loop_callbacks", "src", "knowledge")
SECONDS = 10
"""CPU seconds that no file here may need; most need a small part of one."""


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder of runs of the plugin class, with a session of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    single = {"follow": "", "environment": "", "cache_dir": "", "callback_depth": "", "possible": False, "frameworks_unguarded": False}
    values = {f"noblock_{option}": value for option, value in (*dict.fromkeys(OPTIONS, []).items(), *single.items())}
    Plugin.parse_options(Namespace(select=None, extend_select=None, **values))
    yield tmp_path
    Plugin.parse_options(Namespace(select=None, extend_select=None, **values))


class TooSlow(BaseException):
    """Not an Exception: the plugin must not catch it."""


@contextmanager
def limited() -> Iterator[None]:
    """Fails where what is inside needs more CPU time than `SECONDS`; ends it there, where the system can."""

    def stop(*_: object) -> None:
        raise TooSlow(f"more than {SECONDS} s")

    start = time.process_time()
    before = signal.signal(signal.SIGPROF, stop) if hasattr(signal, "setitimer") else None
    try:
        if before is not None:
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
        yield
    finally:
        if before is not None:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
    assert time.process_time() - start < SECONDS


def findings(text: str, filename: str = "main.py") -> list[tuple[int, str]]:
    """What the plugin class reports in this text; fails where it takes too long."""
    plugin = Plugin(ast.parse(text), filename, text.splitlines(keepends=True))
    with limited():
        return [(line, message[:6]) for line, _, message, _ in plugin.run()]


def found_after(text: str) -> list[tuple[int, str]]:
    """The findings of `text` and of a coroutine appended to it, the lines of which count from 1."""
    shift = text.count("\n")
    return [(line - shift, code) for line, code in findings(text + BLOCKING)]


# --- files that flake8 reads -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("def main(:\n    pass\n", "E999"),
        (b"async def main():\n    x = '\xff\xfe'\n", ""),
        (b"\x00\x01\x02async", ""),
        ("async def main():\n\tif 1:\n        pass\n", "E999"),
        ("", ""),
        ("\n\n", ""),
        ("# async\n", ""),
        (b"\xef\xbb\xbf", ""),
    ],
    ids=["syntax", "invalid bytes", "binary", "tabs", "empty", "blank", "comment", "mark only"],
)
def test_a_bad_file_next_to_a_good_one(tmp_path: Path, bad: str | bytes, code: str) -> None:
    write(tmp_path, {"bad.py": bad, "good.py": BLOCKING, "also_good.py": f"import bad\n{BLOCKING}"})
    run = flake8("--select=NBL1,NBL2,NBL9,E9", "-j", "1", "also_good.py", "bad.py", "good.py", cwd=tmp_path)
    lines = run.stdout.splitlines()
    assert [line.partition(": ")[0] for line in lines if " NBL101 " in line] == [
        "also_good.py:6:5",
        "good.py:5:5",
    ]
    assert all(line.startswith("bad.py:") and f" {code}" in line for line in lines if " NBL101 " not in line)
    assert run.stderr == ""
    if code:
        assert any(f" {code} " in line for line in lines)


@pytest.mark.parametrize(
    "content",
    [
        "# -*- coding: latin-1 -*-\nimport time\n\n\nasync def café():\n    time.sleep(1)\n".encode(
            "latin-1"
        ),
        b"\xef\xbb\xbf\nimport time\n\n\nasync def main():\n    time.sleep(1)\n",
        b"\r\nimport time\r\n\r\n\r\nasync def main():\r\n    time.sleep(1)\r\n",
        "\nimport time\n\n\nasync def main(名):\n    time.sleep(1)  # 🐍".encode(),
        b"\n\nimport time\n\x0c\nasync def main():\n    time.sleep(1)\n",
    ],
    ids=["latin-1", "byte order mark", "line ends", "unicode", "form feed"],
)
def test_other_encodings_and_line_ends(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, {"main.py": content, "other.py": b"from main import *\n" + BLOCKING.encode()})
    run = flake8("--select=NBL1,NBL2,NBL9", "main.py", "other.py", cwd=tmp_path)
    assert [line.partition(" time")[0] for line in run.stdout.splitlines()] == [
        "main.py:6:5: NBL101",
        "other.py:6:5: NBL101",
    ]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    write(tmp_path, {"good.py": BLOCKING})
    run = flake8("--select=NBL1,NBL2,NBL9,E9", "missing.py", "good.py", cwd=tmp_path)
    assert [line.split(" ")[1] for line in run.stdout.splitlines()] == ["NBL101", "E902"]


# --- size --------------------------------------------------------------------------------------------------------------


def test_50_000_lines(project: Path) -> None:
    part = """\
class Shop{0}(Base):
    def __init__(self, name: str, *rest, **options):
        self.name = name
        self.path = pathlib.Path(name) / "{0}"
        self.items = [item.strip() for item in rest if item]

    async def load{0}(self, key, default=None):
        for item in self.items:
            if item == key and self.path:
                default = {{"key": key, "item": item, **default}}
            else:
                default = default or key
        return await helper(default, self.name)


"""
    text = "import pathlib\nfrom other import Base, helper\n\n\n" + "".join(
        part.format(n) for n in range(3400)
    )
    assert text.count("\n") > 50_000
    assert found_after(text) == [(5, "NBL101")]


def test_50_000_lines_of_data(project: Path) -> None:
    text = "DATA = [\n" + "".join(f'    {{"number": {n}, "name": "n{n}"}},\n' for n in range(50_000)) + "]\n"
    assert found_after(text) == [(5, "NBL101")]


def test_10_000_lines_in_one_coroutine(project: Path) -> None:
    text = "async def long(a, b):\n" + "    a = a.next(b)\n    b = [a, b]\n" * 5000
    assert found_after(text) == [(5, "NBL101")]


# --- depth -------------------------------------------------------------------------------------------------------------

DEEP: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: "x = " + "(" * n + "1" + ")" * n,
    "attributes": lambda n: "x = a" + ".b" * n,
    "attribute calls": lambda n: "x = a" + ".b()" * n,
    "calls of calls": lambda n: "x = f" + "()" * n,
    "calls in calls": lambda n: "x = " + "f(" * n + ")" * n,
    "items": lambda n: "x = a" + "[0]" * n,
    "sums": lambda n: "x = " + " + ".join(["a"] * n),
    "differences": lambda n: "x = " + " - ".join(["a"] * n),
    "powers": lambda n: "x = " + " ** ".join(["a"] * n),
    "signs": lambda n: "x = " + "-" * n + "a",
    "negations": lambda n: "x = " + "not " * n + "a",
    "boolean": lambda n: "x = " + " or ".join(["a", "b"] * (n // 2)),
    "mixed boolean": lambda n: "x = " + "a and (b or " * n + "c" + ")" * n,
    "comparisons": lambda n: "x = " + " < ".join(["a"] * n),
    "conditions": lambda n: "x = " + " if a else ".join(["b"] * n),
    "lists": lambda n: "x = " + "[" * n + "]" * n,
    "tuples": lambda n: "x = " + "(" * n + "1" + ",)" * n,
    "dicts": lambda n: "x = " + "{0: " * n + "1" + "}" * n,
    "lambdas": lambda n: "x = " + "lambda: " * n + "1",
    "comprehensions": lambda n: "x = " + "[" * n + "1" + " for a in b]" * n,
    "generators": lambda n: "x = " + "(" * n + "1" + " for a in b)" * n,
    "comprehension loops": lambda n: "x = [a" + " for a in a" * n + "]",
    "comprehension tests": lambda n: "x = [a for a in b" + " if a" * n + "]",
    "targets": lambda n: "[" * n + "x" + "]" * n + " = a",
    "many targets": lambda n: "x = " * n + "a",
    "annotations": lambda n: "x: " + "list[" * n + "int" + "]" * n + " = a",
    "unions": lambda n: "x: " + " | ".join(["int"] * n) + " = a",
    "string annotations": lambda n: "x: '" + "list[" * n + "int" + "]" * n + "' = a",
    "f-strings": lambda n: "x = " + "".join(f"f'{{a{i}}}' + " for i in range(n)) + "''",
    "awaits": lambda n: "async def deep():\n    x = " + "await (" * n + "a" + ")" * n,
    "walrus": lambda n: "x = " + "(a := " * n + "b" + ")" * n,
    "stars": lambda n: "x = " + "[*" * n + "a" + "]" * n,
    "decorators": lambda n: "@a\n" * n + "def deep(): ...",
    "branches": lambda n: "\n".join(" " * i + "if a:" for i in range(n)) + " x = 1",
    "loops": lambda n: (
        "\n".join(" " * i + ("for x in x:" if i % 2 else "while x:") for i in range(n)) + " x = 1"
    ),
    "tries": lambda n: (
        "\n".join(" " * i + "try:" for i in range(n))
        + " x = 1\n"
        + "\n".join(" " * i + "finally: x = 2" for i in reversed(range(n)))
    ),
    "with": lambda n: "\n".join(" " * i + "with x as x:" for i in range(n)) + " x = 1",
    "matches": lambda n: (
        "\n".join(" " * i + ("case {'a': a}:" if i % 2 else "match a:") for i in range(n)) + " x = 1"
    ),
    "patterns": lambda n: "match a:\n    case " + "[" * n + "x" + "]" * n + ": pass",
    "functions": lambda n: "\n".join(" " * i + f"async def f{i}():" for i in range(n)) + " x = 1",
    "classes": lambda n: "\n".join(" " * i + f"class C{i}:" for i in range(n)) + " x = 1",
    "functions in classes": lambda n: (
        "\n".join(" " * i + (f"async def f{i}(self):" if i % 2 else f"class C{i}:") for i in range(n))
        + " x = 1"
    ),
}


def deepest(make: Callable[[int], str]) -> str:
    """As deep as this Python's parser takes, at most 1,000 levels."""
    for levels in (1000, 500, 190, 90, 45, 19, 10):
        text = make(levels) + "\n"
        try:
            ast.parse(text + BLOCKING)
        except (SyntaxError, RecursionError, MemoryError):
            continue
        return text
    raise AssertionError("the parser takes none")


@pytest.mark.parametrize("make", DEEP.values(), ids=DEEP)
def test_deep_nesting(project: Path, make: Callable[[int], str]) -> None:
    assert found_after(deepest(make)) == [(5, "NBL101")]


@pytest.mark.parametrize(
    "kind", ["attributes", "attribute calls", "calls of calls", "sums", "lists", "conditions", "boolean"]
)
def test_deep_nesting_inside_a_coroutine(project: Path, kind: str) -> None:
    """The statements before and after it count."""
    text = f"import time\n\n\nasync def main(a, b, f):\n    time.sleep(1)\n    {deepest(DEEP[kind])}    time.sleep(2)\n"
    assert findings(text) == [(5, "NBL101"), (7, "NBL101")]


def test_deep_nesting_in_a_module_that_is_imported(project: Path) -> None:
    names = []
    for number, make in enumerate(DEEP.values()):
        write(
            project,
            {f"deep{number}.py": f"import pathlib\n{deepest(make)}\ndef where() -> pathlib.Path: ...\n"},
        )
        names.append(f"deep{number}")
    imports = "".join(f"import {name}\n" for name in names)
    calls = "".join(f"    {name}.where().read_text()\n" for name in names)
    found = findings(f"{imports}async def main():\n{calls}")
    assert found == [(line, "NBL105") for line in range(len(names) + 2, 2 * len(names) + 2)]


def test_5_000_branches(project: Path) -> None:
    lines = ["    if a == 0:", "        b = 0"]
    for number in range(1, 5000):
        lines += [f"    elif a == {number}:", f"        b = {number}"]
    for text in ("def pick(a):\n", "async def pick(a):\n", "if 1:\n"):
        try:
            ast.parse(text + "\n".join(lines))
        except (RecursionError, MemoryError):
            lines = lines[:1600]
        assert found_after(text + "\n".join(lines) + "\n") == [(5, "NBL101")]


def test_5_000_branches_that_end(project: Path) -> None:
    lines = "".join(f"    if a == {number}:\n        return {number}\n" for number in range(5000))
    assert found_after(f"async def pick(a):\n{lines}") == [(5, "NBL101")]


# --- imports -----------------------------------------------------------------------------------------------------------


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


# --- definitions that lead nowhere -------------------------------------------------------------------------------------

TANGLED = {
    "bases in a circle": "class A(B): pass\nclass B(C): pass\nclass C(A): pass\nx = A().m\n",
    "own base": "class A(A): pass\nclass B(B, B): pass\nclass C(A, B): pass\nx = C().m()\n",
    "bases without order": "class A: pass\nclass B(A): pass\nclass C(A, B): pass\nclass D(C, object, A): pass\nx = D().m()\n",
    "metaclasses": (
        "class M(type):\n    def __call__(cls): return cls\n    def __getattr__(cls, n): return cls\n"
        "class A(metaclass=A): pass\nclass N(type, metaclass=M): pass\nclass B(A, metaclass=N): pass\n"
        "class C(metaclass=lambda *a: C): pass\nx = B()()().m.n\ny = C().m()\n"
    ),
    "decorator of itself": "@f\ndef f(g): return f(f)\n@A\nclass A: pass\n@h.x\ndef h(): pass\nx = f(f)(A)(h)\n",
    "name of itself": "x = x.y\ny = y\nz = z()\nu, v = v, u\nw = w[w]\nx()\nz.a()\n",
    "names of each other": "a = b.c\nb = a.c\na = b\nb = a\na().b()\n",
    "functions of each other": (
        "def f(n): return g(n)\ndef g(n): return h(n) or f(n)\ndef h(n): return [f(n), g(n)][0]\n"
        "async def many(n):\n    for x in f(n):\n        g(x)(h)(x.f(n))\n"
    ),
    "function of itself": "def f(g=None): return f(f)(g)\ndef k(*a): return k(*a, k)\nf(f)(f)(k)(k)\n",
    "alias of itself": "import typing\nT = list['T']\nU = 'U | None'\nV: typing.TypeAlias = 'V'\nx: T = []\ny: U\nz: V\nx[0][0][0].m()\n",
    "alias in a circle": "A = 'B'\nB = 'A'\nx: A\ndef f(a: A) -> B: return a.m()\nf(x).m()\n",
    "huge union": "import typing\ndef f(x: " + " | ".join(f"C{n}" for n in range(400)) + "): return x.m()\n",
    "huge typing union": "import typing\nx: typing.Union["
    + ", ".join(f"C{n}" for n in range(3000))
    + "]\nx.m()\n",
    "nested optional": "from typing import Optional\nx: " + "Optional[" * 80 + "int" + "]" * 80 + "\nx.m()\n",
    "all computed": "import os\n__all__ = [n for n in dir()]\n__all__ += os.__all__\n__all__.extend(['x'])\n",
    "all of odd things": "__all__ = ('a', 1, b'x', None, *c)\n__all__: int\n__all__ += 1\n",
    "property of itself": "class A:\n    @property\n    def a(self): return self.a.b\n    @a.setter\n    def a(self, v): self.a = v\nx = A().a.a\n",
    "attribute of itself": "class A:\n    def __init__(self): self.a = self.a.a\n    def m(self): self.b = self.m()\nx = A().a.a.b\n",
    "attributes of each other": "class A:\n    def __init__(self, b: 'B'): self.b = b.a\nclass B:\n    def __init__(self, a: A): self.a = a.b\nx = A().b.a\n",
    "operators of themselves": (
        "class A:\n    def __add__(self, o): return self + o\n    def __getattr__(self, n): return self.nothing\n"
        "    def __getitem__(self, i): return self[i]\n    def __call__(self): return self()\n"
        "    def __iter__(self): return iter(self)\n    def __enter__(self): return self.__enter__()\n"
        "a = A()\nx = (a + a + a)[0]()\nwith a as b:\n    [c() for c in a]\n"
    ),
    "types of themselves": "from typing import *\nT = TypeVar('T', bound='T')\nclass A(Generic[T], list[T], Protocol[T]): pass\nx: A[A[A[T]]]\nx[0].m()\n",
    "generic growth": (
        "from typing import Generic, TypeVar\nT = TypeVar('T')\n"
        "class A(Generic[T]):\n    def m(self) -> 'A[A[T]]': return self.m().m()\n"
        "def f(a: A[int]):\n    while a: a = a.m()\n    return a\nx = f(A()).m().m()\n"
    ),
    "list growth": "def f(x):\n    while x: x = [x, (x,), {x: x}]\n    return x\ny = f(f(f(1)))\ny[0][0][0].m()\n",
    "closures of themselves": "def f():\n    def g(): return g\n    return g\nx = f()()()()()\ny = (lambda s: s(s))(lambda s: s(s))\n",
    "argument growth": "def f(a, b=None): return f([a], f(b, a)) or f(lambda: a)\nx = f(f)\nx.m()\n",
    "super": "class A:\n    def m(self): return super().m().m()\nclass B(A):\n    def m(self): return super(B, self).m()\nx = B().m()\n",
    "odd globals": "def f():\n    global f, x\n    x = f\n    f = x\n    del x\ndel f\nf().m()\n",
    "odd dunders": "__name__ = 1\n__builtins__ = None\n__import__ = print\nobject = type = super = int = None\nclass A(object): pass\nx = A()\n",
    "enum and named tuple": "import enum, collections\nE = enum.Enum('E', 'E E E')\nN = collections.namedtuple('N', 'N N')\nclass F(E, N, F): a = a\nx = F.a.a\n",
    "dataclass": "import dataclasses\n@dataclasses.dataclass\nclass A:\n    a: 'A' = A\n    b: b = b\n    def m(self): return self.a.b.m()\nx = A(A).a.a.m()\n",
    "wildcards of itself": "from main import *\nfrom . import *\nfrom .main import *\nfrom .. import *\nimport main\nx = main.main.x\n",
    "names no file has": "import a\u0660, ünïcode\nfrom con import aux\nfrom ......... import x\nx().m()\n",
}


@pytest.mark.parametrize("text", TANGLED.values(), ids=TANGLED)
def test_definitions_that_lead_nowhere(project: Path, text: str) -> None:
    write(project, {"main.py": text + BLOCKING})
    assert found_after(text) == [(5, "NBL101")]


@pytest.mark.parametrize("text", TANGLED.values(), ids=TANGLED)
def test_definitions_that_lead_nowhere_in_a_coroutine(project: Path, text: str) -> None:
    if "import *" in text:
        pytest.skip("not allowed in a function")
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    assert found_after(f"async def tangled():\n{lines}") == [(5, "NBL101")]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="a statement of Python 3.12")
def test_type_statements_of_themselves(project: Path) -> None:
    text = "type A = A\ntype B = C[B]\ntype C[T: C] = list[B | C[T]]\nclass D[T: D](D[T]): pass\nx: A\ny: B\nx.m(y.m(D[D]()))\n"
    assert found_after(text) == [(5, "NBL101")]


def test_stars_in_a_circle_of_many_modules(project: Path) -> None:
    count = 60
    for number in range(count):
        others = "".join(f"from m{(number + step) % count} import *\n" for step in (1, 2, 3, 7))
        write(project, {f"m{number}.py": others})
    assert found_after("from m0 import *\nfrom m1 import *\nmissing().read_text()\n") == [(5, "NBL101")]


# --- hostile sizes -----------------------------------------------------------------------------------------------------


def _chain_of_modules(project: Path) -> str:
    for number in range(400):
        write(project, {f"m{number}.py": f"from m{number + 1} import where\n"})
    return "from m0 import where\n\n\nasync def read():\n    where().read_text()\n"


HOSTILE: dict[str, Callable[[Path], str]] = {
    "assignments in branches": lambda _: (
        "async def f(a):\n    x = 0\n"
        + "".join(f"    if a.b:\n        x = a.m{n % 7}(x)\n" for n in range(20_000))
    ),
    "assignments": lambda _: "async def f(a):\n" + "".join(f"    x = a.m(x, {n})\n" for n in range(10_000)),
    "assignments to a global": lambda _: (
        "x = 0\n"
        + "".join(f"if x.m:\n    x = x + {n}\n" for n in range(5000))
        + "async def f():\n    x.m()\n"
    ),
    "assignments to a global in functions": lambda _: (
        "".join(f"def f{n}():\n    global x\n    x = x.m(f{n})\n" for n in range(3000))
        + "async def f():\n    x.m()\n"
    ),
    "attributes of self": lambda _: (
        "class A:\n    def m(self):\n"
        + "".join(f"        self.a{n} = self.a{n + 1}.b\n" for n in range(5000))
        + "        self.a5000 = 1\n    async def f(self):\n        self.a0.m()\n"
    ),
    "one attribute of self": lambda _: (
        "class A:\n    async def m(self, x):\n"
        + "".join(f"        self.a = self.a.b(x, {n})\n        x = self.a\n" for n in range(1500))
    ),
    "long paths of self": lambda _: (
        "class A:\n    async def m(self):\n"
        + "".join(f"        self{'.a' * (n % 40 + 1)} = self.b{n}\n" for n in range(5000))
    ),
    "inheritance": lambda _: (
        "class C0: pass\n"
        + "".join(
            f"class C{n}(C{n - 1}):\n    def m{n}(self): return self.m{n - 1}()\n" for n in range(1, 3000)
        )
        + "async def f():\n    C2999().m2999()\n    C2999().m0()\n    C2999().missing.m()\n"
    ),
    "wide inheritance": lambda _: (
        "".join(f"class C{n}:\n    def m(self): return self.n()\n" for n in range(500))
        + "class D("
        + ", ".join(f"C{n}" for n in range(500))
        + "): pass\nasync def f():\n    D().m().n()\n"
    ),
    "diamonds": lambda _: (
        "class A0: pass\nclass B0: pass\n"
        + "".join(
            f"class A{n}(A{n - 1}, B{n - 1}): pass\nclass B{n}(A{n - 1}, B{n - 1}): pass\n"
            for n in range(1, 200)
        )
        + "async def f():\n    A199().m()\n"
    ),
    "calls of calls": lambda _: (
        "def f0(x): return x\n"
        + "".join(f"def f{n}(x): return f{n - 1}(f{n - 1}(x))\n" for n in range(1, 200))
        + "async def f():\n    f199(1).m()\n"
    ),
    "two ways each": lambda _: (
        "def f0(x): return x\n"
        + "".join(f"def f{n}(x): return f{n - 1}(x) if x else f{n - 1}([x])\n" for n in range(1, 200))
        + "async def f():\n    f199(1).m()\n"
    ),
    "many callers": lambda _: (
        "def g(x): return x.m()\nasync def f(a):\n" + "".join(f"    g(a.b{n})\n" for n in range(2000))
    ),
    "many arguments": lambda _: (
        "def g(*a, **k): return a[0].m()\nasync def f(a):\n    g("
        + ", ".join(f"a.b{n}" for n in range(5000))
        + ")\n"
    ),
    "many definitions": lambda _: (
        "".join(f"def g(x): return {n}\n" for n in range(5000)) + "async def f():\n    g(1).m()\n"
    ),
    "many coroutines": lambda _: "".join(
        f"async def f{n}(x): return await f{n + 1}(x.m())\n" for n in range(2000)
    ),
    "many closures": lambda _: (
        "async def f(x):\n"
        + "".join(f"    def g{n}(): return x.m(g{n - 1 if n else 0})\n    x = g{n}()\n" for n in range(2000))
    ),
    "loops in a row": lambda _: (
        "async def f(x):\n" + "".join(f"    for i in x.m({n}):\n        x = x.n(i)\n" for n in range(3000))
    ),
    "loops in loops": lambda _: (
        "async def f(x):\n"
        + "".join(
            "    " * (n + 1) + f"for i{n} in x:\n" + "    " * (n + 2) + f"x = x.m(i{n})\n" for n in range(18)
        )
    ),
    "tries in a row": lambda _: (
        "async def f(x):\n"
        + "".join(
            f"    try:\n        x = x.m({n})\n    except x.E:\n        x = x.n\n    finally:\n        x.o\n"
            for n in range(3000)
        )
    ),
    "narrowing in a row": lambda _: (
        "async def f(x):\n" + "".join(f"    if isinstance(x, C{n}):\n        x.m()\n" for n in range(3000))
    ),
    "wide display": lambda _: (
        "x = ["
        + ", ".join(f"f({n})" for n in range(5000))
        + "]\nasync def f():\n    x[0].m()\n    for y in x: y.m()\n"
    ),
    "items of a dict": lambda _: (
        "x = {}\n"
        + "".join(f"x[{n}] = x[{n - 1}]\n" for n in range(5000))
        + "async def f():\n    x[4999].m()\n"
    ),
    "appends": lambda _: (
        "async def f(x, y):\n    z = []\n"
        + "".join(f"    z.append(y.m{n})\n" for n in range(5000))
        + "    z[0].m()\n"
    ),
    "module chain": _chain_of_modules,
    "imports": lambda _: (
        "".join(f"import a{n}\nfrom b{n} import c{n}\n" for n in range(5000))
        + "async def f():\n    c1().m()\n"
    ),
    "stars": lambda _: (
        "".join(f"from a{n} import *\n" for n in range(2000)) + "async def f():\n    missing().m()\n"
    ),
    "long names": lambda _: f"async def {'f' * 100_000}():\n    {'a' * 100_000}.{'b' * 100_000}()\n",
    "long string": lambda _: f"async def f():\n    x = '{'a' * 1_000_000}'\n    x.m()\n",
    "big number": lambda _: (
        f"async def f():\n    x = 0x{'f' * 100_000} ** 99999999 << 99999999\n    y = 'a' * 99999999999\n"
    ),
    "unpacking": lambda _: "async def f(x):\n" + "    a, (b, *c), d = a, b, c, d = x\n" * 3000,
    "match": lambda _: (
        "async def f(x):\n    match x:\n"
        + "".join(f"        case C{n}(a=[y, *_]) | D{n}(a=y):\n            y.m()\n" for n in range(2000))
    ),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_hostile_sizes(project: Path, make: Callable[[Path], str], request: pytest.FixtureRequest) -> None:
    if "module chain" in request.node.name and sys.version_info < (3, 12):
        pytest.xfail("Python 3.11 counts its own C calls: a chain of modules may be too deep for it, and is NBL900 then")
    assert found_after(make(project)) == [(5, "NBL101")]


# --- the plugin's own failure ------------------------------------------------------------------------------------------

TWO = BLOCKING + "\n\nasync def other():\n    input()\n"


def fail(*_: object, **__: object) -> list[object]:
    raise KeyError("of the test")


def test_a_rule_that_fails(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeping = rule("NBL101")
    assert sleeping is not None
    monkeypatch.setattr(type(sleeping), "check", fail)
    assert findings(TWO) == [(1, "NBL900"), (9, "NBL107")]
    assert findings(TWO, "other.py") == [(1, "NBL900"), (9, "NBL107")]


def test_all_rules_that_fail_give_one_report(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(101, 108):
        one = rule(f"NBL{number}")
        assert one is not None
        monkeypatch.setattr(type(one), "check", fail)
    assert findings(TWO) == [(1, "NBL900")]


def test_a_function_that_fails_costs_that_function(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = inference_module.Inference.value

    def failing(self: inference_module.Inference, site: inference_module.Site, number: int) -> object:
        if self.body(site).name == "main":
            fail()
        return value(self, site, number)

    monkeypatch.setattr(inference_module.Inference, "value", failing)
    assert findings(TWO) == [(1, "NBL900"), (9, "NBL107")]


@pytest.mark.parametrize("error", [KeyError, RecursionError, MemoryError, AssertionError, OSError])
def test_a_session_that_fails(project: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def failing(*_: object) -> None:
        raise error("of the\ntest")

    assert findings(TWO) == [(5, "NBL101"), (9, "NBL107")]
    with monkeypatch.context() as patch:
        patch.setattr("flake8_noblock.analysis.module_facts", failing)
        assert findings(f"{TWO}# other\n", "other.py") == [(1, "NBL900")]
    assert findings(TWO, "third.py") == [(5, "NBL101"), (9, "NBL107")]


@pytest.mark.parametrize(
    "place", ["flake8_noblock.analysis.module_facts", "flake8_noblock.effects.roots.argument"]
)
def test_the_report_of_a_failure_says_where_to_report_it(
    project: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    assert findings(TWO) != []
    monkeypatch.setattr(place, fail)
    text = TWO.replace("time.sleep(1)", "asyncio.get_running_loop().call_soon(main)").replace(
        "import", "import asyncio,"
    )
    messages = [
        message
        for _, _, message, _ in Plugin(ast.parse(text), "other.py", text.splitlines(keepends=True)).run()
    ]
    (message,) = [message for message in messages if message.startswith("NBL900 ")]
    assert "KeyError" in message
    assert "report" in message
    assert "\n" not in message
