"""The text of a finding: what blocks, how we know, what to write instead; one line."""

from __future__ import annotations

from flake8_noblock.effects.operations import Operation
from flake8_noblock.knowledge.schema import Kind

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


def blocking_text(operation: Operation) -> str:
    """The message for a blocking operation."""
    name = _shown(operation)
    row = operation.row
    effect = f"blocks the event loop {row.effect}" if row.effect else _EFFECT[row.kind]
    return f"{name} {effect}; use {way_out(operation)}"


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
