"""The ways through a body: which operation may run after which."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import chain

from flake8_noblock.facts.model import Await, Body, Choice, Const, Element, Enter, Exit, Jump, Op, Raise, Return, Yield
from flake8_noblock.facts.operands import alone
from flake8_noblock.link.inference import Inference, Site

START = -1
"""Stands before the first operation of a body."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The operations after each operation, and after `START`; `heads`: the first operation of each loop, by its region;
    `pauses`: the operations at which others may run."""

    after: dict[int, tuple[int, ...]]
    heads: dict[int, int]
    pauses: frozenset[int]

    def reaches(self, start: int, goal: int, avoiding: Collection[int], within: Collection[int] | None = None) -> bool:
        """Whether a way leads on from `start` to `goal` by none of `avoiding`, and by none but `within` if that is given."""
        seen: set[int] = set()
        waiting = list(self.after.get(start, ()))
        while waiting:
            number = waiting.pop()
            if number == goal:
                return True
            if number not in seen and number not in avoiding and (within is None or number in within):
                seen.add(number)
                waiting.extend(self.after.get(number, ()))
        return False


def is_pause(op: Op) -> bool:
    """Whether others may run while this operation runs."""
    match op:
        case Await() | Yield():
            return True
        case Enter(is_async=is_async) | Exit(is_async=is_async) | Element(is_async=is_async):
            return is_async
    return False


def flow_of(infer: Inference, site: Site) -> Flow:
    """The ways through the body at `site`."""
    return infer.derive("flows", site, flow, infer.body(site))


def flow(body: Body) -> Flow:
    """The ways through `body`.

    What fails inside a ``try`` goes on in its handlers: from where it pauses if it does, else from anywhere, out of an
    ``async with`` from its exit. Operations that
    may fail elsewhere are taken to succeed. Of a body nested beyond `DEEPEST_REGION` no way is known.
    """
    if _depth(body) > DEEPEST_REGION:
        return Flow({}, {}, frozenset())
    builder = _Builder(body)
    builder.block(0, frozenset([START]))
    pauses = frozenset(number for number, op in enumerate(body.ops) if is_pause(op))
    return Flow({n: tuple(sorted(o)) if len(o) > 1 else alone(*o) for n, o in builder.after.items()}, builder.heads, pauses)


DEEPEST_REGION = 100
"""Regions inside each other through which ways are followed."""


def _depth(body: Body) -> int:
    depths: list[int] = []
    for region in body.regions:
        depths.append(depths[region.parent] + 1 if region.parent >= 0 else 0)
    return max(depths)


Ends = frozenset[int]
"""The operations after which what comes next runs."""


@dataclass(slots=True)
class _Loop:
    breaks: set[int] = field(default_factory=set)
    rounds: set[int] = field(default_factory=set)


class _Builder:
    def __init__(self, body: Body) -> None:
        self.body = body
        self.after: dict[int, set[int]] = {}
        self.heads: dict[int, int] = {}
        self._loops: list[_Loop] = []
        self._ops: dict[int, list[int]] = {}
        self._regions: dict[int, list[int]] = {}
        self._first: dict[int, int] = {}
        self._all: dict[int, list[int]] = {}
        self._sides: dict[tuple[int, int], list[int]] = {}
        self._partners: dict[int, list[int]] = {}
        self._reached: set[int] = set()
        self._sort()

    def _sort(self) -> None:
        """Note what each region holds, and the first operation in it and below it."""
        for number, region in enumerate(self.body.where):
            op = self.body.ops[number]
            if not isinstance(op, Choice) or op.where:
                self._ops.setdefault(region, []).append(number)
        for number, part in enumerate(self.body.regions):
            if part.kind in ("branch", "typing"):
                self._sides.setdefault((part.parent, part.value), []).append(number)
            if part.partner >= 0:
                self._partners.setdefault(part.partner, []).append(number)
        for region in range(len(self.body.regions) - 1, 0, -1):
            parent = self.body.regions[region].parent
            self._regions.setdefault(parent, []).insert(0, region)
            every = [*self._ops.get(region, ()), *chain(*[self._all[child] for child in self._regions.get(region, ())])]
            self._all[region] = every
            self._first[region] = min(every, default=-1)

    def _items(self, region: int) -> list[tuple[int, bool, int]]:
        """What stands in `region`, in order: operations and regions, as (first operation, is a region, number)."""
        ops = [(number, False, number) for number in self._ops.get(region, ())]
        regions = [(self._first[child], True, child) for child in self._regions.get(region, ()) if self._first[child] >= 0]
        return sorted([*ops, *regions])

    def block(self, region: int, ends: Ends) -> Ends:
        """Link what stands in `region`, after `ends`; gives where it ends."""
        return self._run(self._items(region), ends)

    def _run(self, items: list[tuple[int, bool, int]], ends: Ends) -> Ends:
        done: set[int] = set()
        for _, is_region, number in items:
            if not is_region:
                ends = self._op(number, ends)
            elif number not in done:
                ends = self._region(number, ends, done)
        return ends

    def _op(self, number: int, ends: Iterable[int]) -> Ends:
        for end in ends:
            self.after.setdefault(end, set()).add(number)
            self._reached.add(number)
        match self.body.ops[number]:
            case Return() | Raise():
                return frozenset()
            case Jump(kind=kind):
                if self._loops:
                    (self._loops[-1].breaks if kind == "break" else self._loops[-1].rounds).add(number)
                return frozenset()
        return frozenset([number])

    def _region(self, number: int, ends: Ends, done: set[int]) -> Ends:
        region = self.body.regions[number]
        match region.kind:
            case "loop":
                return self._loop(number, ends)
            case "try":
                return self._try(number, ends, done)
            case "branch" | "typing":
                return self._branch(number, ends, done)
        return self.block(number, ends)

    def _branch(self, number: int, ends: Ends, done: set[int]) -> Ends:
        """Two sides of one condition; a side that comes again is what follows when the other has left the block."""
        region = self.body.regions[number]
        if region.value < 0:
            return self.block(number, ends) or ends
        sides = self._sides[region.parent, region.value][:2]
        done.update(sides)
        if number not in sides:
            done.add(number)
            return self.block(number, ends)
        ways = [self.block(side, ends) if self._first[side] >= 0 else ends for side in sides]
        if len(sides) == 1:
            ways.append(ends)
        return frozenset().union(*ways)

    def _loop(self, number: int, ends: Ends) -> Ends:
        region = self.body.regions[number]
        loop = _Loop()
        items = self._items(number)
        asked = [item for item in items if item[0] <= region.value]
        self._loops.append(loop)
        tested = self._run(asked, ends)
        last = self._run(items[len(asked) :], tested)
        self._loops.pop()
        head = self._first[number]
        self.heads[number] = head
        for end in last | loop.rounds:
            self.after.setdefault(end, set()).add(head)
        if not is_while(self.body, number, head):
            return frozenset(loop.breaks).union([head])  # Left when there is no further element.
        if self._never_ends(number):
            return frozenset(loop.breaks)
        return frozenset(loop.breaks).union(tested if asked else ends | last | loop.rounds)

    def _never_ends(self, number: int) -> bool:
        """Whether a loop is a ``while`` whose condition is a constant that is true."""
        op = self.body.ops[self.body.regions[number].value]
        return is_while(self.body, number, self._first[number]) and isinstance(op, Const) and bool(op.value)

    def _try(self, number: int, ends: Ends, done: set[int]) -> Ends:
        parts = self._partners.get(number, [])
        done.update(parts)
        last = self.block(number, ends)
        every = sorted(self._all[number])
        pauses = [op for op in every if is_pause(self.body.ops[op])]
        inside = self._left_by_exits(every)
        may_fail = [op for op in every if not isinstance(self.body.ops[op], Return | Jump) and op not in inside]
        failing = frozenset(op for op in may_fail if not pauses or op >= pauses[0]).union(() if pauses else ends)
        ways = []
        final = None
        for part in parts:
            if self._first[part] < 0:
                if self.body.regions[part].kind == "except":
                    ways.append(failing)
                continue
            match self.body.regions[part].kind:
                case "else":
                    last = self.block(part, last)
                case "except":
                    ways.append(self.block(part, failing))
                case "finally":
                    final = part
        ended = last.union(*ways)
        if final is None:
            return ended
        finished = self.block(final, ended or failing)
        return finished if ended else frozenset()

    def _left_by_exits(self, every: list[int]) -> set[int]:
        """The operations within ``async with`` statements that stand in `every`: what fails there goes on by the exit."""
        ops = self.body.ops
        exits = {op.value for number in every if isinstance(op := ops[number], Exit) and op.is_async and number in self._reached}
        scopes = [n for n, part in enumerate(self.body.regions) if part.kind == "with" and part.is_async and part.value in every]
        left = [self._all[n] for n in scopes if getattr(ops[self.body.regions[n].value], "value", -1) in exits]
        return set(chain(*left))


def is_while(body: Body, region: int, head: int) -> bool:
    """Whether a loop whose first operation is `head` is a ``while``: those over something begin with an element of it."""
    first = body.ops[head]
    return body.regions[region].kind == "loop" and not (
        isinstance(first, Element) and first.value == body.regions[region].value and body.where[head] == region
    )
