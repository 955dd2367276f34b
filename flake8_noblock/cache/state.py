"""What the things that findings depend on say now: files of modules, and answers of the project."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flake8_noblock.cache.signature import signature_of
from flake8_noblock.cache.texts import Texts
from flake8_noblock.link.finder import Finder
from flake8_noblock.link.mentions import Question
from flake8_noblock.link.program import Program
from flake8_noblock.link.reads import Lookup


class State:
    """The project as it is."""

    def __init__(self, finder: Finder, program: Program, texts: Texts) -> None:
        self._finder = finder
        self._program = program
        self._texts = texts

    @property
    def stamp(self) -> bytes:
        """Changes with any file of the project."""
        return self._program.stamp

    def of_module(self, lookup: Lookup, but: Path | None = None) -> bytes:
        """Which file a module is and, unless it is `but`, what it says."""
        location = self._finder.find(lookup.name, Path(lookup.root) if lookup.root else None)
        if location is None or location.path is None:
            return b"\0"
        where = str(location.path).encode("utf-8", "surrogatepass")
        says = self._texts.of(location) if location.path != but and self._finder.may_change(location) else b""
        return where + says + b"\0"

    def of_answers(self, questions: Iterable[Question]) -> bytes:
        """Tells whether the same files answer the questions; what these say is looked up as that of others is."""
        parts: list[str] = []
        for question in questions:
            files = self._program.files(question)
            parts += [str(question), *(["too many"] if files is None else map(str, files))]
        return signature_of(parts) if parts else b""
