"""Measuring: one process at a time, by the CPU time that the system has counted for it once it has ended."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

# What would make the linters read something else than the corpus and their own environment.
_UNSET = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONWARNINGS")


@dataclass(frozen=True)
class Job:
    """A command to measure, run in each of `folders`, one after the other. `limit` is in seconds of wall time for each."""

    name: str
    command: tuple[str, ...]
    folders: tuple[Path, ...]
    stdin: Path | None = None
    limit: float | None = None


@dataclass(frozen=True)
class Cost:
    """Seconds of processes: user and system time of them and their children, and time on the clock; `peak`: the most memory
    that one of them held, in bytes."""

    cpu: float
    wall: float
    stopped: bool = False
    peak: int = 0


def run(job: Job) -> Cost:
    """Run the command in a fresh process for each folder.

    Linters end with status 0 or 1; RuntimeError for anything else.
    """
    costs = [_run(job, folder) for folder in job.folders]
    return Cost(
        sum(cost.cpu for cost in costs),
        sum(cost.wall for cost in costs),
        any(cost.stopped for cost in costs),
        max(cost.peak for cost in costs),
    )


def interleaved(jobs: Sequence[Job], rounds: int) -> dict[str, tuple[Cost, ...]]:
    """The costs of each job, by its name: every round runs each job once. A job that was stopped is not run again."""
    costs: dict[str, list[Cost]] = {job.name: [] for job in jobs}
    for number in range(1, rounds + 1):
        for job in jobs:
            known = costs[job.name]
            if any(cost.stopped for cost in known):
                continue
            known.append(run(job))
            print(f"round {number}: {job.name}: {known[-1].cpu:.2f} s CPU", file=sys.stderr)
    return {name: tuple(known) for name, known in costs.items()}


def median_cpu(costs: Iterable[Cost]) -> float:
    return median(cost.cpu for cost in costs)


def median_wall(costs: Iterable[Cost]) -> float:
    return median(cost.wall for cost in costs)


def median_difference(costs: Mapping[str, Sequence[Cost]], name: str, base: str) -> float:
    """The median of the differences in CPU time between two jobs, each taken within one round."""
    pairs = zip(costs[name], costs[base], strict=False)
    return median(cost.cpu - other.cpu for cost, other in pairs)


def _run(job: Job, folder: Path) -> Cost:
    environment = {name: value for name, value in os.environ.items() if name not in _UNSET}
    with open(job.stdin or os.devnull, "rb") as stdin, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            job.command, cwd=folder, env=environment, stdin=stdin, stdout=subprocess.DEVNULL, stderr=errors
        )
        stop = threading.Timer(job.limit or threading.TIMEOUT_MAX, process.kill)
        stop.daemon = True
        stop.start()
        _, waited, usage = os.wait4(process.pid, 0)
        in_time = stop.is_alive()
        stop.cancel()
        process.returncode = os.waitstatus_to_exitcode(waited)
        cost = _cost(usage, time.perf_counter() - start, not in_time)
        if in_time and process.returncode not in (0, 1):
            errors.seek(0)
            text = errors.read().decode(errors="replace")
            raise RuntimeError(f"{job.name} ended with status {process.returncode}: {text[-2000:]}")
    return cost


def _cost(usage: resource.struct_rusage, wall: float, stopped: bool) -> Cost:
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(usage.ru_utime + usage.ru_stime, wall, stopped, usage.ru_maxrss * unit)
