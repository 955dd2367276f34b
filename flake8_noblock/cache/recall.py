"""The findings that are kept, with all that they depend on: modules that were looked for, and questions about the project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

from msgspec.structs import replace

from flake8_noblock.cache.nothing import Body, Nothing
from flake8_noblock.cache.results import Results, Variant
from flake8_noblock.cache.signature import libraries_signature, plugin_signature, signature_of
from flake8_noblock.cache.state import State
from flake8_noblock.cache.store import Store
from flake8_noblock.cache.texts import Texts
from flake8_noblock.finding import Finding
from flake8_noblock.link.finder import Finder
from flake8_noblock.link.mentions import Question
from flake8_noblock.link.program import Program, digest
from flake8_noblock.link.reads import Dependency, Lookup
from flake8_noblock.options import Options


class Recall:
    """Keeps findings, and gives them again where what they depend on is as it was."""

    def __init__(
        self, finder: Finder, program: Program, texts: Texts, store: Store, libraries: tuple[Path, ...], options: Options
    ) -> None:
        self._results = Results(store)
        self._texts = texts
        self._state = State(finder, program, texts)
        self._nothing = Nothing(store, self._state, program.reads)
        self._libraries = libraries
        self._options = options

    def key(self, name: str, path: Path, text: bytes) -> bytes:
        """The key for the module in file `path` that goes by `name` and has this text."""
        return self._module(name, path) + digest(text)

    def _module(self, name: str, path: Path) -> bytes:
        return self._common + signature_of([name, str(path)])

    def nothing(self, name: str, path: Path) -> dict[Body, int]:
        """Where nothing that concerns a module was found when its findings were looked for last, and need not be looked for."""
        return self._nothing.recall(self._module(name, path))

    def keep_nothing(self, name: str, path: Path, bodies: Mapping[Body, int]) -> None:
        """Keep where nothing was found, each with the mask of what was read to see that."""
        self._nothing.keep(self._module(name, path), bodies.items())

    def get(self, key: bytes, path: Path) -> list[Finding] | None:
        """The findings kept for the module in file `path`, if all that they depend on is as it was."""
        for variant in self._results.variants(key):
            current = self._renewed(variant)
            findings = self._results.findings(key + self._digest(current, path))
            if findings is not None:
                if current != variant:
                    self._results.keep_variant(key, current)
                self._texts.save()
                return findings
        return None

    def put(self, key: bytes, path: Path, findings: list[Finding], dependencies: Iterable[Dependency]) -> None:
        """Keep the findings in the module in file `path`, and what they depend on."""
        listed = list(dependencies)
        questions = sorted(one for one in listed if isinstance(one, Question))
        variant = self._renewed(Variant(sorted(one for one in listed if isinstance(one, Lookup)), questions))
        self._results.keep_variant(key, variant)
        self._results.keep_findings(key + self._digest(variant, path), findings)
        self._texts.save()

    def _renewed(self, variant: Variant) -> Variant:
        """`variant` with the answers that the project as it is gives to its questions."""
        if not variant.questions or variant.stamp == self._state.stamp:
            return variant
        return replace(variant, answers=self._state.of_answers(variant.questions), stamp=self._state.stamp)

    def _digest(self, variant: Variant, own: Path) -> bytes:
        """Of what was read as it is now; the text of the module itself, whose file is `own`, is in its key."""
        digest = blake2b(variant.answers, digest_size=16)
        for lookup in variant.lookups:
            digest.update(self._state.of_module(lookup, own))
        return digest.digest()

    @cached_property
    def _common(self) -> bytes:
        """What the findings in all modules depend on: the plugin, the options, what is installed."""
        parts = [plugin_signature().hex(), self._options.signature, libraries_signature(self._libraries).hex()]
        return signature_of(parts)
