"""Missing awaits, found by this plugin and by others: `python -m tests.bench.compare FOLDER... --peers ENVIRONMENT`.

Each FOLDER holds annotated files, in one of two forms. Fixtures of this plugin (``tests/fixtures/missing_await``) bear
``# expect: NBL301`` on the lines that must be reported; every other line must be silent, and ``# fine: NBL301`` says of which
class a silent line is a trap. In probes a line that must be reported bears ``# expect: missing-await``, one that must be silent
``# clean: missing-await`` or ``# clean``; the other lines say nothing. Folders ``projects/*`` and ``xmod_*`` below are source
roots of their own. All tools run on the same files. The table, in Markdown, says for each class how many of its lines each tool
reports, and how many of its traps; at the end how many silent lines it reports altogether.

ENVIRONMENT is a virtual environment with mypy, pyright, pylint, ruff, flake8 and flake8-async, and with the libraries that the
files import; the plugin runs in the environment of this interpreter.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import peers
from tests.bench.peers import Tool

MARK = re.compile(r"#\s*(?P<kind>expect|clean|fine)\b:?\s*(?P<classes>[\w, -]*)")
TITLES = {
    "NBL301": "coroutine dropped",
    "NBL302": "coroutine stored and never awaited",
    "NBL303": "coroutine used as its result",
    "NBL304": "coroutine tested for truth",
    "NBL305": "async manager or iterator in a plain `with` or `for`",
    "NBL306": "`await` of what can't be awaited",
    "NBL307": "async function given to a sync caller",
    "NBL308": "coroutine awaited twice",
    "NBL309": "override of the other kind",
    "NBL351": "other awaitable dropped",
    "missing-await": "missing await",
    "bad-await": "`await` of what can't be awaited",
}
"""The classes that are compared, in the order of the table."""


Places = dict[tuple[str, int], set[str]]


@dataclass(frozen=True)
class Root:
    """A folder that is linted in one run, and the files in it, named relative to it."""

    folder: Path
    files: tuple[str, ...]


@dataclass
class Score:
    """What one tool found: lines that must be reported, traps, both by class, and all lines that must be silent."""

    hits: Counter[str] = field(default_factory=Counter)
    traps: Counter[str] = field(default_factory=Counter)
    false: list[str] = field(default_factory=list)


def roots(folder: Path) -> Iterator[Root]:
    """The source roots of a folder of annotated files."""
    inner = [path for path in sorted([*folder.glob("projects/*"), *folder.glob("xmod_*")]) if path.is_dir()]
    yield Root(folder, tuple(path.name for path in sorted(folder.glob("*.py")) if is_about_awaits(path)))
    for root in inner:
        paths = sorted(root.rglob("*.py"))
        if any(is_about_awaits(path) for path in paths):
            names = [path.relative_to(root) for path in paths]
            yield Root(root, tuple(name.as_posix() for name in names if name.parts[0] != "env"))


def is_about_awaits(path: Path) -> bool:
    """Whether a file has marks of the classes that are compared, or no marks at all."""
    found = list(MARK.finditer(path.read_text(encoding="utf-8")))
    named = {word.strip() for mark in found for word in mark["classes"].split(",")}
    return bool(named & TITLES.keys()) or not found


def alone(root: Root, scratch: Path) -> Root:
    """A copy of a root outside of all packages and configurations around it."""
    folder = scratch / root.folder.name
    stubs = [path.with_suffix(".pyi") for path in map(root.folder.joinpath, root.files) if path.with_suffix(".pyi").exists()]
    for name in (*root.files, *[path.relative_to(root.folder).as_posix() for path in stubs]):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root.folder / name, folder / name)
    if (root.folder / "env").is_dir():
        shutil.copytree(root.folder / "env", folder / "env")
    return Root(folder, root.files)


def expected(root: Root) -> tuple[Places, Places]:
    """The lines that must be reported, with their classes, and those that must be silent, with the classes they are traps of."""
    wanted: Places = {}
    silent: Places = {}
    for name in root.files:
        lines = (root.folder / name).read_text(encoding="utf-8").splitlines()
        marks = {number: list(MARK.finditer(line)) for number, line in enumerate(lines, 1)}
        probe = any(found["kind"] == "clean" or "-" in found["classes"] for each in marks.values() for found in each)
        for number, each in marks.items():
            named = {found["kind"]: {word.strip() for word in found["classes"].split(",")} for found in each}
            classes = named.get("expect", set()) & TITLES.keys()
            if classes:
                wanted[name, number] = classes
            elif not probe or "clean" in named and (not any(named["clean"]) or named["clean"] & TITLES.keys()):
                silent[name, number] = (named.get("clean", set()) | named.get("fine", set())) & TITLES.keys()
    return wanted, silent


def score(tool: Tool, root: Root, into: Score) -> None:
    """Run `tool` on a root and count what it finds."""
    wanted, silent = expected(root)
    seen: dict[tuple[str, int], list[peers.Report]] = {}
    for report in tool.reports(root.folder, root.files):
        seen.setdefault((report.path, report.line), []).append(report)
    for place, classes in wanted.items():
        if place in seen:
            into.hits.update(classes)
    for place in sorted(silent.keys() & seen.keys()):
        about = [report for report in seen[place] if peers.is_about_awaits(report)]
        if about:
            into.traps.update(silent[place])
            into.false.append(f"{root.folder.name}/{place[0]}:{place[1]} {about[0].text.splitlines()[0]}")


def compared(folder: Path, tools: Sequence[Tool], *, verbose: bool) -> str:
    """The table for one folder."""
    found = list(roots(folder))
    totals: Counter[str] = Counter()
    silent = 0
    for root in found:
        wanted, quiet = expected(root)
        silent += len(quiet)
        for classes in wanted.values():
            totals.update(classes)
    scores = {tool.name: Score() for tool in tools}
    for root in found:
        with tempfile.TemporaryDirectory() as scratch:
            copy = alone(root, Path(scratch))
            for tool in tools:
                score(tool, copy, scores[tool.name])
    if verbose:
        for name, each in scores.items():
            print(*(f"{name}: {line}" for line in each.false), sep="\n", file=sys.stderr)
    return "\n".join(_rows(totals, scores, silent))


def _rows(totals: Counter[str], scores: dict[str, Score], silent: int) -> Iterator[str]:
    columns = ["class", "lines", *scores]
    yield _row(columns)
    yield _row(["---"] * len(columns))
    for name, title in TITLES.items():
        if totals[name]:
            label = f"{name} {title}" if name.startswith("NBL") else title
            yield _row([label, str(totals[name]), *(_cell(each, name) for each in scores.values())])
    every = totals.total()
    shares = [f"{each.hits.total()} ({100 * each.hits.total() / every:.1f} %)" for each in scores.values()]
    yield _row(["**all**", str(every), *shares])
    alarms = [str(len(each.false)) for each in scores.values()]
    yield _row(["**false alarms**, of lines that must be silent", str(silent), *alarms])


def _cell(found: Score, name: str) -> str:
    return f"{found.hits[name]}, {found.traps[name]} false" if found.traps[name] else str(found.hits[name])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.compare", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="folders of annotated files")
    parser.add_argument("--peers", required=True, type=Path, help="the virtual environment that holds the other tools")
    parser.add_argument("--verbose", action="store_true", help="list the false alarms on standard error")
    options = parser.parse_args(arguments)
    tools = peers.tools(options.peers.absolute())
    print(f"Python {sys.version.split()[0]}, {peers.versions(options.peers)}")
    for folder in options.folders:
        print(f"\n{folder.name}\n\n{compared(folder.resolve(), tools, verbose=options.verbose)}")


if __name__ == "__main__":
    main()
