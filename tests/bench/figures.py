"""What the plugin costs where it is used: cold, warm, after an edit, with two jobs, in memory, and on standard input.

Each package is linted with its own libraries installed. Every figure is measured with whole processes next to bare flake8 in the
same round; the table gives medians.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench import measure
from tests.bench.corpus import File, Sources
from tests.bench.measure import Cost, Job

FLAKE8 = ("-m", "flake8", "--isolated")
LINES = 1_000
COLD, WARM, AFTER_EDIT, J_GAIN, MEMORY, STDIN = 60.0, 15.0, 15.0, 0.8, 400.0, 150.0
COLUMNS = ("figure", "at most", "measured")
PACKAGE_COLUMNS = (
    "package",
    "lines",
    "bare, CPU s",
    "cold, s/MLOC",
    "warm, s/MLOC",
    "edited, s/MLOC",
    "computed again",
    "peak, MB",
)
EDIT = b"\n\nEDITED = True\n"


@dataclass(frozen=True)
class Tree:
    """A package of the corpus, and the virtual environment in which it is installed with all that it needs."""

    sources: Sources
    libraries: Path

    @property
    def folder(self) -> Path:
        return self.sources.folders[0]

    @property
    def edited(self) -> File:
        """The asynchronous file with about a thousand lines."""
        return nearest(file for file in self.sources.files if file.has_async_def)


@dataclass(frozen=True)
class Round:
    """The costs of one round on one package, by what was run, and the modules whose findings were found anew after the edit."""

    costs: Mapping[str, Cost]
    again: int


def nearest(files: Iterable[File]) -> File:
    """The file whose number of lines is nearest to a thousand."""
    return min(files, key=lambda file: (abs(file.lines - LINES), file.path))


@dataclass(frozen=True)
class Runs:
    """Runs of flake8 with and without the plugin, by the interpreters that have them; caches go below `scratch`."""

    bare: Path
    plugin: Path
    scratch: Path

    def round(self, tree: Tree) -> Round:
        """Each run once, one after the other, starting with an empty cache."""
        cache = self.scratch / f"cache-{tree.sources.name}"
        shutil.rmtree(cache, ignore_errors=True)
        costs = {"bare": self._bare(tree, 1), "cold": self._plugin(tree, 1), "warm": self._plugin(tree, 1)}
        with _edited(tree.edited.path):
            before = _results(cache)
            costs["edited"] = self._plugin(tree, 1)
            again = _results(cache) - before
        costs |= {"bare, two jobs": self._bare(tree, 2), "warm, two jobs": self._plugin(tree, 2)}
        return Round(costs, again)

    def stdin(self, tree: Tree) -> tuple[Cost, Cost]:
        """flake8 on the text of the edited file, as an editor calls it, without the plugin and, warm, with it."""
        file = tree.edited.path
        name = f"--stdin-display-name={file.relative_to(tree.folder)}"
        return self._bare(tree, 1, name, "-", stdin=file), self._plugin(tree, 1, name, "-", stdin=file)

    def _bare(self, tree: Tree, jobs: int, *arguments: str, stdin: Path | None = None) -> Cost:
        command = (str(self.bare), *FLAKE8, f"--jobs={jobs}", *(arguments or (".",)))
        return measure.run(Job("bare flake8", command, (tree.folder,), stdin))

    def _plugin(self, tree: Tree, jobs: int, *arguments: str, stdin: Path | None = None) -> Cost:
        cache = self.scratch / f"cache-{tree.sources.name}"
        own = (f"--noblock-environment={tree.libraries}", f"--noblock-cache-dir={cache}")
        command = (str(self.plugin), *FLAKE8, f"--jobs={jobs}", *own, *(arguments or (".",)))
        return measure.run(Job("flake8-noblock", command, (tree.folder,), stdin))


def measured(
    runs: Runs, trees: Sequence[Tree], rounds: int, questions: int, say: Callable[[str], None]
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """The rows of both tables: the figures, and the packages."""
    known: dict[str, list[Round]] = {tree.sources.name: [] for tree in trees}
    for number in range(1, rounds + 1):
        for tree in trees:
            known[tree.sources.name].append(runs.round(tree))
            costs = known[tree.sources.name][-1].costs
            say(f"round {number}: {tree.sources.name}: " + ", ".join(f"{name} {cost.cpu:.1f} s" for name, cost in costs.items()))
    largest = max(trees, key=lambda tree: tree.sources.lines)
    asked = [runs.stdin(largest) for _ in range(questions)]
    return _figures(trees, known, asked, largest), [_package(tree, known[tree.sources.name]) for tree in trees]


def _figures(
    trees: Sequence[Tree], known: Mapping[str, Sequence[Round]], asked: Sequence[tuple[Cost, Cost]], largest: Tree
) -> list[tuple[str, ...]]:
    lines = sum(tree.sources.lines for tree in trees)
    whole = [{name: _sum(rounds, name) for name in rounds[0].costs} for rounds in zip(*known.values(), strict=True)]
    gains = [_gain(costs["warm"], costs["warm, two jobs"]) / _gain(costs["bare"], costs["bare, two jobs"]) for costs in whole]
    peak = median(each.costs["cold"].peak for each in known[largest.sources.name])
    stdin = median(own.cpu - bare.cpu for bare, own in asked) * 1000
    return [
        ("cold, more than bare flake8, CPU s/MLOC", f"{COLD:.0f}", _more(whole, "cold", lines)),
        ("warm, more than bare flake8, CPU s/MLOC", f"{WARM:.0f}", _more(whole, "warm", lines)),
        ("one file of each package edited, the rest warm, the same", f"{AFTER_EDIT:.0f}", _more(whole, "edited", lines)),
        ("what two jobs gain, warm, as a share of what bare flake8 gains", f"at least {J_GAIN}", f"{median(gains):.2f}"),
        (f"peak memory of a worker on {largest.sources.name}, cold, MB", f"{MEMORY:.0f}", f"{peak / 1e6:.0f}"),
        (f"standard input, {largest.edited.lines:,} lines, more than bare flake8, CPU ms", f"{STDIN:.0f}", f"{stdin:.0f}"),
    ]


def _package(tree: Tree, rounds: Sequence[Round]) -> tuple[str, ...]:
    whole = [each.costs for each in rounds]
    lines = tree.sources.lines
    concerned = sum(file.names_async for file in tree.sources.files)
    return (
        tree.sources.name,
        f"{lines:,}",
        f"{median(costs['bare'].cpu for costs in whole):.1f}",
        *[_more(whole, name, lines) for name in ("cold", "warm", "edited")],
        f"{median(each.again for each in rounds):.0f} of {concerned}",
        f"{median(costs['cold'].peak for costs in whole) / 1e6:.0f}",
    )


def _more(whole: Sequence[Mapping[str, Cost]], name: str, lines: int) -> str:
    return f"{median(costs[name].cpu - costs['bare'].cpu for costs in whole) / lines * 1e6:.1f}"


def _sum(rounds: Sequence[Round], name: str) -> Cost:
    costs = [each.costs[name] for each in rounds]
    return Cost(sum(cost.cpu for cost in costs), sum(cost.wall for cost in costs), peak=max(cost.peak for cost in costs))


def _gain(one: Cost, two: Cost) -> float:
    """The share of the time on the clock that a second job saves."""
    return 1 - two.wall / one.wall


def _results(cache: Path) -> int:
    """How many modules' findings lie in a cache."""
    return sum(1 for _ in cache.rglob("*-results"))


@contextmanager
def _edited(path: Path) -> Iterator[None]:
    text = path.read_bytes()
    path.write_bytes(text + EDIT)
    try:
        yield
    finally:
        path.write_bytes(text)
