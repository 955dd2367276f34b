"""From a stub to the source beside it."""

from __future__ import annotations

from flake8_noblock.link.inference import Inference
from flake8_noblock.link.values import ClassValue, Function, Instance, SourceClass


def source_of(infer: Inference, function: Function) -> Function | None:
    """`function` where its body is at hand: itself, or what its stub stands for; None where there is no source.

    The standard library is known by its stubs only.
    """
    module = infer.module(function.module)
    if module.path is None or module.path.suffix != ".pyi":
        return function
    if module.origin == "standard library":
        return None
    source = infer.program.source(module)
    if source is None or source.facts is None:
        return None
    number = _by_name(infer, source.key).get(infer.function_body(function).qualname)
    if number is None:
        return None
    return Function(source.key, number, _receiver(infer, function, source.key))


def _receiver(infer: Inference, function: Function, module: str) -> Instance | ClassValue | None:
    """The receiver as the source knows it."""
    receiver = function.receiver
    if receiver is None or not isinstance(receiver.cls, SourceClass) or receiver.cls.module != function.module:
        return receiver
    qualname = infer.class_facts(receiver.cls).qualname
    for index, facts in enumerate(infer.facts(module).classes):
        if facts.qualname == qualname:
            cls = infer.source_class(module, index)
            return Instance(cls) if isinstance(receiver, Instance) else ClassValue(cls)
    return receiver


def _by_name(infer: Inference, module: str) -> dict[str, int]:
    """The last body of each qualified name."""
    bodies = infer.facts(module).bodies
    return infer.remember("bodies by name", module, lambda: {body.qualname: number for number, body in enumerate(bodies)})
