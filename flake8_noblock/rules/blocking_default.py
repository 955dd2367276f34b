"""NBL101 to NBL108: operations that may stop the loop for long; shown by default."""

from __future__ import annotations

from inspect import cleandoc

from flake8_noblock.rules.base import Page, Rule
from flake8_noblock.rules.blocking import BlockingRule

ON_LOOP = """
*Code on the loop* is the body of an `async def`, async generators included, and a sync function or lambda that the loop
itself calls: one handed to `call_soon`, `call_later`, `add_reader` or `add_done_callback`, a signal handler, a method of an
asyncio protocol. Not on the loop is what is handed to a thread or a process (`asyncio.to_thread`, `run_in_executor` and
others) and a function that is only defined. This rule is about direct calls; where a blocking call is reached through a sync
function, the rule of [NBL2xx](README.md) with the same last two digits reports it, at the call on the loop.
"""
OPTIONS = """
`--noblock-safe-calls` names calls that are never reported. `--noblock-offloaders` and `--noblock-loop-callbacks` say which
callables of yours take code off the loop or put it there. `--noblock-knowledge` adds libraries that the plugin does not know;
what `--noblock-extend-blocking` adds is reported as NBL108.
"""


def on_loop(text: str) -> str:
    """The section that says what a rule reports, and below it what code on the loop is."""
    return f"{cleandoc(text)}\n{ON_LOOP}"


class Sleep(BlockingRule):
    """`time.sleep` and its like."""

    code = "NBL101"
    title = "Sleep"
    kind = "sleep"
    page = Page(
        reports=on_loop("""
            A call that puts the thread to sleep, such as `time.sleep`, in code on the loop. Handing the sleep itself to
            the loop, as in `loop.call_later(1, time.sleep, 1)`, is reported where it is handed over.
        """),
        hurts="""
            The loop runs everything on one thread. While that thread sleeps, no other request is answered, no timeout
            fires and no heartbeat is sent.

            Measured on a two-core Linux machine with Python 3.12: beside `time.sleep(0.1)`, a coroutine that asks to
            run every millisecond was kept waiting for 100 ms; beside `await asyncio.sleep(0.1)`, for 0.1 ms.
        """,
        bad="""
            import time
            from collections.abc import Callable


            async def wait_until(ready: Callable[[], bool]) -> None:
                while not ready():
                    time.sleep(0.5)
        """,
        good="""
            import asyncio
            from collections.abc import Callable


            async def wait_until(ready: Callable[[], bool]) -> None:
                while not ready():
                    await asyncio.sleep(0.5)
        """,
        certainty="""
            Names are followed through imports, aliases and re-exports, so a function of your own that is called `sleep`
            is not mistaken for `time.sleep`, and `from time import sleep as pause` is found.

            Not reported: `time.sleep(0)`, which gives way to other threads and returns at once, and a sleep reached by a name
            that cannot be resolved, such as `getattr(time, name)`.
        """,
        options=OPTIONS,
        off="""
            In a coroutine that has the loop to itself: a start-up step, a test, a script that runs one thing at a time.
            Write `# noqa: NBL101` on the line there, or use `per-file-ignores`.

            Related: ASYNC251 of ruff and of flake8-async.
        """,
    )


class Network(BlockingRule):
    """HTTP, sockets, DNS, TLS, mail, SSH, brokers, cloud services."""

    code = "NBL102"
    title = "Network I/O"
    kind = "network"
    page = Page(
        reports=on_loop("""
            A call that waits for the network, in code on the loop: HTTP clients, sockets, name resolution, TLS, mail, FTP,
            SSH, message brokers, the clients of cloud and AI services.
        """),
        hurts="""
            How long the call takes is up to another machine, and many clients wait without any timeout unless they are
            told otherwise. Until it returns, the loop does nothing else.

            Measured on a two-core Linux machine with Python 3.12, medians: `urllib.request.urlopen` held the loop for
            0.4 ms with a server on the same machine that answered at once, and `ssl.create_default_context()`, which
            loads the certificates and which many clients call when they are made, for 16 ms. A server that does not
            answer costs the whole timeout.
        """,
        bad="""
            import requests


            async def exchange_rate(currency: str) -> float:
                response = requests.get(f"https://rates.example.com/{currency}", timeout=5)
                response.raise_for_status()
                return float(response.text)
        """,
        good="""
            import httpx


            async def exchange_rate(client: httpx.AsyncClient, currency: str) -> float:
                response = await client.get(f"https://rates.example.com/{currency}")
                response.raise_for_status()
                return float(response.text)
        """,
        certainty="""
            Methods are decided by the type of their object: `session.get` is reported where `session` is a
            `requests.Session`, by its constructor, its annotation, the return type of the function that made it, or the
            assignment to an attribute of `self`. Where the type is unknown nothing is reported. Where an object may be
            of two types and one of them does not block, nothing is reported either.

            Not reported:

            - a call that is awaited, for libraries that offer one name for both worlds;
            - a socket made non-blocking in the same function (`setblocking(False)`, `settimeout(0)`);
            - libraries that have no knowledge table, for which the options below are.
        """,
        options=OPTIONS,
        off="""
            Rarely: it is the family in which a single call can stop a service for minutes. Write `# noqa: NBL102`
            where nothing else runs on the loop yet, such as at start-up.

            Related: ASYNC210 and ASYNC212 of ruff and of flake8-async, ASYNC211 of flake8-async.
        """,
    )


class Database(BlockingRule):
    """Database drivers, ORMs, caches."""

    code = "NBL103"
    title = "Database"
    kind = "database"
    page = Page(
        reports=on_loop("""
            A call that waits for a database or a cache, in code on the loop: drivers that follow the DB API, ORMs such as
            SQLAlchemy, Django's and peewee, clients of MongoDB, Redis and others, SQLite. Building a query is not reported,
            running it is: connecting, `execute`, `commit`, iterating over a cursor that asks the server for more.
        """),
        hurts="""
            A query takes as long as the server, its locks and the network let it. A driver that waits in C releases the
            interpreter, but not the loop: the thread that waits is the one on which the loop runs.

            Measured on a two-core Linux machine with Python 3.12 and SQLite on a local disk: `INSERT` and `COMMIT` took
            0.5 ms; with another connection holding the write lock for 100 ms, the same statement stopped the loop for
            107 ms. SQLite waits for such a lock up to five seconds by default.
        """,
        bad="""
            import sqlite3


            async def total(user: int, connection: sqlite3.Connection) -> int:
                rows = connection.execute("select total from orders where user = ?", (user,))
                return sum(row[0] for row in rows)
        """,
        good="""
            import aiosqlite


            async def total(user: int, connection: aiosqlite.Connection) -> int:
                query = "select total from orders where user = ?"
                async with connection.execute(query, (user,)) as rows:
                    return sum([row[0] async for row in rows])
        """,
        certainty="""
            Connections, cursors, sessions and query sets are followed by their types, also through chains such as
            `connect(...).cursor().execute(...)`, and also where the library is not installed: the knowledge tables say what its
            functions return. Where the type of an object is unknown nothing is reported.

            Not reported:

            - a SQLite database in memory, where the connection is made with the literal `":memory:"`;
            - a call that is awaited, such as `await session.execute(...)` of an `AsyncSession`;
            - attributes that load lazily, such as a related object of an ORM.
        """,
        options=OPTIONS,
        off="""
            Where the database is a small SQLite file that nothing else locks and a delay of a millisecond is
            acceptable, switch the code off for that part with `per-file-ignores`. For one call, `# noqa: NBL103`.

            Related: neither ruff nor flake8-async has a rule for databases; ASYNC200 of flake8-async takes names that you
            list yourself.
        """,
    )


class Subprocess(BlockingRule):
    """Starting processes and waiting for them."""

    code = "NBL104"
    title = "Subprocess"
    kind = "subprocess"
    page = Page(
        reports=on_loop("""
            Starting another program or waiting for one, in code on the loop: `subprocess.run`, `Popen` and its `wait` and
            `communicate`, `os.system`, `os.waitpid` and the like, and libraries built on them.
        """),
        hurts="""
            The loop stands still until the other program ends, and for an interactive or hung program that is
            never. Starting one alone is not free: the process has to be copied and the program loaded.

            Measured on a two-core Linux machine with Python 3.12: `subprocess.run(["true"])`, a program that does
            nothing, took 0.6 ms, and more in a process with much memory; `subprocess.run(["sleep", "0.1"])` stopped
            the loop for 102 ms.
        """,
        bad="""
            import subprocess


            async def revision() -> str:
                done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, check=True)
                return done.stdout.decode().strip()
        """,
        good="""
            import asyncio


            async def revision() -> str:
                git = await asyncio.create_subprocess_exec(
                    "git", "rev-parse", "HEAD", stdout=asyncio.subprocess.PIPE
                )
                output, _ = await git.communicate()
                if git.returncode != 0:
                    raise RuntimeError(f"git ended with status {git.returncode}")
                return output.decode().strip()
        """,
        certainty="""
            A process object is followed by its type: `process.wait()` is reported for a `subprocess.Popen` and silent for
            a process of asyncio, whose `wait` is awaited.

            Not reported: asking without waiting, such as `os.waitpid(pid, os.WNOHANG)` or `process.wait(timeout=0)`.
        """,
        options=OPTIONS,
        off="""
            In command-line tools that run one program after the other and use asyncio only because a library asks for
            it. For one call, write `# noqa: NBL104`.

            Related: ASYNC220, ASYNC221 and ASYNC222 of ruff and of flake8-async.
        """,
    )


class FileAccess(BlockingRule):
    """Reading and writing files."""

    code = "NBL105"
    title = "File I/O"
    kind = "file"
    page = Page(
        reports=on_loop("""
            Opening, reading, writing or copying files, in code on the loop: `open`, `Path.read_text`,
            `shutil.copy`, `tempfile`, archives, and functions that load or parse from a path.

            A file that is opened in the same function is reported once, where it is opened, and not again at each
            `read` or `write`. A handle that comes from elsewhere is reported where it is read or written. Archives
            report each member that is read or written. What moves no content, such as
            `os.stat` or `os.remove`, belongs to NBL111.
        """),
        hurts="""
            Regular files have no non-blocking mode: a read that the disk cache cannot serve stops the thread until the disk, or
            the server behind a network file system, has answered.

            Measured on a two-core Linux machine with Python 3.12 and a local disk, medians: opening and reading 4 KiB
            from the disk cache took 0.007 ms, writing 4 KiB with `fsync` 0.2 ms; reading 64 MiB from the cache stopped
            the loop for 38 ms, writing 64 MiB for 163 ms. So a small file costs little on a quiet machine, and there is no upper
            bound on a busy one.
        """,
        bad="""
            from pathlib import Path


            async def greeting(folder: Path, language: str) -> str:
                return (folder / f"{language}.txt").read_text(encoding="utf-8")
        """,
        good="""
            import asyncio
            from pathlib import Path


            async def greeting(folder: Path, language: str) -> str:
                path = folder / f"{language}.txt"
                return await asyncio.to_thread(path.read_text, encoding="utf-8")
        """,
        certainty="""
            Paths and handles are followed by their types, through `Path / "name"`, `with`, attributes and the return
            types of functions. Where the type of an object is unknown nothing is reported.

            Not reported:

            - `io.BytesIO` and `io.StringIO`, nor loaders such as `json.load` that are given one;
            - files that a library opens inside, unless its table says so; `print`, and logging through a logger.

            Whether the file is small, cached, or on a slow disk cannot be known, so all are reported alike.
        """,
        options=OPTIONS,
        off="""
            Where a service reads a few small files at start-up, with `# noqa: NBL105` or `per-file-ignores`; for a
            code base that only touches small files on local disks, with `extend-ignore = NBL105`.

            Related: ASYNC230 and ASYNC240 of ruff and of flake8-async, ASYNC231 and ASYNC232 of flake8-async.
        """,
    )


class ThreadWait(BlockingRule):
    """Waiting for another thread or process."""

    code = "NBL106"
    title = "Waiting on another thread or process"
    kind = "thread"
    page = Page(
        reports=on_loop("""
            Waiting for another thread or process, in code on the loop: `wait` of a `threading.Event`, condition or
            barrier, taking a semaphore, `get` of a `queue.Queue`, `join`, the `result` of a `concurrent.futures.Future`,
            leaving the `with` block of an executor, pipes and queues of `multiprocessing`. Taking a lock that is free
            most of the time belongs to NBL114.
        """),
        hurts="""
            The loop waits for as long as the other side likes. If the other side needs the loop to go on, as with the
            result of `run_coroutine_threadsafe`, both wait for ever. Measured on a two-core Linux machine with Python
            3.12: `get` of a queue that another thread filled after 100 ms stopped the loop for 101 ms.
        """,
        bad="""
            from concurrent.futures import ThreadPoolExecutor

            pool = ThreadPoolExecutor()


            def digits(number: int) -> int:
                return len(str(2**number))


            async def count(number: int) -> int:
                future = pool.submit(digits, number)
                return future.result()
        """,
        good="""
            import asyncio
            from concurrent.futures import ThreadPoolExecutor

            pool = ThreadPoolExecutor()


            def digits(number: int) -> int:
                return len(str(2**number))


            async def count(number: int) -> int:
                return await asyncio.get_running_loop().run_in_executor(pool, digits, number)
        """,
        certainty="""
            The objects of asyncio, anyio and trio have methods of the same names; they are told apart by type, and where
            the type is unknown nothing is reported.

            Not reported: calls that do not wait, such as `get_nowait()`, `get(block=False)`, `acquire(blocking=False)` and those
            with `timeout=0`; `put` into a queue without a limit. A timeout whose value cannot be seen counts as waiting.
        """,
        options=OPTIONS,
        off="""
            Where it is certain that the wait is over before it begins, such as `join` of a thread that has been told to
            end and has answered. Write `# noqa: NBL106` with the reason.

            Related: none in ruff; ASYNC200 of flake8-async takes names that you list yourself.
        """,
    )


class Terminal(BlockingRule):
    """Waiting for a person."""

    code = "NBL107"
    title = "Terminal input"
    kind = "terminal"
    page = Page(
        reports=on_loop("""
            Waiting for input from the terminal, in code on the loop: `input`, reading from `sys.stdin`, `getpass.getpass`,
            prompts of command-line libraries, the debugger.
        """),
        hurts="""
            The loop waits for a person: seconds at best. Connections of other coroutines time out meanwhile. Measured on a
            two-core Linux machine with Python 3.12: a line that arrived after 1.1 s stopped the loop for 1.1 s.
        """,
        bad="""
            async def confirm(question: str) -> bool:
                while True:
                    answer = input(f"{question} [y/n] ").strip().lower()
                    if answer in ("y", "n"):
                        return answer == "y"
        """,
        good="""
            import asyncio


            async def confirm(question: str) -> bool:
                while True:
                    answer = (await asyncio.to_thread(input, f"{question} [y/n] ")).strip().lower()
                    if answer in ("y", "n"):
                        return answer == "y"
        """,
        certainty="""
            `input` is reported where it is the builtin; a function or a parameter of that name is not mistaken for it.

            Not reported: libraries that have no knowledge table. A thread that waits for input cannot be cancelled: at the end
            of the program it is waited for.
        """,
        options=OPTIONS,
        off="""
            In command-line tools that have nothing else to do while they ask: `extend-ignore = NBL107`, or
            `# noqa: NBL107` on the line.

            Related: ASYNC250 of ruff and of flake8-async.
        """,
    )


class Declared(BlockingRule):
    """What the user's configuration says."""

    code = "NBL108"
    title = "Blocking by your configuration"
    kind = "declared"
    page = Page(
        reports=on_loop("""
            A call, in code on the loop, of a function or method that your configuration declares blocking.
        """),
        hurts="""
            As much as the call takes: the loop does nothing else meanwhile. Measured on a two-core Linux machine with Python
            3.12, a call that took 100 ms kept a coroutine that asks to run every millisecond waiting for 100 ms.

            With `asyncio.run(main(), debug=True)` asyncio itself logs each step that took longer than
            `loop.slow_callback_duration`, 100 ms by default; what shows up there is worth declaring.
        """,
        bad="""
            from shop import legacy


            async def confirm(number: str) -> None:
                legacy.send_fax(number, "Your order is confirmed.")
        """,
        good="""
            import asyncio

            from shop import legacy


            async def confirm(number: str) -> None:
                await asyncio.to_thread(legacy.send_fax, number, "Your order is confirmed.")
        """,
        certainty="""
            As sure as your configuration. Names are resolved as for all other rules: through imports, re-exports and the types of
            receivers, never as text. A declared name that no import leads to is not reported; it is no error either.
        """,
        options="""
            `--noblock-extend-blocking` lists the names: functions, methods, `Class.*` for every public method of a
            class, each with a replacement for the message after `->`. The example above is reported with this
            configuration:

            ```ini
            [flake8]
            noblock-extend-blocking = shop.legacy.send_fax->shop.fax.send
            ```

            `--noblock-safe-calls` takes single names out of a `Class.*`.
        """,
        off="""
            Take the name out of the configuration instead. For one call, write `# noqa: NBL108`.

            Related: ASYNC200 of flake8-async (`--async200-blocking-calls`), which compares names as text.
        """,
    )


RULES: tuple[Rule, ...] = (
    Sleep(),
    Network(),
    Database(),
    Subprocess(),
    FileAccess(),
    ThreadWait(),
    Terminal(),
    Declared(),
)
