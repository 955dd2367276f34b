"""Virtual environments: flake8 alone, and flake8 with one plugin more. Only so can "without the plugin" be measured."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Environment:
    """A virtual environment and the versions of what is in it."""

    python: Path
    versions: dict[str, str]


@dataclass(frozen=True)
class Environments:
    """The environments of a benchmark; `flake8_async` is None where it could not be installed."""

    bare: Environment
    plugin: Environment
    flake8_async: Environment | None


def make(folder: Path, *, with_flake8_async: bool) -> Environments:
    """Make the environments below `folder`; flake8 has the same version in all of them."""
    bare = _environment(folder / "bare", "flake8")
    same = [f"{name}=={bare.versions[name]}" for name in ("flake8", "pyflakes", "pycodestyle")]
    plugin = _environment(folder / "plugin", *same, str(CHECKOUT))
    if not with_flake8_async:
        return Environments(bare, plugin, None)
    try:
        return Environments(bare, plugin, _environment(folder / "flake8-async", *same, "flake8-async"))
    except subprocess.CalledProcessError:
        print("flake8-async could not be installed and is left out", file=sys.stderr)
        return Environments(bare, plugin, None)


def with_libraries(folder: Path, requirement: str) -> Path:
    """A virtual environment at `folder` with a package and all that it needs, made unless it is there."""
    if not folder.is_dir():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        python = str(folder / "bin" / "python")
        install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", requirement]
        subprocess.run(install, check=True)
    return folder


def _environment(folder: Path, *requirements: str) -> Environment:
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *requirements], check=True)
    listing = subprocess.check_output([python, "-m", "pip", "list", "--format=json"], text=True)
    return Environment(python, {package["name"]: package["version"] for package in json.loads(listing)})
