"""The command line ``python -m flake8_noblock``, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flake8_noblock import __version__
from flake8_noblock.report.pages import internal_error_page, page
from flake8_noblock.rules.registry import RULES, rule


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "flake8_noblock", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False)


def page_of(code: str) -> str:
    known = rule(code)
    assert known is not None
    return page(known)


@pytest.mark.parametrize("code", ["NBL102", "NBL202", "NBL211"])
def test_explain_prints_the_page(code: str, tmp_path: Path) -> None:
    done = run("explain", code, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, page_of(code), "")


def test_explain_takes_several_codes_in_any_case(tmp_path: Path) -> None:
    done = run("explain", "nbl105", "NBL114", "nBl205", cwd=tmp_path)
    pages = [page_of(code) for code in ("NBL105", "NBL114", "NBL205")]
    assert (done.returncode, done.stdout) == (0, "\n".join(pages))


def test_explain_knows_every_code(tmp_path: Path) -> None:
    done = run("explain", *(one.code for one in RULES), cwd=tmp_path)
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if line.startswith("# NBL")] == [
        f"# {one.code} {one.title}" for one in RULES
    ]


def test_explain_internal_error(tmp_path: Path) -> None:
    done = run("explain", "NBL900", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, internal_error_page())


@pytest.mark.parametrize(
    "codes",
    [("NBL999",), ("NBL101", "E501"), ("NBL1",), ("NBL209",), ("NBL2xx",), ("",), ("NBL101\nNBL102",)],
)
def test_unknown_code_ends_with_one_line(codes: tuple[str, ...], tmp_path: Path) -> None:
    done = run("explain", *codes, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert " ".join(codes[-1].split()) in done.stderr
    assert "docs/rules/README.md" in done.stderr


def test_version(tmp_path: Path) -> None:
    done = run("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"flake8-noblock {__version__}\n")


@pytest.mark.parametrize("arguments", [(), ("explain",), ("frobnicate",)])
def test_wrong_use_ends_with_status_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: python -m flake8_noblock" in done.stderr


def test_closed_output_is_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "flake8_noblock", "explain", *(one.code for one in RULES)]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    with process:
        assert "Traceback" not in process.stderr.read()
