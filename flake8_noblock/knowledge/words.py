"""What the text of a module has to hold for the loop to run any of it; imports nothing, since most files stop here."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

_DEFINITION = re.compile(r"^([ \t]*)(?:async[ \t]+)?def\b|\blambda\b", re.MULTILINE)
CALLBACK_DEPTH = 3
"""Callbacks inside each other that are too many, unless the user says otherwise."""


@cache
def loop_words() -> dict[str, frozenset[str]]:
    """From a file that is generated from the tables: the ``modules`` whose tables speak of the loop, by import name, the last
    names of the ``callables`` that hand the loop a callable, the names of ``methods`` that the loop calls, and of
    ``properties`` that block; and others by which most modules are told from those that a rule is about."""
    text = (files("flake8_noblock.knowledge") / "loop_words.json").read_text(encoding="utf-8")
    return {key: frozenset(words) for key, words in json.loads(text).items()}


def may_concern_loop(text: str) -> bool:
    """Whether a module with this text can hold code that the loop runs; in doubt true."""
    words = loop_words()
    return "async" in text or any(word in text for word in (*words["modules"], *words["methods"]))


def may_nest_functions(text: str, depth: int) -> bool:
    """Whether functions may be nested so deep, as indentation tells; lambdas since the latest ``def`` may be in one another."""
    indents: list[int] = []
    lambdas = 0
    for match in _DEFINITION.finditer(text):
        if match[1] is None:
            lambdas += 1
        else:
            indent, lambdas = len(match[1]), 0
            while indents and indents[-1] >= indent:
                indents.pop()
            indents.append(indent)
        if len(indents) + lambdas >= depth:
            return True
    return False
