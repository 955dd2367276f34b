"""NBL211 to NBL214: operations that take microseconds, or compute instead of waiting, reached through calls; shown when selected."""

from __future__ import annotations

from flake8_noblock.rules.base import Rule
from flake8_noblock.rules.through import ThroughRule


class MetadataThrough(ThroughRule):
    """Questions to the file system that move no content, through calls."""

    code = "NBL211"
    title = "File-system metadata, through calls"
    default = False
    kind = "metadata"
    micro = True


class ComputationThrough(ThroughRule):
    """Functions that compute for long by design, through calls."""

    code = "NBL212"
    title = "Heavy computation, through calls"
    default = False
    kind = "cpu"


class RunTimeImportThrough(ThroughRule):
    """Loading code and data files when they are first needed, through calls."""

    code = "NBL213"
    title = "Loading code or data files at run time, through calls"
    default = False
    kind = "import"
    micro = True


class ThreadLockThrough(ThroughRule):
    """Taking a lock of `threading`, through calls."""

    code = "NBL214"
    title = "Thread lock, through calls"
    default = False
    kind = "lock"
    micro = True


RULES: tuple[Rule, ...] = (MetadataThrough(), ComputationThrough(), RunTimeImportThrough(), ThreadLockThrough())
