"""Compare the call graph of small programs with the calls that are seen when they run.

    python -m tests.accuracy.traced FOLDER

Each folder below FOLDER that holds a ``main.py`` is one program: it is run under a profiler, in a process of its own, and what
``python -m flake8_noblock calls`` prints for it is compared with the calls between its own functions that were seen. A call that
is printed and wasn't seen may be one that this run did not make.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType

from flake8_noblock.__main__ import main as commands

Calls = set[tuple[str, str]]


def run(folder: Path) -> Calls:
    """The calls between functions of the program in `folder` that are seen when it runs."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.argv = ["main.py"]
    names = {path: _Names(folder, path) for path in sorted(folder.rglob("*.py"))}
    seen: Calls = set()

    def name_of(frame: FrameType | None) -> str | None:
        while frame is not None and frame.f_code.co_name == "<genexpr>":
            frame = frame.f_back
        known = names.get(Path(frame.f_code.co_filename)) if frame is not None else None
        return known.of(frame.f_code) if known is not None and frame is not None else None

    def profile(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        is_function = code.co_flags & 2 and code.co_name not in ("<module>", "<genexpr>")
        if event != "call" or not is_function or frame.f_lasti > _START:
            return
        callee, around = name_of(frame), frame.f_back
        while around is not None and name_of(around) is None:
            around = around.f_back  # The standard library calls back.
        caller = name_of(around)
        if callee is not None and caller is not None:
            seen.add((caller, callee))

    sys.setprofile(profile)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
            runpy.run_path(str(folder / "main.py"), run_name="__main__")
    finally:
        sys.setprofile(None)
    return seen


_START = 20
"""A generator that goes on is behind this instruction; one that starts is not."""


class _Names:
    """The dotted names of the functions in one file, by their names and first lines."""

    def __init__(self, folder: Path, path: Path) -> None:
        parts = path.relative_to(folder).with_suffix("").parts
        self.module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        self._known: dict[tuple[str, int], list[tuple[int, str]]] = {}
        self._visit(ast.parse(path.read_bytes()), self.module, {})

    def of(self, code: CodeType) -> str | None:
        if code.co_name == "<module>":
            return self.module
        known = self._known.get((code.co_name, code.co_firstlineno), [])
        columns = [place[2] for place in code.co_positions() if place[2]]
        before = [name for column, name in known if not columns or column <= min(columns)]
        return before[-1] if before else known[0][1] if known else None

    def _visit(self, node: ast.AST, scope: str, lambdas: dict[str, int]) -> None:
        for child in ast.iter_child_nodes(node):
            inner = scope
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = f"{scope}.{child.name}"
                first = min([child.lineno, *[decorator.lineno for decorator in child.decorator_list]])
                self._known[child.name, first] = [(0, inner)]
            elif isinstance(child, ast.Lambda):
                lambdas[scope] = lambdas.get(scope, 0) + 1
                inner = f"{scope}.<lambda{lambdas[scope]}>"
                self._known.setdefault(("<lambda>", child.lineno), []).append((child.body.col_offset, inner))
            self._visit(child, inner, lambdas)


def printed(folder: Path) -> Calls:
    """The calls between functions of the program in `folder` that the command prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        commands(["calls", str(folder)])
    modules = {_Names(folder, path).module for path in folder.rglob("*.py")}
    found = {(caller, callee) for caller, _, callee in (line.partition("\t") for line in out.getvalue().splitlines())}
    return {call for call in found if any(call[1] == module or call[1].startswith(module + ".") for module in modules)}


def traced(folder: Path) -> Calls:
    """What `run` sees in a process of its own."""
    command = [sys.executable, "-B", "-m", "tests.accuracy.traced", "--run", str(folder)]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return {(caller, callee) for caller, _, callee in (line.partition("\t") for line in lines)}


def compared(root: Path) -> Iterator[str]:
    """A line for each difference, and the totals."""
    both = seen = known = 0
    for folder in sorted(path.parent for path in root.rglob("main.py")):
        wanted, found = traced(folder), printed(folder)
        both, seen, known = both + len(wanted & found), seen + len(wanted), known + len(found)
        for title, calls in (("not printed", wanted - found), ("not seen", found - wanted)):
            yield from (f"{title}: {folder.relative_to(root)}: {caller} -> {callee}" for caller, callee in sorted(calls))
    yield f"of {seen} calls seen {both} are printed, of {known} printed {both} are seen"


if __name__ == "__main__":
    if sys.argv[1] == "--run":
        for call in sorted(run(Path(sys.argv[2]).resolve())):
            print(*call, sep="\t")
    else:
        for line in compared(Path(sys.argv[1]).resolve()):
            print(line)
