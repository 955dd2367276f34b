"""The class headers of a project's files, from one run to the next."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from flake8_noblock.cache.signature import plugin_signature, signature_of
from flake8_noblock.cache.store import Store
from flake8_noblock.link.inheritance import Headers

_KIND = "headers"
_DECODER = msgspec.msgpack.Decoder(Headers)


class HeadersCache:
    """One entry for each set of source roots."""

    def __init__(self, store: Store, roots: Iterable[Path]) -> None:
        self._store = store
        self._key = plugin_signature() + signature_of(map(str, roots))

    def recall(self) -> Headers:
        """What was kept last; nothing where nothing was."""
        content = self._store.get(_KIND, self._key)
        try:
            return {} if content is None else _DECODER.decode(content)
        except msgspec.DecodeError:
            return {}

    def keep(self, headers: Headers) -> None:
        """Keep this for the next run."""
        self._store.put(_KIND, self._key, msgspec.msgpack.encode(headers))
