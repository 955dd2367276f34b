"""The text of a finding: what blocks, how we know, what to write instead; one line."""

from __future__ import annotations

from flake8_noblock.effects.operations import Operation
from flake8_noblock.effects.reached import Reached
from flake8_noblock.facts.model import Attr, Call
from flake8_noblock.knowledge.schema import Kind
from flake8_noblock.link.inference import Inference, Site

_EFFECT: dict[Kind, str] = {
    "sleep": "puts the event loop to sleep",
    "network": "blocks the event loop on network I/O",
    "database": "blocks the event loop on a database",
    "subprocess": "blocks the event loop on a subprocess",
    "file": "blocks the event loop on file I/O",
    "thread": "blocks the event loop waiting on another thread or process",
    "terminal": "blocks the event loop on the terminal",
    "declared": "blocks the event loop, as your configuration says",
    "metadata": "blocks the event loop on file-system metadata",
    "cpu": "keeps the event loop busy with heavy computation",
    "import": "blocks the event loop loading code or data files",
    "lock": "may block the event loop on a thread lock",
}

_THROUGH: dict[Kind, str] = {
    "sleep": "sleeps",
    "network": "blocks on network I/O",
    "database": "blocks on a database",
    "subprocess": "blocks on a subprocess",
    "file": "blocks on file I/O",
    "thread": "blocks waiting on another thread or process",
    "terminal": "blocks on the terminal",
    "declared": "blocks, as your configuration says",
    "metadata": "blocks on file-system metadata",
    "cpu": "computes for long",
    "import": "blocks loading code or data files",
    "lock": "may block on a thread lock",
}

MOST_NAMES = 5
"""Names in a chain; of longer ones the middle is left out."""


def blocking_text(operation: Operation) -> str:
    """The message for a blocking operation."""
    name = _shown(operation)
    row = operation.row
    effect = f"blocks the event loop {row.effect}" if row.effect else _EFFECT[row.kind]
    return f"{name} {effect}; use {way_out(operation)}"


def through_text(infer: Inference, found: Reached) -> str:
    """The message for an operation that is reached through calls."""
    name = _caller_shown(infer, found)
    row = found.operation.row
    effect = f"blocks {row.effect}" if row.effect else _THROUGH[row.kind]
    chain = chained([*(function_name(infer, place.site) for place in found.chain), found.operation.name])
    instead = f"{row.instead} or " if row.instead else ""
    return f"{name} {effect}: {chain}; use {instead}await asyncio.to_thread({_handed(infer, found)})"


def chained(names: list[str]) -> str:
    """The names of a chain, joined; in the middle of a long one some are left out."""
    if len(names) > MOST_NAMES:
        names = [*names[:2], "...", *names[-(MOST_NAMES - 2) :]]
    return " -> ".join(names)


def function_name(infer: Inference, site: Site) -> str:
    """A function as a chain names it: a method with its class."""
    body = infer.body(site)
    owner = infer.facts(site.module).classes[body.owner].name if body.owner >= 0 else ""
    return f"{owner}.{body.name}" if owner else body.name or infer.module(site.module).name


def _caller_shown(infer: Inference, found: Reached) -> str:
    """What reaches the operation, as it is written if it is a call, else by the name of what runs."""
    if found.later:
        return f"{function_name(infer, found.chain[0].site)}()"
    op = infer.body(found.place.site).ops[found.place.number]
    if isinstance(op, Call):
        return f"{op.spelling or _last_name(infer, found)}()"
    return function_name(infer, found.chain[0].site) if found.chain else found.operation.spelling


def _last_name(infer: Inference, found: Reached) -> str:
    """The name of a callable that is no dotted name: the method in ``make().run()``."""
    ops = infer.body(found.place.site).ops
    op = ops[found.place.number]
    callee = ops[op.func] if isinstance(op, Call) else op
    if isinstance(callee, Attr):
        return callee.name
    return function_name(infer, found.chain[0].site) if found.chain else found.operation.spelling


def _handed(infer: Inference, found: Reached) -> str:
    if found.later:
        return function_name(infer, found.chain[0].site)
    op = infer.body(found.place.site).ops[found.place.number]
    if isinstance(op, Call) and op.spelling:
        return f"{op.spelling}, ..." if op.args or op.keywords else op.spelling
    return "..., in a function of its own"


def way_out(operation: Operation) -> str:
    """What to write instead of `operation`."""
    if operation.row.instead:
        return operation.row.instead
    return f"await asyncio.to_thread({_offloaded(operation)})"


def _shown(operation: Operation) -> str:
    """The call as it is written, with the name by which it is known where that tells more."""
    last = operation.name.rpartition(".")[2]
    if operation.spelling == operation.name or operation.name == f"builtins.{operation.spelling}":
        return f"{operation.spelling}()"
    if last.startswith("__"):
        return operation.name
    return f"{operation.spelling}() [{operation.name}]"


def _offloaded(operation: Operation) -> str:
    last = operation.name.rpartition(".")[2]
    if last.startswith("__"):
        return "..., in a function of its own"
    return f"{operation.spelling}, ..." if operation.has_arguments else operation.spelling
