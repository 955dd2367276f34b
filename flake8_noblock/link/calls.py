"""Calls: what calling a value gives, with the type parameters that the arguments decide."""

from __future__ import annotations

from msgspec.structs import replace

from flake8_noblock.facts.model import Constant, Parameter
from flake8_noblock.link.adapters import adapted, lazily
from flake8_noblock.link.annotations import SELF, declared, instances
from flake8_noblock.link.arguments import NO_ARGUMENTS, Arguments, completed, places
from flake8_noblock.link.classes import (
    Member,
    bind,
    find_member,
    has_unknown_base,
    is_protocol,
    is_subclass,
    mro,
    own_member,
    parameters,
    protocol_members,
)
from flake8_noblock.link.containers import is_container
from flake8_noblock.link.contexts import context_of_object, holds_callable
from flake8_noblock.link.functions import bound, is_in_doubt, known_result, overloads, result
from flake8_noblock.link.generics import Bindings, classes_of, close, is_open, substitute
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.names import builtin, named_class
from flake8_noblock.link.objects import as_instance, is_of
from flake8_noblock.link.values import (
    NO_CONTEXT,
    UNKNOWN,
    Adapter,
    CallableValue,
    ClassOf,
    ClassValue,
    Coroutine,
    Deferred,
    Descriptor,
    DictValue,
    Foreign,
    ForeignClass,
    Function,
    Instance,
    Literal,
    Partial,
    SourceClass,
    TupleValue,
    TypeVariable,
    Unknown,
    Value,
    Values,
    is_unknown,
    union,
)

_DESCRIPTORS = {
    "builtins.staticmethod": "static",
    "builtins.classmethod": "class",
    "builtins.property": "property",
    "functools.cached_property": "property",
    "abc.abstractproperty": "property",
    "abc.abstractclassmethod": "class",
    "abc.abstractstaticmethod": "static",
    "types.DynamicClassAttribute": "property",
    "enum.property": "property",
}
"""The language's own descriptors, by their place in the standard library's stubs."""


def call(infer: Inference, callee: Values, arguments: Arguments) -> Values:
    """What calling one of `callee` gives."""
    return union(*[call_value(infer, value, arguments) for value in callee])


def call_value(infer: Inference, value: Value, arguments: Arguments) -> Values:
    """What calling `value` gives."""
    made = adapted(infer, value, arguments)
    if made is not None:
        return made
    given = _call_value(infer, value, arguments)
    return lazily(infer, value, arguments, given) if isinstance(value, Function | ClassValue) else given


def _call_value(infer: Inference, value: Value, arguments: Arguments) -> Values:
    match value:
        case ClassValue():
            return _construct(infer, value, arguments)
        case Function():
            return _call_function(infer, value, arguments)
        case CallableValue(result=values):
            return close(values)
        case Instance() | Deferred(when="entered") if arguments.positional and _decorates(infer, value):
            return (Adapter("runs", _CONTEXT_DECORATOR, arguments.positional[0], around=(value,)),)
        case Instance(cls=cls):
            return known_result(infer, f"{cls.name}.__call__") or call_method(infer, value, "__call__", arguments)
        case Partial():
            return call(infer, value.callee, completed(value, arguments))
        case Adapter(kind="runs", callee=callee):
            return call(infer, callee, arguments)
        case Adapter(kind="manager", callee=callee):
            return _managers(infer, callee, arguments)
        case Foreign(name=name):
            return _field(infer, name, arguments) or _call_foreign(infer, name)
        case Literal(value=None):
            return ()
    return UNKNOWN


_CONTEXT_DECORATOR = "contextlib.ContextDecorator"


def _decorates(infer: Inference, value: Value) -> bool:
    """Whether a context manager, used as a decorator, is entered and left around each call."""
    instance = as_instance(infer, value)
    member = find_member(infer, instance.cls, "__call__") if instance is not None else None
    return member is not None and member.owner.name == _CONTEXT_DECORATOR


def call_method(infer: Inference, value: Value, name: str, arguments: Arguments) -> Values:
    """What ``value.name(*arguments)`` gives, for a method that the language calls by name."""
    receiver = as_instance(infer, value)
    if receiver is None:
        return UNKNOWN
    member = find_member(infer, receiver.cls, name)
    if member is None:
        return UNKNOWN
    if member.values is None:
        return known_result(infer, f"{member.owner.name}.{name}") or UNKNOWN
    return _call_member(infer, member, receiver, arguments)


def _call_member(infer: Inference, member: Member, receiver: Instance | ClassValue, arguments: Arguments) -> Values:
    bindings = bind(infer, receiver.cls, receiver.args)
    values = bound(substitute(member.values or UNKNOWN, bindings), receiver)
    return substitute(call(infer, values, arguments), bindings)


def _call_foreign(infer: Inference, name: str) -> Values:
    known = known_result(infer, name)
    if known:
        return known
    if infer.knowledge.is_class(name):
        return (Instance(ForeignClass(infer.knowledge.canonical(name))),)
    return UNKNOWN


def _field(infer: Inference, name: str, arguments: Arguments) -> Values | None:
    """The descriptor that calling a table's ``fields`` gives."""
    if not infer.knowledge.is_field(name):
        return None
    held = instances(infer, arguments.positional[0]) if arguments.positional else UNKNOWN
    return (Descriptor("field", held),)


# --- constructing ---


def _construct(infer: Inference, value: ClassValue, arguments: Arguments) -> Values:
    cls = value.cls
    field = _field(infer, cls.name, arguments)
    if field is not None:
        return field
    if isinstance(cls, ForeignClass):
        known = infer.knowledge.returns(cls.name)
        return (Instance(named_class(infer, known).cls),) if known else (Instance(cls),)
    special = _construct_special(infer, cls, arguments)
    if special is not None:
        return special
    known = infer.knowledge.returns(cls.name)
    if known is not None:
        return (Instance(named_class(infer, known).cls),)
    made = _made_by_new(infer, value, arguments)
    if made:
        return made
    made_in = _made_in(infer, value, arguments)
    if value.args or not parameters(infer, cls):
        return (Instance(cls, value.args, made_in),)
    if is_container(Instance(cls)) and not arguments.more and not arguments.keywords and all(map(_is_factory, arguments.all())):
        missing = call(infer, tuple(arguments.all()), Arguments(more=False)) if arguments.positional else ()
        return (Instance(cls, (*[() for _ in parameters(infer, cls)][1:], missing)),)  # It is empty as yet.
    return (Instance(cls, _solved_parameters(infer, cls, arguments), made_in),)


def _is_factory(value: Value) -> bool:
    """Whether what a container is made with makes its items later on, and is none of them."""
    return isinstance(value, Function | ClassValue | Partial)


def _made_in(infer: Inference, value: ClassValue, arguments: Arguments) -> int:
    """The context in which the constructor of a class whose source is at hand runs."""
    if infer.is_standard(value) or not any(map(holds_callable, arguments.all())):
        return NO_CONTEXT
    member = find_member(infer, value.cls, "__init__")
    for function in member.values or () if member is not None else ():
        if isinstance(function, Function) and not infer.is_standard(function):
            return context_of_object(infer, replace(function, receiver=Instance(value.cls)), arguments)
    return NO_CONTEXT


def _made_by_new(infer: Inference, value: ClassValue, arguments: Arguments) -> Values:
    """What ``__new__`` says it makes, where it says so: objects of the class with type arguments."""
    member = find_member(infer, value.cls, "__new__")
    if member is None or not member.values or member.owner != value.cls or value.args:
        return ()
    functions = [replace(f, receiver=value) for f in member.values if isinstance(f, Function)]
    if any(infer.function_body(function).returns < 0 for function in functions):
        return ()
    made = call(infer, tuple(functions), arguments)
    fine = all(isinstance(one, Instance) and one.args for one in made)
    return made if fine else ()


def _construct_special(infer: Inference, cls: SourceClass, arguments: Arguments) -> Values | None:
    """Classes of the language whose objects mean something to inference itself."""
    first = arguments.positional[0] if arguments.positional else UNKNOWN
    kind = _DESCRIPTORS.get(cls.name)
    if kind is not None:
        first = first if arguments.positional else arguments.keywords.get("fget", UNKNOWN)
        return (Descriptor(kind, first),)  # type: ignore[arg-type]
    match cls.name:
        case "builtins.dict" | "builtins.list" | "builtins.tuple" if not arguments.more and len(arguments.positional) < 2:
            return _copied(cls.name, first if arguments.positional else (), arguments)
        case "builtins.type" if len(arguments.positional) == 1:
            receivers = [as_instance(infer, value) for value in first]
            return union(*[UNKNOWN if r is None else (ClassValue(r.cls, r.args),) for r in receivers])
        case "functools.partial" | "functools.partialmethod" if arguments.positional and not arguments.more:
            is_method = cls.name.endswith("method")
            return (Partial(first, arguments.positional[1:], tuple(arguments.keywords.items()), is_method),)
        case "typing.TypeVar":
            return _type_variable(infer, first, arguments)
        case "typing.NewType" if len(arguments.positional) == 2:
            return classes_of(instances(infer, arguments.positional[1]))
    return None


def _copied(name: str, given: Values, arguments: Arguments) -> Values | None:
    """A container that is made of another one, or of keywords, whose items are told apart."""
    match given:
        case (TupleValue(items=items),) if name != "builtins.dict":
            return (TupleValue(items, "list" if name == "builtins.list" else "tuple"),)
        case (DictValue(items=entries),) if name == "builtins.dict":
            known: dict[Constant, Values] = dict(entries)
            known.update(arguments.keywords)
            return (DictValue(tuple(known.items())),)
        case () if name == "builtins.dict" and any(map(holds_callable, arguments.all())):
            return (DictValue(tuple(arguments.keywords.items())),)
    return None


def _type_variable(infer: Inference, first: Values, arguments: Arguments) -> Values:
    match first:
        case (Literal(value=str(name)),):
            limits = [arguments.keywords.get("bound", ()), *arguments.positional[1:]]
            return (TypeVariable(name, instances(infer, union(*limits))),)
    return UNKNOWN


def _solved_parameters(infer: Inference, cls: SourceClass, arguments: Arguments) -> tuple[Values, ...]:
    names = parameters(infer, cls)
    own = Instance(cls, tuple([(TypeVariable(name),) for name in names]))
    solved: dict[str, Values] = {}
    for method in ("__init__", "__new__"):
        member = find_member(infer, cls, method)
        for value in member.values if member is not None and member.values else ():
            if isinstance(value, Function):
                chosen = _matching(infer, replace(value, receiver=own), arguments)
                for function in chosen[:1]:
                    solved.update(_solve_call(infer, function, arguments))
        if solved:
            break
    return tuple([close(solved.get(name, UNKNOWN)) for name in names])


# --- functions ---


def _call_function(infer: Inference, function: Function, arguments: Arguments) -> Values:
    results = []
    for candidate in _matching(infer, function, arguments):
        values = result(infer, candidate, arguments)
        results.append(close(substitute(values, _bindings_in(infer, candidate, arguments))) if is_open(values) else values)
    return union(*results)


def _bindings_in(infer: Inference, function: Function, arguments: Arguments) -> Bindings:
    """What the type variables of `function`, and of the class that defines it, are in a call."""
    solved = _solve_call(infer, function, arguments)
    for name, known in _owner_bindings(infer, function).items():
        solved[name] = union(known, solved.get(name, ()))
    if function.receiver is not None:
        solved[SELF.name] = _self(function.receiver)
    return solved


def _managers(infer: Inference, callee: Values, arguments: Arguments) -> Values:
    """The context managers that calling generator functions gives."""
    cls = named_class(infer, "contextlib._GeneratorContextManager").cls
    made: list[Values] = []
    for value in callee:
        for generator in call_value(infer, value, arguments):
            if isinstance(generator, Deferred):
                entered = Instance(cls, (*generator.instance.args[:1], UNKNOWN, UNKNOWN))
                made.append((Deferred(entered, "entered", generator.function, generator.context),))
            else:
                made.append(UNKNOWN)
    return union(*made)


def _owner_bindings(infer: Inference, function: Function) -> Bindings:
    """What the type parameters of the class that defines a bound method are for its receiver."""
    owner = infer.function_body(function).owner
    if function.receiver is None or owner < 0:
        return {}
    cls = infer.source_class(function.module, owner)
    given = bind(infer, function.receiver.cls, function.receiver.args)
    for ancestor in mro(infer, function.receiver.cls):
        if ancestor.cls == cls:
            known = {name: substitute(values, given) for name, values in ancestor.bindings.items()}
            return {name: values for name, values in known.items() if values != (TypeVariable(name),)}
    return {}


def _self(receiver: Instance | ClassValue) -> Values:
    return (receiver,) if isinstance(receiver, Instance) else (Instance(receiver.cls, receiver.args),)


def _matching(infer: Inference, function: Function, arguments: Arguments) -> list[Function]:
    """The overload of `function` that the arguments fit; all that they may fit where none is sure, all where none is seen to
    fit."""
    candidates = overloads(infer, function)
    if len(candidates) == 1:
        return list(candidates)
    fitting = [c for c in candidates if _fits(infer, c, arguments)]
    known = not arguments.more and not any(map(is_unknown, (*arguments.positional, *arguments.keywords.values())))
    sure = [c for c in fitting if not is_in_doubt(infer, c, arguments)][:1] if known and len(fitting) > 1 else []
    return sure or fitting or list(candidates)


def _fits(infer: Inference, function: Function, arguments: Arguments) -> bool:
    body = infer.function_body(function)
    found = places(body, function.receiver is not None, arguments)
    if found is None or not _may_be_receiver(infer, function):
        return False
    given = {index for index, _ in found}
    first = 1 if function.receiver is not None else 0
    if not arguments.more:
        for index, parameter in enumerate(body.params[first:], first):
            needed = parameter.default < 0 and parameter.kind in ("positional", "plain", "keyword")
            if needed and index not in given:
                return False
    return all(_may_be(infer, function, body.params[index], values) for index, values in found)


def _may_be_receiver(infer: Inference, function: Function) -> bool:
    """Whether the object of which a method is called may fit what an overload says of ``self``."""
    body = infer.function_body(function)
    if function.receiver is None or not body.params:
        return True
    return _may_be(infer, function, body.params[0], (function.receiver,))


def _may_be(infer: Inference, function: Function, parameter: Parameter, values: Values) -> bool:
    """Whether an argument may fit a parameter; false only where it is seen not to."""
    if parameter.annotation < 0 or not values:
        return True
    allowed = declared(infer, Site(function.module, function.body), parameter.annotation)
    return not allowed or any(fits(infer, value, kind) for value in values for kind in allowed)


def fits(infer: Inference, value: Value, kind: Value) -> bool:
    """Whether `value` may be passed where `kind` is declared; false only where it is seen not to be one."""
    if isinstance(kind, TypeVariable):
        return not kind.bound or any(fits(infer, value, limit) for limit in kind.bound)
    if isinstance(kind, CallableValue) and isinstance(value, Function):
        given = call_value(infer, value, NO_ARGUMENTS)
        return not given or not kind.result or any(fits(infer, g, k) for g in given for k in kind.result)
    if isinstance(kind, Literal):
        return _fits_literal(infer, value, kind)
    if isinstance(value, Function) and isinstance(kind, Instance):
        return kind.cls.name == "builtins.object" or is_protocol(infer, kind.cls)
    instance = as_instance(infer, value)
    if instance is None:
        return not (value == Literal(None) and isinstance(kind, Instance) and not is_protocol(infer, kind.cls))
    if not isinstance(kind, Instance) or has_unknown_base(infer, instance.cls):
        return True
    if isinstance(kind.cls, SourceClass) and is_protocol(infer, kind.cls):
        return all(find_member(infer, instance.cls, name) for name in protocol_members(infer, kind.cls))
    return is_subclass(infer, instance.cls, kind.cls)


def _fits_literal(infer: Inference, value: Value, kind: Literal) -> bool:
    if isinstance(value, Literal):
        return value == kind
    if kind.value is None:
        return isinstance(value, Unknown | TypeVariable | Foreign)
    instance = as_instance(infer, value)
    return instance is None or instance.cls == builtin(infer, type(kind.value).__name__).cls


def _solve_call(infer: Inference, function: Function, arguments: Arguments) -> dict[str, Values]:
    """What the type variables of `function` are, as its arguments and its receiver tell."""
    body = infer.function_body(function)
    site = Site(function.module, function.body)
    solved: dict[str, Values] = {}
    found = places(body, function.receiver is not None, arguments) or []
    if function.receiver is not None and body.params:
        found.append((0, (function.receiver,)))
    for index, values in found:
        annotation = body.params[index].annotation
        pattern = declared(infer, site, annotation) if annotation >= 0 else ()
        if is_open(pattern):
            solve(infer, pattern, values, solved)
    return solved


def solve(infer: Inference, pattern: Values, actual: Values, solved: dict[str, Values]) -> None:
    """Note in `solved` what the type variables in `pattern` are where an argument is `actual`."""
    for value in pattern:
        match value:
            case TypeVariable(name=name, bound=bound):
                rest = union(*[_within(infer, v, bound) for v in actual if v not in pattern])
                solved[name] = union(solved.get(name, ()), rest)
            case ClassOf(members=members):
                solve(infer, members, instances(infer, actual), solved)
            case CallableValue(result=inner):
                for other in actual:
                    solve(infer, inner, call_value(infer, other, NO_ARGUMENTS), solved)
            case TupleValue(items=items):
                _solve_tuple(infer, items, actual, solved)
            case Instance(cls=cls, args=args) if args:
                for other in actual:
                    _solve_instance(infer, cls, args, other, solved)


def _within(infer: Inference, value: Value, bound: Values) -> Values:
    """`value`; the bound of a type variable in place of a coroutine that is not of it, and becomes something else."""
    strange = isinstance(value, Coroutine) and bound and not any(is_of(infer, value, kind) for kind in bound)
    return bound if strange else (value,)


def _solve_tuple(infer: Inference, items: tuple[Values, ...], actual: Values, solved: dict[str, Values]) -> None:
    for other in actual:
        if isinstance(other, TupleValue) and len(other.items) == len(items):
            for inner, values in zip(items, other.items, strict=True):
                solve(infer, inner, values, solved)


def _solve_instance(infer: Inference, cls: object, args: tuple[Values, ...], other: Value, solved: dict[str, Values]) -> None:
    instance = as_instance(infer, other)
    if instance is None:
        if isinstance(other, Unknown):
            for arg in args:
                solve(infer, arg, UNKNOWN, solved)
        return
    for ancestor in mro(infer, instance.cls):
        if ancestor.cls == cls:
            given = bind(infer, instance.cls, instance.args)
            for arg, inner in zip(args, ancestor.bindings.values(), strict=False):
                solve(infer, arg, substitute(inner, given), solved)
            return
    if isinstance(cls, SourceClass) and is_protocol(infer, cls) and fits(infer, instance, Instance(cls)):
        _solve_protocol(infer, cls, args, instance, solved)


def _solve_protocol(
    infer: Inference, cls: SourceClass, args: tuple[Values, ...], instance: Instance, solved: dict[str, Values]
) -> None:
    """The methods of a protocol, as `instance` has them, tell its type parameters."""
    pair = (cls, instance.cls)
    if pair in infer.protocols_solved:
        return
    infer.protocols_solved.add(pair)
    try:
        _solve_members(infer, cls, bind(infer, cls, args), instance, solved)
    finally:
        infer.protocols_solved.discard(pair)


def _solve_members(infer: Inference, cls: SourceClass, bindings: Bindings, instance: Instance, solved: dict[str, Values]) -> None:
    for name in protocol_members(infer, cls):
        for value in own_member(infer, cls, name) or ():
            if isinstance(value, Function):
                pattern = substitute(result(infer, value), bindings)
                solve(infer, pattern, call_method(infer, instance, name, _expected(infer, value)), solved)


def _expected(infer: Inference, function: Function) -> Arguments:
    """Arguments as the annotations of a method ask for them."""
    site = Site(function.module, function.body)
    plain = [p for p in infer.function_body(function).params[1:] if p.kind in ("positional", "plain")]
    asked = [close(declared(infer, site, p.annotation)) if p.annotation >= 0 else UNKNOWN for p in plain]
    return Arguments(tuple(asked), more=False)
