"""The texts of findings on unguarded awaits: what can fail, where nothing catches it, and what to write."""

from __future__ import annotations

from flake8_noblock.effects.errors import Failure
from flake8_noblock.effects.failing import Failing
from flake8_noblock.effects.handlers import Handler
from flake8_noblock.effects.origins import Place
from flake8_noblock.effects.unguarded import Unguarded, Unseen
from flake8_noblock.facts.model import Attr, Await, Call, Element, Enter, Lookup
from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.report.message import function_name

_KINDS = {
    "network": "network",
    "database": "database",
    "subprocess": "subprocess",
    "file": "file system",
    "timeout": "timeout",
}

MOST_ERRORS = 2
"""Classes of errors that a message names."""


def unguarded_text(infer: Inference, found: Unguarded) -> str:
    """The message for an await that can fail."""
    operation = found.operation
    shown = awaited_text(infer, operation.place, operation.made)
    here = found.outermost == operation.place.site
    where = f"nothing in {_function(infer, found.outermost)} catches it"
    if not here:
        where = f"nothing catches it on the way from {_function(infer, found.outermost)}"
    kind = _KINDS[operation.failure.row.kind]
    return f"{shown} can fail ({kind}) and {where}; wrap it in try/except {_errors(operation.failure)}"


def unseen_text(infer: Inference, found: Unseen) -> str:
    """The message for a task whose failure nobody sees."""
    return (
        f"{spelling(infer, found.place)}() starts a task that can fail ({_KINDS[found.failure.row.kind]}: "
        f"{last_names(found.failure.name)}) and nobody looks at how it ends; await it, start it in an asyncio.TaskGroup, "
        f"or catch {_errors(found.failure)} inside it"
    )


def cancellation_text(handler: Handler) -> str:
    """The message for a handler that swallows cancellation."""
    if handler.region < 0:
        return "suppresses the cancellation of this coroutine, which goes on as if nothing had happened; name what you expect"
    what = "bare except" if handler.types is None else "this handler"
    return f"{what} swallows the cancellation of this coroutine; end it with raise, or catch Exception and what you expect"


def dropped_text(handler: Handler) -> str:
    """The message for a handler that drops every error."""
    what = "this with block" if handler.region < 0 else "this handler"
    return f"{what} drops every error of what is awaited in it without a trace; catch the errors you expect, or log them"


def uncollected_text(infer: Inference, call: Place) -> str:
    """The message for gathered errors at which nobody looks."""
    name = spelling(infer, call)
    return (
        f"{name}() gives errors as results and nobody looks at the results; "
        "go through them with isinstance(result, BaseException), or leave errors to be raised"
    )


def cut_short_text(infer: Inference, place: Place) -> str:
    """The message for an await that cancellation cuts short."""
    shown = awaited_text(infer, place, place)
    return f"{shown} in clean-up is cut short if the coroutine is cancelled meanwhile; write await asyncio.shield(...) around it"


def unlimited_text(infer: Inference, found: Failing) -> str:
    """The message for an await of the network without a time limit."""
    shown = awaited_text(infer, found.place, found.made)
    return f"{shown} waits for the network with no time limit on any way to it; put it in async with asyncio.timeout(...)"


def strict_text(infer: Inference, place: Place) -> str:
    """The message for an await outside of any try."""
    return f"{awaited_text(infer, place, place)} stands in no try with a handler; wrap it in try/except"


def awaited_text(infer: Inference, place: Place, made: Place) -> str:
    """An await as it is written: ``await client.get()``; `made` is the call of which the message speaks."""
    op = infer.body(place.site).ops[place.number]
    if made == place and isinstance(op, Await | Enter | Element):
        made = Place(place.site, op.value)
    keyword = "async with" if isinstance(op, Enter) else "async for" if isinstance(op, Element) else "await"
    name = spelling(infer, made)
    call = "()" if isinstance(infer.body(made.site).ops[made.number], Call) and name else ""
    return f"{keyword} {name or '...'}{call}"


def spelling(infer: Inference, place: Place) -> str:
    """The name of what is called, or read, as it is written; the last name where it is no dotted name."""
    ops = infer.body(place.site).ops
    op = ops[place.number]
    if isinstance(op, Call):
        if op.spelling:
            return op.spelling
        op = ops[op.func]
    return op.name if isinstance(op, Attr | Lookup) else ""


def last_names(path: str) -> str:
    """A path without the modules before its last class or function."""
    parts = path.split(".")
    return ".".join(parts[-2:]) if len(parts) > 1 and parts[-2][:1].isupper() else path


def _function(infer: Inference, site: Site) -> str:
    name = function_name(infer, site)
    return name if infer.body(site).kind == "module" else f"{name}()"


def _errors(failed: Failure) -> str:
    names = [error.removeprefix("builtins.") for error in failed.row.errors[:MOST_ERRORS]]
    return names[0] if len(names) == 1 else f"({', '.join(names)})"
