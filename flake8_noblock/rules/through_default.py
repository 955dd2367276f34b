"""NBL201 to NBL208: operations that may stop the loop for long, reached through calls; shown by default."""

from __future__ import annotations

from flake8_noblock.rules.base import Rule
from flake8_noblock.rules.through import ThroughRule


class SleepThrough(ThroughRule):
    """`time.sleep` and its like, through calls."""

    code = "NBL201"
    title = "Sleep, through calls"
    kind = "sleep"


class NetworkThrough(ThroughRule):
    """HTTP, sockets, DNS, TLS, mail, SSH, brokers, cloud services, through calls."""

    code = "NBL202"
    title = "Network I/O, through calls"
    kind = "network"


class DatabaseThrough(ThroughRule):
    """Database drivers, ORMs, caches, through calls."""

    code = "NBL203"
    title = "Database, through calls"
    kind = "database"


class SubprocessThrough(ThroughRule):
    """Starting processes and waiting for them, through calls."""

    code = "NBL204"
    title = "Subprocess, through calls"
    kind = "subprocess"


class FileAccessThrough(ThroughRule):
    """Reading and writing files, through calls."""

    code = "NBL205"
    title = "File I/O, through calls"
    kind = "file"


class ThreadWaitThrough(ThroughRule):
    """Waiting for another thread or process, through calls."""

    code = "NBL206"
    title = "Waiting on another thread or process, through calls"
    kind = "thread"


class TerminalThrough(ThroughRule):
    """Waiting for a person, through calls."""

    code = "NBL207"
    title = "Terminal input, through calls"
    kind = "terminal"


class DeclaredThrough(ThroughRule):
    """What the user's configuration says, through calls."""

    code = "NBL208"
    title = "Blocking by your configuration, through calls"
    kind = "declared"


RULES: tuple[Rule, ...] = (SleepThrough(), NetworkThrough(), DatabaseThrough(), SubprocessThrough(), FileAccessThrough(), ThreadWaitThrough(), TerminalThrough(), DeclaredThrough())
