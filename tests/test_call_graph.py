"""The call graph that ``python -m flake8_noblock calls FOLDER`` prints, and the effects that follow from it.

A case is a folder ``fixtures/callgraph/<category>/<case>/``: ``main.py`` with the modules that it imports, and
``calls.txt`` with the lines that the command must print, no more and no fewer. ``# expect: NBL201`` marks the lines of
coroutines that must be reported, as in ``test_fixtures.py``; all other lines must be silent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flake8_noblock.__main__ import main
from tests.support import lint

CALLGRAPH = Path(__file__).parent / "fixtures" / "callgraph"
MARK = re.compile(r"# expect: (?P<codes>NBL[12]\d{2}(?:, NBL[12]\d{2})*)$")
CATEGORIES = (
    "args",
    "assignments",
    "builtins",
    "classes",
    "decorators",
    "dicts",
    "direct_calls",
    "dynamic",
    "exceptions",
    "external",
    "functions",
    "generators",
    "imports",
    "kwargs",
    "lambdas",
    "lists",
    "mro",
    "returns",
)
CASES = [
    folder for category in CATEGORIES for folder in sorted((CALLGRAPH / category).glob("*")) if (folder / "main.py").is_file()
]

NOT_YET: dict[tuple[str, str], str] = {}
"""Expectations that are right and not met; one that is met after all fails, so that it is taken off here."""


def each_case(test: Callable[..., None]) -> Callable[..., None]:
    names = {folder: f"{folder.parent.name}/{folder.name}" for folder in CASES}
    reasons = {folder: NOT_YET.get((test.__name__, name)) for folder, name in names.items()}
    marked = [
        pytest.param(folder, id=names[folder], marks=[pytest.mark.xfail(strict=True, reason=reason)] if reason else [])
        for folder, reason in reasons.items()
    ]
    return pytest.mark.parametrize("folder", marked)(test)


def wanted_lines(folder: Path) -> list[str]:
    return (folder / "calls.txt").read_text(encoding="utf-8").splitlines()


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def marks(folder: Path) -> Iterator[tuple[str, int, str]]:
    for path in modules(folder):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if match := MARK.search(line):
                for code in match["codes"].split(", "):
                    yield path.relative_to(folder).as_posix(), number, code


def differences(missed: set[str], false: set[str]) -> str:
    rows = [f"missed: {row}" for row in sorted(missed)] + [f"false: {row}" for row in sorted(false)]
    return "\n" + "\n".join(rows)


@each_case
def test_calls(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Recall and precision: every expected line is printed, and no other."""
    status = main(["calls", str(folder)])
    printed = capsys.readouterr().out.splitlines()
    wanted = wanted_lines(folder)
    assert status == 0
    missed, false = set(wanted) - set(printed), set(printed) - set(wanted)
    assert not missed and not false, differences(missed, false)
    assert printed == sorted(set(printed)), "not sorted, or a line twice"


@each_case
def test_effects(folder: Path) -> None:
    """A call in a coroutine that reaches a blocking operation is reported there, once; all else is silent."""
    found = [
        (path.relative_to(folder).as_posix(), line, code)
        for path, findings in lint(modules(folder), folder).items()
        for line, code, _ in findings
        if code.startswith(("NBL1", "NBL2", "NBL900"))
    ]
    wanted = set(marks(folder))
    missed, false = wanted - set(found), set(found) - wanted
    assert not missed and not false, differences({str(place) for place in missed}, {str(place) for place in false})
    assert len(found) == len(set(found)), "reported twice"


@each_case
def test_case_is_well_formed(folder: Path) -> None:
    lines = wanted_lines(folder)
    assert (folder / "main.py").read_text(encoding="utf-8").startswith("# Case: ")
    assert lines
    assert lines == sorted(set(lines))
    assert all(re.fullmatch(r"[^\t ]+\t[^\t ]+", line) for line in lines)


def test_categories_are_complete() -> None:
    assert {folder.name for folder in CALLGRAPH.iterdir() if folder.is_dir() and folder.name != "__pycache__"} == set(CATEGORIES)
    listed = {path.parent for path in CALLGRAPH.rglob("calls.txt")}
    assert listed == set(CASES)


@pytest.mark.parametrize("category", CATEGORIES)
def test_each_category_has_several_cases_and_an_async_one(category: str) -> None:
    folders = [folder for folder in CASES if folder.parent.name == category]
    assert len(folders) >= 2
    assert any(code == "NBL201" for folder in folders for _, _, code in marks(folder))
