"""What all tests of bad input share."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from flake8_noblock.plugin import Plugin
from tests.bad_input.support import OPTIONS


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder of runs of the plugin class, with a session of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    single = {
        "follow": "",
        "environment": "",
        "cache_dir": "",
        "callback_depth": "",
        "possible": False,
        "frameworks_unguarded": False,
    }
    values = {f"noblock_{option}": value for option, value in (*dict.fromkeys(OPTIONS, []).items(), *single.items())}
    Plugin.parse_options(Namespace(select=None, extend_select=None, **values))
    yield tmp_path
    Plugin.parse_options(Namespace(select=None, extend_select=None, **values))
