"""astroid on demand: what a receiver may be where neither annotations nor facts tell. The only module that imports it.

Questions are bounded in units, never by a clock: receivers asked about per module, modules read, nodes inferred per question.
astroid normally imports compiled modules to look at them; here every module that it asks for is answered from source files,
or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from flake8_noblock.link.finder import Finder

MOST_QUESTIONS = 3
"""Receivers asked about in one module."""

MOST_MODULES = 1
"""Modules that astroid reads for the questions of one module."""

LONGEST = 100_000
"""Characters: nothing is asked about a longer module."""

MOST_VALUES = 8
"""More possible values than these say nothing."""


class Oracle:
    """Answers questions about the receivers of calls in one module."""

    def __init__(self, finder: Finder, text: str, name: str) -> None:
        self._finder = finder
        self._text = text
        self._name = name
        self._asked = 0
        self._calls: dict[tuple[int, int], Any] | None = None
        self._sources: _Sources | None = None
        self._modules: dict[str, Any] = {}

    @property
    def asked(self) -> int:
        """How many questions were asked so far."""
        return self._asked

    def receiver_classes(self, line: int, column: int) -> tuple[str, ...]:
        """The dotted names of the classes one of which the receiver of the method call at this place is an instance of.

        None at all where it may be anything else.
        """
        if self._asked >= MOST_QUESTIONS or len(self._text) > LONGEST:
            return ()
        self._asked += 1
        try:
            with self._confined():
                return self._infer(line, column)
        except Exception:  # Whatever goes wrong in there, the answer is not known.
            return ()

    @property
    def modules(self) -> tuple[str, ...]:
        """The names of the modules that were read to answer the questions so far."""
        return tuple(self._sources or ())

    def forget_trees(self) -> None:
        """Free what takes most memory by far; it is made again where there is another question."""
        self._calls = None
        self._modules = {}

    def _infer(self, line: int, column: int) -> tuple[str, ...]:
        from astroid import bases

        call = self._call_at(line, column)
        if call is None:
            return ()
        values = list(islice(call.func.expr.infer(), MOST_VALUES + 1))
        if len(values) > MOST_VALUES or not all(type(value) is bases.Instance for value in values):
            return ()
        return tuple(dict.fromkeys(value.qname() for value in values))

    def _call_at(self, line: int, column: int) -> Any:
        if self._calls is None:
            import astroid

            self._calls = {}
            tree = astroid.parse(self._text, module_name=self._name)
            for call in tree.nodes_of_class(astroid.nodes.Call):
                if isinstance(call.func, astroid.nodes.Attribute):
                    self._calls[_place(call)] = call
        return self._calls.get((line, column))

    @contextmanager
    def _confined(self) -> Iterator[None]:
        """astroid's shared state replaced by our own, so that it imports nothing and other users of it see no change."""
        import astroid.manager

        brain: Any = astroid.manager.AstroidManager.brain
        load = astroid.manager.load_module_from_name
        if self._sources is None:
            if "builtins" not in brain["astroid_cache"]:
                astroid.manager.AstroidManager().bootstrap()
            self._sources = _Sources(self._finder)
        if not self._modules:
            self._modules = {"builtins": brain["astroid_cache"]["builtins"]}
        before = dict(brain)
        try:
            brain.update(
                astroid_cache=self._modules,
                _mod_file_cache=self._sources,
                _failed_import_hooks=[],
                always_load_extensions=False,
                extension_package_whitelist=set(),
            )
            astroid.manager.load_module_from_name = _refuse
            yield
        finally:
            astroid.manager.load_module_from_name = load
            brain.update(before)


def _refuse(name: str) -> Any:
    raise ImportError(f"{name} is not imported")


def _place(call: Any) -> tuple[int, int]:
    """Where the facts say that a method call stands: at its start, or in a chain of calls at the method's name."""
    from astroid import nodes

    callee = call.func
    base = callee
    while isinstance(base, nodes.Attribute):
        base = base.expr
    if callee.end_lineno != callee.lineno or isinstance(base, nodes.Call):
        return callee.end_lineno, callee.end_col_offset - len(callee.attrname.encode())
    return callee.lineno, callee.col_offset


class _Sources(MutableMapping[Any, Any]):
    """What astroid takes for its memory of where modules are: each is found by our own finder, and only as source."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._specs: dict[str, Any] = {}

    def __getitem__(self, key: tuple[str, str | None]) -> Any:
        from astroid.exceptions import AstroidImportError
        from astroid.interpreter._import import spec

        name = key[0]
        if name not in self._specs:
            location = self._finder.find(name) if len(self._specs) < MOST_MODULES else None
            if location is None or location.path is None:
                return AstroidImportError("{modname} is not at hand", modname=name)
            self._specs[name] = spec.ModuleSpec(name, spec.ModuleType.PY_SOURCE, str(location.path))
        return self._specs[name]

    def __setitem__(self, key: Any, value: Any) -> None:
        """astroid's own answers are not kept."""

    def __delitem__(self, key: Any) -> None:
        self._specs.pop(key[0], None)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)
