"""``python -m flake8_noblock calls FOLDER``: names, places where code starts, and what it says of what it leaves out.

What it resolves stands in `tests/test_call_graph.py` and its fixtures.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flake8_noblock.__main__ import main
from tests.support import write


def calls(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[tuple[str, str]]:
    assert main(["calls", str(folder), *options]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    return [(caller, callee) for caller, _, callee in (line.partition("\t") for line in shown.out.splitlines())]


def of_text(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> set[tuple[str, str]]:
    return set(calls(write(tmp_path, {"main.py": text}), capsys))


def test_a_package_is_named_from_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "shop/__init__.py": "from shop.cart import add\nadd()\n",
        "shop/cart.py": "from .deep import money\ndef add():\n    money.count()\n",
        "shop/deep/__init__.py": "",
        "shop/deep/money.py": "def count():\n    pass\n",
    }
    write(tmp_path, files)
    inside = [("cart.add", "deep.money.count"), ("shop", "cart.add")]
    outside = [("shop", "shop.cart.add"), ("shop.cart.add", "shop.deep.money.count")]
    assert calls(tmp_path / "shop", capsys) == inside
    assert calls(tmp_path, capsys) == outside


def test_folders_without_init(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {"main.py": "from sub.low import f\nf()\n", "sub/low.py": "def f():\n    pass\n"})
    assert calls(tmp_path, capsys) == [("main", "sub.low.f")]


def test_a_module_named_like_one_of_the_standard_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {"queue.py": "def f():\n    g()\ndef g():\n    pass\n", "main.py": "import json\njson.dumps(1)\n"})
    assert calls(tmp_path, capsys) == [("main", "json.dumps"), ("queue.f", "queue.g")]


STARTS = [
    ("a function that nobody calls", "def f():\n    g()\ndef g():\n    pass\n", {("main.f", "main.g")}),
    (
        "a method of a class that nobody makes",
        "def g():\n    pass\nclass K:\n    def m(self):\n        self.n()\n    def n(self):\n        g()\n",
        {("main.K.m", "main.K.n"), ("main.K.n", "main.g")},
    ),
    (
        "a method that nobody calls, of a class that is made",
        "def g():\n    pass\nclass K:\n    def m(self):\n        g()\nK()\n",
        set(),
    ),
    (
        "a nested function that nobody calls",
        "def g():\n    pass\ndef f():\n    def n():\n        g()\n    return n\nf()\n",
        {("main", "main.f")},
    ),
    (
        "a definition that another one replaces",
        "def a():\n    b()\ndef b():\n    pass\ndef a():\n    c()\ndef c():\n    pass\n",
        {("main.a", "main.c")},
    ),
    (
        "a circle that nobody calls",
        "def a(n):\n    b(n)\ndef b(n):\n    a(n)\n",
        {("main.a", "main.b"), ("main.b", "main.a")},
    ),
    (
        "a parameter is what callers pass, in functions that nobody calls too",
        "def run(f):\n    f()\ndef x():\n    pass\ndef y():\n    run(x)\n",
        {("main.run", "main.x"), ("main.y", "main.run")},
    ),
    (
        "for type checkers only",
        "from typing import TYPE_CHECKING\ndef f():\n    return int\nif TYPE_CHECKING:\n    X = f()\n",
        set(),
    ),
]


@pytest.mark.parametrize(("text", "wanted"), [pytest.param(t, w, id=name) for name, t, w in STARTS])
def test_where_code_starts(text: str, wanted: set[tuple[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert of_text(text, tmp_path, capsys) == wanted


_ITERATED = """\
class C:
    def __enter__(self):
        return self
    def __exit__(self, *e):
        pass
    def __getitem__(self, i):
        raise IndexError
with C() as c:
    for x in c:
        pass
"""
NAMES = [
    (
        "a generator expression belongs to the body around it",
        "def g():\n    pass\nx = list(g() for _ in 'ab')\n",
        {("main", "<builtin>.list"), ("main", "main.g")},
    ),
    (
        "lambdas in a generator expression",
        "def g():\n    pass\nfor f in ((lambda: g()) for _ in 'ab'):\n    f()\n",
        {("main", "main.<lambda1>"), ("main.<lambda1>", "main.g")},
    ),
    (
        "lambdas in a default belong to the body around the function",
        "def g():\n    pass\ndef f(x=lambda: g()):\n    y = lambda: g()\n    x()\n    y()\nf()\n",
        {
            ("main", "main.f"),
            ("main.f", "main.<lambda1>"),
            ("main.f", "main.f.<lambda1>"),
            ("main.<lambda1>", "main.g"),
            ("main.f.<lambda1>", "main.g"),
        },
    ),
    (
        "builtins by their module",
        "import builtins as b\nb.print(b.len('x'))\n",
        {("main", "<builtin>.len"), ("main", "<builtin>.print")},
    ),
    (
        "methods of lists and numbers are left out",
        "x = []\nx.append(1)\n(1).bit_length()\ny = {}\ny.get(1)\ny.setdefault(1, 2)\ny.items()\n",
        set(),
    ),
    (
        "a class outside, and a method of its object",
        "import threading\nt = threading.Event()\nt.set()\n",
        {("main", "threading.Event"), ("main", "threading.Event.set")},
    ),
    (
        "what a module outside hands on",
        "import asyncio\ndef run(f):\n    f\n    f()\nrun(asyncio.sleep)\n",
        {("main", "main.run"), ("main.run", "asyncio.sleep")},
    ),
    (
        "a path is left as it is written",
        "from asyncio.tasks import sleep\nimport posixpath\nsleep\nposixpath.join('a')\nsleep(1)\n",
        {("main", "asyncio.tasks.sleep"), ("main", "posixpath.join")},
    ),
    (
        "an inherited method, of an object from outside and of one of our own",
        "import threading\nfrom pathlib import Path\nclass T(threading.Thread):\n    pass\nT().start()\n"
        "Path('x').with_suffix('')\np = [Path('y')]\n"
        "p[0].with_suffix('')\n",
        {("main", "threading.Thread.start"), ("main", "pathlib.Path"), ("main", "pathlib.Path.with_suffix")},
    ),
    (
        "a library that is not installed",
        "import nowhere.deep as d\nfrom nowhere import x\nd.call()\nx().y()\n",
        {("main", "nowhere.deep.call"), ("main", "nowhere.x")},
    ),
    (
        "a decorator of which nobody knows what it gives",
        "from nowhere import deco\nclass K:\n    @deco\n    def m(self):\n        f()\n@deco\ndef f():\n    pass\nf()\nK().m()\n",
        {("main", "main.f"), ("main", "nowhere.deco"), ("main.K", "nowhere.deco"), ("main", "main.K.m"), ("main.K.m", "main.f")},
    ),
    (
        "the language's own decorators are no calls",
        "class K:\n    @property\n    def p(self):\n        return 1\n    @staticmethod\n    def s():\n        pass\nK.s()\n",
        {("main", "main.K.s")},
    ),
    (
        "with, and a loop over items by number",
        _ITERATED,
        {
            ("main", "main.C.__enter__"),
            ("main", "main.C.__exit__"),
            ("main", "main.C.__getitem__"),
        },
    ),
    (
        "what a builtin passes to a function it is given",
        "def f():\n    pass\nlist(map(lambda g: g(), [f]))\n",
        {("main", "<builtin>.list"), ("main", "<builtin>.map"), ("main", "main.<lambda1>"), ("main.<lambda1>", "main.f")},
    ),
    (
        "nothing for what a thread runs",
        "import threading\ndef f():\n    pass\nthreading.Thread(target=f)\n",
        {("main", "threading.Thread")},
    ),
]


@pytest.mark.parametrize(("text", "wanted"), [pytest.param(t, w, id=name) for name, t, w in NAMES])
def test_names(text: str, wanted: set[tuple[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert of_text(text, tmp_path, capsys) == wanted


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "flake8_noblock", "calls", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.mark.parametrize("name", ["absent", "main.py", ""])
def test_no_folder(name: str, tmp_path: Path) -> None:
    done = run(str(tmp_path / name) if name else "x\ny", cwd=write(tmp_path, {"main.py": ""}))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("flake8-noblock: no such folder: ") and len(done.stderr.splitlines()) == 1


def test_files_that_cannot_be_parsed_are_counted(tmp_path: Path) -> None:
    done = run(".", cwd=write(tmp_path, {"main.py": "def f():\n    pass\nf()\n", "broken.py": "def f(:\n"}))
    assert (done.returncode, done.stdout) == (0, "main\tmain.f\n")
    assert done.stderr == "flake8-noblock: 1 of 2 files could not be parsed and were left out\n"


def test_excluded_files_are_outside(tmp_path: Path) -> None:
    files = {"main.py": "from gen.x import f\nf()\n", "gen/x.py": "def f():\n    g()\ndef g():\n    pass\n"}
    write(tmp_path, {**files, ".flake8": "[flake8]\nexclude = gen\n"})
    assert run(".", cwd=tmp_path).stdout == "main\tgen.x.f\n"
    assert run(".", "--isolated", cwd=tmp_path).stdout == "gen.x.f\tgen.x.g\nmain\tgen.x.f\n"


def test_nothing_of_the_folder_runs(tmp_path: Path) -> None:
    done = run(".", cwd=write(tmp_path, {"main.py": "open('ran', 'w')\n", "msgspec.py": "open('ran', 'w')\n"}))
    assert (done.returncode, done.stdout) == (0, "main\t<builtin>.open\nmsgspec\t<builtin>.open\n")
    assert not (tmp_path / "ran").exists()
