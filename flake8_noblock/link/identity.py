"""What tells a context from others in any process, where numbers tell them apart in one."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import NamedTuple

from flake8_noblock.link.inference import Inference, Site
from flake8_noblock.link.values import NO_CONTEXT

_NUMBER = re.compile(r"\b(made|outer|context)=([1-9]\d*)")
_MODULE = re.compile(r"\bmodule='([^']*)'")


class Identity(NamedTuple):
    """A digest of what a context says, and the mask of the modules whose classes and functions it says it of."""

    digest: bytes
    mask: int


def identity(infer: Inference, site: Site) -> Identity:
    """That of the context of `site`; an empty digest where nothing is known of its callers."""
    return _of(infer, site.context) if site.context != NO_CONTEXT else Identity(b"", 0)


def _of(infer: Inference, number: int) -> Identity:
    return infer.remember("identities", number, _found, infer, number)


def _found(infer: Inference, number: int) -> Identity:
    mask = 0

    def inner(match: re.Match[str]) -> str:
        nonlocal mask
        other = int(match[2])
        if other >= number:
            return match[0]  # Part of a text: a context knows only those that were there before.
        found = _of(infer, other)
        mask |= found.mask
        return f"{match[1]}={found.digest.hex()}"

    said = _NUMBER.sub(inner, repr(infer.context(number)))
    for module in _MODULE.findall(said):
        if infer.program.loaded(module) is not None:
            mask |= infer.program.mark(module)
    return Identity(blake2b(said.encode("utf-8", "surrogatepass"), digest_size=12).digest(), mask)
