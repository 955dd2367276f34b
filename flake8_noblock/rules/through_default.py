"""NBL201 to NBL208: operations that may stop the loop for long, reached through calls; shown by default."""

from __future__ import annotations

from flake8_noblock.rules.base import Rule
from flake8_noblock.rules.through import ThroughRule
from flake8_noblock.rules.through_pages import OWN, through_page


class SleepThrough(ThroughRule):
    """`time.sleep` and its like, through calls."""

    code = "NBL201"
    title = "Sleep, through calls"
    kind = "sleep"
    page = through_page(
        "NBL101",
        reports="""
            A call, in code on the loop, that comes to put the thread to sleep: a helper that retries, polls or throttles with
            `time.sleep`.
        """,
        hurts="""
            Helpers that sleep were mostly written for threads, where a pause disturbs nobody. On the loop the pause is
            everybody's. Measured on a two-core Linux machine with Python 3.12: beside `time.sleep(0.1)`, a coroutine that asks to
            run every millisecond was kept waiting for 100 ms.
        """,
        bad="""
            import time
            from collections.abc import Callable


            def with_retries(attempt: Callable[[], bool]) -> bool:
                for pause in (1, 2, 4):
                    if attempt():
                        return True
                    time.sleep(pause)
                return False


            async def deliver(attempt: Callable[[], bool]) -> str:
                return "delivered" if with_retries(attempt) else "given up"
        """,
        good="""
            import asyncio
            from collections.abc import Callable


            async def with_retries(attempt: Callable[[], bool]) -> bool:
                for pause in (1, 2, 4):
                    if attempt():
                        return True
                    await asyncio.sleep(pause)
                return False


            async def deliver(attempt: Callable[[], bool]) -> str:
                return "delivered" if await with_retries(attempt) else "given up"
        """,
        certainty="""
            How long the pause is does not matter, unless it is nothing: with `def pause(seconds): time.sleep(seconds)`, the call
            `pause(0)` is silent. So is a helper that hands out `asyncio.sleep(1)` for its caller to await.
        """,
        off="""
            Where the helper is only called before the loop has other work, with `# noqa: NBL201` on the line of the call, or by
            `per-file-ignores` for scripts and tests.

            Related: ASYNC251 of ruff and of flake8-async, which look at the coroutine alone.
        """,
    )


class NetworkThrough(ThroughRule):
    """HTTP, sockets, DNS, TLS, mail, SSH, brokers, cloud services, through calls."""

    code = "NBL202"
    title = "Network I/O, through calls"
    kind = "network"
    page = through_page(
        "NBL102",
        reports="""
            A call, in code on the loop, that comes to wait for the network: a helper around an HTTP client, a class that connects
            when it is made, a library whose functions talk to a service.
        """,
        hurts="""
            From the coroutine the wait cannot be seen, and often the helper has no timeout. Measured on a two-core Linux machine
            with Python 3.12, medians: `urllib.request.urlopen` held the loop for 0.4 ms with a server on the same machine, and
            making a TLS context, as many clients do when they are made, for 16 ms. A server that does not answer costs the whole
            timeout.
        """,
        bad="""
            import requests


            def fetch_profile(user: int) -> dict[str, str]:
                return requests.get(f"https://api.example.com/users/{user}", timeout=5).json()


            async def greeting(user: int) -> str:
                profile = fetch_profile(user)
                return f"Hello, {profile['name']}"
        """,
        good="""
            import httpx


            async def fetch_profile(client: httpx.AsyncClient, user: int) -> dict[str, str]:
                return (await client.get(f"https://api.example.com/users/{user}")).json()


            async def greeting(client: httpx.AsyncClient, user: int) -> str:
                profile = await fetch_profile(client, user)
                return f"Hello, {profile['name']}"
        """,
        certainty="""
            A library that no knowledge table lists is followed in its source, down to the sockets, if it is installed. If it is
            not, or if it is written in C, its calls run nothing that is known. Not reported: sockets that the object which keeps
            them made non-blocking, and helpers that only prepare a request or a client of asyncio.
        """,
        off="""
            Rarely. Where the call comes before the loop serves anybody, such as reading the configuration from a service at
            start-up, write `# noqa: NBL202` there.

            Related: ASYNC210 and ASYNC212 of ruff and of flake8-async, for the coroutine alone.
        """,
    )


class DatabaseThrough(ThroughRule):
    """Database drivers, ORMs, caches, through calls."""

    code = "NBL203"
    title = "Database, through calls"
    kind = "database"
    page = through_page(
        "NBL103",
        reports="""
            A call, in code on the loop, that comes to wait for a database or a cache: a repository or a data-access layer of sync
            methods, a class that connects when it is made, a transaction as a `with` block.
        """,
        hurts="""
            Data access usually lies some layers below the coroutine, so one blocking method is shared by many endpoints. Measured
            on a two-core Linux machine with Python 3.12 and SQLite on a local disk: `INSERT` and `COMMIT` took 0.5 ms; with
            another connection holding the write lock for 100 ms, the same statement stopped the loop for 107 ms.
        """,
        bad="""
            import sqlite3


            class Orders:
                def __init__(self, connection: sqlite3.Connection) -> None:
                    self.connection = connection

                def total(self, user: int) -> int:
                    rows = self.connection.execute("select total from orders where user = ?", (user,))
                    return sum(row[0] for row in rows)


            async def bill(orders: Orders, user: int) -> str:
                return f"You owe {orders.total(user)}."
        """,
        good="""
            import aiosqlite


            class Orders:
                def __init__(self, connection: aiosqlite.Connection) -> None:
                    self.connection = connection

                async def total(self, user: int) -> int:
                    query = "select total from orders where user = ?"
                    async with self.connection.execute(query, (user,)) as rows:
                        return sum([row[0] async for row in rows])


            async def bill(orders: Orders, user: int) -> str:
                return f"You owe {await orders.total(user)}."
        """,
        certainty="""
            A helper that only builds a query is silent; one that runs it, be it by a `for` over its rows, is reported. The
            receivers on the way are known without the driver installed, because the tables say what its functions return. Not
            reported: SQLite in memory, where the function that connects says `":memory:"`, and attributes of an ORM's objects
            that load lazily.
        """,
        off="""
            For a service with a small SQLite file of its own, by `per-file-ignores` for the modules that use it; for one call,
            `# noqa: NBL203`. To accept one repository everywhere, name it in `--noblock-safe-calls`.

            Related: neither ruff nor flake8-async has a rule for databases.
        """,
    )


class SubprocessThrough(ThroughRule):
    """Starting processes and waiting for them, through calls."""

    code = "NBL204"
    title = "Subprocess, through calls"
    kind = "subprocess"
    page = through_page(
        "NBL104",
        reports="""
            A call, or the reading of a property, in code on the loop, that comes to start another program or to wait for one:
            wrappers around git, ffmpeg and the like, classes that keep a process and wait for it.
        """,
        hurts="""
            A wrapper makes a program look like a function that is quick. Measured on a two-core Linux machine with Python 3.12:
            `subprocess.run(["true"])`, a program that does nothing, took 0.6 ms; `subprocess.run(["sleep", "0.1"])` stopped the
            loop for 102 ms.
        """,
        bad="""
            import subprocess


            class Repository:
                @property
                def revision(self) -> str:
                    return subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()


            async def banner(repository: Repository) -> str:
                return f"revision {repository.revision}"
        """,
        good="""
            import asyncio


            class Repository:
                async def revision(self) -> str:
                    git = await asyncio.create_subprocess_exec(
                        "git", "rev-parse", "HEAD", stdout=asyncio.subprocess.PIPE
                    )
                    output, _ = await git.communicate()
                    return output.decode().strip()


            async def banner(repository: Repository) -> str:
                return f"revision {await repository.revision()}"
        """,
        certainty="""
            A process object that a class keeps is followed by its type, from the method that started it to the one that waits for
            it. Not reported: helpers that look without waiting, such as `process.poll()`, and those that start programs by
            asyncio.
        """,
        off="""
            In command-line tools that run one program after the other. For one call, write `# noqa: NBL204`.

            Related: ASYNC220, ASYNC221 and ASYNC222 of ruff and of flake8-async, for the coroutine alone.
        """,
    )


class FileAccessThrough(ThroughRule):
    """Reading and writing files, through calls."""

    code = "NBL205"
    title = "File I/O, through calls"
    kind = "file"
    page = through_page(
        "NBL105",
        counts=OWN,
        reports="""
            A call, in code on the loop, that comes to open, read, write or copy files: loading settings or templates, writing
            reports, iterating over a generator that reads a file. What moves no content belongs to NBL211.
        """,
        hurts="""
            A helper that reads one small file costs little; one that is called in a loop, or whose file grows, costs its sum.
            Measured on a two-core Linux machine with Python 3.12 and a local disk, medians: opening and reading 4 KiB from the
            disk cache took 0.007 ms; reading 64 MiB from the cache stopped the loop for 38 ms, writing 64 MiB for 163 ms.
        """,
        bad="""
            import csv
            from collections.abc import Iterator
            from pathlib import Path


            def prices(path: Path) -> Iterator[float]:
                with path.open(newline="") as file:
                    yield from (float(row[1]) for row in csv.reader(file))


            async def total(path: Path) -> float:
                return sum(prices(path))
        """,
        good="""
            import asyncio
            import csv
            from collections.abc import Iterator
            from pathlib import Path


            def prices(path: Path) -> Iterator[float]:
                with path.open(newline="") as file:
                    yield from (float(row[1]) for row in csv.reader(file))


            async def total(path: Path) -> float:
                return await asyncio.to_thread(sum, prices(path))
        """,
        certainty="""
            A handle that one function opens and another reads is reported for both. `io.BytesIO` and `io.StringIO` that are
            passed down are silent, and so is logging. A file in an `except` handler of a helper does not count: it is touched
            when something has failed. Nor does what libraries read inside, often a template or a file of their own, unless you
            ask for it.
        """,
        off="""
            For a code base that only touches small files on local disks, with `extend-ignore = NBL105, NBL205`; for what is done
            once at start-up, with `# noqa: NBL205`.

            Related: ASYNC230 and ASYNC240 of ruff and of flake8-async, for the coroutine alone.
        """,
    )


class ThreadWaitThrough(ThroughRule):
    """Waiting for another thread or process, through calls."""

    code = "NBL206"
    title = "Waiting on another thread or process, through calls"
    kind = "thread"
    page = through_page(
        "NBL106",
        reports="""
            A call, in code on the loop, that comes to wait for another thread or process: taking from a `queue.Queue` behind a
            method, a `stop()` that joins a thread, a bridge that hands out `future.result()`, leaving a `with` block whose
            `__exit__` shuts an executor down.
        """,
        hurts="""
            If the other side needs the loop to go on, both wait for ever; behind two or three calls nobody sees that coming.
            Measured on a two-core Linux machine with Python 3.12: `get` of a queue that another thread filled after 100 ms
            stopped the loop for 101 ms.
        """,
        bad="""
            import queue


            class Inbox:
                def __init__(self) -> None:
                    self.messages: queue.Queue[str] = queue.Queue()

                def next(self) -> str:
                    return self.messages.get()


            async def show_next(inbox: Inbox) -> None:
                print(inbox.next())
        """,
        good="""
            import asyncio


            class Inbox:
                def __init__(self) -> None:
                    self.messages: asyncio.Queue[str] = asyncio.Queue()

                async def next(self) -> str:
                    return await self.messages.get()


            async def show_next(inbox: Inbox) -> None:
                print(await inbox.next())
        """,
        certainty="""
            Whether a wait is one decides the object that does it: queues and events of asyncio, anyio and trio are silent behind
            helpers as well. What a caller passes counts: `take(block=False)` is silent where `take` hands it on to
            `queue.Queue.get`. `future.result()` behind `if future.done()` is silent.
        """,
        off="""
            Where it is certain that the wait is over before it begins. Write `# noqa: NBL206` with the reason, or put the helper
            into `--noblock-safe-calls` if that holds for all of its callers.

            Related: none in ruff or flake8-async.
        """,
    )


class TerminalThrough(ThroughRule):
    """Waiting for a person, through calls."""

    code = "NBL207"
    title = "Terminal input, through calls"
    kind = "terminal"
    page = through_page(
        "NBL107",
        reports="""
            A call, in code on the loop, that comes to wait for a person at the terminal: menus and confirmations, prompts of
            command-line libraries, a debugger left in a helper.
        """,
        hurts="""
            Connections of other coroutines time out while the question stands on the screen. Measured on a two-core Linux machine
            with Python 3.12: a line that arrived after 1.1 s stopped the loop for 1.1 s.
        """,
        bad="""
            def choose(question: str, names: list[str]) -> str:
                print(*enumerate(names))
                return names[int(input(question))]


            async def pick_server(names: list[str]) -> str:
                return choose("Which server? ", names)
        """,
        good="""
            import asyncio


            def choose(question: str, names: list[str]) -> str:
                print(*enumerate(names))
                return names[int(input(question))]


            async def pick_server(names: list[str]) -> str:
                return await asyncio.to_thread(choose, "Which server? ", names)
        """,
        certainty="""
            A helper that asks only on some conditions is reported, unless a constant that the caller passes excludes them, as in
            `confirm(question, ask=False)`. Helpers that only print are silent.
        """,
        off="""
            In command-line tools that have nothing else to do while they ask: `extend-ignore = NBL107, NBL207`, or
            `# noqa: NBL207` on the line.

            Related: ASYNC250 of ruff and of flake8-async, for the coroutine alone.
        """,
    )


class DeclaredThrough(ThroughRule):
    """What the user's configuration says, through calls."""

    code = "NBL208"
    title = "Blocking by your configuration, through calls"
    kind = "declared"
    page = through_page(
        "NBL108",
        reports="""
            A call, in code on the loop, that comes to call a function or method which your configuration declares blocking.
        """,
        hurts="""
            It is enough to declare the lowest function that blocks, say the one function of an extension module; its callers are
            found. Measured on a two-core Linux machine with Python 3.12, a call that took 100 ms kept a coroutine that asks to
            run every millisecond waiting for 100 ms.
        """,
        bad="""
            from shop import legacy


            def confirm(number: str) -> None:
                legacy.send_fax(number, "Your order is confirmed.")


            async def accept(number: str) -> None:
                confirm(number)
        """,
        good="""
            import asyncio

            from shop import legacy


            def confirm(number: str) -> None:
                legacy.send_fax(number, "Your order is confirmed.")


            async def accept(number: str) -> None:
                await asyncio.to_thread(confirm, number)
        """,
        certainty="""
            That the declared function blocks is your word; what its own source does is not looked at. A declared name that no
            import leads to is not reported.
        """,
        options="""
            `--noblock-extend-blocking` lists the names, as [NBL108](NBL108.md) says. The example above is reported with this
            configuration:

            ```ini
            [flake8]
            noblock-extend-blocking = shop.legacy.send_fax->shop.fax.send
            ```
        """,
        off="""
            Take the name out of the configuration instead, or write `# noqa: NBL208` for one call.

            Related: ASYNC200 of flake8-async, which compares names as text and looks at the coroutine alone.
        """,
    )


RULES: tuple[Rule, ...] = (
    SleepThrough(),
    NetworkThrough(),
    DatabaseThrough(),
    SubprocessThrough(),
    FileAccessThrough(),
    ThreadWaitThrough(),
    TerminalThrough(),
    DeclaredThrough(),
)
