"""NBL111 to NBL114: operations that take microseconds, or compute instead of waiting; shown when selected."""

from __future__ import annotations

from flake8_noblock.rules.base import Page, Rule
from flake8_noblock.rules.blocking import BlockingRule
from flake8_noblock.rules.blocking_default import on_loop


class Metadata(BlockingRule):
    """Questions to the file system that move no content."""

    code = "NBL111"
    title = "File-system metadata"
    default = False
    kind = "metadata"
    micro = True
    page = Page(
        reports=on_loop("""
            Asking the file system about names, or changing names, without moving content, in code on the loop: `os.stat`,
            `Path.exists`, `os.listdir`, `glob`, `mkdir`, `rename`, `unlink`.
        """),
        hurts="""
            Little on a local disk, which is why the rule is off by default; much on a network file system, where each
            question is a round trip, and for directories with many entries.

            Measured on a two-core Linux machine with Python 3.12 and a local disk, medians: `os.stat` 0.002 ms,
            `os.listdir` of 450 entries 0.13 ms.
        """,
        bad="""
            import os


            async def has_report(folder: str, day: str) -> bool:
                return os.path.exists(os.path.join(folder, f"{day}.csv"))
        """,
        good="""
            import asyncio
            import os


            async def has_report(folder: str, day: str) -> bool:
                path = os.path.join(folder, f"{day}.csv")
                return await asyncio.to_thread(os.path.exists, path)
        """,
        certainty="""
            Methods of `Path` are decided by the type of their object; where it is unknown nothing is reported. `PurePath`
            and functions that only compute with names, such as `os.path.join`, are silent.

            A thread costs about 0.05 ms by
            itself, so on a local disk it is dearer than what it spares; several questions in one function given to one
            thread are cheaper than a thread for each.
        """,
        options="""
            `extend-select = NBL111` switches the rule on. `--noblock-safe-calls` names calls that are never reported.
            `--noblock-offloaders` says which callables of yours run their argument in another thread.
        """,
        off="""
            It is off unless selected. Select it for services whose files are on a network file system, or that walk through
            large folders; elsewhere the reports are rarely worth a change. For one call, write `# noqa: NBL111`.

            Related: ASYNC240 of ruff and of flake8-async.
        """,
    )


class Computation(BlockingRule):
    """Functions that compute for long by design."""

    code = "NBL112"
    title = "Heavy computation"
    default = False
    kind = "cpu"
    page = Page(
        reports=on_loop("""
            A call that computes for milliseconds or longer by its nature, in code on the loop: password hashing, key
            derivation, key generation, compression, image processing, training and inference of models.
        """),
        hurts="""
            The loop does not care whether its thread waits or computes: nothing else runs.

            Measured on a two-core Linux machine with Python 3.12, medians: `hashlib.pbkdf2_hmac` with 600,000 rounds
            108 ms, `hashlib.scrypt` with `n=2**14` 30 ms, `zlib.compress` of 1 MiB 9 ms. A service that checks ten
            passwords a second with the first has no time left for anything else.
        """,
        bad="""
            import hashlib


            async def check(password: str, salt: bytes, digest: bytes) -> bool:
                given = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 600_000)
                return given == digest
        """,
        good="""
            import asyncio
            import hashlib


            async def check(password: str, salt: bytes, digest: bytes) -> bool:
                given = await asyncio.to_thread(
                    hashlib.pbkdf2_hmac, "sha256", password.encode(), salt, 600_000
                )
                return given == digest
        """,
        certainty="""
            The cost depends on the input, which the rule does not know: compressing ten bytes is reported like
            compressing ten megabytes. That is why it is off by default. Functions that are quick for most inputs, such as
            `json.loads` and `hashlib.sha256`, are not reported, though they are slow for large ones.

            Your own loops that compute for long are not found; only calls that the knowledge tables name are.

            A thread helps where the function releases the interpreter while it computes, as those above do; pure Python
            code needs a process (`ProcessPoolExecutor`).
        """,
        options="""
            `extend-select = NBL112` switches the rule on. `--noblock-safe-calls` names calls that are never reported.
            `--noblock-knowledge` adds functions with `kind = "cpu"`.
        """,
        off="""
            It is off unless selected. Select it for services that hash passwords, compress, or run models. Where the
            input is known to be small, write `# noqa: NBL112`.

            Related: none in ruff; ASYNC200 of flake8-async takes names that you list yourself.
        """,
    )


class RunTimeImport(BlockingRule):
    """Loading code and data files when they are first needed."""

    code = "NBL113"
    title = "Loading code or data files at run time"
    default = False
    kind = "import"
    micro = True
    page = Page(
        reports=on_loop("""
            A call that loads code, or data files that come with code, in code on the loop: `importlib.import_module`,
            `importlib.metadata.entry_points`, `ctypes.CDLL`, the databases of time zones and of MIME types.
        """),
        hurts="""
            Each of these searches folders and reads files, some of them hundreds. Most are slow only once in the life of a
            process, so the delay is paid by the first request, when the disk cache is cold.

            Measured on a two-core Linux machine with Python 3.12 and a warm disk cache, medians:
            `zoneinfo.available_timezones` 7 ms, importing `xml.dom.minidom` for the first time 2.6 ms,
            `importlib.metadata.entry_points` 1.1 ms. With many packages installed, or a cold cache, it is a multiple.
        """,
        bad="""
            import importlib


            async def render(format_name: str, text: str) -> str:
                renderer = importlib.import_module(f"shop.renderers.{format_name}")
                return renderer.render(text)
        """,
        good="""
            from shop.renderers import html, plain

            RENDERERS = {"html": html, "plain": plain}


            async def render(format_name: str, text: str) -> str:
                return RENDERERS[format_name].render(text)
        """,
        certainty="""
            Calls are reported; an `import` statement inside a coroutine is not, since it is quick from the second time on
            and often there to break a cycle.

            Whether this is the first call in the process, the slow one, cannot be known; all are reported, which is
            why the rule is off by default.
        """,
        options="""
            `extend-select = NBL113` switches the rule on. `--noblock-safe-calls` names calls that are never reported.
        """,
        off="""
            It is off unless selected. Select it for services in which the first request after a start must be as quick as
            the others. For one call, write `# noqa: NBL113`.

            Related: none in ruff or flake8-async.
        """,
    )


class ThreadLock(BlockingRule):
    """Taking a lock of `threading`."""

    code = "NBL114"
    title = "Thread lock"
    default = False
    kind = "lock"
    micro = True
    page = Page(
        reports=on_loop("""
            Taking a lock that belongs to threads, in code on the loop: `with lock:` or `lock.acquire()` of a
            `threading.Lock` or `RLock`, entering a `threading.Condition`.

            Semaphores, events and barriers, which are made for waiting, belong to NBL106.
        """),
        hurts="""
            Not at all while nobody else holds the lock; as long as the other holds it otherwise.

            Measured on a two-core Linux machine with Python 3.12: a free `threading.Lock` was taken and released in
            0.0002 ms; one that another thread held for 100 ms stopped the loop for 101 ms.
        """,
        bad="""
            import threading

            lock = threading.Lock()
            totals: dict[str, int] = {}


            async def add(name: str, amount: int) -> None:
                with lock:
                    totals[name] = totals.get(name, 0) + amount
        """,
        good="""
            import asyncio

            lock = asyncio.Lock()
            totals: dict[str, int] = {}


            async def add(name: str, amount: int) -> None:
                async with lock:
                    totals[name] = totals.get(name, 0) + amount
        """,
        certainty="""
            Locks are told apart by type: a lock of asyncio, anyio or trio is silent, and where the type is unknown nothing
            is reported. `acquire(blocking=False)` and `timeout=0` are silent.

            How long others hold the lock, which decides whether it hurts, is not known; that is why the rule is off by
            default.
        """,
        options="""
            `extend-select = NBL114` switches the rule on. `--noblock-safe-calls` names calls that are never reported.
        """,
        off="""
            It is off unless selected. A short critical section shared with threads is a sound use of such a lock, and an
            `asyncio.Lock` cannot replace it there; write `# noqa: NBL114`. Select the rule to look at each of them once.

            Related: none in ruff or flake8-async.
        """,
    )


RULES: tuple[Rule, ...] = (Metadata(), Computation(), RunTimeImport(), ThreadLock())
