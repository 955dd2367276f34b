"""Attributes, items, elements, entering and awaiting: what reading from a value gives."""

from __future__ import annotations

from flake8_noblock.link.arguments import NO_ARGUMENTS, Arguments
from flake8_noblock.link.calls import call, call_method
from flake8_noblock.link.classes import Member, bind, field_of, find_member, mro, speaks_of
from flake8_noblock.link.containers import held_by_attribute
from flake8_noblock.link.contexts import holds_callable
from flake8_noblock.link.flow import through_constructors
from flake8_noblock.link.functions import bound
from flake8_noblock.link.generics import close, substitute
from flake8_noblock.link.inference import MOST_DEFINITIONS, Inference, Site
from flake8_noblock.link.names import foreign, module_attribute, named_class
from flake8_noblock.link.objects import as_instance
from flake8_noblock.link.values import (
    NO_CONTEXT,
    UNKNOWN,
    AnyClass,
    CallableValue,
    ClassValue,
    Coroutine,
    Descriptor,
    DictValue,
    Foreign,
    ForeignClass,
    Function,
    Instance,
    Literal,
    ModuleValue,
    SourceClass,
    Super,
    TupleValue,
    TypeVariable,
    Unknown,
    Value,
    Values,
    is_unknown,
    union,
)


def attribute(infer: Inference, values: Values, name: str) -> Values:
    """What ``value.name`` gives for one of `values`; None has no attributes, so it adds nothing."""
    return union(*[_attribute(infer, value, name) for value in values])


def _attribute(infer: Inference, value: Value, name: str) -> Values:
    match value:
        case ModuleValue(name=module):
            return module_attribute(infer, module, name)
        case Foreign(name=path, receiver=None) if infer.knowledge.is_class(path):
            cls = ForeignClass(infer.knowledge.canonical(path))
            return _read(infer, find_member(infer, cls, name), ClassValue(cls), name)
        case Foreign(name=path, receiver=receiver):
            return foreign(infer, f"{path}.{name}", receiver)
        case ClassValue(cls=cls):
            return _class_attribute(infer, value, name)
        case Super(cls=cls, receiver=receiver):
            return _read(infer, find_member(infer, receiver.cls, name, after=cls), receiver, name)
        case Descriptor(kind="property") if name in ("setter", "getter", "deleter"):
            return (CallableValue((value,)),)
        case Literal(value=None):
            return ()
        case TypeVariable(bound=bound) if bound:
            return attribute(infer, bound, name)
    instance = as_instance(infer, value)
    if instance is None:
        return UNKNOWN
    if name == "__class__":
        return (ClassValue(instance.cls, instance.args),)
    return _read(infer, find_member(infer, instance.cls, name), instance, name)


def _class_attribute(infer: Inference, value: ClassValue, name: str) -> Values:
    member = find_member(infer, value.cls, name)
    if member is None or member.values is None:
        return _read(infer, member, value, name)
    values = bound(member.values, value)
    if _is_enum(infer, value.cls) and not any(isinstance(v, Function | Descriptor) for v in member.values):
        return (Instance(value.cls),)
    return close(tuple([v for v in values if not isinstance(v, Descriptor)] or UNKNOWN))


def _is_enum(infer: Inference, cls: AnyClass) -> bool:
    return any(ancestor.cls is not None and ancestor.cls.name == "enum.Enum" for ancestor in mro(infer, cls))


def _read(infer: Inference, member: Member | None, receiver: Instance | ClassValue, name: str) -> Values:
    """A member as read from `receiver`."""
    if member is None:
        return _dynamic(infer, receiver)
    if member.values is None:
        return _foreign_member(infer, member.owner, receiver, name)
    written = _as_written(infer, member, receiver.cls, name)
    if written is not None:
        return bound((written,), receiver)
    if isinstance(receiver, Instance) and _is_told_better(infer, member, f"{receiver.cls.name}.{name}"):
        return foreign(infer, f"{receiver.cls.name}.{name}", receiver)
    if is_unknown(member.values) and member.owner != receiver.cls:
        member = Member(member.owner, _inherited(infer, receiver.cls, member, name))
    if isinstance(member.owner, SourceClass) and member.values is not None:
        held = held_by_attribute(infer, member.owner.module, member.owner.index, name, member.values)
        member = Member(member.owner, held)
    if isinstance(receiver, Instance) and receiver.made != NO_CONTEXT:
        handed = _handed_over(infer, receiver, name)
        if handed:
            return handed
    bindings = bind(infer, receiver.cls, receiver.args)
    values = substitute(member.values or UNKNOWN, bindings)
    if member.owner != receiver.cls:
        values = tuple([_as_overridden(infer, value, member.owner, receiver) for value in values])
    return union(*[_read_value(infer, value, receiver) for value in values])


def _as_written(infer: Inference, member: Member, cls: AnyClass, name: str) -> Function | None:
    """The method of a library that a table speaks of, where a decorator has put another function in its place."""
    owner = member.owner
    if not isinstance(owner, SourceClass) or infer.module(owner.module).origin != "library":
        return None
    for value in member.values or ():
        if not isinstance(value, Function | CallableValue | Unknown) or (
            isinstance(value, Function) and infer.function_body(value).name == name
        ):
            return None
    if not any(a.cls is not None and speaks_of(infer, a.cls, name) for a in mro(infer, cls)):
        return None
    bodies = infer.facts(owner.module).bodies
    numbers = [n for n, body in enumerate(bodies) if body.owner == owner.index and body.name == name]
    return Function(owner.module, numbers[-1]) if numbers else None


def _as_overridden(infer: Inference, value: Value, owner: AnyClass, receiver: Instance | ClassValue) -> Value:
    """A method of the same object that a base class keeps in an attribute, as the class of `receiver` has it."""
    if not isinstance(value, Function) or value.receiver is None or value.receiver.cls != owner:
        return value
    member = find_member(infer, receiver.cls, infer.function_body(value).name)
    for other in bound(member.values or (), receiver) if member is not None else ():
        if isinstance(other, Function) and other.receiver is not None:
            return other
    return value


def _is_told_better(infer: Inference, member: Member, path: str) -> bool:
    """Whether a decorator of a library hides what a method gives, and tables know the method by `path`."""
    owner = member.owner
    if not isinstance(owner, SourceClass) or infer.module(owner.module).origin != "library":
        return False
    written = all(isinstance(value, Function) and value.module == owner.module for value in member.values or ())
    return not written and infer.knowledge.awaitable(path) is not None


def _handed_over(infer: Inference, receiver: Instance, name: str) -> Values:
    """An attribute as the constructor sets it to what it was handed, if that is something to be called."""
    member = find_member(infer, receiver.cls, "__init__")
    for function in member.values or () if member is not None else ():
        if isinstance(function, Function):
            body = infer.function_body(function)
            if body.owner < 0:
                return ()
            definitions = infer.facts(function.module).classes[body.owner].attributes.get(name, ())
            if len(definitions) == 1 and definitions[0][0] == function.body:
                handed = infer.value(Site(function.module, function.body, receiver.made), definitions[0][1])
                return handed if all(map(holds_callable, handed)) else ()
    return ()


def _inherited(infer: Inference, cls: AnyClass, member: Member, name: str) -> Values:
    """An attribute that a base class's constructor sets, as `cls` has it."""
    if not isinstance(member.owner, SourceClass) or member.values is None:
        return UNKNOWN
    definitions = infer.class_facts(member.owner).attributes.get(name, ())
    if not definitions or len(definitions) > MOST_DEFINITIONS:
        return member.values
    module = member.owner.module
    return union(*[through_constructors(infer, cls, Site(module, body), number) for body, number in definitions])


def _read_value(infer: Inference, value: Value, receiver: Instance | ClassValue) -> Values:
    if isinstance(value, Descriptor) and value.kind == "property" and isinstance(receiver, Instance):
        return call(infer, bound(value.function, receiver), Arguments(more=False))
    if isinstance(value, Descriptor) and value.kind == "field" and isinstance(receiver, Instance):
        return value.function
    if isinstance(value, Function | Descriptor):
        return bound((value,), receiver)
    if isinstance(value, Instance) and _is_descriptor(infer, value):
        return call_method(infer, value, "__get__", NO_ARGUMENTS)
    return close((value,))


def _is_descriptor(infer: Inference, value: Instance) -> bool:
    """Whether reading an attribute that holds `value` calls a method of it, whose source is at hand."""
    cls = value.cls
    if not isinstance(cls, SourceClass) or infer.module(cls.module).origin == "standard library":
        return False
    member = find_member(infer, cls, "__get__")
    return member is not None and bool(member.values)


def _dynamic(infer: Inference, receiver: Instance | ClassValue) -> Values:
    """What ``__getattr__`` gives."""
    if isinstance(receiver, ClassValue):
        return UNKNOWN
    member = find_member(infer, receiver.cls, "__getattr__")
    if member is None:
        return UNKNOWN
    return call_method(infer, receiver, "__getattr__", NO_ARGUMENTS)


def _foreign_member(infer: Inference, owner: AnyClass, receiver: Instance | ClassValue, name: str) -> Values:
    path = f"{_told_class(infer, receiver.cls, owner, name).name}.{name}"
    instance = receiver if isinstance(receiver, Instance) else None
    if instance is not None and not speaks_of(infer, owner, name):
        dynamic = infer.knowledge.returns(f"{owner.name}.__getattr__")
        if dynamic is not None and not infer.knowledge.is_safe(path):
            return (Instance(named_class(infer, dynamic).cls),)
    return foreign(infer, path, instance)


def _told_class(infer: Inference, cls: AnyClass, owner: AnyClass, name: str) -> AnyClass:
    """The class, of `cls` and those that it inherits from down to `owner`, of whose `name` tables speak; `owner` where none
    is."""
    if cls == owner:
        return owner
    ancestors = [ancestor.cls for ancestor in mro(infer, cls)]
    between = ancestors[: ancestors.index(owner)] if owner in ancestors else []
    return next((one for one in between if one is not None and speaks_of(infer, one, name)), owner)


def item(infer: Inference, value: Value, key: Values) -> Values:
    """What ``value[key]`` gives."""
    if isinstance(value, TupleValue) and len(key) == 1 and isinstance(key[0], Literal):
        index = key[0].value
        if isinstance(index, int) and -len(value.items) <= index < len(value.items):
            return value.items[index]
    if isinstance(value, DictValue) and key and all(isinstance(one, Literal) for one in key):
        entries = dict(value.items)
        known = [entries[one.value] for one in key if isinstance(one, Literal) and one.value in entries]
        if known or not entries:
            return union(*known)
    if isinstance(value, Instance) and len(key) == 1 and isinstance(key[0], Literal):
        field = field_of(infer, value.cls, key[0].value)
        if field is not None:
            return _attribute(infer, value, field)
    return call_method(infer, value, "__getitem__", Arguments((key,), more=False))


def element(infer: Inference, value: Value, is_async: bool) -> Values:
    """What iterating over `value` gives, one at a time."""
    if isinstance(value, TupleValue):
        return union(*value.items)
    if is_async:
        iterators = call_method(infer, value, "__aiter__", NO_ARGUMENTS)
        return union(*[_awaited_method(infer, iterator, "__anext__") for iterator in iterators])
    instance = as_instance(infer, value)
    if instance is not None and find_member(infer, instance.cls, "__iter__") is None:
        return call_method(infer, value, "__getitem__", NO_ARGUMENTS)
    iterators = call_method(infer, value, "__iter__", NO_ARGUMENTS)
    return union(*[call_method(infer, iterator, "__next__", NO_ARGUMENTS) for iterator in iterators])


def entered(infer: Inference, value: Value, is_async: bool) -> Values:
    """What ``with value as ...`` gives; an object of a library that isn't at hand is taken to give itself."""
    instance = as_instance(infer, value)
    name = "__aenter__" if is_async else "__enter__"
    if instance is not None and _is_told(infer, instance, name):
        return _told(infer, instance, name) or (instance,)
    return _awaited_method(infer, value, name) if is_async else call_method(infer, value, name, NO_ARGUMENTS)


def _awaited_method(infer: Inference, value: Value, name: str) -> Values:
    """What awaiting a call of method `name` gives; tables say it of objects that aren't at hand."""
    told = _told_awaited(infer, value, name)
    if told:
        return told
    return awaited(infer, call_method(infer, value, name, NO_ARGUMENTS))


def _told_awaited(infer: Inference, value: Value, name: str) -> Values:
    """What tables say that awaiting the result of method `name`, which the language calls, gives; nothing where it is not
    for them to say."""
    instance = as_instance(infer, value)
    if instance is None:
        return ()
    if _is_told(infer, instance, name):
        return _told(infer, instance, name) or UNKNOWN
    return () if instance.args else _told(infer, instance, name)  # A wrapper with arguments says itself what it holds.


def _is_told(infer: Inference, instance: Instance, name: str) -> bool:
    """Whether tables alone may know what method `name`, which the language calls, gives."""
    member = find_member(infer, instance.cls, name)
    return member is not None and member.values is None


def _told(infer: Inference, instance: Instance, name: str) -> Values:
    """What tables say that the language gets from method `name`; nothing where they are silent."""
    member = find_member(infer, instance.cls, name)
    known = _row_of(infer, instance.cls, member.owner, name) if member is not None else None
    return (Instance(named_class(infer, known).cls),) if known else ()


def _row_of(infer: Inference, cls: AnyClass, owner: AnyClass, name: str) -> str | None:
    """What tables say that method `name` of `owner` gives for objects of `cls`: of a class below they may say another thing, and
    where a library's own class below is not named, it holds what they don't know of."""
    own = infer.knowledge.returns(f"{cls.name}.{name}")
    if own is not None or cls == owner:
        return own
    is_of_library = isinstance(cls, SourceClass) and cls.name.partition(".")[0] == owner.name.partition(".")[0]
    return None if is_of_library else infer.knowledge.returns(f"{owner.name}.{name}")


def awaited(infer: Inference, values: Values) -> Values:
    """What awaiting one of `values` gives."""
    return union(*[_awaited(infer, value) for value in values])


def _awaited(infer: Inference, value: Value) -> Values:
    if isinstance(value, Coroutine):
        return value.result
    told = _told_awaited(infer, value, "__await__")
    if told:
        return told
    generators = call_method(infer, value, "__await__", NO_ARGUMENTS)
    return union(*[g.args[2] if isinstance(g, Instance) and len(g.args) == 3 else UNKNOWN for g in generators])
