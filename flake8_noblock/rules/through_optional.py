"""NBL211 to NBL214: operations of microseconds, and those that compute, reached through calls; shown when selected."""

from __future__ import annotations

from flake8_noblock.rules.base import Rule
from flake8_noblock.rules.through import ThroughRule
from flake8_noblock.rules.through_pages import OWN, through_page


class MetadataThrough(ThroughRule):
    """Questions to the file system that move no content, through calls."""

    code = "NBL211"
    title = "File-system metadata, through calls"
    default = False
    kind = "metadata"
    micro = True
    page = through_page(
        "NBL111",
        counts=OWN,
        reports="""
            A call, in code on the loop, that comes to ask the file system about names or to change names: helpers that look for a
            file, walk through a folder, clean up.
        """,
        hurts="""
            One question costs little on a local disk; a helper that walks through folders asks thousands. Measured on a two-core
            Linux machine with Python 3.12 and a local disk, medians: `os.stat` 0.002 ms, `os.listdir` of 450 entries 0.13 ms.
        """,
        bad="""
            from pathlib import Path


            def free_name(folder: Path, stem: str) -> Path:
                number = 1
                while (path := folder / f"{stem}-{number}.txt").exists():
                    number += 1
                return path


            async def reserve(folder: Path) -> str:
                return free_name(folder, "upload").name
        """,
        good="""
            import asyncio
            from pathlib import Path


            def free_name(folder: Path, stem: str) -> Path:
                number = 1
                while (path := folder / f"{stem}-{number}.txt").exists():
                    number += 1
                return path


            async def reserve(folder: Path) -> str:
                return (await asyncio.to_thread(free_name, folder, "upload")).name
        """,
        certainty="""
            Helpers that only compute with names, by `os.path.join` or `PurePath`, are silent. A helper that asks once and one
            that asks a thousand times are reported alike.
        """,
        options="`extend-select = NBL211` switches the rule on.",
        off="""
            It is off unless selected. Select it together with NBL111 for services whose files are on a network file system. For
            one call, write `# noqa: NBL211`.

            Related: ASYNC240 of ruff and of flake8-async, for the coroutine alone.
        """,
    )


class ComputationThrough(ThroughRule):
    """Functions that compute for long by design, through calls."""

    code = "NBL212"
    title = "Heavy computation, through calls"
    default = False
    kind = "cpu"
    page = through_page(
        "NBL112",
        counts=OWN,
        reports="""
            A call, in code on the loop, that comes to hash a password, derive or generate a key, compress, process images, or
            train and run models: a `User.check_password`, a decorator that packs what a function returns.
        """,
        hurts="""
            The thread computes, and nothing else runs. Measured on a two-core Linux machine with Python 3.12, medians:
            `hashlib.pbkdf2_hmac` with 600,000 rounds 108 ms, `hashlib.scrypt` with `n=2**14` 30 ms, `zlib.compress` of 1 MiB 9
            ms.
        """,
        bad="""
            import hashlib


            class User:
                def __init__(self, salt: bytes, digest: bytes) -> None:
                    self.salt, self.digest = salt, digest

                def knows(self, password: str) -> bool:
                    given = hashlib.scrypt(password.encode(), salt=self.salt, n=2**14, r=8, p=1)
                    return given == self.digest


            async def log_in(user: User, password: str) -> str:
                return "welcome" if user.knows(password) else "wrong password"
        """,
        good="""
            import asyncio
            import hashlib


            class User:
                def __init__(self, salt: bytes, digest: bytes) -> None:
                    self.salt, self.digest = salt, digest

                def knows(self, password: str) -> bool:
                    given = hashlib.scrypt(password.encode(), salt=self.salt, n=2**14, r=8, p=1)
                    return given == self.digest


            async def log_in(user: User, password: str) -> str:
                return "welcome" if await asyncio.to_thread(user.knows, password) else "wrong password"
        """,
        certainty="""
            The cost depends on the input, which the rule does not know. What a module computes once, when it is imported, is not
            reported, and loops of your own that compute for long are not found.
        """,
        options="`extend-select = NBL212` switches the rule on.",
        off="""
            It is off unless selected. Select it together with NBL112 for services that hash passwords, compress, or run models.
            Where the input is known to be small, write `# noqa: NBL212`.

            Related: none in ruff or flake8-async.
        """,
    )


class RunTimeImportThrough(ThroughRule):
    """Loading code and data files when they are first needed, through calls."""

    code = "NBL213"
    title = "Loading code or data files at run time, through calls"
    default = False
    kind = "import"
    micro = True
    page = through_page(
        "NBL113",
        counts=OWN,
        reports="""
            A call, in code on the loop, that comes to load code or data files that come with code: looking for plugins, making a
            time zone by its name, guessing a MIME type.
        """,
        hurts="""
            The first request after a start pays for it. Measured on a two-core Linux machine with Python 3.12 and a warm disk
            cache, medians: `zoneinfo.available_timezones` 7 ms, `importlib.metadata.entry_points` 1.1 ms.
        """,
        bad="""
            import zoneinfo


            def is_zone(name: str) -> bool:
                return name in zoneinfo.available_timezones()


            async def set_zone(settings: dict[str, str], name: str) -> None:
                if is_zone(name):
                    settings["zone"] = name
        """,
        good="""
            import zoneinfo

            ZONES = zoneinfo.available_timezones()


            def is_zone(name: str) -> bool:
                return name in ZONES


            async def set_zone(settings: dict[str, str], name: str) -> None:
                if is_zone(name):
                    settings["zone"] = name
        """,
        certainty="""
            An `import` statement inside a helper is not reported: it is quick from the second time on. Whether a call is the
            first one in the process, the slow one, cannot be known; all are reported.
        """,
        options="`extend-select = NBL213` switches the rule on.",
        off="""
            It is off unless selected. Select it together with NBL113 for services in which the first request must be as quick as
            the others. For one call, write `# noqa: NBL213`.

            Related: none in ruff or flake8-async.
        """,
    )


class ThreadLockThrough(ThroughRule):
    """Taking a lock of `threading`, through calls."""

    code = "NBL214"
    title = "Thread lock, through calls"
    default = False
    kind = "lock"
    micro = True
    page = through_page(
        "NBL114",
        counts=OWN,
        reports="""
            A call, in code on the loop, that comes to take a lock which belongs to threads: methods of a class that guards its
            state with a `threading.Lock` or `RLock`, decorators that lock, conditions that are entered.
        """,
        hurts="""
            A class that is safe among threads looks harmless, and is while its lock is free. Measured on a two-core Linux machine
            with Python 3.12: a free `threading.Lock` was taken and released in 0.0002 ms; one that another thread held for 100 ms
            stopped the loop for 101 ms.
        """,
        bad="""
            import threading


            class Totals:
                def __init__(self) -> None:
                    self.lock = threading.Lock()
                    self.values: dict[str, int] = {}

                def add(self, name: str, amount: int) -> None:
                    with self.lock:
                        self.values[name] = self.values.get(name, 0) + amount


            async def sell(totals: Totals, name: str) -> None:
                totals.add(name, 1)
        """,
        good="""
            class Totals:
                \"\"\"Used by coroutines of one loop only, which do not interrupt each other here.\"\"\"

                def __init__(self) -> None:
                    self.values: dict[str, int] = {}

                def add(self, name: str, amount: int) -> None:
                    self.values[name] = self.values.get(name, 0) + amount


            async def sell(totals: Totals, name: str) -> None:
                totals.add(name, 1)
        """,
        certainty="""
            Locks of asyncio, anyio and trio are silent, and so are helpers that only try (`acquire(blocking=False)`). How long
            others hold the lock, which decides whether it hurts, is not known.
        """,
        options="`extend-select = NBL214` switches the rule on.",
        off="""
            It is off unless selected. A short critical section that is shared with threads is a sound use of such a lock; write
            `# noqa: NBL214` there. Select the rule to look at each of them once.

            Related: none in ruff or flake8-async.
        """,
    )


RULES: tuple[Rule, ...] = (MetadataThrough(), ComputationThrough(), RunTimeImportThrough(), ThreadLockThrough())
