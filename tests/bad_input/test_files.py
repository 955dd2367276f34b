"""Files that are broken, and ones that are large or deep: the run goes on, and everything else is still reported."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bad_input.support import BLOCKING, findings, found_after, write
from tests.support import flake8

# --- files that flake8 reads ------------------------------------------------------------------------------------------


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
        "# -*- coding: latin-1 -*-\nimport time\n\n\nasync def café():\n    time.sleep(1)\n".encode("latin-1"),
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


# --- size -------------------------------------------------------------------------------------------------------------


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
    text = "import pathlib\nfrom other import Base, helper\n\n\n" + "".join(part.format(n) for n in range(3400))
    assert text.count("\n") > 50_000
    assert found_after(text) == [(5, "NBL101")]


def test_50_000_lines_of_data(project: Path) -> None:
    text = "DATA = [\n" + "".join(f'    {{"number": {n}, "name": "n{n}"}},\n' for n in range(50_000)) + "]\n"
    assert found_after(text) == [(5, "NBL101")]


def test_10_000_lines_in_one_coroutine(project: Path) -> None:
    text = "async def long(a, b):\n" + "    a = a.next(b)\n    b = [a, b]\n" * 5000
    assert found_after(text) == [(5, "NBL101")]


# --- depth ------------------------------------------------------------------------------------------------------------

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
    "loops": lambda n: "\n".join(" " * i + ("for x in x:" if i % 2 else "while x:") for i in range(n)) + " x = 1",
    "tries": lambda n: (
        "\n".join(" " * i + "try:" for i in range(n))
        + " x = 1\n"
        + "\n".join(" " * i + "finally: x = 2" for i in reversed(range(n)))
    ),
    "with": lambda n: "\n".join(" " * i + "with x as x:" for i in range(n)) + " x = 1",
    "matches": lambda n: "\n".join(" " * i + ("case {'a': a}:" if i % 2 else "match a:") for i in range(n)) + " x = 1",
    "patterns": lambda n: "match a:\n    case " + "[" * n + "x" + "]" * n + ": pass",
    "functions": lambda n: "\n".join(" " * i + f"async def f{i}():" for i in range(n)) + " x = 1",
    "classes": lambda n: "\n".join(" " * i + f"class C{i}:" for i in range(n)) + " x = 1",
    "functions in classes": lambda n: (
        "\n".join(" " * i + (f"async def f{i}(self):" if i % 2 else f"class C{i}:") for i in range(n)) + " x = 1"
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


@pytest.mark.parametrize("kind", ["attributes", "attribute calls", "calls of calls", "sums", "lists", "conditions", "boolean"])
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
