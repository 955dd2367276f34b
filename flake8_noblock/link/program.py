"""The modules of a program, read on demand, each once."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from flake8_noblock.facts.model import ModuleFacts
from flake8_noblock.link.finder import Finder, Location, Origin
from flake8_noblock.link.inheritance import Inheritance
from flake8_noblock.link.mentions import Mentions, Question
from flake8_noblock.link.reads import Lookup, Reads

LARGEST = 4_000_000
"""Bytes: a larger file is not read; nothing is known of it."""


class Source(NamedTuple):
    """The facts of a file, None where there are none, and the digest of its text, empty where it wasn't read."""

    facts: ModuleFacts | None
    digest: bytes


ReadFacts = Callable[[Location], Source]


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """A module of the program.

    `key` is unique in the program; it is the name, unless another file goes by that name. `facts` is None where the module
    is a namespace package or can't be parsed. `root` is the source root from which its imports are seen.
    """

    key: str
    name: str
    path: Path | None
    is_package: bool
    origin: Origin
    facts: ModuleFacts | None
    root: Path | None = None
    digest: bytes = b""

    def absolute(self, name: str, level: int) -> str | None:
        """The absolute name of what this module calls `name` with `level` leading dots; None: above the top."""
        return absolute_name(self.name, self.is_package, name, level)


def absolute_name(module: str, is_package: bool, name: str, level: int) -> str | None:
    """The absolute name of what `module` calls `name` with `level` leading dots; None: above the top.

    The folder that holds the modules without a package may be a package itself, of which nothing else tells: "" is its name.
    """
    if level == 0:
        return name
    parts = module.split(".")
    keep = len(parts) - level + (1 if is_package else 0)
    if keep < 0:
        return None
    return ".".join((*parts[:keep], *([name] if name else [])))


def digest(source: bytes) -> bytes:
    """What tells one text from another; line ends and byte order marks make no difference."""
    plain = source.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")
    return hashlib.blake2b(plain, digest_size=16).digest()


class Program:
    """All modules that were asked for so far; `reads` tells what of them, and of the project's files, was asked."""

    def __init__(
        self,
        finder: Finder,
        read: ReadFacts | None = None,
        inheritance: Inheritance | None = None,
        mentions: Mentions | None = None,
    ) -> None:
        self.reads = Reads()
        self._finder = finder
        self._inheritance = inheritance or Inheritance(finder.roots)
        self._mentions = mentions or Mentions(finder.roots)
        self._read = read or read_facts
        self._modules: dict[str, Module] = {}
        self._answers: dict[Question, tuple[list[str] | None, int]] = {}
        self._seen: dict[tuple[str, Path | None], tuple[str | None, int]] = {}
        self._marks: dict[str, int] = {}
        self._operations = 0

    @property
    def size(self) -> int:
        """The number of operations in all modules that were got or put so far."""
        return self._operations

    def _count(self, facts: ModuleFacts | None) -> None:
        if facts is not None:
            self._operations += sum([len(body.ops) for body in facts.bodies])

    def forget(self) -> None:
        """Modules are read anew from now on; what is known of the project's files stays."""
        self._modules.clear()
        self._answers.clear()
        self._seen.clear()
        self._marks.clear()
        self._operations = 0
        self.reads.forget()

    def put(self, module: Module) -> None:
        """Make `module` what its key stands for, whatever lies on disk."""
        self._modules[module.key] = module
        self._count(module.facts)
        self._marks[module.key] = self.reads.bit(self._lookup(module.name, module.root))

    def mark(self, key: str) -> int:
        """The mask of what is read with a module that was got or put before: nothing, where it can't change from run to run."""
        return self._marks[key]

    def loaded(self, key: str) -> Module | None:
        """A module that was got or put before."""
        return self._modules.get(key)

    def key_of(self, name: str, path: Path, root: Path) -> str:
        """The key of the module in file `path` that calls itself `name`."""
        location = self._finder.find(name, root)
        if location is None:
            return name
        return self._key(location) if location.path == path else str(path)

    def _key(self, location: Location) -> str:
        """The name, where that means this module to every other one."""
        return location.name if location == self._finder.find(location.name) else str(location.path)

    def get(self, name: str, root: Path | None = None) -> Module | None:
        """Module `name` as seen from source root `root`; None where it isn't at hand."""
        asked = (name, root)
        if asked not in self._seen:
            self._seen[asked] = self._resolve(name, root)
        key, mask = self._seen[asked]
        self.reads.mask |= mask
        return None if key is None else self._modules[key]

    def modules_inheriting(self, names: Iterable[str]) -> list[str]:
        """The keys of the project's modules with classes that may inherit from one that has one of `names`."""
        answers = [self.modules_answering(Question(name, heirs=True)) or () for name in names]
        return list(dict.fromkeys(module for answer in answers for module in answer))

    def modules_answering(self, question: Question) -> list[str] | None:
        """The keys of the project's modules that answer `question`; None: too many."""
        if question not in self._answers:
            files = self.files(question)
            found, mask = self.reads.during(self._modules_in, files or ())
            self._answers[question] = None if files is None else found, mask | self.reads.bit(question)
        answer, read = self._answers[question]
        self.reads.mask |= read
        return answer

    @property
    def stamp(self) -> bytes:
        """Changes with any file of the project: its path, size or time."""
        return self._mentions.stamp

    def files(self, question: Question) -> Sequence[Path] | None:
        """The project's files that answer `question`, in a fixed order; None: too many."""
        return self._inheritance.files(question.name) if question.heirs else self._mentions.files(question)

    def _modules_in(self, files: Iterable[Path]) -> list[str]:
        found: dict[str, None] = {}
        for path in files:
            name, root = self._finder.name_of(path)
            module = self.get(name, root) if name else None
            if module is not None and module.path == path and module.facts is not None:
                found[module.key] = None
        return list(found)

    def source(self, stub: Module) -> Module | None:
        """The module with the source of what `stub` declares; None where there is none."""
        path = stub.path.with_suffix(".py") if stub.path is not None else None
        if path is None or path == stub.path:
            return None
        key = str(path)
        if key not in self._modules and path.is_file():
            location = Location(stub.name, path, stub.is_package, stub.origin)
            self._modules[key] = self._load(location, key, stub.root)
            self._marks[key] = self._marks[stub.key]
        return self._modules.get(key)

    def __getitem__(self, key: str) -> Module:
        """A module that was got or put before.

        Raises KeyError for any other.
        """
        return self._modules[key]

    def _resolve(self, name: str, root: Path | None) -> tuple[str | None, int]:
        location = self._finder.find(name, root)
        mask = self._mask(name, root, location)
        if location is None:
            return (name, self._marks[name]) if name in self._modules else (None, mask)
        if location.origin == "project" and location.path is not None:  # One file is one module, whatever it is called.
            own, root = self._finder.name_of(location.path)
            location = replace(location, name=own or location.name)
        key = self._key(location)
        if key not in self._modules:
            self._modules[key] = self._load(location, key, root)
            self._marks[key] = mask if self._finder.may_change(location) else 0
        return key, mask | self._marks[key]

    def _mask(self, name: str, root: Path | None, location: Location | None) -> int:
        """What looking for a module reads: a library's is found where the project has none of its first name."""
        if location is not None and location.origin == "standard library":
            return 0
        first = name.partition(".")[0]
        outer = location if first == name else self._finder.find(first, root)
        mine = outer is not None and self._finder.may_change(outer)
        return self.reads.bit(self._lookup(name if mine else first, root))

    def _lookup(self, name: str, root: Path | None) -> Lookup:
        return Lookup(name, "" if root is None or root in self._finder.roots else str(root))

    def _load(self, location: Location, key: str, root: Path | None) -> Module:
        source = self._read(location)
        self._count(source.facts)
        return Module(key, location.name, location.path, location.is_package, location.origin, source.facts, root, source.digest)


def read_facts(location: Location) -> Source:
    """The facts of the module at `location`."""
    if location.path is None:
        return Source(None, b"")
    # Imported here: a run that finds all facts in a cache does without.
    from flake8_noblock.facts.build import parse_facts

    text = read_source(location.path)
    return Source(parse_facts(text), digest(text))


def read_source(path: Path) -> bytes:
    """The bytes of a file; none where it can't be read or is too large."""
    try:
        return path.read_bytes() if path.stat().st_size <= LARGEST else b""
    except OSError:
        return b""
