"""What a command is, and what the commands share."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from typing import ClassVar


class Command(ABC):
    """A sub-command of ``python -m flake8_noblock``."""

    description: ClassVar[str]
    takes_flake8_options: ClassVar[bool] = False

    @abstractmethod
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what arguments the command takes."""

    @abstractmethod
    def run(self, arguments: Namespace, flake8_options: Sequence[str]) -> int:
        """Do it; gives the exit status."""


FLAKE8_OPTIONS = (
    "Options of flake8 itself (--config=FILE, --exclude=LIST, --noblock-follow=all, ...) are taken, too, and its configuration "
    "files are read."
)


def complain(message: str) -> None:
    """Say something in one line on standard error."""
    print(f"flake8-noblock: {' '.join(message.split())}", file=sys.stderr)


def printed(lines: Iterable[str]) -> None:
    """Print `lines`; what the encoding of the output lacks is escaped. A reader who has seen enough ends it quietly."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:  # Python's own flush at exit must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
