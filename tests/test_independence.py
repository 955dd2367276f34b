"""Findings depend on what the code does: not on the order in which files are linted, nor on how it is split into files."""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_noblock import options as noblock_options
from flake8_noblock.rules.registry import RULES
from flake8_noblock.session import Session
from tests.support import write

MOST_MODULES = 4
BLOCKING = ("time.sleep(1)", "open('shop.txt')", "input()")
HARMLESS = ("pass", "len('shop')", "await asyncio.sleep(1)")
ALONE = settings(max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])

Function = tuple[str, str, str, tuple[tuple[str, str], ...]]
"""Name, kind (sync, async, method, async method), what it does itself, and calls: name and way."""
Program = list[Function]
Found = set[tuple[str, str]]
Split = list[int]
"""The module of each function."""


def class_of(name: str) -> str:
    return f"C{name}"


def header(function: Function) -> tuple[str, str]:
    """The lines before the body of a function, and the indentation of the body."""
    name, kind, _, _ = function
    start = "async def" if kind.startswith("async") else "def"
    if kind.endswith("method"):
        return f"class {class_of(name)}:\n    {start} {name}(self, *callbacks):\n", " " * 8
    return f"{start} {name}(*callbacks):\n", " " * 4


def call(function: Function, way: str, prefix: str) -> str:
    """A call of `function`, reached by ``prefix`` (the module, with a dot, or nothing), in one of several ways."""
    name, kind, _, _ = function
    callee = f"{prefix}{class_of(name)}().{name}" if kind.endswith("method") else f"{prefix}{name}"
    if way == "handed on":
        return f"{prefix}relay({callee})"
    if way == "to a thread":
        return f"asyncio.to_thread({callee})"
    if way == "to the loop":
        return f"asyncio.get_event_loop().call_soon({callee})"
    return f"{callee}()"


def module_text(program: Program, split: Split, module: int) -> str:
    """The text of a module: its functions, and the imports of all modules whose functions they call."""
    functions = {function[0]: (function, where) for function, where in zip(program, split, strict=True)}
    parts = []
    imported: dict[str, None] = {}
    for function in (function for function, where in functions.values() if where == module):
        start, indent = header(function)
        lines = [function[2]]
        for name, way in function[3]:
            target, where = functions[name]
            prefix = "" if where == module else f"m{where}."
            if prefix:
                imported[f"import m{where}\n"] = None
            lines.append(("await " if target[1].startswith("async") and way == "plain" else "") + call(target, way, prefix))
        if not function[1].startswith("async"):
            lines = [line.removeprefix("await ") for line in lines]
        parts.append(start + "".join(f"{indent}{line}\n" for line in lines))
    relay = "def relay(callback):\n    callback()\n"
    rest = "\n\n".join([relay, *parts])
    imported.update({f"import {name}\n": None for name in ("asyncio", "time") if f"{name}." in rest})
    return "".join(imported) + "\n\n" + rest


def texts(program: Program, split: Split) -> dict[str, str]:
    """The modules of a program."""
    return {f"m{module}.py": module_text(program, split, module) for module in sorted({0, *split})}


@st.composite
def programs(draw: st.DrawFn) -> Program:
    names = [f"f{number}" for number in range(draw(st.integers(2, 7)))]
    calls = st.tuples(
        st.sampled_from(names), st.sampled_from(["plain", "plain", "plain", "handed on", "to a thread", "to the loop"])
    )
    kinds = st.sampled_from(["sync", "sync", "async", "method", "async method"])
    return [
        (
            name,
            draw(kinds),
            draw(st.sampled_from((*BLOCKING, *HARMLESS))),
            tuple(draw(st.lists(calls, max_size=3, unique_by=lambda pair: pair[0]))),
        )
        for name in names
    ]


@st.composite
def split_programs(draw: st.DrawFn) -> tuple[Program, Split]:
    program = draw(programs())
    size = len(program)
    return program, draw(st.lists(st.integers(0, MOST_MODULES - 1), min_size=size, max_size=size))


@contextmanager
def project(files: dict[str, str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield write(Path(folder).resolve(), files)


def session(root: Path, *values: str) -> Session:
    return Session(noblock_options.parse({"cache-dir": values}, root))


def lint_in(running: Session, root: Path, names: Sequence[str]) -> list[tuple[str, int, int, str, str]]:
    """What a session says of files, one after the other; NBL1xx and NBL2xx, and failures of ours."""
    found = []
    for name in names:
        text = (root / name).read_text(encoding="utf-8")
        findings = running.lint(ast.parse(text), str(root / name), text, RULES)
        assert not [finding for finding in findings if finding.code == "NBL900"]
        found += [
            (name, finding.line, finding.column, finding.code, finding.text)
            for finding in findings
            if finding.code.startswith(("NBL1", "NBL2"))
        ]
    return found


def by_function(files: dict[str, str], root: Path) -> Found:
    """Which functions have findings, and of which codes."""
    found = set()
    for name, line, _, code, _ in lint_in(session(root), root, sorted(files)):
        functions = [
            node for node in ast.walk(ast.parse(files[name])) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        around = [node.name for node in functions if node.lineno <= line <= (node.end_lineno or 0)]
        found.add((around[-1] if around else "", code))
    return found


# --- one program, in whatever order and however alone -------------------------------------------------------------------


@ALONE
@given(split_programs(), st.randoms(use_true_random=False))
def test_the_order_of_files_makes_no_difference(made: tuple[Program, Split], choose: object) -> None:
    files = texts(*made)
    names = sorted(files)
    with project(files) as root:
        right = lint_in(session(root), root, names)
        shuffled = list(names)
        choose.shuffle(shuffled)  # type: ignore[attr-defined]
        for order in (names[::-1], shuffled):
            assert sorted(lint_in(session(root), root, order)) == sorted(right)


@ALONE
@given(split_programs())
def test_a_file_alone_has_the_findings_that_it_has_among_others(made: tuple[Program, Split]) -> None:
    files = texts(*made)
    with project(files) as root:
        together = lint_in(session(root), root, sorted(files))
        assert [found for name in sorted(files) for found in lint_in(session(root), root, [name])] == together


@ALONE
@given(split_programs())
def test_a_file_that_is_linted_again_has_the_same_findings(made: tuple[Program, Split]) -> None:
    files = texts(*made)
    with project(files) as root:
        running = session(root)
        first = lint_in(running, root, sorted(files))
        assert lint_in(running, root, sorted(files)) == first


@ALONE
@given(split_programs())
def test_the_cache_makes_no_difference(made: tuple[Program, Split]) -> None:
    """Each file put into the cache by a session of its own, and all taken out by one."""
    files = texts(*made)
    with project(files) as root, tempfile.TemporaryDirectory() as folder:
        right = lint_in(session(root), root, sorted(files))
        cold = [found for name in sorted(files) for found in lint_in(session(root, folder), root, [name])]
        assert cold == right
        assert lint_in(session(root, folder), root, sorted(files)) == right


# --- one program, however it is split ----------------------------------------------------------------------------------


def local(program: Program) -> Program:
    """`program` without callbacks that go to the loop: they count in the module that hands them over (docs/architecture.md)."""
    return [
        (name, kind, own, tuple([(callee, "plain" if way == "to the loop" else way) for callee, way in calls]))
        for name, kind, own, calls in program
    ]


@ALONE
@given(split_programs())
def test_the_split_into_files_makes_no_difference(made: tuple[Program, Split]) -> None:
    program, split = local(made[0]), made[1]
    whole, several = texts(program, [0] * len(program)), texts(program, split)
    with project(whole) as root, project(several) as other:
        assert by_function(several, other) == by_function(whole, root)


@ALONE
@given(programs(), st.randoms(use_true_random=False))
def test_the_order_of_functions_in_a_file_makes_no_difference(program: Program, choose: object) -> None:
    shuffled = list(program)
    choose.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = ({"m0.py": module_text(order, [0] * len(order), 0)} for order in (program, shuffled))
    with project(one) as root, project(other) as elsewhere:
        assert by_function(one, root) == by_function(other, elsewhere)


def test_programs_have_findings(tmp_path: Path) -> None:
    """Without this, the sameness above would prove nothing."""
    program: Program = [
        ("f0", "async", "pass", (("f1", "plain"), ("f3", "handed on"))),
        ("f1", "method", "len('shop')", (("f2", "plain"),)),
        ("f2", "sync", "time.sleep(1)", (("f1", "plain"),)),
        ("f3", "sync", "open('shop.txt')", ()),
        ("f4", "async method", "input()", (("f3", "to a thread"),)),
        ("f5", "async", "await asyncio.sleep(1)", (("f3", "to the loop"), ("f4", "plain"))),
    ]
    right = {("f0", "NBL201"), ("f0", "NBL205"), ("f4", "NBL107")}
    for split, handed in (([0] * 6, ("f3", "NBL105")), ([0, 1, 2, 3, 0, 1], ("f5", "NBL205"))):
        files = texts(program, split)
        root = write(tmp_path / str(split[1]), files)
        assert by_function(files, root) == {*right, handed}
