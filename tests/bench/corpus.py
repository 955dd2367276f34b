"""The corpus: `python -m tests.bench.corpus FOLDER` downloads the packages of corpus.txt and unpacks their Python files."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGES = Path(__file__).with_name("corpus.txt")
DOWNLOAD = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
# One platform for all machines, so that all have the same files.
PLATFORM = ["--python-version=3.12", "--platform=manylinux2014_x86_64"]
ASYNC = re.compile(rb"^[ \t]*async[ \t]+def\b", re.MULTILINE)


@dataclass(frozen=True)
class File:
    """A Python file of a corpus, in `folder` of its package."""

    folder: Path
    path: Path
    lines: int
    has_async_def: bool
    names_async: bool


@dataclass(frozen=True)
class Sources:
    """Python files of one or more packages and what is said of them in a table."""

    name: str
    folders: tuple[Path, ...]
    files: tuple[File, ...]

    @property
    def lines(self) -> int:
        return sum(file.lines for file in self.files)

    @property
    def async_share(self) -> float:
        """The share of the files with an ``async def``."""
        return sum(file.has_async_def for file in self.files) / len(self.files)


def packages(folder: Path) -> tuple[Sources, ...]:
    """The packages in `folder`: each folder in it with Python files."""
    found = [read(entry) for entry in sorted(folder.iterdir()) if entry.is_dir() and any(entry.rglob("*.py"))]
    if not found:
        raise SystemExit(f"no packages in {folder}")
    return tuple(found)


def read(folder: Path) -> Sources:
    """The Python files below `folder`, in the order of their names."""
    paths = sorted(path for path in folder.rglob("*.py") if path.is_file())
    return Sources(folder.name, (folder,), tuple(_file(folder, path) for path in paths))


def together(parts: Sequence[Sources]) -> Sources:
    """Several packages as one."""
    folders = tuple(folder for part in parts for folder in part.folders)
    return Sources("all", folders, tuple(file for part in parts for file in part.files))


def requirements(text: str) -> Iterator[str]:
    """The packages named in a requirements file."""
    for line in text.splitlines():
        named = line.partition("#")[0].strip()
        if named:
            yield named


def requirement(name: str) -> str:
    """The requirement of corpus.txt whose files are unpacked to a folder of this name.

    Raises SystemExit where there is none.
    """
    for line in requirements(PACKAGES.read_text(encoding="utf-8")):
        if folder_name(line) == name:
            return line
    raise SystemExit(f"{name} is not in {PACKAGES.name}")


def folder_name(requirement: str) -> str:
    """The name of the folder for the files of a package."""
    return requirement.replace("==", "-")


def download(requirement: str, folder: Path) -> Path:
    """The folder below `folder` that holds the Python files of this package, downloaded unless it is there."""
    target = folder / folder_name(requirement)
    if target.is_dir():
        return target
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, *DOWNLOAD, *PLATFORM, f"--dest={scratch}", requirement], check=True)
        unpacked = Path(scratch, "unpacked")
        for wheel in Path(scratch).glob("*.whl"):
            unpack(wheel, unpacked)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.move(unpacked, target)
    return target


def unpack(wheel: Path, folder: Path) -> None:
    """Unpack the Python files of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.endswith(".py")])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.corpus", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the packages go, each in a folder of its own")
    parser.add_argument("packages", nargs="*", help="names of corpus.txt (default: all)")
    options = parser.parse_args(arguments)
    for requirement in requirements(PACKAGES.read_text(encoding="utf-8")):
        if not options.packages or requirement.partition("==")[0] in options.packages:
            tree = read(download(requirement, options.folder))
            print(f"{requirement}: {len(tree.files):,} files, {tree.lines:,} lines")


def _file(folder: Path, path: Path) -> File:
    source = path.read_bytes()
    return File(folder, path, source.count(b"\n"), ASYNC.search(source) is not None, b"async" in source)


if __name__ == "__main__":
    main()
