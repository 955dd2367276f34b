"""Where nothing was found: bodies of other modules that do nothing that matters to the module under lint.

That is so of most of what a module reaches. After an edit of the module they need not be looked at again, as long as what was
read to see that is as it was.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from flake8_noblock.cache.state import State
from flake8_noblock.cache.store import Store
from flake8_noblock.link.mentions import Question
from flake8_noblock.link.reads import Lookup, Reads

MOST_BODIES = 20_000
"""Bodies that are kept for one module."""

Body = tuple[str, str, int, bytes]
"""The aspect of which nothing was found, and the body: its module, its number there, and what tells its context from others."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """What is kept for one module: what was read, with what it said, sets of these by their places, and bodies, each with the
    place of its set."""

    modules: list[tuple[Lookup, bytes]]
    questions: list[tuple[Question, bytes]]
    reads: list[tuple[list[int], list[int]]]
    bodies: list[tuple[Body, int]]


_ENTRY = msgspec.msgpack.Decoder(Entry)


class Nothing:
    """The bodies that are kept; what can't be decoded isn't there."""

    def __init__(self, store: Store, state: State, reads: Reads) -> None:
        self._store = store
        self._state = state
        self._reads = reads

    def recall(self, key: bytes) -> dict[Body, int]:
        """The bodies kept under `key` of which what was read says what it said, each with the mask of that."""
        content = self._store.get("nothing", key)
        try:
            entry = None if content is None else _ENTRY.decode(content)
        except msgspec.DecodeError:
            entry = None
        if entry is None:
            return {}
        modules = [self._bit(one, said == self._state.of_module(one)) for one, said in entry.modules]
        questions = [self._bit(one, said == self._state.of_answers([one])) for one, said in entry.questions]
        try:
            masks = [_mask([*[modules[n] for n in some], *[questions[n] for n in others]]) for some, others in entry.reads]
            found = [(body, masks[number]) for body, number in entry.bodies]
        except IndexError:
            return {}
        return {body: mask for body, mask in found if mask is not None}

    def keep(self, key: bytes, bodies: Iterable[tuple[Body, int]]) -> None:
        """Keep bodies, each with the mask of what was read to find nothing there."""
        modules: dict[Lookup, int] = {}
        questions: dict[Question, int] = {}
        numbers: dict[int, int] = {}
        reads: list[tuple[list[int], list[int]]] = []
        found: list[tuple[Body, int]] = []
        for body, mask in list(bodies)[:MOST_BODIES]:
            if mask not in numbers:
                numbers[mask] = len(reads)
                listed = self._reads.listed(mask)
                some = [modules.setdefault(one, len(modules)) for one in listed if isinstance(one, Lookup)]
                others = [questions.setdefault(one, len(questions)) for one in listed if isinstance(one, Question)]
                reads.append((some, others))
            found.append((body, numbers[mask]))
        entry = Entry(
            [(one, self._state.of_module(one)) for one in modules],
            [(one, self._state.of_answers([one])) for one in questions],
            reads,
            found,
        )
        self._store.put("nothing", key, msgspec.msgpack.encode(entry))

    def _bit(self, dependency: Lookup | Question, holds: bool) -> int | None:
        return self._reads.bit(dependency) if holds else None


def _mask(bits: list[int | None]) -> int | None:
    """All of `bits`; None where one of them no longer holds."""
    mask = 0
    for bit in bits:
        if bit is None:
            return None
        mask |= bit
    return mask
