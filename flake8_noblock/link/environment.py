"""Where installed libraries are: folders found from the layout of an environment, without running its interpreter."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def library_folders(project: Path, variables: Mapping[str, str], environment: Path | None = None) -> tuple[Path, ...]:
    """The folders in which `project`'s libraries lie, the first to be searched first.

    PYTHONPATH, then the site-packages of one environment: `environment` if it is given, else VIRTUAL_ENV, else ``.venv`` in
    the project, else the running one. No interpreter and no ``.pth`` file is run.
    """
    named = [Path(entry) for entry in variables.get("PYTHONPATH", "").split(os.pathsep) if entry]
    for candidate in [environment] if environment is not None else _environments(project, variables):
        folders = site_packages(candidate)
        if folders:
            return (*named, *folders)
    return tuple(named)


def _environments(project: Path, variables: Mapping[str, str]) -> list[Path]:
    named = variables.get("VIRTUAL_ENV")
    return [*([Path(named)] if named else []), project / ".venv", Path(sys.prefix)]


def site_packages(environment: Path) -> tuple[Path, ...]:
    """The site-packages folders of the environment in folder `environment`; none where it is no environment."""
    if not os.path.isfile(environment / "pyvenv.cfg") and environment != Path(sys.prefix):
        return ()
    running = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    found = sorted(environment.glob("lib/python3.*/site-packages"), key=lambda p: (p.parent.name != running, p))
    windows = environment / "Lib" / "site-packages"
    return tuple(found[:1]) or ((windows,) if os.path.isdir(windows) else ())
