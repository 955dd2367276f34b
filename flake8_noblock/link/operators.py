"""The names of the methods behind operators (Python's data model)."""

from __future__ import annotations

BINARY_METHODS = {
    "Add": "add",
    "Sub": "sub",
    "Mult": "mul",
    "Div": "truediv",
    "FloorDiv": "floordiv",
    "Mod": "mod",
    "Pow": "pow",
    "MatMult": "matmul",
    "BitAnd": "and",
    "BitOr": "or",
    "BitXor": "xor",
    "LShift": "lshift",
    "RShift": "rshift",
}
"""By the name of the ``ast`` class, without underscores: ``add`` for ``__add__``, ``__radd__`` and ``__iadd__``."""
