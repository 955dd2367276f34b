"""Which modules a module may load, by its text alone: more than it does load, never less."""

from __future__ import annotations

import re
from typing import NamedTuple

_CONTINUED = re.compile(r"\\\r?\n")
_COMMENT = re.compile(r"#[^\n]*")
_FROM = re.compile(r"\bfrom\b([\s.\w]*?)\bimport\b[^\S\n]*(\([^)]*\)|[^\n;]*)")
_IMPORT = re.compile(r"\bimport\b([^\n;(]+)")
_CLASS = re.compile(r"^\s*class\s+(\w+)", re.MULTILINE)
_WORD = re.compile(r"\w+")
_SPACE = re.compile(r"\s+")
_DECLARING = ("abstractmethod", "NotImplementedError", "Protocol")


class Mentioned(NamedTuple):
    """What a text mentions: modules that it may load, as (name, level) with the level of a relative import; its classes; and
    whether these may declare what others implement."""

    modules: tuple[tuple[str, int], ...]
    classes: tuple[str, ...]
    declares: bool


def mentioned(source: bytes) -> Mentioned:
    """What the text of a module mentions."""
    text = _CONTINUED.sub(" ", source.decode("utf-8", "replace"))
    found: dict[tuple[str, int], None] = {}
    # What looks like a comment may be part of a text with code behind it: both readings count.
    for reading in (text, _COMMENT.sub("", text)):
        for start, names in _FROM.findall(reading):
            dotted = _SPACE.sub("", start)
            base = dotted.lstrip(".")
            level = len(dotted) - len(base)
            found[base, level] = None
            for name in _names(names):
                found[f"{base}.{name}" if base else name, level] = None
        for names in _IMPORT.findall(reading):
            found.update(dict.fromkeys((name, 0) for name in _names(names)))
    classes = tuple(sorted(set(_CLASS.findall(text))))
    return Mentioned(tuple(sorted(found)), classes, any(word in text for word in _DECLARING))


def words(source: bytes) -> frozenset[str]:
    """All words of a text."""
    return frozenset(_WORD.findall(source.decode("utf-8", "replace")))


def _names(listed: str) -> list[str]:
    """The names of an import, without what they are called."""
    parts = listed.strip("() \t").split(",")
    return [_SPACE.sub("", re.split(r"\bas\b", part)[0]) for part in parts if part.strip()]
