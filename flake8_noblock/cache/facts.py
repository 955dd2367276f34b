"""Facts of modules, from the store or made anew."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

from flake8_noblock.cache.signature import plugin_signature, signature_of, state_of
from flake8_noblock.cache.store import Store
from flake8_noblock.facts.model import ModuleFacts
from flake8_noblock.link.finder import Location
from flake8_noblock.link.program import Source, digest, read_source

_KIND = "facts"
_DECODER = msgspec.msgpack.Decoder(ModuleFacts)
_ENCODER = msgspec.msgpack.Encoder()


class FactsCache:
    """Gives the facts of files.

    Those of the project go by their content. Those of installed modules go by path, size and time, so that they need not be
    read again.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shown: dict[Path, bytes] = {}

    def show(self, path: Path, text: bytes) -> None:
        """From now on the file at `path` has this text, whatever lies on disk."""
        self._shown[path] = text

    def text_of(self, path: Path) -> bytes:
        """The text of a file of the project; empty where it can't be read."""
        return self._shown.get(path) or read_source(path)

    def read(self, location: Location) -> Source:
        """The facts of the module at `location`, and the digest of its text where it was read."""
        if location.path is None:
            return Source(None, b"")
        if location.origin == "project":
            text = self.text_of(location.path)
            mark = digest(text)
            return Source(self.of_text(text, mark), mark)
        key = signature_of([state_of(str(location.path))])
        facts = self._known(key)
        if facts is None:
            facts = _parsed(read_source(location.path))
            self._keep(key, facts)
        return Source(facts, b"")

    def of_text(self, text: bytes, mark: bytes) -> ModuleFacts | None:
        """The facts of a module with this text, whose digest is `mark`."""
        facts = self.known(mark)
        if facts is None:
            facts = _parsed(text)
            self._keep(mark, facts)
        return facts

    def known(self, mark: bytes) -> ModuleFacts | None:
        """The facts of a text that was read before, by its digest."""
        return self._known(mark)

    def keep(self, mark: bytes, facts: ModuleFacts) -> None:
        """Keep the facts of the text with this digest."""
        self._keep(mark, facts)

    def _known(self, key: bytes) -> ModuleFacts | None:
        content = self._store.get(_KIND, plugin_signature() + key)
        if content is None:
            return None
        try:
            return _DECODER.decode(content)
        except (msgspec.DecodeError, RecursionError):
            return None

    def _keep(self, key: bytes, facts: ModuleFacts | None) -> None:
        if facts is None:
            return
        with suppress(UnicodeEncodeError):  # A text with a lone surrogate can't be written.
            self._store.put(_KIND, plugin_signature() + key, _ENCODER.encode(facts))


def _parsed(text: bytes) -> ModuleFacts | None:
    # Imported here: a run that finds all in the store does without.
    from flake8_noblock.facts.build import parse_facts

    return parse_facts(text)
