"""The comparison of missing awaits with other tools reads marks and counts reports as it says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.bench import peers
from tests.bench.compare import Root, compared, expected, roots
from tests.bench.peers import Report, Tool, is_about_awaits
from tests.support import write

FIXTURE = """\
save()  # expect: NBL301
if save(): pass  # expect: NBL304
later()  # fine: NBL301
print(1)
"""
PROBE = """\
save()  # expect: missing-await
wait()  # clean: missing-await
call()  # clean
other()  # expect: blocking
print(1)
"""


def tool(reports: Iterable[Report], other: str = "") -> Tool:
    def run(folder: Path, files: Sequence[str]) -> Iterable[Report]:
        return [report for report in reports if report.path in files]

    return Tool("linter", run, re.compile(other))


def test_every_line_of_a_fixture_without_a_mark_is_silent(tmp_path: Path) -> None:
    root = Root(write(tmp_path, {"a.py": FIXTURE}), ("a.py",))
    wanted, silent = expected(root)
    assert wanted == {("a.py", 1): {"NBL301"}, ("a.py", 2): {"NBL304"}}
    assert silent == {("a.py", 3): {"NBL301"}, ("a.py", 4): set()}


def test_unmarked_lines_of_a_probe_say_nothing(tmp_path: Path) -> None:
    wanted, silent = expected(Root(write(tmp_path, {"a.py": PROBE}), ("a.py",)))
    assert wanted == {("a.py", 1): {"missing-await"}}
    assert silent == {("a.py", 2): {"missing-await"}, ("a.py", 3): set()}


def test_roots_leave_out_libraries_and_other_classes(tmp_path: Path) -> None:
    library = "env/lib/python3.12/site-packages"
    files = {
        "a.py": FIXTURE,
        "b.py": "call()  # expect: blocking\n",
        "projects/one/main.py": FIXTURE,
        f"projects/one/{library}/lib.py": "",
        "xmod_other/main.py": "call()  # expect: blocking\n",
    }
    found = [(root.folder.name, root.files) for root in roots(write(tmp_path, files))]
    assert found == [(tmp_path.name, ("a.py",)), ("one", ("main.py",))]
    assert [Path(path).parts[-3:] for path in peers.libraries(tmp_path / "projects/one")] == [Path(library).parts[-3:]]


def test_table_counts_lines_once_and_false_alarms_only_about_awaits(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": FIXTURE})
    reports = [
        Report("a.py", 1, "E1", "no type"),
        Report("a.py", 1, "unused-coroutine", "must be used"),
        Report("a.py", 2, "F401", "unused import"),
        Report("a.py", 3, "E2", "not awaited"),
        Report("a.py", 4, "E2", "no type"),
    ]
    rows = compared(tmp_path, [tool(reports, other="F401")], verbose=False).splitlines()
    assert rows[2:] == [
        "| NBL301 coroutine dropped | 1 | 1, 1 false |",
        "| NBL304 coroutine tested for truth | 1 | 0 |",
        "| **all** | 2 | 1 (50.0 %) |",
        "| **false alarms**, of lines that must be silent | 2 | 1 |",
    ]


def test_what_a_report_is_about() -> None:
    assert is_about_awaits(Report("a.py", 1, "unused-coroutine", "must be used"))
    assert is_about_awaits(Report("a.py", 1, "E1", '"AsyncIterator" is not iterable'))
    assert not is_about_awaits(Report("a.py", 1, "no-untyped-def", "not annotated"))


def test_the_plugin_is_run_as_flake8_runs_it(tmp_path: Path) -> None:
    text = "import asyncio\n\n\nasync def save():\n    asyncio.sleep(1)  # expect: NBL301\n"
    root = Root(write(tmp_path, {"a.py": text}), ("a.py",))
    plugin = peers.tools(tmp_path / "nowhere")[0]
    assert [(report.path, report.line, report.code) for report in plugin.reports(root.folder, root.files)] == [
        ("a.py", 5, "NBL301")
    ]
