"""The plugin's own failure costs what failed, and is reported once."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flake8_noblock.link import inference as inference_module
from flake8_noblock.plugin import Plugin
from flake8_noblock.rules.registry import rule
from tests.bad_input.support import BLOCKING, findings

TWO = BLOCKING + "\n\nasync def other():\n    input()\n"


def fail(*_: object, **__: object) -> list[object]:
    raise KeyError("of the test")


def test_a_rule_that_fails(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeping = rule("NBL101")
    assert sleeping is not None
    monkeypatch.setattr(type(sleeping), "check", fail)
    assert findings(TWO) == [(1, "NBL900"), (9, "NBL107")]
    assert findings(TWO, "other.py") == [(1, "NBL900"), (9, "NBL107")]


def test_all_rules_that_fail_give_one_report(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(101, 108):
        one = rule(f"NBL{number}")
        assert one is not None
        monkeypatch.setattr(type(one), "check", fail)
    assert findings(TWO) == [(1, "NBL900")]


def test_a_function_that_fails_costs_that_function(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = inference_module.Inference.value

    def failing(self: inference_module.Inference, site: inference_module.Site, number: int) -> object:
        if self.body(site).name == "main":
            fail()
        return value(self, site, number)

    monkeypatch.setattr(inference_module.Inference, "value", failing)
    assert findings(TWO) == [(1, "NBL900"), (9, "NBL107")]


@pytest.mark.parametrize("error", [KeyError, RecursionError, MemoryError, AssertionError, OSError])
def test_a_session_that_fails(project: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def failing(*_: object) -> None:
        raise error("of the\ntest")

    assert findings(TWO) == [(5, "NBL101"), (9, "NBL107")]
    with monkeypatch.context() as patch:
        patch.setattr("flake8_noblock.analysis.module_facts", failing)
        assert findings(f"{TWO}# other\n", "other.py") == [(1, "NBL900")]
    assert findings(TWO, "third.py") == [(5, "NBL101"), (9, "NBL107")]


@pytest.mark.parametrize("place", ["flake8_noblock.analysis.module_facts", "flake8_noblock.effects.roots.argument"])
def test_the_report_of_a_failure_says_where_to_report_it(project: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    assert findings(TWO) != []
    monkeypatch.setattr(place, fail)
    text = TWO.replace("time.sleep(1)", "asyncio.get_running_loop().call_soon(main)").replace("import", "import asyncio,")
    messages = [message for _, _, message, _ in Plugin(ast.parse(text), "other.py", text.splitlines(keepends=True)).run()]
    (message,) = [message for message in messages if message.startswith("NBL900 ")]
    assert "KeyError" in message
    assert "report" in message
    assert "\n" not in message
