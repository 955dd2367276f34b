"""Facts of one module as plain, frozen, storable data.

A body is a list of operations in single static assignment form: each operation has a number, its operands are numbers
of earlier operations of the same body, and a use of a local name *is* the number of the value that reaches it. Where
several values can reach a use there is a `Choice`. Reading ``x = Path(p); x.read_text()`` gives::

    0 Lookup Path    1 Lookup p    2 Call 0 (1)    3 Attr 2 read_text    4 Call 3 ()

so the receiver of the last call is the call that made it, whatever names it passed through. (Construction:
Braun et al., "Simple and Efficient Construction of Static Single Assignment Form", 2013, on structured code.)

Nothing here knows a library, an option or a path.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Constant = bool | int | float | str | bytes | None
Numbers = bytes | tuple[int, ...]
"""Small numbers, one for each operation of a body: bytes where all are below 256, since there are many of them."""

Definition = tuple[int, int]
"""Where a name gets a value: (number of the body, number of the operation in it)."""


class _Node(msgspec.Struct, frozen=True, array_like=True, tag_field="op", tag=True, gc=False):
    """Base of all facts."""


# --- values ----------------------------------------------------------------------------------------------------------


class Const(_Node, frozen=True, gc=False):
    """A literal. Long strings are cut (`CUT`); what can't be stored is a `Builtin`."""

    value: bool | int | float | str | None


class ByteString(_Node, frozen=True, gc=False):
    """A literal of bytes, cut as strings are."""

    value: bytes


class Builtin(_Node, frozen=True, gc=False):
    """An instance of a builtin type of which no more is known (an f-string is a ``str``)."""

    name: str


class Lookup(_Node, frozen=True, gc=False):
    """A name that is no local of this body: found in enclosing bodies, the module, or builtins."""

    name: str


class Param(_Node, frozen=True, gc=False):
    """The value of a parameter, by its index in `Body.params`."""

    index: int


class Attr(_Node, frozen=True, gc=False):
    """``base.name`` read."""

    base: int
    name: str


class Item(_Node, frozen=True, gc=False):
    """``base[key]`` read."""

    base: int
    key: int


class Slice(_Node, frozen=True, gc=False):
    """``lower:upper:step``; -1 for one that isn't there."""

    lower: int
    upper: int
    step: int


class Call(_Node, frozen=True, gc=False):
    """``func(*args, **keywords)``; a keyword ``""`` is a ``**`` argument. `spelling` is the callee's text where it is a
    dotted name, else ``""``."""

    func: int
    args: tuple[int, ...]
    keywords: tuple[tuple[str, int], ...]
    spelling: str


class Spread(_Node, frozen=True, gc=False):
    """``*value`` in a call or display."""

    value: int


class Await(_Node, frozen=True, gc=False):
    """``await value``."""

    value: int


class Binary(_Node, frozen=True, gc=False):
    """``left operator right``; `operator` is the name of the ``ast`` class (``Div``); `in_place`: ``left operator= right``."""

    operator: str
    left: int
    right: int
    in_place: bool = False


class Unary(_Node, frozen=True, gc=False):
    """``operator value``; operator ``Test``: whether `value` is true is asked, by a condition; ``Match``: by which pattern it is
    met."""

    operator: str
    value: int


class Compare(_Node, frozen=True, gc=False):
    """A comparison: one operator between each two neighbours of `values`."""

    operators: tuple[str, ...]
    values: tuple[int, ...]


class Choice(_Node, frozen=True, gc=False):
    """One of several values: where branches meet, ``a or b``, ``a if c else b``; `where` are the regions of the latter two's
    parts."""

    values: tuple[int, ...]
    where: tuple[int, ...] = ()


class Display(_Node, frozen=True, gc=False):
    """``[...]``, ``(...)``, ``{...}`` or a comprehension of that kind (`items` then holds its element)."""

    kind: Literal["tuple", "list", "set"]
    items: tuple[int, ...]
    comprehension: bool = False


class Mapping(_Node, frozen=True, gc=False):
    """``{key: value}`` or a dict comprehension; a key of -1 is ``**value``."""

    keys: tuple[int, ...]
    values: tuple[int, ...]


class Format(_Node, frozen=True, gc=False):
    """An f-string of these values; `conversions` are ``r``, ``a``, ``s`` or empty for each."""

    values: tuple[int, ...]
    conversions: tuple[str, ...] = ()


class Closure(_Node, frozen=True, gc=False):
    """A function, lambda or generator expression comes into being: body `body` of the module."""

    body: int


class ClassDef(_Node, frozen=True, gc=False):
    """A class comes into being: class `index` of the module."""

    index: int


class Element(_Node, frozen=True, gc=False):
    """One element of what `value` iterates over."""

    value: int
    is_async: bool


class Enter(_Node, frozen=True, gc=False):
    """``with value``: what entering gives."""

    value: int
    is_async: bool


class Unpack(_Node, frozen=True, gc=False):
    """The item of `value` that an assignment to several targets takes; `starred` collects all but the `behind` last."""

    value: int
    index: int
    starred: bool
    behind: int = 0


class Narrowed(_Node, frozen=True, gc=False):
    """`value` where it is (or, not `positive`, is not) an instance of `type`; type is an ``isinstance`` second argument."""

    value: int
    type: int
    positive: bool


class Declared(_Node, frozen=True, gc=False):
    """A name with an annotation, and its value if it has one (else -1)."""

    annotation: int
    value: int


class Caught(_Node, frozen=True, gc=False):
    """The exception of an ``except type as name``."""

    type: int


class Import(_Node, frozen=True, gc=False):
    """``import module`` (`binds_top`: the name is that of its first package) or ``from module import name``."""

    module: str
    level: int
    name: str | None
    binds_top: bool = False


class Alias(_Node, frozen=True, gc=False):
    """``type name = value``."""

    value: int


class Opaque(_Node, frozen=True, gc=False):
    """A value of which nothing is known."""


# --- effects ---------------------------------------------------------------------------------------------------------


class Exit(_Node, frozen=True, gc=False):
    """The end of a ``with value``."""

    value: int
    is_async: bool


class StoreAttr(_Node, frozen=True, gc=False):
    """``base.name = value``."""

    base: int
    name: str
    value: int


class StoreItem(_Node, frozen=True, gc=False):
    """``base[key] = value``."""

    base: int
    key: int
    value: int


class StoreName(_Node, frozen=True, gc=False):
    """A ``global`` or ``nonlocal`` name gets a value."""

    name: str
    value: int


class Delete(_Node, frozen=True, gc=False):
    """``del base.name`` (`name`) or ``del base[key]`` (`key`)."""

    base: int
    key: int
    name: str


class Return(_Node, frozen=True, gc=False):
    """``return value``; -1: nothing."""

    value: int


class Yield(_Node, frozen=True, gc=False):
    """``yield value`` (`delegates`: ``yield from``); its own value is what is sent."""

    value: int
    delegates: bool


class Raise(_Node, frozen=True, gc=False):
    """``raise value``; -1: again."""

    value: int


class Jump(_Node, frozen=True, gc=False):
    """``break`` or ``continue``: which rounds of a loop pass an operation depends on where they leave it."""

    kind: Literal["break", "continue"]


class Drop(_Node, frozen=True, gc=False):
    """An expression statement: the value is not used."""

    value: int


Op = (
    Const
    | ByteString
    | Builtin
    | Lookup
    | Param
    | Attr
    | Item
    | Slice
    | Call
    | Spread
    | Await
    | Binary
    | Unary
    | Compare
    | Choice
    | Display
    | Mapping
    | Format
    | Closure
    | ClassDef
    | Element
    | Enter
    | Unpack
    | Narrowed
    | Declared
    | Caught
    | Import
    | Alias
    | Opaque
    | Exit
    | StoreAttr
    | StoreItem
    | StoreName
    | Delete
    | Return
    | Yield
    | Raise
    | Jump
    | Drop
)

# --- structure -------------------------------------------------------------------------------------------------------

RegionKind = Literal["body", "branch", "typing", "loop", "try", "except", "else", "finally", "with"]


class Region(_Node, frozen=True, gc=False):
    """A stretch of a body: operations in it run under the same branches, loops, ``try`` and ``with`` statements.

    `value` is the operation that governs it: the condition of a branch (`positive`: it holds) or loop, the value entered, the
    type caught. What follows an ``if`` one branch of which leaves the block is a branch, too. A ``typing`` region runs for type
    checkers only. `partner` of a handler, ``else`` and ``finally`` is the region of its ``try``. `in_groups`: an ``except*``.
    Handlers have a place, `line` and `column`, as they need hold no operation.
    """

    kind: RegionKind
    parent: int
    value: int = -1
    positive: bool = True
    partner: int = -1
    is_async: bool = False
    in_groups: bool = False
    line: int = 0
    column: int = 0


ParamKind = Literal["positional", "plain", "variadic", "keyword", "keywords"]


class Parameter(_Node, frozen=True, gc=False):
    """A parameter; `annotation` is an operation of the function's own body, `default` one of the body around it."""

    name: str
    kind: ParamKind
    annotation: int = -1
    default: int = -1


BodyKind = Literal["module", "class", "function", "lambda", "generator expression"]


class Body(_Node, frozen=True, gc=False):
    """A module, class, function, lambda or generator expression, as operations.

    `lines` (from `line` on), `columns` (0-based), `where` (region numbers) and `statements` (numbers of statements, from 0) run
    parallel to `ops`. `parent` is the body around it (-1 for
    the module), `owner` the class whose body directly holds it (-1: none). `type_params` are names with the operation of
    their bound (-1: none). `names` gives the value of each name at the
    end of a module or class body; `cells` all definitions of the names that inner bodies use.
    """

    kind: BodyKind
    name: str
    qualname: str
    line: int
    column: int
    parent: int
    owner: int
    is_async: bool
    is_generator: bool
    params: tuple[Parameter, ...]
    returns: int
    decorators: tuple[int, ...]
    type_params: tuple[tuple[str, int], ...]
    ops: tuple[Op, ...]
    lines: Numbers
    columns: Numbers
    where: Numbers
    statements: Numbers
    regions: tuple[Region, ...]
    names: dict[str, int]
    cells: dict[str, tuple[Definition, ...]]
    failed: bool = False

    def line_of(self, number: int) -> int:
        """The line, from 1, of operation `number`."""
        return self.line + self.lines[number]


class ClassFacts(_Node, frozen=True, gc=False):
    """A class: `bases` and `keywords` are operations of body `parent`; `body` is its own; `attributes` are the
    definitions of ``self.name`` in its methods."""

    name: str
    qualname: str
    line: int
    parent: int
    body: int
    bases: tuple[int, ...]
    keywords: tuple[tuple[str, int], ...]
    decorators: tuple[int, ...]
    type_params: tuple[tuple[str, int], ...]
    attributes: dict[str, tuple[Definition, ...]]


class ModuleFacts(_Node, frozen=True, gc=False):
    """What one module says. ``bodies[0]`` is the module itself.

    `stars` are the modules of ``from m import *`` as (module, level); `public` is ``__all__`` where it is a literal;
    `globals` the definitions of module names from within functions; `imported` the modules named by import statements
    as (module, level).
    """

    bodies: tuple[Body, ...]
    classes: tuple[ClassFacts, ...]
    stars: tuple[tuple[str, int], ...]
    public: tuple[str, ...] | None
    globals: dict[str, tuple[Definition, ...]]
    imported: tuple[tuple[str, int], ...]


class Target(_Node, frozen=True, gc=False):
    """The platform for which code is read: ``sys.version_info[:2]``, ``sys.platform`` and ``os.name``."""

    version: tuple[int, int]
    platform: str
    os_name: str


CUT = 200
"""Characters kept of a string literal."""
