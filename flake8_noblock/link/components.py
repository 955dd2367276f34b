"""Strongly connected components of a graph that is explored as it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Generic, TypeVar

N = TypeVar("N", bound=Hashable)


def components(start: N, successors: Callable[[N], Iterable[N]], known: Callable[[N], bool], most: int) -> Iterator[list[N]]:
    """The components of what `start` reaches, each after those that it reaches; what is `known` is not entered.

    Of a graph with more than `most` nodes the rest is left out. (Tarjan, "Depth-first search and linear graph algorithms",
    1972, without recursion.)
    """
    if known(start):
        return
    search = _Search[N]()
    search.enter(start, successors(start))
    while search.path:
        node, others = search.path[-1]
        for other in others:
            if other in search.index:
                if other in search.open:
                    search.low[node] = min(search.low[node], search.index[other])
            elif not known(other) and len(search.index) < most:
                search.enter(other, successors(other))
                break
        else:
            component = search.leave()
            if component:
                yield component


class _Search(Generic[N]):
    def __init__(self) -> None:
        self.index: dict[N, int] = {}
        self.low: dict[N, int] = {}
        self.open: dict[N, None] = {}
        self.path: list[tuple[N, Iterator[N]]] = []

    def enter(self, node: N, others: Iterable[N]) -> None:
        self.index[node] = self.low[node] = len(self.index)
        self.open[node] = None
        self.path.append((node, iter(others)))

    def leave(self) -> list[N]:
        """Go back from the last node of the path; gives the component that it is the root of."""
        node, _ = self.path.pop()
        if self.path:
            before = self.path[-1][0]
            self.low[before] = min(self.low[before], self.low[node])
        component: list[N] = []
        while self.low[node] == self.index[node] and (not component or component[-1] != node):
            component.append(self.open.popitem()[0])
        return component
