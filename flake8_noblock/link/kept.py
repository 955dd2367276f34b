"""Answers that are kept for good: there are very many of them, and few differ."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

from flake8_noblock.link.values import ClassValue, Foreign, Function, Instance, Literal, ModuleValue, Unknown, Value, Values

Q = TypeVar("Q", bound=Hashable)
Answer = tuple[Values, int]
"""What an expression may be, and the mask of what was read to find that (see `Reads`)."""


class Answers(dict[Q, Answer]):
    """Answers by question; those that are equal are one object, and so are their masks."""

    __slots__ = ("_answers", "_masks")

    def __init__(self) -> None:
        super().__init__()
        self._answers: dict[int, dict[Values, Answer]] = {}
        self._masks: dict[int, int] = {}

    def __setitem__(self, question: Q, answer: Answer) -> None:
        values, mask = answer
        mask = self._masks.setdefault(mask, mask)
        if all(map(_is_one_with_equals, values)):
            found = self._answers.setdefault(mask, {})
            kept = found.get(values)
            if kept is None:
                kept = found[values] = values, mask
        else:
            kept = values, mask
        super().__setitem__(question, kept)


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
