"""What was found in modules, kept as long as nothing that it depends on changes.

What a module's findings depend on is known once they are found. So there are two entries for them: one, by what is known before,
lists what was read to find them; the other, by what all of that says now, holds the findings. (ccache calls the former a
manifest.)
"""

from __future__ import annotations

import msgspec

from flake8_noblock.cache.store import Store
from flake8_noblock.finding import Finding
from flake8_noblock.link.mentions import Question
from flake8_noblock.link.reads import Lookup

MOST_VARIANTS = 4
"""Lists of what was read that are kept for one text: what is read may depend on what is found."""


class Variant(msgspec.Struct, frozen=True, array_like=True):
    """What was read to find the findings in a module.

    `answers` is a digest of the answers to `questions`, and `stamp` that of the project as it was when they were given.
    """

    lookups: list[Lookup]
    questions: list[Question] = []
    answers: bytes = b""
    stamp: bytes = b""

    def reads_the_same_as(self, other: Variant) -> bool:
        return self.lookups == other.lookups and self.questions == other.questions


_VARIANTS = msgspec.msgpack.Decoder(list[Variant])
_FINDINGS = msgspec.msgpack.Decoder(list[Finding])


class Results:
    """The two kinds of entries; what can't be decoded isn't there."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def variants(self, key: bytes) -> list[Variant]:
        """What was read to find the findings in a module, the latest first."""
        content = self._store.get("reads", key)
        try:
            return [] if content is None else _VARIANTS.decode(content)
        except msgspec.DecodeError:
            return []

    def keep_variant(self, key: bytes, variant: Variant) -> None:
        """Keep what was read, before what is known already."""
        others = [other for other in self.variants(key) if not other.reads_the_same_as(variant)]
        self._store.put("reads", key, msgspec.msgpack.encode([variant, *others][:MOST_VARIANTS]))

    def findings(self, key: bytes) -> list[Finding] | None:
        """The findings kept under `key`; None where there are none."""
        content = self._store.get("results", key)
        try:
            return None if content is None else _FINDINGS.decode(content)
        except msgspec.DecodeError:
            return None

    def keep_findings(self, key: bytes, findings: list[Finding]) -> None:
        """Keep findings."""
        self._store.put("results", key, msgspec.msgpack.encode(findings))
