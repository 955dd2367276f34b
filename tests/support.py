"""What the tests share: the engine on files of a folder, and flake8 as users run it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from flake8_noblock import options as noblock_options
from flake8_noblock.rules.registry import RULES
from flake8_noblock.session import Session

HELPER = "import time\n\n\ndef f():\n    time.sleep(1)\n"
IDLE = "import time\n\n\ndef f():\n    return time\n"
"""A module whose function blocks, and one whose function doesn't."""

Reports = dict[Path, list[tuple[int, str, str]]]


def lint(paths: list[Path], root: Path, options: list[str] | None = None) -> Reports:
    """The findings of all rules, those off by default too, in `paths`, with `root` as the working folder.

    `options` are written as on flake8's command line (``--noblock-src=lib``). A finding is (line, code, text).
    """
    values: dict[str, list[str]] = {}
    for option in options or []:
        name, _, value = option.removeprefix("--noblock-").partition("=")
        values.setdefault(name, []).extend(part.strip() for part in (value or "true").split(","))
    session = Session(noblock_options.parse(values, root.resolve()))
    found: Reports = {}
    for path in paths:
        text = path.read_text(encoding="utf-8")
        findings = session.lint(ast.parse(text), str(path.resolve()), text, RULES)
        found[path] = [(finding.line, finding.code, finding.text) for finding in findings]
    return found


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write `files`, text by relative path, below `folder`; gives `folder`."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def flake8(
    *arguments: str, cwd: Path, stdin: str | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run flake8 as a process of its own, in folder `cwd`, with an empty cache unless `environment` names one."""
    with tempfile.TemporaryDirectory() as caches:
        return subprocess.run(
            [sys.executable, "-P", "-m", "flake8", *arguments],
            cwd=cwd,
            input=stdin,
            capture_output=True,
            text=True,
            env={**os.environ, "XDG_CACHE_HOME": caches, **(environment or {})},
            check=False,
        )


def caller(imported: str, *body: str) -> str:
    """A module that imports something and uses it on the loop."""
    return "\n    ".join([f"{imported}\n\n\nasync def main():", *body]) + "\n"
