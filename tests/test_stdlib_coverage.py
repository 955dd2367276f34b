"""How much of the standard library's blocking operations the plugin reports, one generated function per operation.

Column ``collected`` of the data is the severity with which an operation was collected; the other columns are our judgement.
What was collected as above microseconds and judged otherwise (``os.exec*`` never returns, ...) counts as missed here.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from tests.stdlib_probe import probe
from tests.support import lint

ROWS = Path(__file__).parent / "data" / "stdlib_operations.csv"


def test_operations_above_microseconds_are_reported(tmp_path: Path) -> None:
    with ROWS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["collected"] in ("unbounded", "disk")]
    path = tmp_path / "probe.py"
    path.write_text(probe(rows), encoding="utf-8")
    reported = {line for line, _, _ in lint([path], tmp_path)[path]}
    wanted = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        code, mark, name = line.rpartition("  # ")
        if mark and code.strip():
            wanted[name] = number
    missed = sorted(name for name, number in wanted.items() if number not in reported)
    share = 1 - len(missed) / len(wanted)
    assert len(wanted) == 841
    assert share >= 0.95, f"{share:.1%} on {sys.version_info[:2]}; missed: {missed}"
