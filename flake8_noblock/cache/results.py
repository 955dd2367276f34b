"""What was found in modules, kept as long as nothing that it depends on changes."""

from __future__ import annotations

import msgspec

from flake8_noblock.cache.store import Store
from flake8_noblock.finding import Finding

_KIND = "results"
_DECODER = msgspec.msgpack.Decoder(list[Finding])


class Results:
    """The findings of all rules in a module, by a key that covers all that they depend on."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: bytes) -> list[Finding] | None:
        """The findings kept under `key`; None where there are none."""
        content = self._store.get(_KIND, key)
        if content is None:
            return None
        try:
            return _DECODER.decode(content)
        except msgspec.DecodeError:
            return None

    def put(self, key: bytes, findings: list[Finding]) -> None:
        """Keep findings."""
        self._store.put(_KIND, key, msgspec.msgpack.encode(findings))
