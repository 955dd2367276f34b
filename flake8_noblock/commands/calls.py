"""``calls FOLDER`` prints the resolved call graph of a folder."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from flake8_noblock.commands.base import FLAKE8_OPTIONS, Command, complain, printed
from flake8_noblock.effects.call_graph import CallGraph
from flake8_noblock.facts.build import parse_facts
from flake8_noblock.link.environment import library_folders
from flake8_noblock.link.evaluate import inference
from flake8_noblock.link.finder import NO_GUESS, Finder, module_name
from flake8_noblock.link.program import Module, Program, digest
from flake8_noblock.options import Options
from flake8_noblock.plugin import configured
from flake8_noblock.report.call_names import call_lines


class Calls(Command):
    """Prints calls."""

    description = (
        "Prints the calls that the modules of a folder may make, one 'caller<TAB>callee' a line, sorted. Names are dotted from "
        "the folder: 'pkg.mod.Cls.method', 'pkg.mod' for what runs at import, 'pkg.mod.f.<lambda1>' for lambdas, numbered in "
        "each function, 'Cls.__init__' for making an object, '<builtin>.len' and '<**PyStr**>.join' for builtins, and import "
        f"paths for what lies outside the folder. A call that can't be resolved is left out. {FLAKE8_OPTIONS}"
    )
    takes_flake8_options = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", help="a folder of Python modules")

    def run(self, arguments: Namespace, flake8_options: Sequence[str]) -> int:
        folder = Path(os.path.abspath(arguments.folder))
        if not folder.is_dir():
            complain(f"no such folder: {arguments.folder}")
            return 2
        configuration = configured(flake8_options)
        files = [Path(os.path.abspath(file)) for file in configuration.files([arguments.folder])]
        graph, names = _graph(folder, files, configuration.options)
        printed(call_lines(graph, names))
        for failure in graph.failures:
            complain(f"internal error ({failure}); its calls are missing")
        if len(names) < len(files):
            complain(f"{len(files) - len(names)} of {len(files)} files could not be parsed and were left out")
        return 0


def _graph(folder: Path, files: Sequence[Path], options: Options) -> tuple[CallGraph, dict[Path, str]]:
    """The call graph of `files`, and the names of those that can be parsed."""
    roots = tuple(dict.fromkeys((folder, *options.source_roots)))
    finder = Finder(roots, library_folders(options.working_folder, os.environ, options.environment))
    program = Program(finder)
    names: dict[Path, str] = {}
    keys = []
    for file in sorted(files):
        name, root = module_name(file, roots, NO_GUESS)
        source = _bytes(file)
        facts = parse_facts(source) if source is not None else None
        if facts is not None and source is not None:
            keys.append(program.key_of(name, file, root))
            names[file] = _shown_name(folder, file)
            program.put(Module(keys[-1], name, file, file.stem == "__init__", "project", facts, root, digest(source)))
    return CallGraph(inference(program, options.knowledge), keys, frozenset(names)), names


def _shown_name(folder: Path, file: Path) -> str:
    """The name of a module, dotted from the folder."""
    parts = file.relative_to(folder).with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts) or folder.name


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None
