"""The findings that are kept: under keys that cover what they depend on, with the questions about other files that were asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from flake8_noblock.cache.fingerprints import Fingerprints
from flake8_noblock.cache.results import Found, Results
from flake8_noblock.cache.signature import libraries_signature, plugin_signature, signature_of
from flake8_noblock.cache.store import Store
from flake8_noblock.finding import Finding
from flake8_noblock.link.finder import Finder
from flake8_noblock.link.inheritance import Inheritance
from flake8_noblock.link.mentions import Mentions, Question
from flake8_noblock.link.program import read_source
from flake8_noblock.options import Options


class Recall:
    """Finds the keys, and the findings kept under them."""

    def __init__(
        self,
        finder: Finder,
        inheritance: Inheritance,
        mentions: Mentions,
        store: Store,
        libraries: tuple[Path, ...],
        options: Options,
    ) -> None:
        self._results = Results(store)
        self._mentions = mentions
        self._finder = finder
        self._libraries = libraries
        self._options = options
        self._fingerprints = Fingerprints(finder, inheritance, store, tuple(filter(_is_loose, libraries)))

    def key(self, name: str, path: Path, root: Path, text: bytes) -> bytes:
        """The key for the module in file `path` that goes by `name` below `root` and has this text."""
        return self._common + signature_of([name]) + self._fingerprints.of(path, name, root, text)

    def get(self, key: bytes) -> list[Finding] | None:
        """The findings kept under `key`, if the questions that they depend on still have the same answers."""
        found = self._results.get(key)
        if found is None or not found.questions:
            return None if found is None else found.findings
        if found.stamp != self._mentions.stamp:
            if found.answers != self._answers(found.questions):
                return None
            self._keep(key, found.findings, found.questions, found.answers)
        return found.findings

    def put(self, key: bytes, findings: list[Finding], questions: Iterable[Question]) -> None:
        """Keep findings that were made with the answers to `questions`."""
        asked = sorted(questions)
        self._keep(key, findings, asked, self._answers(asked))

    def _keep(self, key: bytes, findings: list[Finding], questions: list[Question], answers: bytes) -> None:
        stamp = self._mentions.stamp if questions else b""
        self._results.put(key, Found(findings, questions, answers, stamp))

    def _answers(self, questions: Iterable[Question]) -> bytes:
        """Tells whether the files that answer questions are the same, and all that these depend on."""
        parts: list[str] = []
        for question in questions:
            files = self._mentions.files(question)
            parts += [str(question), "too many"] if files is None else [str(question)]
            parts += [f"{path} {self._fingerprints.of_file(path).hex()}" for path in files or ()]
        return signature_of(parts) if parts else b""

    @cached_property
    def _common(self) -> bytes:
        """What the findings in all modules depend on: the plugin, the options, what is installed, what options name."""
        named = [self._fingerprints.of(path, name, None, read_source(path)).hex() for name, path in self._configured()]
        parts = [plugin_signature().hex(), self._options.signature, libraries_signature(self._libraries).hex(), *named]
        return signature_of(parts)

    def _configured(self) -> Iterator[tuple[str, Path]]:
        """The modules of the project that the user's own names lie in."""
        own = self._options.knowledge.own
        for dotted in sorted({*own.blocking, *own.offload, *own.loop_callback, *own.returns}):
            parts = dotted.split(".")
            for cut in range(1, len(parts)):
                location = self._finder.find(".".join(parts[:cut]))
                if location is not None and location.path is not None and location.origin == "project":
                    yield location.name, location.path


def _is_loose(folder: Path) -> bool:
    """Whether a library folder holds plain sources, as PYTHONPATH may name them, rather than installed distributions."""
    try:
        return not any(folder.glob("*.dist-info"))
    except OSError:
        return False
