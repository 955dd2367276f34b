"""Whether a value is certain to be what inference says of it: nothing outside the code at hand can make it another."""

from __future__ import annotations

from flake8_noblock.effects.awaitables import kind_of
from flake8_noblock.effects.hearsay import attributes_set
from flake8_noblock.effects.origins import Place, definitions_of, origins
from flake8_noblock.effects.overrides import is_abstract, overrides
from flake8_noblock.facts.model import (
    Attr,
    Await,
    Call,
    Choice,
    Closure,
    Const,
    Declared,
    Display,
    Format,
    Lookup,
    Mapping,
    Narrowed,
    Param,
    Return,
)
from flake8_noblock.facts.operands import is_parameter, returned_values
from flake8_noblock.link.annotations import SELF, declared
from flake8_noblock.link.classes import find_member, is_protocol
from flake8_noblock.link.functions import bound, overloads, result
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.mentions import Question
from flake8_noblock.link.objects import may_be_of
from flake8_noblock.link.sources import source_of
from flake8_noblock.link.values import (
    Adapter,
    CallableValue,
    ClassValue,
    Coroutine,
    Descriptor,
    Function,
    Instance,
    ModuleValue,
    SourceClass,
    TypeVariable,
    Values,
    is_unknown,
)


def is_certain(infer: Inference, place: Place) -> bool:
    """Whether the value at `place` is a literal, a function itself, or what a call of a known function or class gives."""
    ops = infer.body(place.site).ops
    if any(isinstance(value, Instance) and value.cls.name == "builtins.object" for value in infer.value(*place)):
        return False
    match ops[place.number]:
        case Display() | Mapping() | Format() | Closure():
            return True
        case Const():
            return True
        case Param(index=index) if infer.body(place.site).params[index].annotation < 0:
            return False
        case Param() | Declared(value=-1):
            return all(_is_of_standard_class(infer, value) for value in infer.value(*place))
        case Await(value=value):
            return is_certain(infer, Place(place.site, value))
        case Choice(values=values) if any(ops[value] == Const(None) for value in values):
            return False
        case Choice(values=values):
            return all(is_certain(infer, Place(place.site, value)) for value in values if value != place.number)
        case Declared(value=value) | Narrowed(value=value) if value >= 0:
            return is_certain(infer, Place(place.site, value))
        case Call():
            return _is_certain_call(infer, place)
        case Attr(base=base, name=name):
            receivers = infer.value(place.site, base)
            if receivers and all(_is_property(infer, receiver, name, Place(place.site, base)) for receiver in receivers):
                return True
    return all(isinstance(value, Function | ClassValue) for value in infer.value(*place))


def _is_certain_call(infer: Inference, place: Place) -> bool:
    ops = infer.body(place.site).ops
    op = ops[place.number]
    assert isinstance(op, Call)
    callee = infer.value(place.site, op.func)
    if "" in dict(op.keywords) and any(isinstance(v, Function) and infer.function_body(v).returns < 0 for v in callee):
        return False  # Which way the function takes depends on what isn't seen.
    return bool(callee) and not is_doubted(infer, place) and all(_gives_for_certain(infer, value) for value in callee)


def is_doubted(infer: Inference, place: Place, seen: frozenset[Place] = frozenset()) -> bool:
    """Whether what runs at a call may be another function than the one that is found: it is called by a name for whatever is
    given, a module sets an attribute of that name on other objects, the project has its own class below a library's, or an
    annotation says of which class of a library the receiver is, where one that takes the sync class for the async one is a common
    slip. So may what a function calls to give its result; `seen` are the calls on the way there."""
    ops = infer.body(place.site).ops
    op = ops[place.number]
    if not isinstance(op, Call):
        return False
    method, callee = ops[op.func], infer.value(place.site, op.func)
    if any(not _is_own_name(infer, Place(place.site, op.func), value) for value in callee):
        return True
    if isinstance(method, Attr):
        if _is_replaced(infer, place.site.module, method.name):
            return True
        of_library = [v for v in callee if isinstance(v, Function) and v.receiver and infer.module(v.module).origin == "library"]
        if (
            any(_is_changed(infer, v.receiver) for v in of_library)
            or of_library
            and not _is_made(infer, Place(place.site, method.base))
        ):
            return True
    returned = [call for v in callee if isinstance(v, Function) for call in _calls_returned(infer, v)]
    return any(is_doubted(infer, call, seen | {place}) for call in returned if call not in seen)


def _is_replaced(infer: Inference, module: str, name: str) -> bool:
    """Whether a module that uses `name` sets an attribute of that name on an object that isn't its own."""
    others = infer.program.modules_answering(Question(name)) or ()
    return any(name in attributes_set(infer, one) for one in (module, *others))


def _calls_returned(infer: Inference, function: Function) -> list[Place]:
    """The calls whose results a function of the project gives, where no annotation says what that is."""
    body = infer.function_body(function)
    if body.returns >= 0 or body.is_async or infer.module(function.module).origin != "project":
        return []
    returned = returned_values(body)
    return [Place(Site(function.module, function.body), number) for number in returned if isinstance(body.ops[number], Call)]


def _is_made(infer: Inference, place: Place) -> bool:
    """Whether calls made the object at `place`, and no annotation says of which class it is."""
    made = origins(infer, place)
    return made is not None and made != [] and all(_makes_itself(infer, one) for one in made)


def _makes_itself(infer: Inference, call: Place) -> bool:
    """Whether a call gives what no annotation of the project speaks of."""
    op = infer.body(call.site).ops[call.number]
    callee = infer.value(call.site, op.func) if isinstance(op, Call) else ()
    return bool(callee) and not any(
        isinstance(v, Function) and infer.module(v.module).origin == "project" and infer.function_body(v).returns >= 0
        for v in callee
    )


def _is_own_name(infer: Inference, place: Place, callee: object) -> bool:
    """Whether a callable is called by a name of its own, and not by one for whatever is given: a parameter, of this function or
    one around it, or an attribute that holds, or is declared to hold, something of the kind."""
    op = infer.body(place.site).ops[place.number]
    if isinstance(op, Param):
        return False
    if isinstance(callee, CallableValue):
        return _is_made_by_standard_decorator(infer, place, callee)
    if isinstance(op, Attr) and not any(isinstance(value, Instance) for value in infer.value(place.site, op.base)):
        return True
    match callee:
        case Function() if isinstance(op, Attr | Lookup):
            return infer.function_body(callee).name == op.name
        case ClassValue() if isinstance(op, Attr | Call):
            return isinstance(op, Attr) and callee.cls.name.rpartition(".")[2] == op.name
    return True


def _is_made_by_standard_decorator(infer: Inference, place: Place, callee: CallableValue) -> bool:
    """Whether the name, attribute or module's name at `place` is that of a function as the standard library decorates it."""
    op = infer.body(place.site).ops[place.number]
    if isinstance(op, Attr) and all(isinstance(value, ModuleValue) for value in infer.value(place.site, op.base)):
        return True
    definitions = definitions_of(infer, place)
    return bool(definitions) and all(_is_decorated(infer, definition, callee) for definition in definitions)


def _is_decorated(infer: Inference, place: Place, callee: CallableValue) -> bool:
    op = infer.body(place.site).ops[place.number]
    if not isinstance(op, Call) or callee not in infer.value(*place):
        return False
    return all(
        isinstance(value, Function | ClassValue) and infer.is_standard(value) for value in infer.value(place.site, op.func)
    )


def _is_property(infer: Inference, receiver: object, name: str, base: Place) -> bool:
    """Whether an attribute is a property that is certain to give what it says."""
    if not isinstance(receiver, Instance):
        return False
    member = find_member(infer, receiver.cls, name)
    values = member.values or () if member is not None else ()
    getters = [bound(value.function, receiver) for value in values if isinstance(value, Descriptor) and value.kind == "property"]
    if not getters or len(getters) != len(values) or _is_of_library(infer, receiver) and not _is_made(infer, base):
        return False
    return all(_gives_for_certain(infer, function, decorators=1) for getter in getters for function in getter)


def _is_of_library(infer: Inference, receiver: Instance) -> bool:
    return isinstance(receiver.cls, SourceClass) and infer.module(receiver.cls.module).origin == "library"


def _is_of_standard_class(infer: Inference, value: object) -> bool:
    """Whether a value is declared to be of a class of the standard library: subclasses don't become awaitable."""
    if not isinstance(value, Instance) or not isinstance(value.cls, SourceClass) or value.cls.name == "builtins.object":
        return False
    return infer.is_standard(ClassValue(value.cls)) and not is_protocol(infer, value.cls)


def _gives_for_certain(infer: Inference, callee: object, decorators: int = 0) -> bool:
    """Whether what calling `callee` gives is certain; `decorators`: how many are known to change nothing."""
    match callee:
        case ClassValue() | Adapter() | CallableValue():
            return True
        case Function() as function if infer.is_standard(function):
            return not any(_hands_on_contents(infer, signature) for signature in overloads(infer, function))
        case Function(receiver=None) as function:
            return not infer.function_body(function).decorators and _keeps_its_word(infer, function)
        case Function(receiver=receiver) as function:
            if (
                not _keeps_its_word(infer, function)
                or len(infer.function_body(function).decorators) > decorators
                or is_abstract(infer, function)
                or _says_nothing(infer, function)
            ):
                return False
            return not (isinstance(receiver, Instance) and overrides(infer, function, receiver, everywhere=True))
    return False


def _hands_on_contents(infer: Inference, function: Function) -> bool:
    """Whether a function of the standard library gives something of what it is given, as ``next``, ``dict.get`` and ``getattr``
    do: what an object holds here is another thing elsewhere."""
    body = infer.function_body(function)
    if body.returns < 0:
        return False
    given = declared(infer, Site(function.module, function.body), body.returns)
    return any(isinstance(value, TypeVariable) and value != SELF or is_unknown((value,)) for value in given)


def _is_changed(infer: Inference, receiver: object) -> bool:
    """Whether an object is of a project's class that has methods of a library's class in its own way."""
    if not isinstance(receiver, Instance) or not isinstance(receiver.cls, SourceClass):
        return False
    cls = receiver.cls
    if infer.module(cls.module).origin != "project":
        return False
    methods = [body.name for body in infer.facts(cls.module).bodies if body.owner == cls.index and not body.name.startswith("__")]
    return any(find_member(infer, cls, name, after=cls) is not None for name in methods)


def _keeps_its_word(infer: Inference, function: Function) -> bool:
    """Whether nothing that a function returns is, or may be, more than its annotation says."""
    body = infer.function_body(function)
    returned = returned_values(body)
    if body.returns < 0 or body.is_async and body.is_generator or _is_stub(infer, function):
        handed_back = infer.module(function.module).origin == "project" and any(is_parameter(body, one) for one in returned)
        return not handed_back and not _is_left_open(infer, function)
    site = Site(function.module, function.body)
    said = declared(infer, site, body.returns)
    plain = all(not isinstance(value, Instance) or _is_of_standard_class(infer, value) for value in said)
    made = all(isinstance(body.ops[number], Call | Const | Display | Mapping | Format) for number in returned)
    given = [infer.value(site, number) for number in returned]
    if any(kind_of(infer, values) or _contradicts(infer, values, said) for values in given):
        return False
    return plain or made and not any(map(is_unknown, given))


def _contradicts(infer: Inference, given: Values, said: Values) -> bool:
    """Whether one of some objects is of no class that an annotation says."""
    kinds = [value for value in said if isinstance(value, Instance)]
    objects = [value for value in given if isinstance(value, Instance) and isinstance(value.cls, SourceClass)]
    return bool(kinds) and any(not any(may_be_of(infer, value, kind) for kind in kinds) for value in objects)


def _is_left_open(infer: Inference, function: Function) -> bool:
    """Whether the source beside a stub doesn't show what the function gives, which its arguments may decide."""
    source = source_of(infer, function)
    if source is None or source.module == function.module:
        return False
    return any(is_unknown(given.result if isinstance(given, Coroutine) else (given,)) for given in result(infer, source))


def _is_stub(infer: Inference, function: Function) -> bool:
    path = infer.module(function.module).path
    return path is not None and path.suffix == ".pyi"


def _says_nothing(infer: Inference, method: Function) -> bool:
    """Whether a method is empty: a place for subclasses to fill."""
    body = infer.function_body(method)
    return body.returns < 0 and not returned_values(body) and all(isinstance(op, Param | Const | Return) for op in body.ops)
