"""The documents tell the truth: what they show is run, what they link to exists."""

from __future__ import annotations

import ast
import configparser
import os
import pathlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from flake8_noblock.__main__ import COMMANDS
from flake8_noblock.rules.codes import OFF_BY_DEFAULT
from flake8_noblock.rules.registry import RULES
from tests.support import lint

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RULE_PAGES = sorted((ROOT / "docs" / "rules").glob("NBL*.md"))
SHELL = ("bash", "sh", "shell")
SECTIONS = [
    "What it reports",
    "Why it hurts",
    "Bad",
    "Good",
    "How sure it is",
    "Options",
    "When to switch it off",
]

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w-]*)\s*$")
FILE = re.compile(r"<!-- file: (?P<name>\S+) -->")
HEADING = re.compile(r"^(#+) +(.*?)\s*$")
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
OPTION = re.compile(r"--noblock-[a-z]+(?:-[a-z]+)*")


@dataclass(frozen=True)
class Block:
    """A fenced code block: where it stands, what precedes it, and what it holds."""

    page: pathlib.Path
    line: int
    language: str
    text: str
    before: str
    heading: str

    @property
    def file(self) -> str | None:
        """The name of the file that it shows, from a comment before it."""
        match = FILE.fullmatch(self.before)
        return match["name"] if match else None

    @property
    def command(self) -> list[str]:
        """The last command of a shell block, as this interpreter runs it."""
        words = shlex.split(self.text.replace("\\\n", " "))
        while "&&" in words:
            words = words[words.index("&&") + 1 :]
        program = pathlib.PurePath(words[0]).name if words else ""
        if program == "flake8":
            return [sys.executable, "-P", "-m", "flake8", *words[1:]]
        if program == "python" and words[1:2] == ["-m"]:
            return [sys.executable, "-P", *words[1:]]
        if program == "python":
            return [sys.executable, *words[1:]]
        return words


def blocks(page: pathlib.Path) -> Iterator[Block]:
    language, indent, opened, before, heading = "", "", 0, "", ""
    lines: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        fence = FENCE.match(line)
        if opened:
            if fence:
                yield Block(page, opened, language, "\n".join(lines) + "\n", before, heading)
                opened, before = 0, ""
            else:
                lines.append(line.removeprefix(indent))
        elif fence:
            language, indent, opened, lines = fence["language"], fence["indent"], number, []
        elif line.strip():
            before = line.strip()
            if match := HEADING.match(line):
                heading = match[2]


def prose(page: pathlib.Path) -> Iterator[tuple[int, str]]:
    """Lines outside code blocks, with inline code, comments and image marks taken out."""
    inside = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if FENCE.match(line):
            inside = not inside
        elif not inside:
            yield number, re.sub(r"`[^`]*`|<!--.*?-->|!(?=\[)", "", line)


def anchors(page: pathlib.Path) -> set[str]:
    """The anchors of a page's headings, as the common renderers make them."""
    found: set[str] = set()
    inside = False
    for line in page.read_text(encoding="utf-8").splitlines():
        if FENCE.match(line):
            inside = not inside
        elif not inside and (match := HEADING.match(line)):
            text = re.sub(r"[^\w\- ]", "", match[2].lower())
            found.add(text.replace(" ", "-"))
    return found


def name(value: object) -> str:
    if isinstance(value, Block):
        return f"{name(value.page)}:{value.line}"
    if isinstance(value, pathlib.Path):
        return value.relative_to(ROOT).as_posix()
    return "shown"


def shown_runs() -> list[tuple[Block, str]]:
    """Each shell block with what it prints: the text block after it, or nothing where the page says so."""
    found: list[tuple[Block, str]] = []
    for page in PAGES:
        lines = page.read_text(encoding="utf-8").splitlines()
        listed = list(blocks(page))
        for block, following in zip(listed, [*listed, None][1:], strict=True):
            if block.language not in SHELL:
                continue
            after = next((line for line in lines[block.line + block.text.count("\n") + 1 :] if line), "")
            if after.startswith("It prints nothing"):
                found.append((block, ""))
            elif following and following.language == "text":
                found.append((block, following.text))
    return found


def python_blocks() -> list[Block]:
    return [block for page in PAGES for block in blocks(page) if block.language == "python"]


def declared(page: pathlib.Path) -> list[str]:
    """The options by which a page's configuration examples declare functions blocking."""
    options: list[str] = []
    for block in blocks(page):
        if block.language == "ini":
            parser = configparser.ConfigParser()
            parser.read_string(block.text)
            value = parser.get("flake8", "noblock-extend-blocking", fallback="")
            options += [f"--noblock-extend-blocking={name}" for name in value.split()]
    return options


def lint_text(folder: pathlib.Path, text: str, options: list[str]) -> set[str]:
    """The codes reported on a module of its own."""
    path = folder / "example.py"
    path.write_text(text, encoding="utf-8")
    return {code for findings in lint([path], folder, options).values() for _, code, _ in findings}


def write_files(page: pathlib.Path, before: int, folder: pathlib.Path) -> None:
    """Write the files that the page has shown up to a line; a later one of the same name replaces the earlier."""
    for block in blocks(page):
        if block.line < before and block.file:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")


def test_readme_begins_with_the_two_commands() -> None:
    lint_command, test_command = [block.text for block in blocks(ROOT / "README.md") if block.language in SHELL][:2]
    assert lint_command.count("\n") == test_command.count("\n") == 1
    assert lint_command.endswith(".venv/bin/flake8 --isolated --select=NBL --extend-ignore=NBL499 docs/examples\n")
    assert test_command.startswith("python3 -m venv .venv && ")
    assert "'.[dev]'" in test_command
    assert test_command.endswith(".venv/bin/pytest\n")


@pytest.mark.parametrize(("shell", "shown"), shown_runs(), ids=name)
def test_shown_output_is_real(shell: Block, shown: str, tmp_path: pathlib.Path) -> None:
    command = shell.command
    write_files(shell.page, shell.line, tmp_path)
    stdin = None
    if "<" in command:
        stdin = (tmp_path / command[command.index("<") + 1]).read_bytes()
        command = command[: command.index("<")]
    run = subprocess.run(
        command,
        cwd=ROOT if any(word.startswith("docs/") for word in command) else tmp_path,
        input=stdin,
        stdin=None if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={
            **os.environ,
            "COLUMNS": "80",
            "PYTHONDONTWRITEBYTECODE": "1",
            "XDG_CACHE_HOME": str(tmp_path / ".caches"),
        },
        timeout=120,
        check=False,
    )
    output = run.stdout.decode()
    assert [line.rstrip() for line in output.splitlines()] == [line.rstrip() for line in shown.splitlines()]


def test_the_commands_that_show_findings_are_found() -> None:
    pages = {shell.page for shell, _ in shown_runs() if "flake8" in shell.text or "order.py" in shell.text}
    assert {ROOT / "README.md", ROOT / "docs" / "guide.md", ROOT / "docs" / "practices.md"} <= pages


@pytest.mark.parametrize("block", python_blocks(), ids=name)
def test_python_blocks_are_valid(block: Block) -> None:
    ast.parse(block.text)


def test_the_order_of_events_is_shown() -> None:
    orders = [shown.split() for shell, shown in shown_runs() if "order.py" in shell.text or "turn.py" in shell.text]
    assert orders == [["Start", "End", "A", "B"], ["Start", "A", "End", "B"]]


@pytest.mark.parametrize("block", [b for b in python_blocks() if b.before in ("Bad:", "Good:")], ids=name)
def test_practices(block: Block, tmp_path: pathlib.Path) -> None:
    codes = lint_text(tmp_path, block.text, []).difference(OFF_BY_DEFAULT)
    if block.before == "Good:":
        assert not codes
    elif block.heading.startswith("1."):
        assert codes == {"NBL101", "NBL102", "NBL103"}
    elif block.heading.startswith("Await"):
        assert codes == {"NBL301", "NBL304"}
    elif block.heading.startswith("2."):
        assert codes == {"NBL401", "NBL402"}
    elif block.heading.startswith("3."):
        assert codes == {"NBL501", "NBL601"}
    elif block.heading.startswith("4."):
        assert codes == {"NBL601", "NBL604"}
    elif block.heading.startswith("5."):
        assert codes == {"NBL704"}


@pytest.mark.parametrize("page", [page for page in RULE_PAGES if page.stem != "NBL900"], ids=name)
def test_rule_pages_have_their_sections(page: pathlib.Path) -> None:
    headings = [match[2] for line in page.read_text(encoding="utf-8").splitlines() if (match := HEADING.match(line))]
    assert headings[0].startswith(page.stem)
    assert [heading for heading in headings if heading in SECTIONS] == SECTIONS


@pytest.mark.parametrize(
    "block",
    [b for page in RULE_PAGES for b in blocks(page) if b.language == "python" and b.heading in ("Bad", "Good")],
    ids=name,
)
def test_rule_pages_show_what_is_reported(block: Block, tmp_path: pathlib.Path) -> None:
    codes = lint_text(tmp_path, block.text, declared(block.page))
    if block.heading == "Bad":
        waits = {"NBL106"} if block.page.stem == "NBL702" else set()  # What waits for the loop blocks it.
        assert codes.difference(OFF_BY_DEFAULT) - waits == {block.page.stem}.difference(OFF_BY_DEFAULT)
        assert block.page.stem in codes
    else:
        assert block.page.stem not in codes


def test_each_code_has_a_page_and_a_row_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    link = r"\[(NBL\d{3})\]\(docs/rules/\%d\.md\)"
    rows = re.findall(rf"^\| {link % 1} \| {link % 2} \| .* \| (on|off) \|$", readme, re.MULTILINE)
    default = {rule.code: "on" if rule.default else "off" for rule in RULES}
    direct = [code for code in default if code.startswith("NBL1")]
    assert rows == [(code, code.replace("NBL1", "NBL2"), default[code]) for code in direct]
    linked = [page.stem for page in RULE_PAGES if f"[{page.stem}](docs/rules/{page.stem}.md)" in readme]
    assert linked == [page.stem for page in RULE_PAGES]


def test_each_option_is_in_the_guide() -> None:
    run = subprocess.run(
        [sys.executable, "-P", "-m", "flake8", "--isolated", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    options = set(OPTION.findall(run.stdout))
    guide = ROOT / "docs" / "guide.md"
    assert set(OPTION.findall(guide.read_text(encoding="utf-8"))) == options != set()
    headings = [match[2] for line in guide.read_text(encoding="utf-8").splitlines() if (match := HEADING.match(line))]
    assert {heading.strip("`") for heading in headings if heading.startswith("`--")} == options
    assert set(OPTION.findall((ROOT / "README.md").read_text(encoding="utf-8"))) == options


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs" / "guide.md"], ids=name)
def test_each_command_is_told_of(page: pathlib.Path) -> None:
    told = set(re.findall(r"python -m flake8_noblock ([a-z]+)", page.read_text(encoding="utf-8")))
    assert told == set(COMMANDS)


def test_the_chain_that_is_shown_belongs_to_a_finding_that_is_shown() -> None:
    shown = {" ".join(shell.text.split()): text for shell, text in shown_runs() if shell.page.name == "guide.md"}
    assert "python -m flake8_noblock causes accounts" in shown
    command = next(command for command in shown if command.startswith("python -m flake8_noblock chain "))
    messages = [line for line in shown[command].splitlines() if not line.startswith(" ")]
    place = command.split()[-1]
    assert messages == [line for line in shown["flake8 accounts"].splitlines() if line.startswith(place)] != []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_relative_links_resolve(page: pathlib.Path) -> None:
    for number, line in prose(page):
        for link in LINK.finditer(line):
            target, _, anchor = link["target"].partition("#")
            if "://" in target:
                continue
            path = (page.parent / target).resolve() if target else page
            assert path.exists(), f"{name(page)}:{number}: {link['target']}"
            assert path.is_relative_to(ROOT), f"{name(page)}:{number}: {link['target']}"
            assert not anchor or anchor in anchors(path), f"{name(page)}:{number}: {link['target']}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_prose_is_plain(page: pathlib.Path) -> None:
    for number, line in prose(page):
        assert "!" not in line, f"{name(page)}:{number}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_path_of_one_machine(page: pathlib.Path) -> None:
    folders = {str(ROOT), str(pathlib.Path.home()), "/root/", "/home/", "/Users/", "C:\\Users"} - {"/"}
    machine = re.compile("|".join(rf"(?<![\w.-]){re.escape(folder)}" for folder in sorted(folders)))
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        assert not machine.search(line), f"{name(page)}:{number}: {line}"
