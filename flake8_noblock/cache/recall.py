"""Keys under which the findings in a module are kept: all that they depend on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from flake8_noblock.cache.fingerprints import Fingerprints
from flake8_noblock.cache.results import Results
from flake8_noblock.cache.signature import libraries_signature, plugin_signature, signature_of
from flake8_noblock.cache.store import Store
from flake8_noblock.link.finder import Finder
from flake8_noblock.link.inheritance import Inheritance
from flake8_noblock.link.program import read_source
from flake8_noblock.options import Options


class Recall:
    """Finds the keys, and the findings kept under them."""

    def __init__(
        self, finder: Finder, inheritance: Inheritance, store: Store, libraries: tuple[Path, ...], options: Options
    ) -> None:
        self.results = Results(store)
        self._finder = finder
        self._libraries = libraries
        self._options = options
        self._fingerprints = Fingerprints(finder, inheritance, store, tuple(filter(_is_loose, libraries)))

    def key(self, name: str, path: Path, root: Path, text: bytes) -> bytes:
        """The key for the module in file `path` that goes by `name` below `root` and has this text."""
        return self._common + signature_of([name]) + self._fingerprints.of(path, name, root, text)

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
