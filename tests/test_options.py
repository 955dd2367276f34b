"""The options: from each configuration file and the command line, as text and as lists, and values that are wrong."""

from __future__ import annotations

import ast
import re
from argparse import Namespace
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from flake8_noblock.plugin import Plugin
from tests.support import flake8, write

FILES = {
    "shop/__init__.py": "",
    "shop/legacy.py": """\
class Till:
    def open(self) -> None: ...
    def _check(self) -> None: ...


def send_fax(number: str) -> None: ...
def print_label(number: str) -> None: ...
""",
    "shop/bus.py": "def in_pool(*args): ...\ndef subscribe(*args): ...\n",
    "lib/places.py": "import pathlib\n\n\ndef where() -> pathlib.Path: ...\n",
    "more/clocks.py": "import pathlib\n\n\ndef face() -> pathlib.Path: ...\n",
    "tables/scanner.toml": """\
[returns]
"scanner.connect" = "scanner.Device"

[[blocking]]
names = ["scanner.Device.read"]
kind = "network"
instead = "scanner.aio"
""",
    "tables/laser.toml": '[[blocking]]\nnames = ["laser.cut"]\nkind = "thread"\n',
    "main.py": """\
import time

import laser
import scanner
from clocks import face
from places import where
from shop import bus, legacy


def on_payment(number: str) -> None:
    time.sleep(1)


async def main(till: legacy.Till) -> None:
    bus.subscribe("payment", on_payment)
    bus.in_pool(open(name) for name in ("a", "b"))
    bus.in_pool(1, [input(name) for name in ("a", "b")])
    legacy.send_fax("1")
    legacy.print_label("1")
    till.open()
    till._check()
    where().read_text()
    face().read_text()
    scanner.connect("usb:0").read()
    laser.cut()
""",
}
DEFAULT = {(16, "NBL105"), (17, "NBL107")}
"""What is reported in main.py without options."""

# An option, its values, what it adds to the default findings and what it takes from them.
CASES = {
    "extend-blocking": (
        ["shop.legacy.send_fax->shop.fax.send", "shop.legacy.Till.*"],
        {(18, "NBL108"), (20, "NBL108")},
        set(),
    ),
    "safe-calls": (["builtins.inpu[ts]", "shop.*.quick"], set(), {(17, "NBL107")}),
    "offloaders": (["shop.bus.in_pool", "shop.bus.subscribe[1]"], set(), {(16, "NBL105")}),
    "loop-callbacks": (["shop.bus.subscribe[1]", "shop.bus.other"], {(11, "NBL101")}, set()),
    "src": (["./lib", "./more", "."], {(22, "NBL105"), (23, "NBL105")}, set()),
    "knowledge": (["tables/scanner.toml", "./tables/laser.toml"], {(24, "NBL102"), (25, "NBL106")}, set()),
}
OPTIONS = list(CASES)
SINGLE = ("follow", "environment", "possible", "frameworks-unguarded", "cache-dir", "callback-depth")
"""The options that take one value, or none."""


def expected(*options: str) -> set[tuple[int, str]]:
    """What is reported with these options; each leaves a trace of its own."""
    found = set(DEFAULT)
    for option in options:
        _, more, less = CASES[option]
        found = (found | more) - less
    return found


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write(tmp_path, FILES)


def run(*arguments: str, cwd: Path) -> set[tuple[int, str]]:
    """What flake8 reports in main.py."""
    done = flake8("--select=NBL1,NBL2,NBL900", *arguments, "main.py", cwd=cwd)
    assert done.stderr == ""
    lines = [re.fullmatch(r"main\.py:(\d+):\d+: (NBL\d{3}) .*", line) for line in done.stdout.splitlines()]
    assert all(lines), done.stdout
    return {(int(line[1]), line[2]) for line in lines if line}


# --- where options come from -------------------------------------------------------------------------------------------


def test_without_options(shop: Path) -> None:
    assert run(cwd=shop) == DEFAULT


@pytest.mark.parametrize("option", OPTIONS)
def test_on_the_command_line(shop: Path, option: str) -> None:
    assert run(f"--noblock-{option}={','.join(CASES[option][0])}", cwd=shop) == expected(option)


@pytest.mark.parametrize("file", [".flake8", "setup.cfg", "tox.ini"])
def test_in_a_configuration_file(shop: Path, file: str) -> None:
    settings = [f"noblock-{option} = {', '.join(CASES[option][0])}\n" for option in OPTIONS]
    write(shop, {file: "[flake8]\n" + "".join(settings)})
    assert run(cwd=shop) == expected(*OPTIONS)


@pytest.mark.parametrize("option", OPTIONS)
def test_one_option_in_a_configuration_file(shop: Path, option: str) -> None:
    write(shop, {".flake8": f"[flake8]\nnoblock-{option} = {','.join(CASES[option][0])}\n"})
    assert run(cwd=shop) == expected(option)


@pytest.mark.parametrize(
    ("before", "between"),
    [("\n    ", "\n    "), ("\n    ", ",\n    "), ("", " ")],
    ids=["lines", "lines with commas", "spaces"],
)
def test_a_list_over_several_lines(shop: Path, before: str, between: str) -> None:
    settings = [f"noblock_{name.replace('-', '_')} = {before}{between.join(CASES[name][0])}\n" for name in OPTIONS]
    write(shop, {".flake8": "[flake8]\n" + "".join(settings)})
    assert run(cwd=shop) == expected(*OPTIONS)


def test_paths_start_at_the_configuration_file(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    config = "[flake8]\nnoblock-src = ./lib\nnoblock-knowledge = ./tables/laser.toml\n"
    write(shop, {".flake8": config})
    folder = tmp_path_factory.mktemp("elsewhere")
    arguments = ["--select=NBL1,NBL2,NBL9", f"--config={shop / '.flake8'}", str(shop / "main.py")]
    lines = flake8(*arguments, cwd=folder).stdout.splitlines()
    assert {line.partition(" NBL")[2][:3] for line in lines} == {"105", "106", "107"}
    assert sum(" NBL105 " in line for line in lines) == 2


def test_the_help_names_each_option(tmp_path: Path) -> None:
    text = flake8("--help", cwd=tmp_path).stdout
    assert [option for option in (*OPTIONS, *SINGLE) if f"--noblock-{option}" not in text] == []


# --- values as Python lists --------------------------------------------------------------------------------------------


def test_lists_in_pyproject_toml(shop: Path) -> None:
    try:
        distribution("Flake8-pyproject")
    except PackageNotFoundError:
        pytest.skip("Flake8-pyproject is not installed")
    lists = [f"noblock-{name} = {CASES[name][0]}\n" for name in ("extend-blocking", "src", "knowledge")]
    write(
        shop,
        {"pyproject.toml": "[tool.flake8]\n" + "".join(lists) + 'noblock-safe-calls = "builtins.input"\n'},
    )
    assert run(cwd=shop) == expected("extend-blocking", "src", "knowledge") - {(17, "NBL107")}


@pytest.fixture
def plugin(shop: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Plugin]]:
    monkeypatch.chdir(shop)
    yield Plugin
    Plugin.parse_options(namespace())


def namespace(**values: object) -> Namespace:
    empty = {f"noblock_{option.replace('-', '_')}": [] for option in (*OPTIONS, *SINGLE)}
    return Namespace(**{"select": None, "extend_select": None, **empty, "noblock_cache_dir": "none", **values})


def found(plugin: type[Plugin], **values: object) -> set[tuple[int, str]]:
    plugin.parse_options(namespace(**values))
    text = FILES["main.py"]
    findings = plugin(ast.parse(text), "main.py", text.splitlines(keepends=True)).run()
    return {(line, message[:6]) for line, _, message, _ in findings}


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("form", [list, tuple, ",".join, " \n ".join, ", ".join], ids=["list", "tuple", ",", "lines", ", "])
def test_values_in_other_forms(plugin: type[Plugin], option: str, form: type) -> None:
    values = form(CASES[option][0])
    assert found(plugin, **{f"noblock_{option.replace('-', '_')}": values}) == expected(option)


@pytest.mark.parametrize("nothing", [[], (), "", " \n ", None, [""]])
def test_no_values(plugin: type[Plugin], nothing: object) -> None:
    assert found(plugin, **{f"noblock_{name.replace('-', '_')}": nothing for name in OPTIONS}) == DEFAULT


def test_options_of_one_run_do_not_reach_the_next(plugin: type[Plugin]) -> None:
    """An editor may run flake8 again and again in one process."""
    assert found(plugin, noblock_extend_blocking=["shop.legacy.send_fax"]) == DEFAULT | {(18, "NBL108")}
    assert found(plugin, noblock_safe_calls=["builtins.*"]) == set()
    assert found(plugin) == DEFAULT


def test_another_run_in_the_same_process_reads_the_files_anew(plugin: type[Plugin], shop: Path) -> None:
    assert found(plugin, noblock_src=["lib"]) == DEFAULT | {(22, "NBL105")}
    write(shop, {"lib/places.py": "def where() -> str: ...\n"})
    assert found(plugin, noblock_src=["lib"]) == DEFAULT


# --- how far calls are followed ----------------------------------------------------------------------------------------

CALLS = {
    "app/__init__.py": "",
    "app/helpers.py": """\
import time

import radio


def nap() -> None:
    time.sleep(1)


def tune() -> None:
    radio.tune()


def draw() -> bytes:
    return radio.logo()


class Bell:
    def ring(self) -> None: ...


class OldBell(Bell):
    def ring(self) -> None:
        time.sleep(1)
""",
    "main.py": """\
import time

from app.helpers import Bell, draw, nap, tune


async def main(bell: Bell) -> None:
    time.sleep(1)
    nap()
    tune()
    draw()
    bell.ring()
""",
    "env/pyvenv.cfg": "version = 3.12\n",
    "env/lib/python3.12/site-packages/radio/__init__.py": """\
import socket


def tune() -> socket.socket:
    return socket.create_connection(("radio.example.com", 80))


def logo() -> bytes:
    with open("logo.png", "rb") as file:
        return file.read()
""",
}
DIRECT = {(7, "NBL101")}
NAP = {(8, "NBL201")}
TUNE = {(9, "NBL202")}
DRAW = {(10, "NBL205")}
RING = {(11, "NBL201")}

# Values of options, and what is reported in main.py with them.
FOLLOWED = [
    ({}, DIRECT | NAP),
    ({"follow": "none"}, DIRECT),
    ({"follow": "project"}, DIRECT | NAP),
    ({"follow": "libraries"}, DIRECT | NAP),
    ({"follow": "all"}, DIRECT | NAP),
    ({"environment": "./env"}, DIRECT | NAP | TUNE),
    ({"environment": "env"}, DIRECT | NAP | TUNE),
    ({"environment": "env", "follow": "none"}, DIRECT),
    ({"environment": "env", "follow": "project"}, DIRECT | NAP),
    ({"environment": "env", "follow": "libraries"}, DIRECT | NAP | TUNE),
    ({"environment": "env", "follow": "all"}, DIRECT | NAP | TUNE | DRAW),
    ({"possible": "true"}, DIRECT | NAP | RING),
    ({"possible": "false"}, DIRECT | NAP),
    ({"possible": "true", "follow": "none"}, DIRECT),
    ({"possible": "true", "environment": "env", "follow": "all"}, DIRECT | NAP | TUNE | DRAW | RING),
]


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return write(tmp_path, CALLS)


def followed_id(values: object) -> str:
    return "-".join(f"{name}={value}" for name, value in values.items()) or "nothing" if isinstance(values, dict) else ""


@pytest.mark.parametrize(("values", "reported"), FOLLOWED, ids=followed_id)
def test_following_on_the_command_line(calls: Path, values: dict[str, str], reported: set[tuple[int, str]]) -> None:
    switches = {"true": ["--noblock-possible"], "false": []}
    options = [f"--noblock-{name}={value}" for name, value in values.items() if name != "possible"]
    assert run(*options, *switches[values.get("possible", "false")], cwd=calls) == reported


@pytest.mark.parametrize(("values", "reported"), FOLLOWED, ids=followed_id)
def test_following_in_a_configuration_file(calls: Path, values: dict[str, str], reported: set[tuple[int, str]]) -> None:
    settings = "".join(f"noblock-{name} = {value}\n" for name, value in values.items())
    write(calls, {".flake8": f"[flake8]\n{settings}"})
    assert run(cwd=calls) == reported


def test_following_in_pyproject_toml(calls: Path) -> None:
    try:
        distribution("Flake8-pyproject")
    except PackageNotFoundError:
        pytest.skip("Flake8-pyproject is not installed")
    settings = 'noblock-environment = "env"\nnoblock-follow = "all"\nnoblock-possible = true\n'
    write(calls, {"pyproject.toml": f"[tool.flake8]\n{settings}"})
    assert run(cwd=calls) == DIRECT | NAP | TUNE | DRAW | RING


def test_the_command_line_wins(calls: Path) -> None:
    write(calls, {".flake8": "[flake8]\nnoblock-follow = none\n"})
    assert run("--noblock-follow=project", cwd=calls) == DIRECT | NAP


def test_the_environment_starts_at_the_configuration_file(calls: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    write(calls, {".flake8": "[flake8]\nnoblock-environment = ./env\nnoblock-src = ./\n"})
    arguments = ["--select=NBL1,NBL2,NBL9", f"--config={calls / '.flake8'}", str(calls / "main.py")]
    shown = flake8(*arguments, cwd=tmp_path_factory.mktemp("elsewhere")).stdout
    assert " NBL202 tune() blocks on network I/O: tune -> tune -> socket.create_connection; use " in shown


def test_the_environment_given_comes_before_all_others(calls: Path) -> None:
    quiet = {f"{name}/lib/python3.12/site-packages/radio.py": "def tune(): ...\n" for name in (".venv", "active")}
    write(calls, {**quiet, ".venv/pyvenv.cfg": "", "active/pyvenv.cfg": ""})
    environment = {"VIRTUAL_ENV": str(calls / "active")}
    without = flake8("--select=NBL202", "main.py", cwd=calls, environment=environment)
    given = flake8("--select=NBL202", "--noblock-environment=env", "main.py", cwd=calls, environment=environment)
    assert (without.stdout, given.stdout.count("\n")) == ("", 1)


def test_safe_calls_are_not_followed(calls: Path) -> None:
    options = ["--noblock-environment=env", "--noblock-follow=all", "--noblock-possible"]
    assert run(*options, "--noblock-safe-calls=app.helpers.nap,radio.*", cwd=calls) == DIRECT | RING
    assert run(*options, "--noblock-safe-calls=time.sleep,socket.*", cwd=calls) == DRAW


def test_codes_of_the_other_family_stay(calls: Path) -> None:
    assert run("--extend-ignore=NBL2", cwd=calls) == DIRECT
    assert run("--extend-ignore=NBL1", cwd=calls) == NAP


# --- wrong values ------------------------------------------------------------------------------------------------------

WRONG_TABLES = {
    "broken.toml": "[[blocking]\n",
    "unknown_part.toml": "[[bloking]]\nnames = ['a.b']\nkind = 'sleep'\n",
    "unknown_kind.toml": "[[blocking]]\nnames = ['a.b']\nkind = 'nap'\n",
    "no_kind.toml": "[[blocking]]\nnames = ['a.b']\n",
    "wrong_type.toml": "[[blocking]]\nnames = 'a.b'\nkind = 'sleep'\n",
    "nested.toml": "x = " + "[" * 5000 + "]" * 5000 + "\n",
}
WRONG = [
    *[
        ("extend-blocking", value)
        for value in ("shop.fax-number", "shop..fax", "shop.fax->", "->", "1.fax", "*", "shop.*.fax", "é.")
    ],
    *[("safe-calls", value) for value in ("a/b", "a->b", "a:b", "a.(b)")],
    *[("offloaders", value) for value in ("shop.f[x]", "shop.f[]", "shop.f[-1]", "shop.f[1", "shop.*", "f()")],
    *[("loop-callbacks", value) for value in ("shop.f[x]", "shop.f->g", "shop.f[0][1]", ".f")],
    *[("follow", value) for value in ("far", "None", "ALL", "true", "0", "librari\0es", "all-")],
    *[("environment", value) for value in ("missing", "./missing", "main.py", "lib", "env\0", "a/" * 3000, "shop/legacy.py")],
    *[("src", value) for value in ("missing", "./missing", "main.py", "lib\0", "a/" * 3000)],
    *[("knowledge", value) for value in ("missing.toml", "lib", "lib\0.toml", "latin.toml", "a/" * 3000, *WRONG_TABLES)],
]


@pytest.mark.parametrize(("option", "value"), WRONG)
def test_a_wrong_value_is_told_in_one_line(
    plugin: type[Plugin], shop: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    write(shop, WRONG_TABLES)
    (shop / "latin.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(SystemExit) as ended:
        plugin.parse_options(namespace(**{f"noblock_{option.replace('-', '_')}": [value]}))
    assert ended.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert re.fullmatch(rf"flake8: --noblock-{option}: .*it takes .*\n", output.err)
    assert output.err.count("\n") == len(output.err.splitlines()) == 1


@pytest.mark.parametrize("value", [5, {"shop": "fax"}, [5], [["shop.fax"]]])
@pytest.mark.parametrize("option", ["extend-blocking", "src"])
def test_a_value_that_is_no_text(plugin: type[Plugin], option: str, value: object) -> None:
    with pytest.raises(SystemExit) as ended:
        plugin.parse_options(namespace(**{f"noblock_{option.replace('-', '_')}": value}))
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("extend-blocking", "shop.fax-number", "'shop.fax-number'"),
        ("safe-calls", "a/b", "/b'"),
        ("offloaders", "shop.f[x]", "'shop.f[x]'"),
        ("loop-callbacks", "shop.f[x]", "'shop.f[x]'"),
        ("follow", "far", "'far'"),
        ("environment", "missing", "missing'"),
        ("environment", "./lib", "/lib'"),
        ("src", "missing", "'missing'"),
        ("knowledge", "broken.toml", "broken.toml"),
    ],
)
def test_a_wrong_value_ends_the_run(shop: Path, option: str, value: str, says: str) -> None:
    write(shop, WRONG_TABLES)
    done = flake8(f"--noblock-{option}={value}", "main.py", "lib/places.py", cwd=shop)
    assert (done.stdout, done.returncode) == ("", 2)
    assert re.fullmatch(rf"flake8: --noblock-{option}: .*{re.escape(says)}.*it takes .*\n", done.stderr)


@pytest.mark.parametrize("file", [".flake8", "setup.cfg", "tox.ini"])
def test_a_wrong_value_in_a_configuration_file_ends_the_run(shop: Path, file: str) -> None:
    write(shop, {file: "[flake8]\nnoblock-offloaders =\n    shop.bus.in_pool\n    shop.bus.f[x]\n"})
    done = flake8("-j", "2", cwd=shop)
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr.startswith("flake8: --noblock-offloaders: 'shop.bus.f[x]' ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("option", "value"), [("follow", "libs"), ("environment", "./lib"), ("environment", "missing")])
def test_a_wrong_single_value_in_a_configuration_file_ends_the_run(shop: Path, option: str, value: str) -> None:
    write(shop, {".flake8": f"[flake8]\nnoblock-{option} = {value}\n"})
    done = flake8("-j", "2", cwd=shop)
    assert (done.stdout, done.returncode) == ("", 2)
    assert re.fullmatch(rf"flake8: --noblock-{option}: '.*' is not accepted; it takes .*\n", done.stderr)


def test_the_switch_takes_no_value(shop: Path) -> None:
    done = flake8("--noblock-possible=yes", "main.py", cwd=shop)
    assert (done.stdout, done.returncode) == ("", 2)
    assert "--noblock-possible: ignored explicit argument 'yes'" in done.stderr


def test_a_wrong_value_in_pyproject_toml_ends_the_run(shop: Path) -> None:
    try:
        distribution("Flake8-pyproject")
    except PackageNotFoundError:
        pytest.skip("Flake8-pyproject is not installed")
    write(shop, {"pyproject.toml": "[tool.flake8]\nnoblock-src = ['lib', 'missing']\n"})
    done = flake8("main.py", cwd=shop)
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr.startswith("flake8: --noblock-src: ")
    assert done.stderr.count("\n") == 1
