"""Which modules a module may load, by its text alone: more than it does load, never less."""

from __future__ import annotations

import re
from typing import NamedTuple

_CONTINUED = re.compile(rb"\\\r?\n")
_FROM = re.compile(rb"\bfrom[ \t]+(\.*)[ \t]*([\w.]*)[ \t]+import[ \t]*(\([^)]*\)|[^\n;#]*)")
_IMPORT = re.compile(rb"\bimport[ \t]+([^\n;#(]+)")
_CHAIN = re.compile(rb"\b[^\W\d]\w*(?:\.[^\W\d]\w*)+")
_COMMENT = re.compile(rb"#[^\n]*")
_DECLARING = (b"abstractmethod", b"NotImplementedError", b"Protocol")
_CLASS = re.compile(rb"^[ \t]*class[ \t]+(\w+)", re.MULTILINE)


class Mentioned(NamedTuple):
    """What a text mentions: modules that it may load, as (name, level) with the level of a relative import; and, where it
    declares what others implement, the names of its classes."""

    modules: tuple[tuple[str, int], ...]
    declaring: tuple[str, ...]


def mentioned(text: bytes) -> Mentioned:
    """What the text of a module mentions."""
    text = _CONTINUED.sub(b" ", text)
    bound: dict[str, tuple[str, int]] = {}
    found: dict[tuple[str, int], None] = {}
    for dots, module, names in _FROM.findall(text):
        base = module.decode()
        found[base, len(dots)] = None
        for name, alias in _names(names):
            path = f"{base}.{name}" if base else name
            found[path, len(dots)] = None
            bound[alias or name] = path, len(dots)
    for names in _IMPORT.findall(text):
        for name, alias in _names(names):
            found[name, 0] = None
            bound[alias or name.partition(".")[0]] = (name if alias else name.partition(".")[0]), 0
    for chain in set(_CHAIN.findall(text)):
        first, _, rest = chain.decode().partition(".")
        if first in bound:
            path, level = bound[first]
            found[f"{path}.{rest}" if path else rest, level] = None
    declaring = any(word in text for word in _DECLARING)
    classes = tuple(sorted({name.decode() for name in _CLASS.findall(text)})) if declaring else ()
    return Mentioned(tuple(sorted(found)), classes)


def _names(listed: bytes) -> list[tuple[str, str]]:
    """The names of an import and what each is called."""
    names = []
    for part in _COMMENT.sub(b"", listed).strip(b"() \t").split(b","):
        words = part.decode("utf-8", "replace").split()
        if words:
            names.append((words[0], words[2] if len(words) > 2 and words[1] == "as" else ""))
    return names
