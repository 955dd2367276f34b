"""What tests of bad input are made of: a coroutine that blocks, and the findings in a text within a bound of time."""

from __future__ import annotations

import ast
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from flake8_noblock.plugin import Plugin

BLOCKING = "import time\n\n\nasync def main():\n    time.sleep(1)\n"
OPTIONS = ("extend_blocking", "safe_calls", "offloaders", "loop_callbacks", "src", "knowledge")
PIECES = 256
"""So many times the CPU time of `piece` no file here may need, about 20 s on a machine of today; most need a small part of it."""


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def piece() -> None:
    """Work of the interpreter, as a measure of the machine."""
    seen: dict[str, object] = {}
    for number in range(300_000):
        seen[str(number % 1000)] = (number, seen.get(str(number % 77)))


@cache
def most_seconds() -> float:
    """The bound of CPU seconds on this machine."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        piece()
        taken.append(time.process_time() - start)
    return PIECES * min(taken)


class TooSlow(BaseException):
    """Not an Exception: the plugin must not catch it."""


@contextmanager
def limited() -> Iterator[None]:
    """Fails where what is inside needs more CPU time than `most_seconds`; ends it there, where the system can."""
    most = most_seconds()

    def stop(*_: object) -> None:
        raise TooSlow(f"more than {most:.1f} s")

    start = time.process_time()
    before = signal.signal(signal.SIGPROF, stop) if hasattr(signal, "setitimer") else None
    try:
        if before is not None:
            signal.setitimer(signal.ITIMER_PROF, most)
        yield
    finally:
        if before is not None:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
    assert time.process_time() - start < most


def findings(text: str, filename: str = "main.py") -> list[tuple[int, str]]:
    """What the plugin class reports in this text; fails where it takes too long."""
    plugin = Plugin(ast.parse(text), filename, text.splitlines(keepends=True))
    with limited():
        return [(line, message[:6]) for line, _, message, _ in plugin.run()]


def found_after(text: str) -> list[tuple[int, str]]:
    """The findings of `text` and of a coroutine appended to it, the lines of which count from 1."""
    shift = text.count("\n")
    return [(line - shift, code) for line, code in findings(text + BLOCKING)]
