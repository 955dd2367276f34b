"""The rules' pages: generated, complete, and true of the rules."""

from __future__ import annotations

import ast
import re
from inspect import cleandoc
from pathlib import Path

import pytest

from flake8_noblock.options import LONG_KINDS
from flake8_noblock.report.__main__ import FOLDER, files
from flake8_noblock.rules.base import Rule
from flake8_noblock.rules.blocking import BlockingRule
from flake8_noblock.rules.codes import INTERNAL_ERROR
from flake8_noblock.rules.registry import RULES
from flake8_noblock.rules.through import ThroughRule
from tests.support import lint

SECTIONS = ("What it reports", "Why it hurts", "Bad", "Good", "How sure it is", "Options", "When to switch it off")
FAMILY = re.compile(r"NBL[123]\d\d")
"""Rules whose pages say how long something takes."""
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
ON_BY_DEFAULT = {rule.code for rule in RULES if rule.default}
CODES = tuple(rule.code for rule in RULES)
TOGETHER = {"NBL702": {"NBL106"}}
"""Codes that can't be had without others: what waits for the loop blocks it."""
THROUGH = tuple(rule for rule in RULES if isinstance(rule, ThroughRule))
THROUGH_CODES = tuple(rule.code for rule in THROUGH)
THROUGH_OPTIONS = ("follow", "environment", "possible", "safe-calls", "offloaders")


def sibling(code: str) -> str:
    """The code of NBL1xx that stands for the same operations as one of NBL2xx."""
    return code.replace("NBL2", "NBL1")


def written(code: str) -> str:
    return (FOLDER / f"{code}.md").read_text(encoding="utf-8")


def sections(text: str) -> dict[str, str]:
    """The sections of a page by their titles; headings inside code blocks don't count."""
    found: dict[str, list[str]] = {}
    title, in_code = "", False
    for line in text.splitlines():
        in_code ^= line.startswith("```")
        if line.startswith("## ") and not in_code:
            title = line.removeprefix("## ")
        else:
            found.setdefault(title, []).append(line)
    return {title: "\n".join(lines).strip() for title, lines in found.items()}


def block(text: str, language: str) -> str:
    """The only code block of `language` in `text`; empty where there is none."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) <= 1
    return blocks[0] if blocks else ""


def options(text: str) -> list[str]:
    """The plugin's options in the configuration that a page shows."""
    lines = block(text, "ini").splitlines()
    return [f"--{name.strip()}={value.strip()}" for name, _, value in (line.partition("=") for line in lines) if value]


def findings(source: str, config: list[str], folder: Path) -> list[tuple[int, str, str]]:
    path = folder / "example.py"
    path.write_text(source, encoding="utf-8")
    return lint([path], folder, config)[path]


@pytest.mark.parametrize("name", sorted(files()))
def test_written_page_is_current(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == files()[name], "run python -m flake8_noblock.report"


def test_every_code_has_a_page_and_no_other() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {"README.md", *(f"{code}.md" for code in (*CODES, INTERNAL_ERROR))}


def test_index_links_every_page_once() -> None:
    rows = re.findall(r"^\| \[(NBL\d{3})\]\(\1\.md\) \| \S.* \| (on|off) \|$", files()["README.md"], re.MULTILINE)
    assert rows == [(rule.code, "on" if rule.default else "off") for rule in RULES] + [(INTERNAL_ERROR, "on")]


@pytest.mark.parametrize("rule", RULES, ids=CODES)
def test_head(rule: Rule) -> None:
    head = written(rule.code).splitlines()[:3]
    assert head == [f"# {rule.code} {rule.title}", "", f"Default: {'on' if rule.default else 'off'}"]


@pytest.mark.parametrize("code", CODES)
def test_sections_are_complete_and_in_order(code: str) -> None:
    found = sections(written(code))
    assert tuple(found)[1:] == SECTIONS
    assert all(re.search(r"\w", text) for text in found.values())


def test_internal_error_page_says_what_it_means_and_what_to_do() -> None:
    found = sections(written(INTERNAL_ERROR))
    assert tuple(found)[1:] == ("What it means", "What to do")
    assert all(found.values())


@pytest.mark.parametrize("code", [code for code in CODES if FAMILY.match(code)])
def test_why_it_hurts_has_a_measured_number_and_its_origin(code: str) -> None:
    text = " ".join(sections(written(code))["Why it hurts"].split())
    assert re.search(r"\d m?s\b", text)
    assert re.search(r"[Mm]easured on a [\w-]+ Linux machine with Python 3\.\d+", text)


@pytest.mark.parametrize("code", CODES)
def test_switching_off_names_the_code_and_related_rules(code: str) -> None:
    text = sections(written(code))["When to switch it off"]
    assert f"# noqa: {code}" in text
    assert "Related: " in text


@pytest.mark.parametrize("code", [*CODES, INTERNAL_ERROR])
def test_no_exclamation_marks_in_prose(code: str) -> None:
    assert "!" not in re.sub(r"```.*?```|`[^`]*`", "", written(code), flags=re.DOTALL)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("section", ["Bad", "Good"])
def test_example_is_a_module_of_readable_size(section: str, code: str) -> None:
    source = block(sections(written(code))[section], "python")
    ast.parse(source)
    assert 5 <= source.count("\n") <= 20
    assert max(map(len, source.splitlines())) <= 100


@pytest.mark.parametrize("code", CODES)
def test_bad_gives_this_code_alone(code: str, tmp_path: Path) -> None:
    found = sections(written(code))
    given = findings(block(found["Bad"], "python"), options(found["Options"]), tmp_path)
    others = ON_BY_DEFAULT.union([code, INTERNAL_ERROR]) - TOGETHER.get(code, set())
    assert {name for _, name, _ in given if name in others} == {code}


@pytest.mark.parametrize("code", CODES)
def test_good_gives_nothing_of_the_family(code: str, tmp_path: Path) -> None:
    found = sections(written(code))
    given = findings(block(found["Good"], "python"), options(found["Options"]), tmp_path)
    family = {other for other in ON_BY_DEFAULT if other[:4] == code[:4]} | {code, INTERNAL_ERROR}
    assert [one for one in given if FAMILY.match(one[1]) or one[1] in family] == []


@pytest.mark.parametrize("rule", RULES, ids=CODES)
def test_pages_hold_the_examples_of_the_rule(rule: Rule) -> None:
    found = sections(written(rule.code))
    assert block(found["Bad"], "python") == cleandoc(rule.page.bad) + "\n"
    assert block(found["Good"], "python") == cleandoc(rule.page.good) + "\n"


# --- the pages of NBL2xx ----------------------------------------------------------------------------------------------


def test_each_rule_of_nbl2xx_has_a_sibling() -> None:
    assert [sibling(code) for code in THROUGH_CODES] == [code for code in CODES if code.startswith("NBL1")]
    kinds = {rule.code: rule.kind for rule in RULES if isinstance(rule, BlockingRule | ThroughRule)}
    assert [kinds[code] for code in THROUGH_CODES] == [kinds[sibling(code)] for code in THROUGH_CODES]
    defaults = {rule.code: rule.default for rule in RULES}
    assert [defaults[code] for code in THROUGH_CODES] == [defaults[sibling(code)] for code in THROUGH_CODES]


@pytest.mark.parametrize("code", THROUGH_CODES)
def test_page_links_its_sibling(code: str) -> None:
    found = sections(written(code))
    link = f"[{sibling(code)}]({sibling(code)}.md)"
    assert link in found["What it reports"] and link in found["Why it hurts"]
    assert "NBL2xx" in sections(written(sibling(code)))["What it reports"]


@pytest.mark.parametrize("code", THROUGH_CODES)
def test_figures_are_those_of_the_sibling(code: str) -> None:
    """What is reached through calls was measured once, as the direct call."""
    text = re.sub(r"\[NBL.*?\)", "", sections(written(code))["Why it hurts"])
    measured = sections(written(sibling(code)))["Why it hurts"]
    assert set(NUMBER.findall(text)) <= set(NUMBER.findall(measured))


@pytest.mark.parametrize("code", THROUGH_CODES)
def test_options_of_the_family_are_named(code: str) -> None:
    text = sections(written(code))["Options"]
    assert [name for name in THROUGH_OPTIONS if f"`--noblock-{name}`" not in text] == []


@pytest.mark.parametrize("rule", THROUGH, ids=THROUGH_CODES)
def test_page_says_where_operations_count(rule: ThroughRule) -> None:
    text = " ".join(sections(written(rule.code))["Options"].split())
    assert ("counts wherever it stands" in text) == (rule.kind in LONG_KINDS)
    assert ("counts in the project's own modules" in text) == (rule.kind not in LONG_KINDS)


@pytest.mark.parametrize("section", ["What it reports", "Why it hurts", "Bad", "Good", "How sure it is"])
def test_pages_are_no_copies(section: str) -> None:
    """What holds for all rules comes after what is particular to each."""
    first = [sections(written(code))[section].partition("\n\n")[0] for code in THROUGH_CODES]
    if section in ("Bad", "Good"):
        first = [block(sections(written(code))[section], "python") for code in THROUGH_CODES]
    assert len(set(first)) == len(first)


@pytest.mark.parametrize("code", THROUGH_CODES)
def test_bad_is_reported_at_the_call_on_the_loop(code: str, tmp_path: Path) -> None:
    found = sections(written(code))
    source = block(found["Bad"], "python")
    on_loop = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.AsyncFunctionDef)]
    for line, name, text in findings(source, options(found["Options"]), tmp_path):
        if not FAMILY.match(name):
            continue
        assert name == code
        assert any(node.lineno < line <= (node.end_lineno or 0) for node in on_loop)
        assert re.search(r": \w+(\.\w+)*( -> \w+(\.\w+)*)+; use ", text)


@pytest.mark.parametrize("code", THROUGH_CODES)
def test_bad_is_silent_where_nothing_is_followed(code: str, tmp_path: Path) -> None:
    found = sections(written(code))
    config = [*options(found["Options"]), "--noblock-follow=none"]
    given = findings(block(found["Bad"], "python"), config, tmp_path)
    assert [one for one in given if FAMILY.match(one[1])] == []
