"""What is known of the texts of a project's files, from one run to the next."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from flake8_noblock.cache.signature import plugin_signature, signature_of
from flake8_noblock.cache.store import Store
from flake8_noblock.link.inheritance import Headers
from flake8_noblock.link.mentions import Words

States = dict[str, tuple[int, int, bytes]]
"""Of each file, by its path: size, time of the last change, and the digest of what it says."""

K = TypeVar("K", Headers, Words, States)


class ProjectCache(Generic[K]):
    """One entry of a kind for each set of source roots."""

    def __init__(self, store: Store, roots: Iterable[Path], kind: str, form: type[K]) -> None:
        self._store = store
        self._kind = kind
        self._decoder: msgspec.msgpack.Decoder[K] = msgspec.msgpack.Decoder(form)
        self._key = plugin_signature() + signature_of(map(str, roots))

    def recall(self) -> K:
        """What was kept last; nothing where nothing was."""
        content = self._store.get(self._kind, self._key)
        try:
            return {} if content is None else self._decoder.decode(content)
        except msgspec.DecodeError:
            return {}

    def keep(self, known: K) -> None:
        """Keep this for the next run."""
        self._store.put(self._kind, self._key, msgspec.msgpack.encode(known))
