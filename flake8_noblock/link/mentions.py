"""Which files of the project mention a name: by their text, before they are read."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, Protocol

from flake8_noblock.link.inheritance import MOST_FILES, project_files, state_of_file

MOST_MENTIONING = 150
"""Files: who uses a name that more of them mention is not asked."""

_SEPARATORS = bytes(code for code in range(128) if not (chr(code).isalnum() or code == 0x5F))
_TO_SPACES = bytes.maketrans(_SEPARATORS, b" " * len(_SEPARATORS))


class Question(NamedTuple):
    """Who mentions `name`; where it is a function of the module called `module`: who does, and may have it from there.

    `heirs`: who may have a class that inherits from one called `name`.
    """

    name: str
    module: str = ""
    heirs: bool = False


Words = dict[str, tuple[int, int, bytes]]
"""Of each file, by its path: size, time of the last change, and its words, each once, between spaces."""


class Memory(Protocol):
    """Keeps what is known of files from one run to the next."""

    def recall(self) -> Words:
        """What was kept last; nothing where nothing was."""

    def keep(self, words: Words) -> None:
        """Keep this for the next run."""


def words_of(text: bytes) -> bytes:
    """The words of a text, each once, in a fixed order, between spaces."""
    return b" ".join(sorted(set(text.translate(_TO_SPACES).split())))


class Mentions:
    """An index of the project's files by their words, made when it is first asked.

    `memory` holds what is known of files from earlier; only those that have changed since are read.
    """

    def __init__(self, roots: tuple[Path, ...], memory: Memory | None = None) -> None:
        self._roots = roots
        self._memory = memory
        self._states: dict[str, tuple[int, int]] | None = None
        self._files: dict[bytes, list[str]] | None = None
        self._answers: dict[Question, tuple[Path, ...] | None] = {}

    @property
    def stamp(self) -> bytes:
        """Changes with any file of the project: its path, size or time."""
        parts = "\0".join(f"{path} {size} {time}" for path, (size, time) in self._project().items())
        return blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def files(self, question: Question) -> tuple[Path, ...] | None:
        """The files that answer `question`, in a fixed order; None where they are too many, or the project is too large."""
        if question not in self._answers:
            self._answers[question] = self._answer(question)
        return self._answers[question]

    def _answer(self, question: Question) -> tuple[Path, ...] | None:
        if len(self._project()) > MOST_FILES:
            return None
        found = self._mentioning(question.name)
        if question.module:
            found = self._which_may_know(found, question.module)
        return tuple(map(Path, found)) if len(found) <= MOST_MENTIONING else None

    def _which_may_know(self, paths: list[str], module: str) -> list[str]:
        """Those of `paths` that mention the module's last name, or that of one of these files, from which they may have it;
        a package hands it on to the modules in its folder, too."""
        kept: dict[str, None] = {}
        stems, folders = [module.rpartition(".")[2]], set[str]()
        seen = set(stems)
        while stems:
            mentioning = set(self._mentioning(stems.pop()))
            for path in paths:
                if path not in kept and (path in mentioning or str(Path(path).parent) in folders):
                    kept[path] = None
                    stem = Path(path).stem
                    if stem == "__init__":
                        folders.add(str(Path(path).parent))
                        stem = Path(path).parent.name
                    if stem not in seen:
                        seen.add(stem)
                        stems.append(stem)
        within = [path for path in paths if path not in kept and str(Path(path).parent) in folders]
        return sorted([*kept, *within])

    def _mentioning(self, name: str) -> list[str]:
        if self._files is None:
            self._files = self._index()
        return self._files.get(name.encode("utf-8", "surrogatepass"), [])

    def _project(self) -> dict[str, tuple[int, int]]:
        """Size and time of the project's files; of a project that is too large not of all."""
        if self._states is None:
            self._states = {}
            for number, path in enumerate(project_files(self._roots)):
                self._states[str(path)] = state_of_file(path)
                if number >= MOST_FILES:
                    break
        return self._states

    def _index(self) -> dict[bytes, list[str]]:
        known = self._memory.recall() if self._memory is not None else {}
        words: Words = {}
        found: dict[bytes, list[str]] = {}
        for path, state in self._project().items():
            before = known.get(path)
            if before is None or before[:2] != state:
                before = (*state, words_of(_text(path)))
            words[path] = before
            _add(found, before[2].split(b" "), path)
        if self._memory is not None and words != known:
            self._memory.keep(words)
        return found


def _add(found: dict[bytes, list[str]], words: Iterable[bytes], path: str) -> None:
    for word in words:
        if word in found:
            found[word].append(path)
        else:
            found[word] = [path]


def _text(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
