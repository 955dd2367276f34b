"""What the plugin costs, in CPU seconds of whole processes: `python -m tests.bench CORPUS`.

The first tables are those of `figures`: each package of the corpus with its libraries. With ``--tools`` another one compares
flake8 with and without the plugin, its parts and flake8-async, without libraries and without a cache. The tools take turns, and
the tables give medians.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench import corpus, environments, figures, measure
from tests.bench.corpus import Sources
from tests.bench.environments import Environments
from tests.bench.measure import Cost, Job

BARE, PLUGIN, ASYNC = "bare flake8", "flake8 with flake8-noblock", "flake8 with flake8-async"
FLAKE8 = ("-m", "flake8", "--isolated", "--jobs=1")
COLUMNS = (
    "tool",
    "packages",
    "lines",
    "files",
    "async files",
    "CPU s",
    "from - to",
    "CPU s/MLOC",
    "more than bare flake8, s/MLOC",
)


def jobs_on_all(made: Environments, sources: Sources) -> list[Job]:
    """What is measured on all packages."""
    bare = str(made.bare.python)
    return [
        *_with_and_without(made, sources),
        Job("pyflakes alone", (bare, "-m", "pyflakes", "."), sources.folders),
        Job("pycodestyle alone", (bare, "-m", "pycodestyle", f"--config={os.devnull}", "."), sources.folders),
    ]


def jobs_on_one(made: Environments, sources: Sources, limit: float) -> list[Job]:
    """What is measured on one package only, since flake8-async would need too long for all."""
    if made.flake8_async is None:
        return []
    command = (str(made.flake8_async.python), *FLAKE8, ".")
    return [*_with_and_without(made, sources), Job(ASYNC, command, sources.folders, limit=limit)]


def rows(sources: Sources, costs: Mapping[str, Sequence[Cost]]) -> list[tuple[str, ...]]:
    """A row of the table for each tool."""
    return [_row(sources, costs, name) for name in costs]


def table(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (columns, ["---"] * len(columns), *cells))


def versions(made: Environments) -> str:
    """The versions of everything that was measured, in one line."""
    known = {
        **made.bare.versions,
        **made.plugin.versions,
        **(made.flake8_async.versions if made.flake8_async else {}),
    }
    named = ("flake8", "pyflakes", "pycodestyle", "flake8-noblock", "flake8-async")
    listed = [f"{name} {known[name]}" for name in named if name in known]
    return f"Python {platform.python_version()}, {', '.join(listed)}"


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    packages = corpus.packages(options.corpus.resolve())
    with tempfile.TemporaryDirectory() as scratch:
        made = environments.make(Path(scratch), with_flake8_async=options.tools and not options.without_flake8_async)
        if options.tools:
            shown = [table(COLUMNS, _tools(made, packages, options))]
        else:
            shown = _costs(made, packages, options, Path(scratch))
        print(f"{versions(made)}; rounds: {options.rounds}\n\n" + "\n\n".join(shown))


def _tools(made: Environments, packages: Sequence[Sources], options: argparse.Namespace) -> list[tuple[str, ...]]:
    everything = corpus.together(packages)
    one = min(packages, key=lambda package: abs(package.lines - options.sample))
    cells = rows(everything, measure.interleaved(jobs_on_all(made, everything), options.rounds))
    return cells + rows(one, measure.interleaved(jobs_on_one(made, one, options.limit), options.rounds))


def _costs(made: Environments, packages: Sequence[Sources], options: argparse.Namespace, scratch: Path) -> list[str]:
    libraries = options.libraries.resolve() if options.libraries else scratch / "libraries"
    trees = []
    for package in packages:
        requirement = corpus.requirement(package.name)
        trees.append(figures.Tree(package, environments.with_libraries(libraries / package.name, requirement)))
    runs = figures.Runs(made.bare.python, made.plugin.python, scratch)
    cells, of_packages = figures.measured(runs, trees, options.rounds, options.questions, _say)
    return [table(figures.COLUMNS, cells), table(figures.PACKAGE_COLUMNS, of_packages)]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _with_and_without(made: Environments, sources: Sources) -> list[Job]:
    return [
        Job(BARE, (str(made.bare.python), *FLAKE8, "."), sources.folders),
        Job(PLUGIN, (str(made.plugin.python), *FLAKE8, "--noblock-cache-dir=none", "."), sources.folders),
    ]


def _row(sources: Sources, costs: Mapping[str, Sequence[Cost]], name: str) -> tuple[str, ...]:
    known = costs[name]
    millions = sources.lines / 1_000_000
    at_least = "> " if any(cost.stopped for cost in known) else ""
    more = measure.median_difference(costs, name, BARE) / millions
    return (
        name,
        sources.name,
        f"{sources.lines:,}",
        f"{len(sources.files):,}",
        f"{sources.async_share:.0%}",
        f"{at_least}{measure.median_cpu(known):.1f}",
        f"{min(cost.cpu for cost in known):.1f} - {max(cost.cpu for cost in known):.1f}",
        f"{at_least}{measure.median_cpu(known) / millions:.1f}",
        f"{at_least}{more:.1f}" if name in (PLUGIN, ASYNC) else "",
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("corpus", type=Path, help="a folder of packages (python -m tests.bench.corpus makes one)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each tool runs (default: 3)")
    parser.add_argument(
        "--libraries", type=Path, help="a folder for the environments with the packages' libraries, kept for the next time"
    )
    parser.add_argument("--questions", type=int, default=15, help="runs on standard input (default: 15)")
    parser.add_argument("--tools", action="store_true", help="compare tools instead")
    parser.add_argument(
        "--sample",
        type=int,
        default=20_000,
        help="flake8-async reads only the package with about so many lines (default: 20000)",
    )
    parser.add_argument("--limit", type=float, default=600, help="seconds after which flake8-async is stopped (default: 600)")
    parser.add_argument("--without-flake8-async", action="store_true", help="leave flake8-async out")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
