"""Edits are noticed, and what is written stays in the cache."""

from __future__ import annotations

import ast
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_noblock import analysis, options
from flake8_noblock.cache import store
from flake8_noblock.rules.registry import RULES
from flake8_noblock.session import Session
from tests.cache.support import (
    ENVIRONMENT,
    FILES,
    FOUND,
    HOST,
    NAMES,
    PARCEL,
    SITE,
    TRUCK,
    TWICE,
    command,
    entries,
    places,
    printed,
    run,
)
from tests.folders import POSIX, everything
from tests.support import HELPER, IDLE, caller, lint, write

# --- edits are noticed ------------------------------------------------------------------------------------------------


def without(text: str, line: str) -> str:
    """`text` with ``pass`` in place of what the line that holds `line` does."""
    lines = [re.sub(r"\S.*", "pass", each) if line in each else each for each in text.splitlines()]
    return "\n".join(lines) + "\n"


def test_edits_are_noticed_and_no_more_is_computed_again_than_depends_on_them(project: Path, cache: Path) -> None:
    found = set(FOUND)
    dependants = {
        "shop/ticks.py": {"shop/service.py", "main.py"},
        "shop/paths.py": {"shop/service.py", "main.py"},
    }

    def check(computed: int, what: str, *options: str) -> None:
        before = entries(cache, "results")
        assert places(printed(run(project, cache, *options))) == found, what
        assert len(entries(cache, "results") - before) == computed, what

    asynchronous = [name for name in NAMES if "async" in FILES[name]]
    assert len(asynchronous) == 4
    check(4, "the first run")
    check(0, "nothing has changed")

    (project / "shop/tools/own.py").write_text(without(FILES["shop/tools/own.py"], "sleep"), encoding="utf-8")
    found -= {("shop/tools/own.py", 5, "NBL101")}
    check(1, "the file itself")

    (project / "shop/ticks.py").write_text(without(FILES["shop/ticks.py"], "sleep"), encoding="utf-8")
    found -= {("main.py", 6, "NBL201"), ("shop/service.py", 13, "NBL201")}
    check(len(dependants["shop/ticks.py"]), "a helper two modules away")

    (project / "shop/ticks.py").write_text(FILES["shop/ticks.py"], encoding="utf-8")
    found |= {("main.py", 6, "NBL201"), ("shop/service.py", 13, "NBL201")}
    check(0, "as it was before")

    (project / "shop/paths.py").unlink()
    found -= {("main.py", 7, "NBL205"), ("shop/service.py", 11, "NBL205")}
    check(len(dependants["shop/paths.py"]), "a helper is removed")
    (project / "shop/paths.py").write_text(FILES["shop/paths.py"], encoding="utf-8")
    found |= {("main.py", 7, "NBL205"), ("shop/service.py", 11, "NBL205")}
    check(0, "it is back")

    write(project, {"shop/ticks/__init__.py": "def tick() -> None: ...\n"})
    found -= {("main.py", 6, "NBL201"), ("shop/service.py", 13, "NBL201")}
    check(len(dependants["shop/ticks.py"]), "a package comes before the module")
    shutil.rmtree(project / "shop/ticks")
    found |= {("main.py", 6, "NBL201"), ("shop/service.py", 13, "NBL201")}
    check(0, "it is gone")

    write(project, {"shop/trucks.py": TRUCK})
    found |= {("shop/service.py", 12, "NBL205")}
    check(1, "another file implements an abstract method")
    (project / "shop/trucks.py").unlink()
    found -= {("shop/service.py", 12, "NBL205")}
    check(0, "no longer")

    (project / "unrelated.py").write_text("import shop\n\n\ndef f() -> None: ...\n", encoding="utf-8")
    check(0, "a new file that nothing needs")


def test_changed_options_are_noticed(project: Path, cache: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.toml"
    declared = ("shop/service.py", 17, "NBL108")
    slept = {place for place in FOUND if place[2].endswith("1")}

    def found(*options: str) -> set[tuple[str, int, str]]:
        return places(printed(run(project, cache, *options)))

    assert found() == FOUND
    assert found("--noblock-extend-blocking=shop.library.declared") == FOUND | {declared}
    assert found("--noblock-safe-calls=time.*") == FOUND - slept
    assert found("--noblock-follow=none") == {place for place in FOUND if place[2].startswith("NBL1")}
    table.write_text('[[blocking]]\nnames = ["shop.library.declared"]\nkind = "declared"\n', encoding="utf-8")
    assert found(f"--noblock-knowledge={table}") == FOUND | {declared}
    table.write_text('[[blocking]]\nnames = ["shop.library.nothing"]\nkind = "declared"\n', encoding="utf-8")
    assert found(f"--noblock-knowledge={table}") == FOUND
    assert found() == FOUND


def test_codes_that_are_asked_for_later_are_found(project: Path, cache: Path) -> None:
    write(
        project, {"other.py": "import os, time\n\n\nasync def f() -> bool:\n    time.sleep(1)\n    return os.path.exists('x')\n"}
    )

    def found(*options: str) -> set[tuple[str, int, str]]:
        return places(printed(run(project, cache, *options, files=["other.py"])))

    slept, asked = ("other.py", 5, "NBL101"), ("other.py", 6, "NBL111")
    assert found("--ignore=NBL111") == {slept}
    assert found("--extend-select=NBL111") == {slept, asked}
    assert found("--ignore=NBL111") == {slept}


def test_a_library_that_was_replaced_is_noticed(project: Path, environment: Path, cache: Path) -> None:
    """Its files may be as old and as long as before: the folder of its metadata tells."""
    sent = ("shop/service.py", 16, "NBL201")
    assert places(printed(run(project, cache))) == FOUND
    module = environment / SITE / "parcel" / "__init__.py"
    module.write_text(without(PARCEL, "sleep"), encoding="utf-8")
    (environment / SITE / "parcel-1.0.dist-info").rename(environment / SITE / "parcel-1.1.dist-info")
    assert places(printed(run(project, cache))) == FOUND - {sent}
    shutil.rmtree(environment / SITE / "parcel")
    shutil.rmtree(environment / SITE / "parcel-1.1.dist-info")
    (environment / SITE / "other-1.0.dist-info").mkdir()
    assert places(printed(run(project, cache))) == FOUND - {sent}
    write(environment, ENVIRONMENT)
    assert places(printed(run(project, cache))) == FOUND


@pytest.mark.parametrize("limit", ["MOST_ANSWERS", "MOST_OPERATIONS"])
def test_beginning_anew_changes_no_finding(project: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """A process that has read too much forgets it between files; what an editor shows is still what is read."""
    files = [project / name for name in NAMES]
    right = lint(files, project)
    helper = f"{HELPER}\n\nasync def g():\n    pass\n"
    main = caller("import h", "h.f()")
    write(project, {"h.py": IDLE})
    monkeypatch.setattr(analysis, limit, 0)
    for given in ([], [f"--noblock-cache-dir={cache}"], [f"--noblock-cache-dir={cache}"]):
        assert lint(files, project, given) == right
    session = Session(options.parse({"cache-dir": ["none"]}, project))
    session.lint(ast.parse(helper), str(project / "h.py"), helper, RULES)
    found = session.lint(ast.parse(main), str(project / "main.py"), main, RULES)
    assert [finding.code for finding in found] == ["NBL201"]


@pytest.fixture
def analysed(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files of the project whose findings are computed, in order."""
    seen: list[str] = []
    compute = Session._lint

    def noted(session: Session, tree: object, filename: str, *rest: object) -> object:
        seen.append(Path(filename).relative_to(project).as_posix())
        return compute(session, tree, filename, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Session, "_lint", noted)
    return seen


@pytest.mark.parametrize(
    ("edited", "computed"),
    [
        ("main.py", ["main.py"]),
        ("shop/service.py", ["main.py", "shop/service.py"]),
        ("shop/ticks.py", ["main.py", "shop/service.py"]),
        ("shop/post.py", ["shop/service.py"]),
        ("shop/tools/own.py", ["shop/tools/own.py"]),
        ("shop/tools/report.py", ["main.py", "shop/tools/report.py"]),
    ],
)
def test_which_files_are_computed_again(
    project: Path, cache: Path, analysed: list[str], edited: str, computed: list[str]
) -> None:
    options = [f"--noblock-cache-dir={cache}"]
    files = [project / name for name in NAMES]
    lint(files, project, options)
    analysed.clear()
    right = lint(files, project, options)
    assert analysed == []
    with (project / edited).open("a", encoding="utf-8") as file:
        file.write("\n\nADDED = 1\n")
    assert lint(files, project, options) == right
    assert analysed == computed


def test_comments_and_layout_concern_nobody_else(project: Path, cache: Path, analysed: list[str]) -> None:
    options = [f"--noblock-cache-dir={cache}"]
    files = [project / name for name in NAMES]
    right = lint(files, project, options)
    analysed.clear()
    service = project / "shop/service.py"
    service.write_text("# A comment.\n\n" + service.read_text(encoding="utf-8"), encoding="utf-8")
    found = lint(files, project, options)
    assert {path: len(listed) for path, listed in found.items()} == {path: len(listed) for path, listed in right.items()}
    assert [line for line, *_ in found[service]] == [line + 2 for line, *_ in right[service]]
    assert analysed == ["shop/service.py"]


def test_a_text_that_is_not_on_disk(project: Path, cache: Path) -> None:
    """An editor hands over what it shows; neither that nor the file on disk is taken for the other."""
    arguments = ["--stdin-display-name=shop/tools/own.py"]
    text = FILES["shop/tools/own.py"]
    for source in (text, without(text, "sleep")) * 2:
        done = subprocess.run(
            command(cache, *arguments, files=["-"]), cwd=project, input=source, capture_output=True, text=True, check=False
        )
        assert places(printed(done)) == ({("shop/tools/own.py", 5, "NBL101")} if "sleep" in source else set())
        assert places(printed(run(project, cache, files=["shop/tools/own.py"]))) == {("shop/tools/own.py", 5, "NBL101")}


def test_what_imports_a_text_that_is_not_on_disk(project: Path, cache: Path) -> None:
    """Once the text's own findings are remembered, it still stands for its module; nothing wrong is kept for later."""
    main, helper = caller("import h", "h.f()"), f"{HELPER}\n\nasync def g():\n    pass\n"
    write(project, {"h.py": IDLE})

    def judge(folder: str, **shown: str) -> list[tuple[int, str]]:
        """What a session with the cache in `folder` says of the last of the texts that an editor shows."""
        session = Session(options.parse({"cache-dir": [folder]}, project))
        judged = [session.lint(ast.parse(text), str(project / f"{name}.py"), text, RULES) for name, text in shown.items()]
        return [(finding.line, finding.code) for finding in judged[-1]]

    assert judge(str(cache), h=helper, main=main) == [(5, "NBL201")]
    edited = f"{main}# edited\n"
    assert judge(str(cache), h=helper, main=edited) == judge("none", h=helper, main=edited) == [(5, "NBL201")]
    write(project, {"h.py": helper})
    assert judge(str(cache), main=edited) == judge("none", main=edited) == [(5, "NBL201")]


@pytest.mark.parametrize("folder", ["cache", "none"])
@pytest.mark.parametrize("host", TWICE)
def test_a_process_that_runs_flake8_twice(project: Path, tmp_path: Path, cache: Path, host: str, folder: str) -> None:
    program = tmp_path / "host.py"
    program.write_text(HOST.format(body=TWICE[host]), encoding="utf-8")
    text = without(FILES["shop/ticks.py"], "sleep")
    chosen = str(cache) if folder == "cache" else "none"
    arguments = [str(program), chosen, "shop/ticks.py", text, "main.py", "shop/service.py"]
    done = subprocess.run([sys.executable, "-P", *arguments], cwd=project, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    before, _, behind = done.stdout.partition("edited\n")
    slow = {("main.py", 6, "NBL201"), ("shop/service.py", 13, "NBL201")}
    assert slow <= places(before)
    assert places(behind) == places(before) - slow
    assert places(behind)


@pytest.mark.parametrize("name", [["chain", "shop/service.py:13"], ["causes", "shop"]], ids=["chain", "causes"])
def test_commands_show_the_same_with_a_cache(project: Path, cache: Path, name: list[str]) -> None:
    assert printed(run(project, cache))
    shown = []
    for folder in (cache, "none"):
        options = [f"--noblock-cache-dir={folder}", "--noblock-environment=../environment"]
        arguments = [sys.executable, "-P", "-m", "flake8_noblock", *name, *options]
        shown.append(subprocess.run(arguments, cwd=project, capture_output=True, text=True, check=False))
    assert "time.sleep" in shown[1].stdout
    assert (shown[0].stdout, shown[0].stderr) == (shown[1].stdout, shown[1].stderr)


# --- what is written, and where ---------------------------------------------------------------------------------------


def test_nothing_is_written_outside_the_cache(project: Path, environment: Path, cache: Path, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("HOME", "XDG_CACHE_HOME", "TMPDIR")}
    for folder in folders.values():
        folder.mkdir()
    watched = [project, environment, *folders.values()]
    before = [everything(folder) for folder in watched]
    variables = {name: str(folder) for name, folder in folders.items()}
    assert places(printed(run(project, cache, "-j4", **variables))) == FOUND
    assert [everything(folder) for folder in watched] == before
    assert entries(cache, "results")


def test_no_cache_where_none_is_wanted(project: Path, tmp_path: Path) -> None:
    caches = tmp_path / "caches"
    assert places(printed(run(project, "none", XDG_CACHE_HOME=str(caches)))) == FOUND
    assert not caches.exists()
    assert not (project / "none").exists()


@POSIX
@pytest.mark.parametrize("umask", [0, 0o777])
def test_the_cache_is_the_user_s_alone(shared: Path, expected: str, cache: Path, umask: int) -> None:
    assert printed(run(shared, cache, "-j4" if umask == 0 else "-j1", umask=umask)) == expected
    paths = [cache, *cache.rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()} == {0o600}
    assert [path.name for path in cache.iterdir()] == [f"noblock-{store.FORMAT}"]
