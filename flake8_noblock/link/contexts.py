"""Contexts: what one call says of a function's parameters, kept where it may matter to what the function does.

A function is looked at once for each context it is called in, so that callables, exact classes and switches that a caller
passes are seen where they are used. (Sharir and Pnueli, "Two approaches to interprocedural data flow analysis", 1981: the
functional approach, with a finite set of inputs.) Numbers and texts don't count unless the function compares them, and
contexts within contexts are bounded, so that there are few of them.
"""

from __future__ import annotations

from typing import NamedTuple

from flake8_noblock.facts.model import (
    Attr,
    Body,
    Call,
    Choice,
    ClassDef,
    Compare,
    Const,
    Declared,
    Import,
    Item,
    Lookup,
    Narrowed,
    Param,
    Parameter,
    Spread,
    Unary,
)
from flake8_noblock.link.annotations import declared
from flake8_noblock.link.arguments import Arguments, places
from flake8_noblock.link.classes import mro
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.names import builtin
from flake8_noblock.link.values import (
    NO_CONTEXT,
    UNKNOWN,
    Adapter,
    AnyClass,
    ClassValue,
    Context,
    Deferred,
    DictValue,
    Foreign,
    Function,
    Instance,
    Literal,
    ModuleValue,
    Partial,
    SourceClass,
    TupleValue,
    Value,
    Values,
    is_unknown,
    union,
)

DEEPEST_CONTEXT = 4
"""Contexts within contexts: closures and partials that are handed on by closures and partials."""

MOST_CONTEXTS = 400
"""Contexts of one body; a body that is called in more ways is looked at without them from then on."""

LARGEST_CONTEXT = 80
"""Values in one context, and in those within it."""

MOST_ITEMS = 32
"""Containers with more items than these are not told apart item by item."""

LONGEST_TEXT = 40
"""Longer texts are no switches."""


THINNEST = 30
"""Operations of a function that may do no more than hand on what it is given: there texts are followed, too."""


class _Uses(NamedTuple):
    """Parameters, by index, on which branches of a body depend, and those handed on to calls and inner functions; whether
    the body is so short that it may do no more than that."""

    deciding: frozenset[int]
    handed_on: frozenset[int]
    thin: bool


def context_of_call(infer: Inference, function: Function, arguments: Arguments) -> int:
    """The number of the context in which `function` runs when it is called with `arguments`."""
    body = infer.function_body(function)
    site = Site(function.module, function.body, infer.context_number(Context((), function.outer)))
    known: dict[int, Values] = {}
    receiver = _receiver(infer, function, body)
    if receiver is not None:
        known[0] = (receiver,)
    given = _given(body, function, arguments)
    uses = _uses(infer, site)
    for index, values in given.items():
        kept = _kept(infer, site, index, values, uses)
        if kept is not None:
            known[index] = kept
    for index, parameter in enumerate(body.params):  # What arguments that can't be seen say is taken to be nothing new.
        if index not in given and parameter.default >= 0 and (index > 0 or function.receiver is None):
            kept = _kept(infer, site, index, infer.value(infer.around(site), parameter.default), uses)
            if kept is not None:
                known[index] = kept
    number = _number(infer, tuple(sorted(known.items())), function.outer)
    seen = infer.contexts_of.setdefault((function.module, function.body), set())
    if number not in seen and len(seen) >= MOST_CONTEXTS:
        return NO_CONTEXT
    seen.add(number)
    return number


def _number(infer: Inference, arguments: tuple[tuple[int, Values], ...], outer: int) -> int:
    if not arguments and outer == NO_CONTEXT:
        return NO_CONTEXT
    inner = [_extent(infer, value) for _, values in arguments for value in values]
    depth = 1 + max([infer.context(outer).depth, *[extent.depth for extent in inner]])
    size = infer.context(outer).size + sum(extent.size for extent in inner)
    if depth > DEEPEST_CONTEXT or size > LARGEST_CONTEXT:
        return outer if not arguments else _number(infer, (), outer)
    return infer.context_number(Context(arguments, outer, depth, size))


class _Extent(NamedTuple):
    """How deep contexts lie within contexts, and how many values lie in all of them."""

    depth: int
    size: int


def _extent(infer: Inference, value: Value) -> _Extent:
    context = NO_CONTEXT
    match value:
        case Function(outer=number) | Deferred(context=number) | Instance(made=number):
            context = number
    inner = [_extent(infer, other) for other in _inside(value)]
    known = infer.context(context)
    return _Extent(max([known.depth, *[e.depth for e in inner]]), 1 + known.size + sum(e.size for e in inner))


def _inside(value: Value) -> Values:
    match value:
        case TupleValue(items=items):
            return tuple([inner for item in items for inner in item])
        case DictValue(items=entries):
            return tuple([inner for _, item in entries for inner in item])
        case Instance(args=args):
            return tuple([inner for arg in args for inner in arg])
        case Partial(callee=callee, positional=positional, keywords=keywords):
            given = [*positional, *[item for _, item in keywords]]
            return (*callee, *[inner for item in given for inner in item])
        case Adapter(callee=callee):
            return callee
        case Deferred(calls=calls, sources=sources):
            return (*calls, *[inner for source in sources for inner in source])
    return ()


def context_of_object(infer: Inference, constructor: Function, arguments: Arguments) -> int:
    """The number of the context in which an object was made, where it was handed something to be called; else none."""
    number = context_of_call(infer, constructor, arguments)
    handed = any(holds_callable(value) for _, values in infer.context(number).arguments for value in values)
    return number if handed else NO_CONTEXT


def _receiver(infer: Inference, function: Function, body: Body) -> Value | None:
    """The object a method is called on, where its class says more than that of the method."""
    receiver = function.receiver
    if receiver is None or not body.params:
        return None
    if body.owner < 0:
        return receiver  # A function that a class holds, and that is not written in it: it knows nothing of its object.
    made = receiver.made if isinstance(receiver, Instance) else NO_CONTEXT
    owner = infer.source_class(function.module, body.owner)
    exact = made != NO_CONTEXT or isinstance(receiver, ClassValue)
    cls = receiver.cls if exact else _most_derived(infer, receiver.cls, owner)
    if cls == owner and made == NO_CONTEXT:
        return None
    return Instance(cls, (), made) if isinstance(receiver, Instance) else ClassValue(cls)


def _most_derived(infer: Inference, cls: AnyClass, owner: SourceClass) -> AnyClass:
    """The first class in the MRO of `cls`, up to `owner`, that redefines what methods of `owner` may use."""
    return infer.remember("most derived", (cls, owner), _find_most_derived, infer, cls, owner)


def _find_most_derived(infer: Inference, cls: AnyClass, owner: SourceClass) -> AnyClass:
    ancestors = [ancestor.cls for ancestor in mro(infer, cls)]
    if owner not in ancestors:
        return cls
    below = ancestors[: ancestors.index(owner)]
    if ancestors[len(below) :] != [ancestor.cls for ancestor in mro(infer, owner)]:
        return cls  # Where ``super()`` leads depends on the whole of the MRO.
    above = [other for other in ancestors[len(below) :] if isinstance(other, SourceClass)]
    known = {name for other in above for name in _members(infer, other) | _asked_of_self(infer, other)}
    found: AnyClass = owner
    for number, other in enumerate(reversed(below)):
        if not isinstance(other, SourceClass) or number > MOST_ITEMS:
            return cls
        if known & _members(infer, other):  # What its methods use matters from now on, too.
            found = other
            known |= _members(infer, other) | _asked_of_self(infer, other)
    return found


def _members(infer: Inference, cls: SourceClass) -> frozenset[str]:
    """The methods of a class, and the attributes that it gives a value that may matter to others."""
    return infer.remember("names of members", cls, _find_members, infer, cls)


def _find_members(infer: Inference, cls: SourceClass) -> frozenset[str]:
    body = infer.body(infer.class_site(cls))
    methods = {other.name for other in infer.facts(cls.module).bodies if other.owner == cls.index}
    values = {name for name, number in body.names.items() if isinstance(body.ops[number], _MEMBERS)}
    return frozenset(methods | values | infer.class_facts(cls).attributes.keys())


def _asked_of_self(infer: Inference, cls: SourceClass) -> frozenset[str]:
    """The attributes that methods of a class read from their object: a mixin leaves some of them to others."""
    return infer.remember("asked of self", cls, _find_asked_of_self, infer, cls)


def _find_asked_of_self(infer: Inference, cls: SourceClass) -> frozenset[str]:
    bodies = [other for other in infer.facts(cls.module).bodies if other.owner == cls.index]
    return frozenset([op.name for body in bodies for op in body.ops if isinstance(op, Attr) and body.ops[op.base] == Param(0)])


_MEMBERS = (ClassDef, Lookup, Import, Attr)


def _given(body: Body, function: Function, arguments: Arguments) -> dict[int, Values]:
    """The arguments by parameter; those that a variadic parameter collects as a tuple or dictionary."""
    given: dict[int, Values] = {}
    extra: list[Values] = []
    for index, values in places(body, function.receiver is not None, arguments) or ():
        if body.params[index].kind == "variadic":
            extra.append(values)
        else:
            given[index] = values
    if arguments.more:
        return given
    names = {p.name for p in body.params if p.kind in ("plain", "keyword")}
    rest = tuple([(name, values) for name, values in arguments.keywords.items() if name not in names])
    for index, parameter in enumerate(body.params):
        if parameter.kind == "variadic":
            given[index] = (TupleValue(tuple(extra)),)
        elif parameter.kind == "keywords":
            given[index] = (DictValue(rest),)
    return given


def _kept(infer: Inference, site: Site, index: int, values: Values, uses: _Uses) -> Values | None:
    """What of `values` is worth a context of its own; None: nothing."""
    if is_unknown(values) or not values:
        return None
    parameter = infer.body(site).params[index]
    if parameter.kind in ("variadic", "keywords"):
        return _kept_rest(infer, values, index, uses)
    kept = union(*[_kept_value(infer, value, index, uses) for value in values])
    if is_unknown(kept) or not kept:
        return None
    decides = index in uses.deciding or (index in uses.handed_on and _has_constant_default(infer, site, parameter))
    if infer.module(site.module).origin != "project" and not decides and not any(map(_matters, kept)):
        return None  # Types flow into the project's own functions, and elsewhere into what they may decide.
    if parameter.annotation < 0 or any(map(_matters, kept)):
        return kept
    if parameter.default >= 0 and index in uses.deciding | uses.handed_on:
        return kept  # It says that the parameter does not have its default.
    return None if _says_as_much(infer, declared(infer, site, parameter.annotation), kept) else kept


def _has_constant_default(infer: Inference, site: Site, parameter: Parameter) -> bool:
    """Whether it matters further on that an object is passed, and not the constant that a parameter has by default."""
    return parameter.default >= 0 and isinstance(infer.body(infer.around(site)).ops[parameter.default], Const)


def _kept_rest(infer: Inference, values: Values, index: int, uses: _Uses) -> Values | None:
    """``*args`` and ``**kwargs``, item by item, where one of them matters or the body depends on how many there are."""
    (rest,) = values
    if not isinstance(rest, TupleValue | DictValue) or len(rest.items) > MOST_ITEMS:
        return None
    if index not in uses.handed_on and index not in uses.deciding and not holds_callable(rest):
        return None
    if isinstance(rest, TupleValue):
        return (TupleValue(tuple([_plain(infer, item, index, uses) for item in rest.items])),)
    return (DictValue(tuple([(key, _plain(infer, item, index, uses)) for key, item in rest.items])),)


def _plain(infer: Inference, values: Values, index: int, uses: _Uses) -> Values:
    return union(*[_kept_value(infer, value, index, uses) for value in values]) or UNKNOWN


def _kept_value(infer: Inference, value: Value, index: int, uses: _Uses) -> Values:
    match value:
        case Literal(value=constant):
            if index in uses.deciding and not (isinstance(constant, str | bytes) and len(constant) > LONGEST_TEXT):
                return (value,)
            if index in uses.handed_on and (constant is None or isinstance(constant, bool) or constant == 0 or uses.thin):
                return (value,)
            # None can't be called and has no methods: next to other values it says nothing.
            return (Instance(builtin(infer, type(constant).__name__).cls),) if constant is not None else ()
        case Function() | ClassValue() | Foreign() | ModuleValue() | Partial() | Adapter() | Deferred():
            return (value,)
        case Instance(cls=cls) if cls.name == "builtins.object":
            return UNKNOWN
        case Instance(cls=cls, made=made):
            return (value,) if any(map(_matters, _inside(value))) else (Instance(cls, (), made),)
        case TupleValue(items=items, kind=kind):
            return (value,) if _itemised(value, len(items)) else (Instance(builtin(infer, kind).cls),)
        case DictValue(items=entries):
            return (value,) if _itemised(value, len(entries)) else (Instance(builtin(infer, "dict").cls),)
    return UNKNOWN


def _itemised(value: Value, size: int) -> bool:
    return size <= MOST_ITEMS and holds_callable(value)


def holds_callable(value: Value) -> bool:
    """Whether `value` is, or holds, something that can be called."""
    return isinstance(value, (Function, ClassValue, Foreign, Partial, Adapter, Deferred)) or any(
        map(holds_callable, _inside(value))
    )


def _matters(value: Value) -> bool:
    """Whether a value says more than the annotation of a parameter can."""
    return isinstance(value, Literal) or (isinstance(value, Instance) and value.made != NO_CONTEXT) or holds_callable(value)


def _says_as_much(infer: Inference, annotated: Values, kept: Values) -> bool:
    """Whether the annotation of a parameter tells the classes of what is passed already."""
    classes = {value.cls for value in annotated if isinstance(value, Instance)}
    own = {value.cls for value in kept if isinstance(value, Instance)}
    if len(annotated) > 1:
        return own == classes
    return all(cls in classes or not isinstance(cls, SourceClass) or cls.module == "builtins" for cls in own)


def _uses(infer: Inference, site: Site) -> _Uses:
    return infer.remember("uses of parameters", (site.module, site.body), _uses_of, infer.body(site))


def _uses_of(body: Body) -> _Uses:
    source: dict[int, int] = {}
    deciding: set[int] = set()
    handed_on: set[int] = set()
    for number, op in enumerate(body.ops):
        match op:
            case Param(index=index):
                source[number] = index
            case Narrowed(value=value) | Spread(value=value) | Declared(value=value):
                if value in source:
                    source[number] = source[value]
            case Choice(values=values, where=(_, *_)) | Compare(values=values):
                deciding.update(source[value] for value in values if value in source)
            case Unary(value=value) | Item(key=value):
                deciding.update([source[value]] if value in source else [])
            case Call(args=args, keywords=keywords):
                tested = args[:1] if len(args) == 2 and op.spelling in ("isinstance", "hasattr") else ()
                callee = body.ops[op.func]
                if isinstance(callee, Attr) and callee.name in ("startswith", "endswith"):
                    tested = (callee.base,)
                deciding.update(source[value] for value in tested if value in source)
                given = [*args, *[value for _, value in keywords]]
                handed_on.update(source[value] for value in given if value in source)
    deciding.update(source[region.value] for region in body.regions if region.value in source)
    captured = {source[n] for where in body.cells.values() for _, n in where if n in source}
    return _Uses(frozenset(deciding | captured), frozenset(handed_on | captured), len(body.ops) <= THINNEST)
