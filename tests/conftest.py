"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import pytest

from flake8_noblock.facts import build


@pytest.fixture(scope="session", autouse=True)
def each_text_is_parsed_once() -> Iterator[None]:
    """Facts are a pure function of text, and most tests need those of the same stubs: a process makes them once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "parse_facts", lru_cache(maxsize=1000)(build.parse_facts))
        yield
