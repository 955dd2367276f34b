"""Answers that are kept for good: there are very many of them, and few differ."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from flake8_noblock.link.values import ClassValue, Foreign, Function, Instance, Literal, ModuleValue, Unknown, Value, Values

A = TypeVar("A", bound=Hashable)
B = TypeVar("B", bound=Hashable)
Answer = tuple[Values, int]
"""What an expression may be, and the mask of what was read to find that (see `Reads`)."""


class Answers(Generic[A, B]):
    """Answers to questions, which are pairs; `by` holds them by the two parts, `size` is their number.

    Those that are equal are one object, and so are their masks.
    """

    __slots__ = ("_distinct", "_masks", "by", "size")

    def __init__(self) -> None:
        self.by: dict[A, dict[B, Answer]] = {}
        self._distinct: dict[int, dict[Values, Answer]] = {}
        self._masks: dict[int, int] = {}
        self.size = 0

    def get(self, question: tuple[A, B]) -> Answer | None:
        inner = self.by.get(question[0])
        return None if inner is None else inner.get(question[1])

    def __contains__(self, question: tuple[A, B]) -> bool:
        return self.get(question) is not None

    def __getitem__(self, question: tuple[A, B]) -> Answer:
        return self.by[question[0]][question[1]]

    def __setitem__(self, question: tuple[A, B], answer: Answer) -> None:
        first, second = question
        inner = self.by.get(first)
        if inner is None:
            inner = self.by[first] = {}
        before = len(inner)
        inner[second] = self._shared(*answer)
        self.size += len(inner) - before

    def setdefault(self, question: tuple[A, B], answer: Answer) -> Answer:
        known = self.get(question)
        if known is None:
            self[question] = known = answer
        return known

    def _shared(self, values: Values, mask: int) -> Answer:
        mask = self._masks.setdefault(mask, mask)
        if not all(map(_is_one_with_equals, values)):
            return values, mask
        found = self._distinct.get(mask)
        if found is None:
            found = self._distinct[mask] = {}
        kept = found.get(values)
        if kept is None:
            kept = found[values] = values, mask
        return kept


def _is_one_with_equals(value: Value) -> bool:
    """Whether values that are equal to this one are the same in all respects: ``1``, ``1.0`` and ``True`` are equal, too."""
    kind = type(value)
    if kind is Instance or kind is ClassValue:
        return not value.args  # type: ignore[union-attr]
    if kind is Literal:
        return isinstance(value.value, str | None)  # type: ignore[union-attr]
    if kind is Function or kind is Foreign:
        receiver = value.receiver  # type: ignore[union-attr]
        return receiver is None or not receiver.args
    return kind is Unknown or kind is ModuleValue
