"""What the files of the project say, from one run to the next, without reading those that have not changed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from flake8_noblock.cache.facts import FactsCache
from flake8_noblock.cache.project import ProjectCache, States
from flake8_noblock.cache.store import Store
from flake8_noblock.facts.meaning import meaning
from flake8_noblock.link.finder import Location
from flake8_noblock.link.inheritance import state_of_file
from flake8_noblock.link.program import digest

SETTLED = 2_000_000_000
"""Nanoseconds after which a change would show in the time of a file, whatever file system it is on."""


class Texts:
    """Finds digests of what files say; a file that was shown says what was shown, whatever lies on disk."""

    def __init__(self, store: Store, roots: Iterable[Path], facts: FactsCache) -> None:
        self._facts = facts
        self._memory = ProjectCache(store, roots, "texts", States)
        self._states: States | None = None
        self._known: dict[Path, bytes] = {}
        self._shown: dict[Path, bytes] = {}
        self._unsaved = 0
        self._was_saved = False

    def show(self, path: Path, text: bytes) -> None:
        """From now on the file at `path` has this text."""
        self._facts.show(path, text)
        mark = digest(text)
        if self._shown.get(path) != mark:
            self._shown[path] = mark
            self._known.pop(path, None)

    def of(self, location: Location) -> bytes:
        """The digest of what the module at `location` says; empty where there is no file, or none that can be parsed."""
        path = location.path
        if path is None:
            return b""
        found = self._known.get(path)
        if found is None:
            found = self._known[path] = self._read(location) if path in self._shown else self._recalled(path, location)
        return found

    def _recalled(self, path: Path, location: Location) -> bytes:
        if path.suffix == ".pyi":
            return self._read(location)  # The state of the stub tells nothing of the source beside it.
        if self._states is None:
            self._states = self._memory.recall()
        state = state_of_file(path)
        known = self._states.get(str(path))
        if known is not None and known[:2] == state:
            return known[2]
        found = self._read(location)
        if time.time_ns() - state[1] > SETTLED:
            self._states[str(path)] = (*state, found)
            self._unsaved += 1
        return found

    def _read(self, location: Location) -> bytes:
        """What the file says; a stub says what the source beside it says, too."""
        facts = self._facts.read(location).facts
        found = b"" if facts is None else meaning(facts)
        if location.path is not None and location.path.suffix == ".pyi":
            source = location.path.with_suffix(".py")
            found += (
                self._read(Location(location.name, source, location.is_package, location.origin)) if source.is_file() else b""
            )
        return found

    def save(self) -> None:
        """Keep what was found for the next run: the first time, and whenever that is much."""
        if self._states is not None and self._unsaved * 8 > (len(self._states) if self._was_saved else 0):
            self._memory.keep(self._states)
            self._unsaved, self._was_saved = 0, True
