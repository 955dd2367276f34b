"""The flake8 plugin: the only module that knows flake8. It imports little; the rest comes with the first async file."""

from __future__ import annotations

import ast
import os
import re
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import flake8
from flake8.options.manager import OptionManager

from flake8_noblock import __version__
from flake8_noblock.rules.codes import INTERNAL_ERROR, OFF_BY_DEFAULT, internal_error_text

if TYPE_CHECKING:
    from flake8_noblock.finding import Finding
    from flake8_noblock.knowledge.neighbours import Neighbours
    from flake8_noblock.options import Options
    from flake8_noblock.rules.base import Rule
    from flake8_noblock.session import Session

_OPTIONS = {
    "extend-blocking": "callables that block, each with what to use instead if anything: pkg.fn, pkg.Class.*, pkg.fn->pkg.afn",
    "safe-calls": "callables that don't block, with * for any part of a name",
    "offloaders": "callables that run their argument in another thread: pkg.fn, pkg.fn[1] for the second argument",
    "loop-callbacks": "callables whose argument the event loop runs: pkg.fn, pkg.fn[1] for the second argument",
    "src": "source roots, from which modules are imported (default: ./src and .)",
    "knowledge": "TOML files with knowledge tables of your own",
}
_SINGLE = {
    "follow": "what calls are followed into: none, project, libraries (there what can stall for long), all (default: libraries)",
    "cache-dir": "folder of the cache on disk; none: no cache (default: a folder of its own among the user's caches)",
    "callback-depth": "from how many callbacks inside each other on NBL502 reports them (default: 3)",
    "environment": "virtual environment with the project's libraries (default: VIRTUAL_ENV, .venv or the running one)",
}
_SWITCHES = {
    "possible": "also report calls that block only for some of the objects that they may be made on",
    "frameworks-unguarded": "also report awaits whose failure only the framework that calls the function catches",
}
_PATHS = ("src", "knowledge", "environment")


class Plugin:
    """Made by flake8 for each file; `run` gives its findings."""

    name = "flake8-noblock"
    version = __version__
    _values: ClassVar[dict[str, list[str]]] = {}
    _selected: ClassVar[tuple[str, ...]] = ()
    _session: ClassVar[Session | None] = None
    _neighbours: ClassVar[Neighbours | None] = None
    _linted: ClassVar[set[str]] = set()

    def __init__(self, tree: ast.Module, filename: str, lines: Sequence[str]) -> None:
        self._tree = tree
        self._filename = filename
        self._lines = lines

    @staticmethod
    def add_options(manager: OptionManager) -> None:
        """Register the options with flake8."""
        manager.extend_default_ignore(list(OFF_BY_DEFAULT))
        for name, help_text in _OPTIONS.items():
            manager.add_option(
                f"--noblock-{name}",
                default="",
                metavar="LIST",
                parse_from_config=True,
                comma_separated_list=True,
                normalize_paths=name in _PATHS,
                help=help_text,
            )
        for name, help_text in _SINGLE.items():
            manager.add_option(
                f"--noblock-{name}",
                default="",
                parse_from_config=True,
                normalize_paths=name in _PATHS,
                help=help_text,
            )
        for name, help_text in _SWITCHES.items():
            manager.add_option(f"--noblock-{name}", action="store_true", default=False, parse_from_config=True, help=help_text)

    @classmethod
    def parse_options(cls, namespace: Namespace) -> None:
        """Take the options of a run; ends the process with status 2 and one line on standard error if one is wrong."""
        named = (*_OPTIONS, *_SINGLE, *_SWITCHES)
        cls._values = {name: _listed(getattr(namespace, f"noblock_{name.replace('-', '_')}")) for name in named}
        cls._selected = (*(namespace.select or ()), *(namespace.extend_select or ()))
        cls._session = cls._neighbours = None
        cls._linted = set()
        if any(cls._values.values()):
            with _nothing_imported_from_working_folder():
                cls._check_values()

    def run(self) -> Iterator[tuple[int, int, str, type[Any]]]:
        """The findings in this file, as flake8 takes them: line, column, code and text, type."""
        try:
            with _nothing_imported_from_working_folder():
                findings = self._findings()
        except Exception as error:  # An exception here would end the whole flake8 run.
            yield 1, 0, f"{INTERNAL_ERROR} {internal_error_text(type(error).__name__)}", type(self)
            return
        for finding in findings:
            yield finding.line, finding.column, f"{finding.code} {finding.text}", type(self)

    def _findings(self) -> list[Finding]:
        if self._filename in self._linted:  # A second run in one process: files may have changed since the first.
            type(self)._session = type(self)._neighbours = None
            self._linted.clear()
        self._linted.add(self._filename)
        if self._session is None and not self._needs_session():
            return []
        session = self._session or self._start()
        return session.lint(self._tree, self._filename, "".join(self._lines))

    @classmethod
    def _is_wanted(cls, code: str) -> bool:
        return code not in OFF_BY_DEFAULT or code.startswith(cls._selected)

    def _needs_session(self) -> bool:
        from flake8_noblock.knowledge.words import CALLBACK_DEPTH, may_concern_loop, may_nest_functions

        if any(may_concern_loop(line) for line in self._lines):
            return True
        text = "".join(self._lines)
        if may_nest_functions(text, CALLBACK_DEPTH):
            from flake8_noblock.facts.nesting import may_nest_callbacks

            if may_nest_callbacks(self._tree, CALLBACK_DEPTH):
                return True
        return self._around().may_give_coroutines(os.path.abspath(self._filename), text)

    @classmethod
    def _around(cls) -> Neighbours:
        if cls._neighbours is None:
            from flake8_noblock.knowledge.neighbours import Neighbours

            folder = os.getcwd()
            roots = cls._values.get("src") or [os.path.join(folder, "src"), folder]
            cls._neighbours = Neighbours(tuple(os.path.abspath(root) for root in roots))
        return cls._neighbours

    @classmethod
    def _check_values(cls) -> None:
        from flake8_noblock.options import OptionError

        try:
            cls._start()
        except OptionError as error:
            print(f"flake8: {error}", file=sys.stderr)
            raise SystemExit(2) from None

    @classmethod
    def _start(cls) -> Session:
        from flake8_noblock.options import parse
        from flake8_noblock.session import Session

        unasked = tuple([code for code in OFF_BY_DEFAULT if not cls._is_wanted(code)])
        cls._session = Session(parse(_with_cache(cls._values), Path.cwd()).without(unasked))
        return cls._session


class Configuration(NamedTuple):
    """What flake8 would do here: options, rules that are asked, what is shown of them, and which files are linted."""

    options: Options
    rules: tuple[Rule, ...]
    shown: Callable[[str, str], bool]
    """Whether a code is shown in a file."""
    files: Callable[[Sequence[str]], list[str]]
    """The Python files that some paths stand for."""


def configured(arguments: Sequence[str]) -> Configuration:
    """What flake8 makes of its configuration files and of `arguments`, its own, without paths; no other plugin is loaded.

    Ends the process with status 2 and one line on standard error if a value is wrong.
    """
    from configparser import Error

    from flake8.discover_files import expand_paths
    from flake8.exceptions import Flake8Exception
    from flake8.formatting.default import Nothing
    from flake8.main.options import register_default_options, stage1_arg_parser
    from flake8.options import aggregator, config
    from flake8.style_guide import Decision, StyleGuideManager

    from flake8_noblock.options import parse
    from flake8_noblock.rules.registry import RULES

    stage1 = stage1_arg_parser()
    first, rest = stage1.parse_known_args(arguments)
    manager = OptionManager(version=__version__, plugin_versions="", parents=[stage1], formatter_names=["default"])
    manager.parser.prog, manager.parser.usage = "python -m flake8_noblock", "%(prog)s COMMAND ... [flake8's options]"
    register_default_options(manager)
    Plugin.add_options(manager)
    manager.extend_default_select(["NBL"])
    try:
        found, folder = config.load_config(first.config, first.append_config, isolated=first.isolated)
        namespace = aggregator.aggregate_options(manager, found, folder, rest)
    except (Flake8Exception, Error, ValueError, OSError) as error:
        print(f"flake8-noblock: {' '.join(str(error).split())}", file=sys.stderr)
        raise SystemExit(2) from None
    Plugin.parse_options(namespace)
    Plugin._start()
    guide = StyleGuideManager(namespace, Nothing(namespace))
    excluded = (*namespace.exclude, *namespace.extend_exclude, ".*", "__pycache__")

    def shown(file: str, code: str) -> bool:
        return guide.style_guide_for(file).should_report_error(code) is Decision.Selected

    def files(paths: Sequence[str]) -> list[str]:
        patterns = namespace.filename
        found = expand_paths(paths=paths, stdin_display_name="stdin", filename_patterns=patterns, exclude=excluded)
        return sorted({os.path.abspath(file): os.path.normpath(file) for file in found}.values())

    rules = tuple([rule for rule in RULES if Plugin._is_wanted(rule.code)])
    return Configuration(parse(Plugin._values, Path.cwd()), rules, shown, files)


def _with_cache(values: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """`values` with the folder among the user's caches, if none is given."""
    if values.get("cache-dir"):
        return dict(values)
    from flake8_noblock.cache.store import user_folder

    folder = user_folder()
    return {**values, "cache-dir": ["none" if folder is None else str(folder)]}


def _listed(value: object) -> list[str]:
    """An option's value as a list: flake8 gives lists, other readers of configuration may give text."""
    if isinstance(value, str):
        return [part for part in re.split(r"[,\s]+", value) if part]
    parts = value if isinstance(value, list | tuple) else [value] if value else []
    return [str(part).strip() for part in parts if str(part).strip()]


@contextmanager
def _nothing_imported_from_working_folder() -> Iterator[None]:
    """Keep what is under lint off ``sys.path``, where ``python -m flake8`` and PYTHONPATH put it first."""
    before = sys.path
    sys.path = list(_installed(tuple(before), os.getcwd()))
    try:
        yield
    finally:
        sys.path = before


@cache
def _installed(entries: tuple[str, ...], folder: str) -> tuple[str, ...]:
    """`entries` of ``sys.path`` without those in `folder` that come before the standard library and hold no packages."""
    standard = os.path.dirname(os.__file__)
    first = entries.index(standard) if standard in entries else len(entries)
    home = os.path.dirname(os.path.dirname(os.path.realpath(flake8.__file__)))
    linted = Path(os.path.realpath(folder))
    kept = []
    for entry in entries[:first]:
        path = Path(os.path.realpath(os.path.join(folder, entry)))
        if not path.is_relative_to(linted) or path.name == "site-packages" or path == Path(home):
            kept.append(entry)
    return (*kept, *entries[first:])
