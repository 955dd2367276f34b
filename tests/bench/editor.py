"""What an editor waits for: `python -m tests.bench.editor CORPUS` measures flake8 on the text of one file on standard input."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench import corpus, environments, measure
from tests.bench.__main__ import BARE, FLAKE8, PLUGIN, table, versions
from tests.bench.corpus import File
from tests.bench.environments import Environments
from tests.bench.figures import nearest
from tests.bench.measure import Job

COLUMNS = ("file", "lines", "tool", "CPU ms", "wall ms", "more than bare flake8, CPU ms")


def jobs(made: Environments, file: File) -> list[Job]:
    """flake8 with and without the plugin, as an editor calls it: from the package's folder, the text on standard input."""
    arguments = (*FLAKE8, f"--stdin-display-name={file.path.relative_to(file.folder)}", "-")
    interpreters = {BARE: made.bare.python, PLUGIN: made.plugin.python}
    return [Job(name, (str(python), *arguments), (file.folder,), stdin=file.path) for name, python in interpreters.items()]


def rows(made: Environments, kind: str, file: File, rounds: int) -> list[tuple[str, ...]]:
    """The rows of one file: `kind` says which it is."""
    costs = measure.interleaved(jobs(made, file), rounds)
    more = measure.median_difference(costs, PLUGIN, BARE)
    return [
        (
            f"{kind}: {file.path.name}",
            f"{file.lines:,}",
            name,
            _milliseconds(measure.median_cpu(known)),
            _milliseconds(measure.median_wall(known)),
            _milliseconds(more) if name == PLUGIN else "",
        )
        for name, known in costs.items()
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    files = corpus.together(corpus.packages(options.corpus.resolve())).files
    kinds = {
        "async": nearest(file for file in files if file.has_async_def),
        "no async": nearest(file for file in files if not file.names_async),
    }
    with tempfile.TemporaryDirectory() as scratch:
        made = environments.make(Path(scratch), with_flake8_async=False)
        cells = [row for kind, file in kinds.items() for row in rows(made, kind, file, options.rounds)]
        print(f"{versions(made)}; rounds: {options.rounds}\n\n{table(COLUMNS, cells)}")


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.editor", description=__doc__)
    parser.add_argument("corpus", type=Path, help="a folder of packages (python -m tests.bench.corpus makes one)")
    parser.add_argument("--rounds", type=int, default=15, help="how often each tool runs (default: 15)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
