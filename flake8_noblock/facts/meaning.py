"""What facts say to other modules: all but where it stands."""

from __future__ import annotations

from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from flake8_noblock.facts.model import Body, ClassFacts, ModuleFacts, Region


def meaning(facts: ModuleFacts) -> bytes:
    """A digest that stays the same where only comments, blank lines and the layout of a text change."""
    bodies = tuple([_placeless(body) for body in facts.bodies])
    classes: tuple[ClassFacts, ...] = tuple([replace(cls, line=0) for cls in facts.classes])
    content = msgspec.msgpack.encode((bodies, classes, facts.stars, facts.public, facts.globals, facts.imported))
    return blake2b(content, digest_size=16).digest()


def _placeless(body: Body) -> Body:
    regions: tuple[Region, ...] = body.regions
    if any(region.line for region in regions):
        regions = tuple([replace(region, line=0, column=0) if region.line else region for region in regions])
    return replace(body, line=0, column=0, lines=(), columns=(), regions=regions)
