"""What astroid earns: `python -m tests.accuracy.oracle FOLDER ...` lints packages with it and without it.

Each folder is linted in this process with itself as the working folder, twice in turn, without a cache. Of a folder in which a
manifest of known bugs (one JSON object for each line, with `source` and `file`) names files, only these are linted.
"""

from __future__ import annotations

import argparse
import ast
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flake8_noblock.link.inference import Oracle
from flake8_noblock.options import parse
from flake8_noblock.rules.registry import RULES
from flake8_noblock.session import Session

COLUMNS = ("code", "files", "receivers asked", "resolved", "findings without", "with", "CPU s without", "with")


class _With(Session):
    """Counts what astroid is asked, and what it answers."""

    asked = 0
    resolved = 0

    def _oracle(self, key: str) -> Oracle | None:
        ask: Callable[[int, int], tuple[str, ...]] | None = super()._oracle(key)
        return None if ask is None else lambda line, column: self._counted(ask(line, column))

    def _counted(self, classes: tuple[str, ...]) -> tuple[str, ...]:
        self.asked += 1
        self.resolved += bool(classes)
        return classes


class _Without(Session):
    """Never asks astroid."""

    def _oracle(self, key: str) -> Oracle | None:
        return None


@dataclass
class Outcome:
    """Of one or more folders: files, receivers asked and resolved, findings and CPU seconds without astroid and with it."""

    files: int = 0
    asked: int = 0
    resolved: int = 0
    without: int = 0
    found: int = 0
    seconds_without: float = 0.0
    seconds: float = 0.0

    def add(self, folder: Path, files: Sequence[Path], environment: Sequence[str]) -> None:
        """Lint files of a folder both ways."""
        options = parse({"environment": list(environment), "cache-dir": ["none"]}, folder)
        trees = [(path, text, tree) for path in files for text, tree in _read(path)]
        without, one = _Without(options), _With(options)
        count, seconds = _lint(without, trees)
        self.without, self.seconds_without = self.without + count, self.seconds_without + seconds
        count, seconds = _lint(one, trees)
        self.found, self.seconds = self.found + count, self.seconds + seconds
        self.files += len(trees)
        self.asked, self.resolved = self.asked + one.asked, self.resolved + one.resolved

    def row(self, name: str) -> tuple[str, ...]:
        counts = (self.files, self.asked, self.resolved, self.without, self.found)
        return (name, *[f"{count:,}" for count in counts], f"{self.seconds_without:.1f}", f"{self.seconds:.1f}")


def _lint(session: Session, trees: Iterable[tuple[Path, str, ast.Module]]) -> tuple[int, float]:
    start = time.process_time()
    count = sum(len(session.lint(tree, str(path), text, RULES)) for path, text, tree in trees)
    return count, time.process_time() - start


def _read(path: Path) -> list[tuple[str, ast.Module]]:
    try:
        text = path.read_text(encoding="utf-8")
        return [(text, ast.parse(text))]
    except (OSError, UnicodeDecodeError, SyntaxError, ValueError):
        return []


def named(manifest: Path) -> dict[str, list[str]]:
    """The files that a manifest names, by the name of their folder."""
    files: dict[str, dict[str, None]] = {}
    for line in manifest.read_text(encoding="utf-8").splitlines():
        bug = json.loads(line)
        source = bug["source"]
        if "version_before" in source:
            files.setdefault(f"{source['name']}-{source['version_before']}", {})[bug["file"]] = None
    return {folder: list(listed) for folder, listed in files.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy.oracle", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="folders of code, each a row of the table")
    parser.add_argument("--environment", action="append", default=[], help="a virtual environment with libraries")
    parser.add_argument("--manifest", type=Path, help="known bugs; their files are one more row")
    parser.add_argument("--corpus", type=Path, help="where the folders lie that the manifest names")
    options = parser.parse_args(arguments)
    print(f"| {' | '.join(COLUMNS)} |\n| {' | '.join(['---'] * len(COLUMNS))} |")
    for folder in options.folders:
        outcome = Outcome()
        outcome.add(folder.resolve(), sorted(folder.resolve().rglob("*.py")), options.environment)
        print(f"| {' | '.join(outcome.row(folder.name))} |", flush=True)
    if options.manifest is not None:
        outcome = Outcome()
        for name, files in named(options.manifest).items():
            tree = options.corpus.resolve() / name
            if tree.is_dir():
                outcome.add(tree, [tree / file for file in files], options.environment)
        print(f"| {' | '.join(outcome.row('files of the known bugs'))} |")


if __name__ == "__main__":
    main()
