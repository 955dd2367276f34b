"""CPU seconds per million lines of flake8, its parts and its plugins: `python -m tests.bench CORPUS`.

Every run is a process of its own on one core. The tools take turns, and the table gives medians.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench import corpus, environments, measure
from tests.bench.corpus import Sources
from tests.bench.environments import Environments
from tests.bench.measure import Cost, Job

BARE, PLUGIN, ASYNC = "bare flake8", "flake8 with flake8-noblock", "flake8 with flake8-async"
FLAKE8 = ("-m", "flake8", "--isolated", "--jobs=1")
COLUMNS = (
    "tool",
    "files read",
    "lines",
    "files",
    "async files",
    "CPU s",
    "from - to",
    "CPU s/MLOC",
    "more than bare flake8, s/MLOC",
)


def jobs_on_all(made: Environments, folder: Path) -> list[Job]:
    """What is measured on the whole corpus."""
    bare, plugin = str(made.bare.python), str(made.plugin.python)
    return [
        Job(BARE, (bare, *FLAKE8, "."), folder),
        Job(PLUGIN, (plugin, *FLAKE8, "."), folder),
        Job("pyflakes alone", (bare, "-m", "pyflakes", "."), folder),
        Job("pycodestyle alone", (bare, "-m", "pycodestyle", f"--config={os.devnull}", "."), folder),
    ]


def jobs_on_sample(made: Environments, folder: Path, sample: Sources, limit: float) -> list[Job]:
    """What is measured on a sample, since flake8-async would need too long for all."""
    if made.flake8_async is None:
        return []
    paths = tuple(str(file.path.relative_to(folder)) for file in sample.files)
    return [
        Job(BARE, (str(made.bare.python), *FLAKE8, *paths), folder),
        Job(PLUGIN, (str(made.plugin.python), *FLAKE8, *paths), folder),
        Job(ASYNC, (str(made.flake8_async.python), *FLAKE8, *paths), folder, limit=limit),
    ]


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
    folder = options.corpus.resolve()
    sources = corpus.read(folder)
    sample = corpus.sample(sources, options.sample)
    with tempfile.TemporaryDirectory() as scratch:
        made = environments.make(Path(scratch), with_flake8_async=not options.without_flake8_async)
        cells = rows(sources, measure.interleaved(jobs_on_all(made, folder), options.rounds))
        cells += rows(
            sample, measure.interleaved(jobs_on_sample(made, folder, sample, options.limit), options.rounds)
        )
        print(f"{versions(made)}; rounds: {options.rounds}\n\n{table(COLUMNS, cells)}")


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
    parser.add_argument(
        "corpus", type=Path, help="a folder of packages (python -m tests.bench.corpus makes one)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each tool runs (default: 3)")
    parser.add_argument(
        "--sample", type=int, default=20_000, help="lines that flake8-async reads (default: 20000)"
    )
    parser.add_argument(
        "--limit", type=float, default=600, help="seconds after which flake8-async is stopped (default: 600)"
    )
    parser.add_argument("--without-flake8-async", action="store_true", help="leave flake8-async out")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
