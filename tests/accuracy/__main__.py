"""Findings on real packages, to be judged by a reader: `python -m tests.accuracy FOLDER --seed N`.

FOLDER holds one folder for each package, with its Python files as they are installed. Every package is linted with its own
folder as the working folder; the totals are printed, then a plain random sample, each finding with the source around it.
With `--per-package` every package gives as many findings as every other, as far as it has them, so that a package with thousands
of findings does not hide the rest. With `--part R/N` only the files with an `async def` are linted whose path below the package's
folder has a CRC-32 that leaves R when divided by N: a random part of a package that is too large.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flake8_noblock.rules.codes import INTERNAL_ERROR, OFF_BY_DEFAULT

FLAKE8 = ("-P", "-m", "flake8", "--isolated", "--disable-noqa", "--jobs=1", "--noblock-cache-dir=none")
FORMAT = "%(path)s:%(row)d:%(col)d: %(code)s %(text)s"
LINE = re.compile(r"(?P<path>.+?):(?P<row>\d+):(?P<column>\d+): (?P<code>NBL\d+) (?P<text>.*)")
NAMED = re.compile(r"[^;]*?\[(?P<name>[\w.]+)\]|(?P<first>[\w.]+)")
ASYNC = re.compile(rb"^[ \t]*async[ \t]+def\b", re.MULTILINE)
AROUND = 10


@dataclass(frozen=True, order=True)
class Found:
    """A finding in a package."""

    package: str
    path: str
    row: int
    column: int
    code: str
    text: str

    @property
    def operation(self) -> str:
        """The operation that the message names: the last name of the chain, if there is one."""
        if " -> " in self.text:
            return self.text.partition(";")[0].rpartition(" -> ")[2]
        match = NAMED.match(self.text)
        return (match["name"] or match["first"]) if match else self.text


@dataclass(frozen=True)
class Package:
    """A package, and what flake8 says of it."""

    name: str
    files: int
    async_files: int
    lines: int
    found: tuple[Found, ...]
    complaint: str

    def row(self, codes: Iterable[str]) -> list[str]:
        """This package's row of the table."""
        counts = Counter(one.code for one in self.found)
        numbers = [self.files, self.lines, self.async_files, *(counts[code] for code in codes)]
        return [self.name, *(f"{number:,}" for number in numbers)]


def read(folder: Path, codes: str, environment: Path | None, part: str = "") -> Package:
    """The package in `folder`, or a part of it, linted, with the libraries of `environment`."""
    paths = [path for path in sorted(folder.rglob("*.py")) if path.is_file()]
    texts = [path.read_bytes() for path in paths]
    asynchronous = [path.relative_to(folder).as_posix() for path, text in zip(paths, texts, strict=True) if ASYNC.search(text)]
    linted = [path for path in asynchronous if _is_in(path, part)] if part else ["."]
    options = [f"--select={codes},{INTERNAL_ERROR}", f"--format={FORMAT}"]
    if environment is not None:
        own = environment / folder.name
        options.append(f"--noblock-environment={(own if own.is_dir() else environment).resolve()}")
    run = subprocess.run([sys.executable, *FLAKE8, *options, *linted], cwd=folder, capture_output=True, text=True, check=False)
    matches = [LINE.fullmatch(line) for line in run.stdout.splitlines()]
    complaint = run.stderr.strip()
    if run.returncode not in (0, 1) or None in matches:
        complaint = f"exit status {run.returncode} {complaint}"
    return Package(
        name=folder.name,
        files=len(paths),
        async_files=len(asynchronous),
        lines=sum(text.count(b"\n") for text in texts),
        found=tuple(sorted(_found(folder.name, match) for match in matches if match)),
        complaint=complaint,
    )


def _is_in(path: str, part: str) -> bool:
    remainder, _, divisor = part.partition("/")
    return zlib.crc32(path.encode()) % int(divisor) == int(remainder)


def _found(package: str, match: re.Match[str]) -> Found:
    path = match["path"].removeprefix("./")
    return Found(package, path, int(match["row"]), int(match["column"]), match["code"], match["text"])


def table(packages: Sequence[Package]) -> Iterator[str]:
    """The totals, as a table in Markdown."""
    codes = sorted({one.code for package in packages for one in package.found})
    yield from _table(["package", "files", "lines", "async files", *codes], [package.row(codes) for package in packages])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for cells in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cells)} |"


def frequent(package: Package, count: int) -> Iterator[str]:
    """The most frequent pairs of code and operation in a package."""
    yield f"{package.name}:"
    pairs = Counter((one.code, one.operation) for one in package.found if one.code != INTERNAL_ERROR)
    for (code, operation), number in pairs.most_common(count):
        yield f"  {number:6,}  {code} {operation}"


def draw(findings: Sequence[Found], count: int, seed: int) -> list[Found]:
    """A plain random sample, every finding as likely as every other."""
    return random.Random(seed).sample(findings, min(count, len(findings)))


def draw_evenly(findings: Sequence[Found], count: int, seed: int) -> list[Found]:
    """A random sample with the same number from each package; what a small one can't give is shared by the others."""
    remaining = Counter(one.package for one in findings)
    drawn: list[Found] = []
    for number, package in enumerate(sorted(remaining, key=lambda name: (remaining[name], name))):
        share = round((count - len(drawn)) / (len(remaining) - number))
        drawn += draw([one for one in findings if one.package == package], share, seed)
    return drawn


def shown(number: int, one: Found, folder: Path) -> Iterator[str]:
    """A finding with ten lines of source before and after it."""
    yield f"--- {number}. {one.package} {one.path}:{one.row}:{one.column}: {one.code} {one.text}"
    lines = Path(folder, one.package, one.path).read_text(encoding="utf-8").splitlines()
    first = max(0, one.row - 1 - AROUND)
    for offset, line in enumerate(lines[first : one.row + AROUND], start=first + 1):
        yield f"{'>' if offset == one.row else ' '}{offset:6} {line}"


def main() -> int:
    """The exit status: 1 if flake8 crashed or the plugin failed on a file."""
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds one folder for each package")
    parser.add_argument("--seed", type=int, required=True, help="of the random draw")
    parser.add_argument("--count", type=int, default=60, help="findings to draw, codes on by default")
    parser.add_argument("--off-count", type=int, default=20, help="findings to draw, codes off by default")
    parser.add_argument("--per-package", action="store_true", help="draw the same number from each package")
    parser.add_argument("--part", default="", help="R/N: lint one of N random parts of each package")
    parser.add_argument(
        "--environment",
        type=Path,
        help="virtual environment with the libraries that the packages import, or a folder of one for each package, by its name",
    )
    parser.add_argument("--codes", default="NBL1", help="codes to select, as flake8 takes them")
    parser.add_argument("--pairs", type=int, default=10, help="most frequent operations to list per package")
    options = parser.parse_args()
    packages = [
        read(folder, options.codes, options.environment, options.part)
        for folder in sorted(options.folder.iterdir())
        if folder.is_dir()
    ]
    findings = [one for package in packages for one in package.found if one.code != INTERNAL_ERROR]
    failures = [one for package in packages for one in package.found if one.code == INTERNAL_ERROR]
    print(*table(packages), sep="\n")
    for package in packages:
        print(*frequent(package, options.pairs), sep="\n")
    on = [one for one in findings if one.code not in OFF_BY_DEFAULT]
    off = [one for one in findings if one.code in OFF_BY_DEFAULT]
    for title, population, count in (("on", on, options.count), ("off", off, options.off_count)):
        drawn = (draw_evenly if options.per_package else draw)(population, count, options.seed)
        print(f"=== {len(drawn)} of {len(population):,} findings, codes {title} by default, seed {options.seed}")
        for number, one in enumerate(drawn, start=1):
            print(*shown(number, one, options.folder), sep="\n")
    for package in packages:
        if package.complaint:
            print(f"{package.name}: flake8 complains: {package.complaint}", file=sys.stderr)
    for one in failures:
        print(f"{one.package} {one.path}: {one.code} {one.text}", file=sys.stderr)
    return 1 if failures or any(package.complaint for package in packages) else 0


if __name__ == "__main__":
    sys.exit(main())
