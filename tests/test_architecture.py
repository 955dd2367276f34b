"""The invariants of the design that the import graph and the sources can show (docs/architecture.md)."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import msgspec
import pytest

from flake8_noblock.facts.build import parse_facts
from flake8_noblock.knowledge import collect
from flake8_noblock.link.finder import Finder
from flake8_noblock.link.program import Program
from flake8_noblock.rules import codes
from flake8_noblock.rules.registry import RULES

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "flake8_noblock"
SOURCES = sorted(PACKAGE.rglob("*.py"))
ONE_FOR_ASTROID = "flake8_noblock.link.astroid_bridge"
COMMAND = "__main__"
LONGEST = 500
# A room imports itself and those after it; commands (`__main__`) stand above all.
ORDER = (
    "commands",
    "plugin",
    "session",
    "analysis",
    "cache",
    "rules",
    "report",
    "effects",
    "options",
    "link",
    "facts",
    "knowledge",
    "finding",
)
LEAVES = ("facts", "knowledge", "finding")
# What a room may import less than its place allows.
NARROWER = {
    "cache": {"options", "link", "facts", "finding"},
    "options": {"link", "knowledge"},
    "link": {"facts", "knowledge"},
}
ONE_FOR_DISK = "flake8_noblock.cache.store"
GENERATORS = {"flake8_noblock.report.__main__", "flake8_noblock.knowledge.__main__"}
WRITES = {
    "chmod",
    "fchmod",
    "ftruncate",
    "hardlink_to",
    "link",
    "makedirs",
    "mkdir",
    "mkdtemp",
    "mkstemp",
    "remove",
    "removedirs",
    "rename",
    "renames",
    "rmdir",
    "rmtree",
    "symlink",
    "symlink_to",
    "touch",
    "truncate",
    "unlink",
    "utime",
    "write_bytes",
    "write_text",
}
WRITES_IN_OS = {"replace", "write"}
SAMPLES = (PACKAGE / "session.py", PACKAGE / "facts" / "statements.py", ROOT / "tests" / "stdlib_probe.py")
RUNS_CODE = {"eval", "exec", "compile", "__import__", "import_module", "exec_module", "load_module", "run_path", "run_module"}
HARMLESS_NAMESAKES = {"re.compile"}
LOADS_CODE = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "imp", "runpy", "code", "codeop", "importlib"}
HARMLESS_MODULES = {"importlib.resources", "importlib.resources.abc", "importlib.metadata"}


@cache
def imports() -> dict[str, set[str]]:
    """Which modules, of the package and others, each module of the package imports; imports for type checkers too."""
    graph = grimp.build_graph("flake8_noblock", include_external_packages=True, cache_dir=None)
    own = [name for name in graph.modules if name.split(".")[0] == "flake8_noblock"]
    return {name: graph.find_modules_directly_imported_by(name) for name in own}


def importers(module: str) -> set[str]:
    return {name for name, imported in imports().items() if module in imported}


def room(module: str) -> str:
    """The room that a module of the package belongs to; empty for the package itself and its command."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] != COMMAND else ""


def own(modules: set[str]) -> set[str]:
    return {name for name in modules if name.split(".")[0] == "flake8_noblock" and room(name)}


def python(program: str, *arguments: str, **environment: str) -> str:
    """What a fresh Python prints that runs `program`."""
    command = [sys.executable, "-P", "-c", program, *arguments]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=variables).stdout


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_only_the_plugin_imports_flake8() -> None:
    assert importers("flake8") == {"flake8_noblock.plugin"}


def test_at_most_one_module_imports_astroid() -> None:
    assert importers("astroid") <= {ONE_FOR_ASTROID}


@pytest.mark.parametrize(
    ("imported", "absent"),
    [
        (
            "flake8_noblock.plugin",
            {"astroid", "msgspec", "platformdirs", "rich", "typeshed_client", "flake8_noblock.cache", "flake8_noblock.session"},
        ),
        ("flake8_noblock.session, flake8_noblock.rules.registry", {"astroid", "platformdirs", "rich", "typeshed_client"}),
        ("flake8_noblock.__main__", {"flake8", "flake8_noblock.commands", "flake8_noblock.session", "msgspec", "rich"}),
    ],
)
def test_imports_that_come_late(imported: str, absent: set[str]) -> None:
    modules = json.loads(python(f"import sys, json, {imported}; print(json.dumps(sorted(sys.modules)))"))
    assert absent.isdisjoint(modules)


def test_every_room_has_its_place() -> None:
    assert {room(name) for name in imports()} - {""} <= set(ORDER), "name new rooms in ORDER"


def test_imports_go_downwards() -> None:
    upwards = [
        f"{name} imports {other}"
        for name, imported in imports().items()
        if not name.endswith(f".{COMMAND}")
        for other in own(imported)
        if room(name) == "" or ORDER.index(room(other)) < ORDER.index(room(name))
    ]
    assert upwards == []


def test_nothing_imports_a_command() -> None:
    assert [other for imported in imports().values() for other in imported if other.endswith(f".{COMMAND}")] == []


@pytest.mark.parametrize("leaf", LEAVES)
def test_leaves_import_nothing_of_the_other_rooms(leaf: str) -> None:
    inside = {name: own(imported) for name, imported in imports().items() if room(name) == leaf}
    assert inside
    assert {other for imported in inside.values() for other in imported if room(other) != leaf} == set()


@pytest.mark.parametrize(("name", "below"), NARROWER.items(), ids=NARROWER)
def test_rooms_that_know_less_than_their_place_allows(name: str, below: set[str]) -> None:
    inside = [own(imported) for module, imported in imports().items() if room(module) == name]
    assert inside
    assert {room(other) for imported in inside for other in imported} - {name} <= below


@pytest.mark.parametrize("module", ["platformdirs", "zlib", "tempfile", "shutil"])
def test_at_most_one_module_imports_what_the_disk_needs(module: str) -> None:
    assert importers(module) <= {ONE_FOR_DISK}


def test_only_the_store_writes_to_disk() -> None:
    """Apart from the generators of our own pages, which users don't run."""
    written = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): [
            name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for name in writes(node)
        ]
        for path in SOURCES
    }
    assert {name for name, calls in written.items() if calls} == {ONE_FOR_DISK, *GENERATORS}


def writes(node: ast.AST) -> list[str]:
    """The names in `node` by which files could be made, changed or removed."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr=name)) if name in WRITES | WRITES_IN_OS:
            return [name]
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in WRITES:
            return [name]
        case ast.Call(func=ast.Attribute(attr="open") | ast.Name(id="open"), args=args, keywords=keywords):
            modes = [part.value for part in [*args, *(word.value for word in keywords)] if isinstance(part, ast.Constant)]
            return ["open" for mode in modes if isinstance(mode, str) and re.fullmatch("[rwaxbt+]*[wax+][rwaxbt+]*", mode)]
    return []


@pytest.mark.parametrize(
    "source",
    ["os.mkdir(p)", "p.write_text('')", "os.replace(a, b)", "open(p, 'w')", "p.open(mode='ab')", "os.write(1, b'')", "rmtree(p)"],
)
def test_the_search_for_writes_finds_them(source: str) -> None:
    assert any(writes(node) for node in ast.walk(ast.parse(source)))


@pytest.mark.parametrize("source", ["open(p)", "open(p, 'rb')", "text.replace('a', 'b')", "replace(options, follow='all')"])
def test_the_search_for_writes_leaves_the_rest(source: str) -> None:
    assert not any(writes(node) for node in ast.walk(ast.parse(source)))


def test_no_cycles_among_modules() -> None:
    try:
        TopologicalSorter({name: own(imported) for name, imported in imports().items()}).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("path", SOURCES, ids=label)
def test_no_module_is_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("sample", SAMPLES, ids=label)
def test_facts_depend_on_the_text_alone(sample: Path, tmp_path: Path) -> None:
    encoded = []
    for folder in (tmp_path / "first", tmp_path / "second" / "deeper"):
        folder.mkdir(parents=True)
        (folder / "sample.py").write_bytes(sample.read_bytes())
        module = Program(Finder((folder,), ())).get("sample")
        assert module is not None and module.path == folder / "sample.py" and module.facts is not None
        encoded.append(msgspec.json.encode(module.facts))
    assert encoded[0] == encoded[1] == msgspec.json.encode(parse_facts(sample.read_bytes()))
    assert not any(str(folder).encode() in encoded[0] for folder in (tmp_path, ROOT, Path.home(), Path(sys.prefix)))


def test_facts_are_the_same_in_every_process() -> None:
    program = (
        "import sys, hashlib, msgspec; from flake8_noblock.facts.build import parse_facts;"
        "print(hashlib.sha256(msgspec.json.encode(parse_facts(open(sys.argv[1], 'rb').read()))).hexdigest())"
    )
    for sample in SAMPLES:
        digests = {python(program, str(sample), PYTHONHASHSEED=seed) for seed in ("1", "2", "3")}
        assert len(digests) == 1


@pytest.mark.parametrize("path", SOURCES, ids=label)
def test_no_source_runs_or_loads_code(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [name for node in ast.walk(tree) for name in runs_code(node)] == []


def runs_code(node: ast.AST) -> list[str]:
    """The names in `node` by which code could be run or loaded."""
    match node:
        case ast.Import(names=names):
            modules = [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), level=0, names=names):
            modules = [f"{module}.{alias.name}" if module == "importlib" else module for alias in names]
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name) as func):
            return [name] if name in RUNS_CODE and ast.unparse(func) not in HARMLESS_NAMESAKES else []
        case ast.Name(id="eval" | "exec" | "__import__" as name):
            return [name]
        case _:
            return []
    return [name for name in modules if name.split(".")[0] in LOADS_CODE and name not in HARMLESS_MODULES]


@pytest.mark.parametrize(
    "source",
    [
        "eval(x)",
        "f = exec",
        "compile(x, '', 'exec')",
        "builtins.exec(x)",
        "__import__('x')",
        "import pickle",
        "from marshal import loads",
        "import importlib",
        "from importlib import import_module",
        "import importlib.util",
        "from importlib.util import find_spec",
    ],
)
def test_the_search_for_running_code_finds_it(source: str) -> None:
    assert any(runs_code(node) for node in ast.walk(ast.parse(source)))


@pytest.mark.parametrize("source", ["re.compile('x')", "from importlib.resources import files", "evaluate(x)"])
def test_the_search_for_running_code_leaves_the_rest(source: str) -> None:
    assert not any(runs_code(node) for node in ast.walk(ast.parse(source)))


def test_codes_that_are_off_by_default() -> None:
    assert tuple(rule.code for rule in RULES if not rule.default) == codes.OFF_BY_DEFAULT


def test_codes_are_unique_and_well_formed() -> None:
    all_codes = [rule.code for rule in RULES] + [codes.INTERNAL_ERROR]
    assert all_codes == sorted(set(all_codes))
    assert all(re.fullmatch(r"NBL\d{3}", code) for code in all_codes)


def test_loop_words_are_current() -> None:
    written = json.loads((PACKAGE / "knowledge" / "loop_words.json").read_text(encoding="utf-8"))
    assert written == collect.collect_loop_words(), "run python -m flake8_noblock.knowledge"


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_types(tmp_path: Path) -> None:
    # A cache of its own: mypy's usual one is mistaken after files came and went.
    command = [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path}", "flake8_noblock"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(importlib.util.find_spec("ruff") is None, reason="ruff is not installed")
def test_lines_imports_and_names() -> None:
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise", "."]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
