"""What answers depend on: every answer that is kept is kept with what was read of the project to find it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, ParamSpec, TypeVar

from flake8_noblock.link.mentions import Question

P = ParamSpec("P")
T = TypeVar("T")


class Lookup(NamedTuple):
    """Which file module `name` is, as seen from the source root `root` (empty: from any), and what that file says."""

    name: str
    root: str


Dependency = Lookup | Question


class Reads:
    """What has been read by the question that is being answered: `mask` has a bit for each dependency.

    Whoever keeps an answer finds it by `during`, and adds the mask that came with it whenever the answer is given again.
    """

    __slots__ = ("_dependencies", "_numbers", "mask")

    def __init__(self) -> None:
        self.mask = 0
        self._numbers: dict[Dependency, int] = {}
        self._dependencies: list[Dependency] = []

    def forget(self) -> None:
        """No mask that was given before means anything any more."""
        self.mask = 0
        self._numbers.clear()
        self._dependencies.clear()

    def bit(self, dependency: Dependency) -> int:
        """The mask of one dependency."""
        number = self._numbers.get(dependency)
        if number is None:
            number = self._numbers[dependency] = len(self._dependencies)
            self._dependencies.append(dependency)
        return 1 << number

    def during(self, find: Callable[P, T], *args: P.args, **keywords: P.kwargs) -> tuple[T, int]:
        """What `find` gives, and the mask of what it read, which counts as read by the question around, too."""
        before = self.mask
        self.mask = 0
        try:
            value = find(*args, **keywords)
            return value, self.mask
        finally:
            self.mask |= before

    def listed(self, mask: int) -> list[Dependency]:
        """The dependencies of a mask, in the order in which they were first met."""
        found = []
        while mask:
            lowest = mask & -mask
            found.append(self._dependencies[lowest.bit_length() - 1])
            mask ^= lowest
        return found
