"""Failures, and which classes of exceptions catch them."""

from __future__ import annotations

from dataclasses import dataclass

from flake8_noblock.knowledge.schema import Fails
from flake8_noblock.link.classes import mro
from flake8_noblock.link.inference import Inference
from flake8_noblock.link.names import named_class
from flake8_noblock.link.objects import flat
from flake8_noblock.link.values import AnyClass, ClassValue, Foreign, ForeignClass, Values

_ALL = ("builtins.BaseException", "builtins.Exception")
_GROUPS = ("builtins.BaseExceptionGroup", "builtins.ExceptionGroup")
_CANCELLATION = ("builtins.BaseException", "asyncio.CancelledError", "asyncio.exceptions.CancelledError")
_OPERATIONAL = "builtins.OSError"
_NO_LOOP = ("builtins.RuntimeError",)


@dataclass(frozen=True, slots=True)
class Failure:
    """What may go wrong when operation `name` is awaited, as `row` says; classes of these `libraries` may tell of it."""

    name: str
    row: Fails
    libraries: frozenset[str]

    @property
    def key(self) -> tuple[object, ...]:
        """The same for failures that the same handlers catch."""
        return self.row.errors, self.libraries


def failure(name: str, row: Fails) -> Failure:
    """The failure of operation `name`."""
    return Failure(name, row, frozenset(path.partition(".")[0] for path in (name, *row.errors)))


def catches(infer: Inference, types: Values, failed: Failure, wrapped: bool) -> bool:
    """Whether a handler for `types` may catch a failure; `wrapped`: it arrives in an exception group. In doubt true."""
    return any(_catches(infer, value, failed, wrapped) for value in flat(types))


def _catches(infer: Inference, value: object, failed: Failure, wrapped: bool) -> bool:
    cls = _class(infer, value)
    if cls is None:
        return True
    ancestors = [ancestor.cls for ancestor in mro(infer, cls)]
    known = [ancestor for ancestor in ancestors if ancestor is not None]
    if len(known) < len(ancestors) and not isinstance(cls, ForeignClass):
        return True
    names = [infer.knowledge.canonical(ancestor.name) for ancestor in known]
    if names[0] in _ALL:
        return True
    if wrapped:
        return any(name in _GROUPS for name in names)
    if _OPERATIONAL in names or any(_is_library(infer, one) and _top(one) in failed.libraries for one in known):
        return True
    errors = [named_class(infer, error).cls for error in failed.row.errors]
    return any(error in known or cls in [ancestor.cls for ancestor in mro(infer, error)] for error in errors)


def _top(cls: AnyClass) -> str:
    return cls.name.partition(".")[0]


def _is_library(infer: Inference, cls: AnyClass) -> bool:
    return isinstance(cls, ForeignClass) or not infer.is_standard(ClassValue(cls))


def catches_cancellation(infer: Inference, types: Values) -> bool:
    """Whether a handler for `types` is sure to catch the cancellation of a coroutine."""
    return any(_is_one_of(infer, value, _CANCELLATION) for value in flat(types))


def catches_everything(infer: Inference, types: Values) -> bool:
    """Whether a handler for `types` is sure to catch every error of a program."""
    return any(_is_one_of(infer, value, _ALL) for value in flat(types))


def catches_running_loop(infer: Inference, types: Values) -> bool:
    """Whether a handler for `types` is there for what is raised where a loop is started, or asked for, at the wrong time."""
    return any(_is_one_of(infer, value, _NO_LOOP) for value in flat(types))


def _is_one_of(infer: Inference, value: object, names: tuple[str, ...]) -> bool:
    cls = _class(infer, value)
    return cls is not None and cls.name in names


def _class(infer: Inference, value: object) -> AnyClass | None:
    match value:
        case ClassValue(cls=cls):
            return cls
        case Foreign(name=name, receiver=None):
            return ForeignClass(infer.knowledge.canonical(name))
    return None
