"""What the plugin says: plain data, no source objects."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One line of output; `line` counts from 1, `column` from 0."""

    line: int
    column: int
    code: str
    text: str
