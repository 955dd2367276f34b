"""What was found in modules, kept as long as nothing that it depends on changes."""

from __future__ import annotations

import msgspec

from flake8_noblock.cache.store import Store
from flake8_noblock.finding import Finding
from flake8_noblock.link.mentions import Question

_KIND = "results"


class Found(msgspec.Struct, frozen=True, array_like=True):
    """The findings of all rules in a module.

    `questions` were asked of the project's files; `answers` is a digest of the answers, and `stamp` that of the project as it
    was when they were given.
    """

    findings: list[Finding]
    questions: list[Question] = []
    answers: bytes = b""
    stamp: bytes = b""


_DECODER = msgspec.msgpack.Decoder(Found)


class Results:
    """What was found in a module, by a key that covers all that it depends on but the answers to its questions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: bytes) -> Found | None:
        """What is kept under `key`; None where nothing is."""
        content = self._store.get(_KIND, key)
        if content is None:
            return None
        try:
            return _DECODER.decode(content)
        except msgspec.DecodeError:
            return None

    def put(self, key: bytes, found: Found) -> None:
        """Keep what was found."""
        self._store.put(_KIND, key, msgspec.msgpack.encode(found))
