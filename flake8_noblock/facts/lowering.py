"""The state of one body while it is read: its operations, the values of its names, the region being read."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from flake8_noblock.facts.model import (
    Body,
    BodyKind,
    Choice,
    ClassFacts,
    Definition,
    Lookup,
    Numbers,
    Op,
    Parameter,
    Region,
    Target,
)

Operands = tuple[int, ...]

Changes = dict[str, int]
"""Names and attribute keys with the values they got since some environment."""


class Environment:
    """The values of names at one point: changes over those of an enclosing environment.

    Branches write into a layer of their own, so that meeting costs what the branches changed, not what is in scope.
    """

    __slots__ = ("outer", "values")

    def __init__(self, outer: Environment | None = None) -> None:
        self.outer = outer
        self.values: Changes = {}

    def get(self, name: str) -> int | None:
        layer: Environment | None = self
        while layer is not None:
            value = layer.values.get(name)
            if value is not None:
                return value
            layer = layer.outer
        return None


@dataclass(slots=True)
class Loop:
    """A loop being read: what was changed since `base` where it is left and where it goes round again."""

    base: Environment
    breaks: list[Changes] = field(default_factory=list)
    rounds: list[Changes] = field(default_factory=list)


@dataclass(slots=True)
class ModuleState:
    """What the bodies of one module have in common while they are read."""

    target: Target
    bodies: list[Body | None] = field(default_factory=list)
    classes: list[ClassFacts | None] = field(default_factory=list)
    stars: list[tuple[str, int]] = field(default_factory=list)
    imported: dict[tuple[str, int], None] = field(default_factory=dict)
    globals: dict[str, list[Definition]] = field(default_factory=dict)
    system_names: dict[str, str] = field(default_factory=dict)
    lookups: dict[str, Lookup] = field(default_factory=dict)
    tuples: dict[Operands, Operands] = field(default_factory=dict)

    def shared(self, operands: Operands) -> Operands:
        """Equal tuples as one: most operations have one or two operands, with small numbers."""
        return self.tuples.setdefault(operands, operands)


class BodyState:
    """One body being read. Statements and expressions are read by functions that take it as their first argument."""

    def __init__(self, module: ModuleState, kind: BodyKind, name: str, node: ast.AST, outer: BodyState | None) -> None:
        self.module = module
        self.kind: BodyKind = kind
        self.name = name
        self.outer = outer
        self.number = len(module.bodies)
        module.bodies.append(None)
        self.qualname: str = name if outer is None or outer.kind == "module" else f"{outer.qualname}.{name}"
        self.line: int = getattr(node, "lineno", 1)
        self.column: int = getattr(node, "col_offset", 0)
        self.owner = -1
        self.class_index = -1
        self.is_async = False
        self.is_generator = False
        self.params: list[Parameter] = []
        self.returns = -1
        self.decorators: tuple[int, ...] = ()
        self.type_params: tuple[tuple[str, int], ...] = ()
        self.ops: list[Op] = []
        self.lines: list[int] = []
        self.columns: list[int] = []
        self.where: list[int] = []
        self.statements: list[int] = []
        self.statement = 0
        self.last_statement = 0
        self.regions: list[Region] = [*_WHOLE]
        self.region = 0
        self.environment = Environment()
        self.alive = True
        self.loops: list[Loop] = []
        self.away: set[str] = set()
        self.definitions: dict[str, list[Definition]] = {}
        self.declared: dict[str, int] = {}
        self.wanted: set[str] = set()
        self.wanted_within: set[str] = set()
        self.attributes: dict[str, list[Definition]] = {}
        self.line_now = self.line
        self.column_now = self.column

    # --- operations ---

    def emit(self, op: Op, node: ast.AST | None = None) -> int:
        """Append `op`; gives its number. Its place is that of `node`, by default that of the last one given."""
        if node is not None:
            self.line_now = getattr(node, "lineno", self.line_now)
            self.column_now = getattr(node, "col_offset", self.column_now)
        number = len(self.ops)
        self.ops.append(op)
        self.lines.append(self.line_now)
        self.columns.append(self.column_now)
        self.where.append(self.region)
        self.statements.append(self.statement)
        return number

    def choice(self, values: list[int]) -> int:
        distinct = tuple(dict.fromkeys(values))
        return distinct[0] if len(distinct) == 1 else self.emit(Choice(self.module.shared(distinct)))

    def replace(self, number: int, op: Op) -> None:
        """Put `op` in the place of a provisional operation."""
        self.ops[number] = op

    def enter(self, region: Region) -> int:
        """Open a region inside the present one; gives the present one's number, to be restored."""
        before = self.region
        self.regions.append(region)
        self.region = len(self.regions) - 1
        return before

    def replace_region(self, number: int, value: int) -> None:
        """The value that governs a region is known only now."""
        region = self.regions[number]
        self.regions[number] = Region(region.kind, region.parent, value, region.positive, region.partner, region.is_async)

    # --- names ---

    def bind(self, name: str, value: int) -> None:
        """`name` has `value` from here on."""
        self.environment.values[name] = value
        self.definitions.setdefault(name, []).append((self.number, value))

    def lookup(self, name: str, node: ast.AST) -> int:
        """The number of the value that `name` has here."""
        value = None if name in self.away else self.known(name)
        if value is not None:
            return value
        self.wanted.add(name)
        op = self.module.lookups.get(name)
        if op is None:
            op = self.module.lookups[name] = Lookup(name)
        return self.emit(op, node)

    def refine(self, key: str, value: int) -> None:
        """More is known of the value of a name, or of an attribute (`attribute_key`), from here on."""
        self.environment.values[key] = value

    def known(self, key: str) -> int | None:
        value = self.environment.get(key)
        return value if value is not None and value >= 0 else None

    # --- branches ---

    def branch(self) -> Environment:
        """Start a layer over the present environment; gives the present one, to be restored."""
        outer = self.environment
        self.environment = Environment(outer)
        return outer

    def meet(self, outer: Environment, ends: list[Changes], falls_through: bool) -> None:
        """Continue in `outer` after branches that changed what `ends` say; `falls_through`: or after none of them."""
        self.environment = outer
        self.alive = bool(ends) or falls_through
        for key in dict.fromkeys(key for end in ends for key in end):
            before = outer.get(key)
            values = [end.get(key, before) for end in ends]
            if falls_through:
                values.append(before)
            self._meet_key(key, values)

    def _meet_key(self, key: str, values: list[int | None]) -> None:
        outer = self.environment
        if key[0].isdigit():
            same = len(set(values)) == 1 and values[0] is not None
            outer.values[key] = values[0] if same and values[0] is not None else FORGOTTEN
            return
        present = [value for value in values if value is not None and value >= 0]
        if present:
            outer.values[key] = self.choice(present)

    # --- the end ---

    def finish(self, failed: bool = False) -> int:
        """Store the body with the module; gives its number. Names that it wants are looked for around it."""
        cells = {} if self.kind in ("module", "class") else self._cells()
        names = {}
        if self.kind in ("module", "class"):
            names = {k: v for k, v in self.environment.values.items() if v >= 0 and not k[0].isdigit()}
        if self.outer is not None:
            self.outer.wanted_within.update(self.wanted, self.wanted_within.difference(cells))
        self.module.bodies[self.number] = Body(
            kind=self.kind,
            name=self.name,
            qualname=self.qualname,
            line=self.line,
            column=self.column,
            parent=-1 if self.outer is None else self.outer.number,
            owner=self.owner,
            is_async=self.is_async,
            is_generator=self.is_generator,
            params=tuple(self.params),
            returns=self.returns,
            decorators=self.decorators,
            type_params=self.type_params,
            ops=tuple(self.ops),
            lines=_numbers([line - self.line for line in self.lines]),
            columns=_numbers(self.columns),
            where=_numbers(self.where),
            statements=_numbers(self.statements),
            regions=tuple(self.regions) if len(self.regions) > 1 else _WHOLE,
            names=names,
            cells=cells,
            failed=failed,
        )
        return self.number

    def _cells(self) -> dict[str, tuple[Definition, ...]]:
        wanted = sorted(self.wanted_within.intersection(self.definitions))
        return {name: tuple(self.definitions[name]) for name in wanted}


_WHOLE = (Region("body", -1),)
"""The regions of a body without branches."""


def _numbers(listed: list[int]) -> Numbers:
    try:
        return bytes(listed)
    except ValueError:  # One is larger.
        return tuple(listed)


FORGOTTEN = -1
"""The value of a key of which nothing is known any more."""


def attribute_key(base: int, name: str) -> str:
    """The key under which an environment holds what is known of ``base.name``; names never start with a digit."""
    return f"{base}.{name}"


def changes(end: Environment, outer: Environment) -> Changes:
    """What the layers from `end` up to, without, `outer` changed."""
    layers = []
    layer: Environment | None = end
    while layer is not None and layer is not outer:
        layers.append(layer.values)
        layer = layer.outer
    changed: Changes = {}
    for values in reversed(layers):
        changed.update(values)
    return changed
