"""Linters and type checkers that are compared with the plugin: how they are run, and which reports count."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

LINE = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+):(?:\d+:)? (?:error: |warning: )?(?P<text>.*)$", re.MULTILINE)
LAST_WORD = re.compile(r"\[(?P<code>[\w-]+)\]$")
FIRST_WORD = re.compile(r"^(?P<code>[A-Z]+\d+)")
ABOUT = re.compile(r"corout|await|async", re.IGNORECASE)

MYPY_CODES = ("truthy-bool", "truthy-iterable", "unused-awaitable", "possibly-undefined", "redundant-expr")
MYPY_OTHER = "no-untyped-def|no-untyped-call|no-any-return|import|import-not-found|import-untyped|type-arg|untyped-decorator"
MYPY_OTHER += "|unused-ignore|var-annotated|annotation-unchecked|possibly-undefined|assignment|type-var"
PYRIGHT_OTHER = r"reportMissing\w*|reportUnknown\w*|reportUntyped\w*|reportUnused(?!Coroutine)\w*|reportPrivateUsage"
PYRIGHT_OTHER += r"|reportUnsupportedDunderAll|reportRedeclaration|reportAssignmentType|reportUnnecessary\w*"
PYRIGHT_OTHER += r"|reportDeprecated|reportMatch\w+"
RUFF_OTHER = r"RUF029|ASYNC2\d\d|ASYNC9\d\d"
FLAKE8_ASYNC_OTHER = r"ASYNC112|ASYNC124|ASYNC127|ASYNC2\d\d|ASYNC9\d\d"
"""About async code, but not about missing awaits: blocking calls, checkpoints, async functions without await, task groups."""
PYLINT_CODES = (
    "E0633,E1101,E1102,E1111,E1126,E1127,E1128,E1129,E1130,E1131,E1133,E1134,E1135,E1136,E1137,E1138,E1142,E1700,E1701,W0236"
)


@dataclass(frozen=True)
class Report:
    """A report of a tool: the file, relative to the folder of the run, the line, its code and its text."""

    path: str
    line: int
    code: str
    text: str


@dataclass(frozen=True)
class Tool:
    """A tool: its name, how it is run on files of a folder, and what of its reports is about other things than awaits.

    It may write its configuration into the folder.

    `other` are codes of reports that never count. On a line that must be reported all others count; on a line that must be
    silent only those whose text or code names coroutines, awaits or async do. Both are in favour of the tool.
    """

    name: str
    run: Callable[[Path, Sequence[str]], Iterable[Report]]
    other: re.Pattern[str]

    def reports(self, folder: Path, files: Sequence[str]) -> list[Report]:
        """What it reports in `files`, named relative to `folder`."""
        return [report for report in self.run(folder, files) if not self.other.fullmatch(report.code)]


def is_about_awaits(report: Report) -> bool:
    """Whether the report speaks of coroutines, awaits or async code."""
    return bool(ABOUT.search(f"{report.code} {report.text}"))


def tools(environment: Path) -> list[Tool]:
    """The plugin, run by this interpreter, and the tools that are in the virtual environment `environment`."""
    binaries = environment / "bin"
    python = str(binaries / "python")
    flake8 = ("-P", "-m", "flake8", "--isolated", "--disable-noqa", "--jobs=1")
    mypy = ("--strict", "--ignore-missing-imports", *(f"--enable-error-code={code}" for code in MYPY_CODES))
    shown = ("--no-incremental", f"--cache-dir={os.devnull}", "--no-error-summary", "--no-pretty", "--no-color-output")
    ruff = ("check", "--isolated", "--preview", "--ignore-noqa", "--output-format=concise", "--no-cache")
    pylint = ("-P", "-m", "pylint", "--rcfile", os.devnull, "--disable=all", f"--enable={PYLINT_CODES}", "--score=n")
    return [
        _listed("flake8-noblock", (sys.executable, *flake8, "--select=NBL3"), FIRST_WORD, ""),
        _listed("mypy", (python, "-P", "-m", "mypy", *mypy, *shown), LAST_WORD, MYPY_OTHER),
        Tool("pyright", _pyright(binaries / "pyright", python), re.compile(PYRIGHT_OTHER)),
        _listed("pylint", (python, *pylint, "--msg-template={path}:{line}:{column}: {msg_id} {msg}"), FIRST_WORD, ""),
        _listed("ruff", (str(binaries / "ruff"), *ruff, "--select=ASYNC,RUF006,RUF029,PLE1142"), FIRST_WORD, RUFF_OTHER),
        _listed("flake8-async", (python, *flake8, "--select=ASYNC", "--enable=ASYNC"), FIRST_WORD, FLAKE8_ASYNC_OTHER),
    ]


def versions(environment: Path) -> str:
    """The versions of the tools in `environment`, in one line."""
    command = [str(environment / "bin" / "python"), "-m", "pip", "list", "--format=json"]
    known = {package["name"]: package["version"] for package in json.loads(subprocess.check_output(command))}
    names = ("mypy", "pyright", "pylint", "ruff", "flake8", "flake8-async")
    return ", ".join(f"{name} {known[name]}" for name in names if name in known)


def libraries(folder: Path) -> list[str]:
    """The libraries that a project brings with it, below its folder."""
    return [str(path) for path in sorted(folder.glob("env/lib/python3.*/site-packages"))]


def _listed(name: str, command: Sequence[str], code: re.Pattern[str], other: str) -> Tool:
    """A tool that prints a line for each report."""

    def run(folder: Path, files: Sequence[str]) -> Iterable[Report]:
        for match in LINE.finditer(_output([*command, *_options(name, folder)], folder, files)):
            text = match["text"].strip()
            found = code.search(text)
            if found:
                yield Report(_relative(match["path"], folder), int(match["line"]), found["code"], text)

    return Tool(name, run, re.compile(other))


def _pyright(binary: Path, python: str) -> Callable[[Path, Sequence[str]], Iterable[Report]]:
    def run(folder: Path, files: Sequence[str]) -> Iterable[Report]:
        settings = {
            "typeCheckingMode": "strict",
            "include": list(files),
            "extraPaths": libraries(folder),
            "enableTypeIgnoreComments": False,
        }
        (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
        found = json.loads(_output([str(binary), "--outputjson", f"--pythonpath={python}"], folder, []))
        for one in found["generalDiagnostics"]:
            line = one["range"]["start"]["line"] + 1
            yield Report(_relative(one["file"], folder), line, one.get("rule", "error"), one["message"])

    return run


def _options(name: str, folder: Path) -> list[str]:
    if name == "flake8-noblock" and libraries(folder):
        return ["--noblock-environment=env"]
    return []


def _output(command: Sequence[str], folder: Path, files: Sequence[str]) -> str:
    """What a tool prints; a tool that crashed ends the comparison."""
    paths = os.pathsep.join(libraries(folder))
    with tempfile.TemporaryDirectory() as caches:
        variables = {**os.environ, "MYPYPATH": paths, "PYTHONPATH": paths, "XDG_CACHE_HOME": caches}
        done = subprocess.run([*command, *files], cwd=folder, capture_output=True, text=True, check=False, env=variables)
    if done.returncode > 1 and "pylint" not in command:
        raise SystemExit(f"{' '.join(command[:4])} failed in {folder.name}:\n{done.stdout[-800:]}{done.stderr[-800:]}")
    return done.stdout


def _relative(path: str, folder: Path) -> str:
    return os.path.relpath(folder / path, folder).replace(os.sep, "/")
