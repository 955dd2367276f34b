"""Every fixture says on its lines what must be reported; every other line must be silent.

A fixture is a file in ``fixtures/<theme>/``, or a project of several files in ``fixtures/projects/<name>/`` or
``fixtures/<theme>/projects/<name>/``. A line that must be reported bears ``# expect: NBL102`` (several codes by comma).
A line ``# options: --noblock-...`` among the first of a file gives the options of its run. A file whose name ends with
``_py312`` needs that Python. All codes of the families that the theme is about (`FAMILIES`) are on; findings of other
families don't count here. ``# fine: NBL601`` marks a line that looks like an alarm of the code and is none: the silences
of families other than blocking are counted by it. Call graphs have tests of their own.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from flake8_noblock.rules.registry import RULES
from tests.support import lint

FIXTURES = Path(__file__).parent / "fixtures"
PROJECTS = FIXTURES / "projects"
CALL_GRAPHS = FIXTURES / "callgraph"
MARK = re.compile(r"# expect: (?P<codes>NBL\d{3}(?:, NBL\d{3})*)$")
FINE = re.compile(r"# fine: (?P<codes>NBL\d{3}(?:, NBL\d{3})*)$")
OPTIONS = re.compile(r"^# options: (?P<options>.+)$", re.MULTILINE)
NEEDS = re.compile(r"_py3(?P<minor>\d+)$")
BLOCKING = ("NBL1", "NBL2")
FAMILIES = {
    "missing_await": ("NBL3",),
    "guards": ("NBL401", "NBL402", "NBL403", "NBL404", "NBL405"),
    "guards_cleanup": ("NBL406",),
    "guards_limits": ("NBL407",),
    "guards_strict": ("NBL499",),
    "callbacks": ("NBL5",),
    "tasks": ("NBL6",),
    "event_loop": ("NBL7",),
}
"""The families that the fixtures of a theme are about; those of all other themes are about `BLOCKING`."""
CODES = tuple(rule.code for rule in RULES)

Places = set[tuple[str, int, str]]


class Case(NamedTuple):
    """What is linted in one run: files, and the folder that they are found in."""

    name: str
    root: Path
    files: tuple[Path, ...]


def cases() -> Iterator[Case]:
    projects = sorted([*PROJECTS.iterdir(), *FIXTURES.glob("*/projects/*")])
    for path in sorted(FIXTURES.rglob("*.py")):
        if not any(map(path.is_relative_to, (*projects, CALL_GRAPHS))):
            yield Case(f"{path.parent.name}/{path.stem}", path.parent, (path,))
    for project in projects:
        if project.is_dir() and project.name != "__pycache__":
            name = project.relative_to(FIXTURES).as_posix()
            yield Case(name, project, tuple(sorted(project.rglob("*.py"))))


def families(case: Case) -> tuple[str, ...]:
    return FAMILIES.get(case.root.relative_to(FIXTURES).parts[0], BLOCKING)


CASES = list(cases())


@cache
def lines(path: Path) -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8").splitlines())


def expected(case: Case) -> Places:
    return {
        (path.relative_to(case.root).as_posix(), number, code)
        for path in case.files
        for number, line in enumerate(lines(path), 1)
        if (mark := MARK.search(line))
        for code in mark["codes"].split(", ")
    }


def options(case: Case) -> list[str]:
    given = [match["options"] for path in case.files for match in OPTIONS.finditer("\n".join(lines(path)[:3]))]
    return [word for text in given for word in shlex.split(text)]


def needs(case: Case) -> tuple[int, int]:
    minors = [int(match["minor"]) for path in case.files if (match := NEEDS.search(path.stem))]
    return 3, max(minors, default=11)


def shown(case: Case, places: Places, texts: dict[tuple[str, int, str], str]) -> str:
    rows = []
    for name, number, code in sorted(places):
        source = lines(case.root / name)[number - 1].split("# expect:")[0].strip()
        rows.append(f"  {name}:{number} {code}: {source}")
        if text := texts.get((name, number, code)):
            rows.append(f"      {text}")
    return "\n".join(rows)


NOT_YET: dict[str, str] = {}
"""Cases whose expectations are right and not met; one that is met after all fails, so that it is taken off here."""


def marked(case: Case) -> object:
    reason = NOT_YET.get(case.name)
    marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
    return pytest.param(case, id=case.name, marks=marks)


@pytest.mark.parametrize("case", [marked(case) for case in CASES])
def test_fixture(case: Case) -> None:
    if sys.version_info < needs(case):
        pytest.skip("needs Python {}.{}".format(*needs(case)))
    found = lint(list(case.files), case.root, options(case))
    texts = {
        (path.relative_to(case.root).as_posix(), number, code): text
        for path, findings in found.items()
        for number, code, text in findings
        if code.startswith((*families(case), "NBL900"))
    }
    wanted = expected(case)
    missed, false = wanted - texts.keys(), texts.keys() - wanted
    report = []
    if missed:
        report.append("missed alarms:\n" + shown(case, missed, texts))
    if false:
        report.append("false alarms:\n" + shown(case, false, texts))
    assert not report, "\n" + "\n".join(report)


def marks(mark: re.Pattern[str], code: str) -> list[str]:
    """The lines of fixtures that bear `mark` with this code."""
    every = [(case, path, line) for case in CASES for path in case.files for line in lines(path)]
    return [f"{case.name}: {line.strip()}" for case, path, line in every if (m := mark.search(line)) and code in m["codes"]]


@pytest.mark.parametrize("code", CODES)
def test_each_code_has_alarms_and_silences(code: str) -> None:
    """For blocking, three files with alarms at least, and in the folder of the code three that must be silent altogether;
    for the other families four lines of each kind."""
    if code.startswith(BLOCKING):
        alarms = [case.name for case in CASES if any(place[2] == code for place in expected(case))]
        silences = [case.name for case in CASES if case.root.name == code.lower() and not expected(case)]
        least = 3
    else:
        alarms, silences, least = marks(MARK, code), marks(FINE, code), 4
    assert len(alarms) >= least, alarms
    assert len(silences) >= least, silences


def test_marks_are_well_formed() -> None:
    """A misspelt mark would make a fixture weaker than it looks."""
    wrong = [
        f"{path.relative_to(FIXTURES)}:{number}: {line.strip()}"
        for path in sorted(FIXTURES.rglob("*.py"))
        for number, line in enumerate(lines(path), 1)
        if re.search(r"#\s*(expect|fine:)", line, re.IGNORECASE) and not MARK.search(line) and not FINE.search(line)
    ]
    assert not wrong, "\n".join(wrong)


def test_marks_name_known_codes() -> None:
    used = Counter(place[2] for case in CASES for place in expected(case))
    assert set(used) == set(CODES)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_fixture_says_what_it_is_about(case: Case) -> None:
    assert any(lines(path)[:1] and lines(path)[0].startswith("# Case: ") for path in case.files)
