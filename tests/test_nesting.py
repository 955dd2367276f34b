"""Which files without anything asynchronous are looked at for callbacks inside callbacks."""

from __future__ import annotations

import ast

import pytest

from flake8_noblock.facts.nesting import may_nest_callbacks
from flake8_noblock.knowledge.words import may_nest_functions

THREE_DEEP = """
def run(done):
    def first(a):
        def second(b):
            fetch(b, lambda c: done(c))

        fetch(a, second)

    fetch(1, first)
"""
DECORATOR = """
def retry(times):
    def decorate(function):
        def wrapper(*args):
            return function(*args)

        return wrapper

    return decorate
"""
METHODS = """
class Shop:
    def open(self):
        return sorted(self.shelves, key=lambda shelf: shelf.name)

    def close(self):
        return 1
"""


@pytest.mark.parametrize(
    ("source", "text_may", "tree_may"), [(THREE_DEEP, True, True), (DECORATOR, True, False), (METHODS, False, False)]
)
def test_gate(source: str, text_may: bool, tree_may: bool) -> None:
    assert may_nest_functions(source, 3) == text_may
    assert may_nest_callbacks(ast.parse(source), 3) == tree_may


def test_depth_counts() -> None:
    assert may_nest_callbacks(ast.parse(THREE_DEEP), 2)
    assert not may_nest_callbacks(ast.parse(THREE_DEEP), 4)
