"""The pages of NBL4xx: failures of what is awaited."""

from __future__ import annotations

from inspect import cleandoc

from flake8_noblock.rules.base import Page

_FAILING = """
*Can fail* means: for reasons that no program controls, by what tables say of the operation that is awaited, entered with
`async with` or iterated with `async for`: network, database, subprocess, files, time limits. A coroutine function of an installed
library can fail where its source awaits such an operation without a guard. Pure waits (`sleep`, `Queue.get`, `Event.wait`,
`Lock.acquire`) can't fail, and calls that only give something back (`close`, `wait_closed`) count as unable to.
"""
_GUARDED = """
*Guarded* is what stands in a `try` with a handler that can catch the failure: bare, `Exception`, `OSError` or a class of its
family, the library's own error classes, a class that can't be resolved; in `contextlib.suppress` of such a class; in a context
manager that swallows or translates errors; in `gather(..., return_exceptions=True)`; in a function whose decorator has such a
`try`. No guard are `try`/`finally` alone, handlers of other classes or of another library's errors, and the handlers of that same
`try`. A task group raises its failures as an exception group, which takes `except*`, `ExceptionGroup` or `Exception`.
"""
_COVERED = """
A function is *covered* where every known call of it, in the whole project, stands guarded or in a covered
function. What counts is where the coroutine runs: a `try` around `create_task(f())` guards nothing inside `f`, one around the
`await` of that task does. Functions that a framework calls and whose errors it shows (web routes, commands, tests, fixtures,
start-up hooks, jobs) are covered. A function without a known caller is not, unless it is handed to code that isn't seen, stands
in for a method of a library's class, or is there for callers outside of the project: it is a coroutine function or a method of a
package (a folder with an `__init__`), it is public and a package hands it on, `__all__` lists it, or its name is made up at run
time (`getattr(self, f"on_{event}")`). So in a package only what its own code runs counts, from the places where it starts a loop
or a task, and all of a script does.
"""
_SURE = """
What is awaited has to be known by imports, annotations and constructors; nothing is judged by how a function is called. Where a
way to a function can't be followed, that way counts as guarded. A method name that more than 150 files of the project mention is
not followed to its callers.
"""
_FRAMEWORKS = """
`--noblock-frameworks-unguarded` counts what frameworks call as unguarded. `--noblock-environment` names the virtual environment
in which the libraries are; `--noblock-knowledge` adds tables that say what fails (`fails`), what guards (`guard`) and whom a
framework calls (`entry`). `--noblock-src` names the source roots, below which callers are looked for.
"""
_NONE = """
None of its own. `--noblock-knowledge` adds tables that say which context managers suppress errors (`guard`) and which calls await
what they are given (`consumer`).
"""


def _joined(own: str, *common: str) -> str:
    """What is particular to a rule, and below it what holds for several."""
    return "\n".join((cleandoc(own), *common))


UNGUARDED = Page(
    reports=_joined(
        """
        An await that can fail and whose failure nothing catches on some known way out of the program. It is reported once,
        where the operation is awaited, not again in the callers; the message names what can fail and the function by which the
        failure gets out.
        """,
        _FAILING,
        _GUARDED,
        _COVERED,
    ),
    hurts="""
        Hosts go down, connections are reset, deadlines pass. An error that nobody catches ends the coroutine, the task and often
        the program, at a time that nobody chose, with a traceback instead of an answer.

        Measured on a two-core Linux machine with Python 3.12: `asyncio.open_connection` to a port on which nobody listens raised
        `ConnectionRefusedError` after 0.4 ms; without a handler the program was over.
    """,
    bad="""
        import asyncio


        async def price(host: str) -> int:
            reader, writer = await asyncio.open_connection(host, 8000)
            writer.write(b"4711")
            return int(await reader.readline())


        if __name__ == "__main__":
            print(asyncio.run(price("prices.example.com")))
    """,
    good="""
        import asyncio


        async def price(host: str) -> int | None:
            try:
                reader, writer = await asyncio.open_connection(host, 8000)
                writer.write(b"4711")
                return int(await reader.readline())
            except (OSError, ValueError) as error:
                print(f"no price from {host}: {error}")
                return None


        if __name__ == "__main__":
            print(asyncio.run(price("prices.example.com")))
    """,
    certainty=_SURE,
    options=_FRAMEWORKS,
    off="""
        In scripts that may end with a traceback, and in libraries that leave all errors to their callers on purpose. Write
        `# noqa: NBL401` on the line, or use `per-file-ignores`.

        Related: none in other linters.
    """,
)

UNSEEN_TASK = Page(
    reports=_joined(
        """
        A task that can fail and at whose end nobody looks: it is not awaited, gathered or started in a group; no callback of it
        asks for `exception()` or `result()`; and where it is stored, nobody who reads it there awaits it. `asyncio.wait` is no
        look: it gives the tasks back as they ended, and raises nothing. The coroutine has to let a failure out: one that guards
        its awaits itself is fine. The finding stands where the task is started. """,
        _FAILING,
    ),
    hurts="""
        The work is not done, and nothing says so. The loop logs the error of a task only when the task object is destroyed; as
        long as anybody holds it, in a set or an attribute, there is silence.

        Measured on a two-core Linux machine with Python 3.12: of a task that failed after 1 ms and was kept in a set nothing
        was seen for 1,000 ms, until the set was emptied.
    """,
    bad="""
        import asyncio

        import httpx

        jobs: set[asyncio.Task[httpx.Response]] = set()


        async def confirm(client: httpx.AsyncClient, order: str) -> None:
            job = asyncio.create_task(client.post("https://mail.example.com", content=order))
            jobs.add(job)
            job.add_done_callback(jobs.discard)
    """,
    good="""
        import asyncio

        import httpx

        jobs: set[asyncio.Task[None]] = set()


        async def send(client: httpx.AsyncClient, order: str) -> None:
            try:
                await client.post("https://mail.example.com", content=order)
            except httpx.HTTPError as error:
                print(f"{order} not confirmed: {error}")


        async def confirm(client: httpx.AsyncClient, order: str) -> None:
            job = asyncio.create_task(send(client, order))
            jobs.add(job)
            job.add_done_callback(jobs.discard)
    """,
    certainty="""
        A task that is returned, handed to code that isn't seen, or stored under a name that somebody somewhere reads and
        awaits is not reported, nor one whose coroutine is not known. An attribute of the same name counts as another one only
        where it is known to be one of an object of another class that sets it itself, a variable where it is another module's.
    """,
    options=_FRAMEWORKS,
    off="""
        Where a handler of the loop (`set_exception_handler`) reports lost errors, and tasks are not kept. Write
        `# noqa: NBL402` on the line.

        Related: RUF006 of ruff, which asks for a reference to the task and not for a look at its failure; NBL601.
    """,
)

SWALLOWED = Page(
    reports="""
        A handler around an await that catches the cancellation of the coroutine and does not raise it again: a bare `except`,
        `except BaseException`, `except asyncio.CancelledError`, and `contextlib.suppress` of these. A handler that only catches
        `CancelledError` is fine where a task ends after it, but for closing what is open: a coroutine that works in rounds, is
        started as a task or run as a program, or of which that can't be told. It is not where callers await the coroutine, since
        they go on, unless the handler gives them a value. It is fine as well where what is awaited is a task rather than a call:
        `task.cancel()` and then `await task` is how one waits for a task that was cancelled. An error that is handed on is not
        swallowed: given back, kept for code that may raise it, or told to those who wait for a future.
    """,
    hurts="""
        A task is asked to stop by `CancelledError`. A coroutine that goes on instead can't be stopped: time limits don't limit
        it, task groups wait for it, and the program hangs when it should end.

        Measured on a two-core Linux machine with Python 3.12: `asyncio.wait_for(f(), 0.1)` of a coroutine that swallows
        cancellation took 1,111 ms, as long as its work did; of one that raises it again 114 ms.
    """,
    bad="""
        import asyncio


        async def poll(queue: asyncio.Queue[str]) -> None:
            while True:
                try:
                    print(await queue.get())
                except BaseException as error:
                    print(f"failed: {error}")
    """,
    good="""
        import asyncio


        async def poll(queue: asyncio.Queue[str]) -> None:
            while True:
                try:
                    print(await queue.get())
                except Exception as error:
                    print(f"failed: {error}")
    """,
    certainty="""
        The classes of a handler count where it names them; what a parameter or attribute holds is not known. A handler in which
        there is a `raise` or the end of the program, on whatever way, is fine, and so is one that keeps the error, where the
        function or, from an attribute, the module raises one later, or hands it to a function of the project that raises or to
        `set_exception` of a future, and one inside the handler of another error that is raised after it. So is any handler around
        the `await` of a task, within a time limit or not, where the same function cancels one, and a handler of `CancelledError`
        alone around nothing but calls such as `stop` and `close`.
    """,
    options=_NONE,
    off="""
        In the outermost coroutine of a program, and where code of others is run whose cancellation is not one's own. Write
        `# noqa: NBL403` on the line of the handler.

        Related: E722 of pycodestyle and BLE001 of ruff, for bare and broad handlers of any code; ASYNC103 and
        ASYNC104 of flake8-async.
    """,
)

DROPPED = Page(
    reports="""
        A handler around an await that catches every error and does nothing at all: `except Exception` (or a bare `except`)
        with no more than `pass`, `continue`, `break` or `return` of nothing, and `contextlib.suppress(Exception)`. It is fine
        where the failure changes what is done, and where the function that is awaited tells of each error and raises it again.
    """,
    hurts="""
        Whatever goes wrong, a host that is down or a misspelt name, looks like success. Nobody can find out later why there is no
        result.

        Measured on a two-core Linux machine with Python 3.12: a loop around a connection to a port on which nobody listens, with
        `except Exception: pass`, failed 1,734 times in 1,000 ms, and nothing was to be seen of it.
    """,
    bad="""
        import asyncio
        from collections.abc import Awaitable, Callable


        async def watch(load: Callable[[], Awaitable[str]]) -> None:
            while True:
                await asyncio.sleep(1)
                try:
                    print(await load())
                except Exception:
                    pass
    """,
    good="""
        import asyncio
        from collections.abc import Awaitable, Callable


        async def watch(load: Callable[[], Awaitable[str]]) -> None:
            while True:
                await asyncio.sleep(1)
                try:
                    print(await load())
                except Exception as error:
                    print(f"not loaded: {error!r}")
    """,
    certainty="""
        A handler that logs, sets something, returns a value or keeps the error is fine. Best-effort clean-up is fine, too: a
        `try` in which only calls with a word such as `close`, `disconnect` or `unlink` in their name, or a cancelled task, are
        awaited, all that stands in a function of such a name, in the handler of another error or in a `finally`, a loop of tries
        that ends in an error of its own, an error that is raised next in any case, and a `return` or `continue` that leaves out
        what would come next. Who awaits nothing but tasks that others have started may leave their errors to those.
    """,
    options=_NONE,
    off="""
        Where an optional extra may fail unseen. Better name the errors that are expected; or write `# noqa: NBL404` on the
        line of the handler.

        Related: S110 and S112 of ruff, for any code; SIM105 of ruff, which asks for `contextlib.suppress` instead.
    """,
)

UNCOLLECTED = Page(
    reports="""
        `asyncio.gather(..., return_exceptions=True)` that is awaited and whose results nobody looks at. With that argument errors
        are results: they are not raised, so somebody has to look for them.
    """,
    hurts="""
        All that is gathered may have failed, and the program goes on as if it had not.

        Measured on a two-core Linux machine with Python 3.12: of 100 calls 10 failed; `gather` returned after 26 ms, and nothing
        was raised, logged or shown.
    """,
    bad="""
        import asyncio


        async def send(address: str) -> None:
            await asyncio.sleep(0.01)


        async def send_all(addresses: list[str]) -> None:
            await asyncio.gather(*(send(address) for address in addresses), return_exceptions=True)
    """,
    good="""
        import asyncio


        async def send(address: str) -> None:
            await asyncio.sleep(0.01)


        async def send_all(addresses: list[str]) -> None:
            results = await asyncio.gather(*(send(one) for one in addresses), return_exceptions=True)
            for address, result in zip(addresses, results, strict=True):
                if isinstance(result, BaseException):
                    print(f"not sent to {address}: {result!r}")
    """,
    certainty="""
        Results that are used in any way count as looked at. Not reported either: where tasks are cancelled or given callbacks in
        the same function, in one around it or in one that it calls; where all that is gathered are calls that give something
        back, such as `close`, tasks that somebody else keeps or gives (`*self.tasks`, `*list(self.tasks)`, `*tasks_of(job)`),
        waits that can't fail, or coroutines of the project that are decorated or await everything in a `try` that catches every
        error; and in a handler that raises the error that it stands for.
    """,
    options=_NONE,
    off="""
        Where each of the coroutines reports its own failure in a way that isn't seen. Write `# noqa: NBL405` on the line.

        Related: none in other linters.
    """,
)

CUT_SHORT = Page(
    reports="""
        An await in `finally`, or in a handler that catches cancellation, that nothing shields: if the coroutine is cancelled, or
        cancelled again, while it cleans up, the clean-up ends there. `asyncio.shield(...)` and a cancel scope with `shield=True`
        protect it.
    """,
    hurts="""
        Connections stay open, locks stay locked, files stay half written, and only when a program is shut down under load.

        Measured on a two-core Linux machine with Python 3.12: clean-up that takes 50 ms was cut off by a second cancellation
        after 29 ms; with `asyncio.shield` it ran to its end, 62 ms.
    """,
    bad="""
        import asyncio


        async def serve(queue: asyncio.Queue[str], done: asyncio.Queue[str]) -> None:
            try:
                print(await queue.get())
            finally:
                await done.put("over")
    """,
    good="""
        import asyncio


        async def serve(queue: asyncio.Queue[str], done: asyncio.Queue[str]) -> None:
            try:
                print(await queue.get())
            finally:
                await asyncio.shield(done.put("over"))
    """,
    certainty="""
        Each such await is reported, also where a second cancellation is unlikely: that is why the rule is off by default.
    """,
    options="""
        None of its own. `--noblock-knowledge` adds tables that say which calls (`consumer`) and scopes (`limit`) shield.
    """,
    off="""
        It is off by default. Where it is on, `# noqa: NBL406` on the line says that this clean-up may be cut short.

        Related: ASYNC102 and ASYNC120 of flake8-async.
    """,
)

UNLIMITED = Page(
    reports=_joined(
        """
        An await of the network that nothing ends if the other side never answers: no `asyncio.timeout`, `asyncio.wait_for`,
        `anyio.fail_after` or the like around it or around all known calls of its function, no time limit among its arguments, and
        none that the library sets by itself, as httpx and aiohttp do. A limit of `None` is none, neither there nor where an httpx
        client is made. """,
        _FAILING,
    ),
    hurts="""
        A connection whose other end is gone without a word stays open for ever, and so does the coroutine that reads from it.

        Measured on a two-core Linux machine with Python 3.12: `readline()` from a server that accepts and never answers was
        not done after 10,000 ms; in `asyncio.timeout(1)` it was given up after 1,032 ms.
    """,
    bad="""
        import asyncio


        async def greeting(host: str) -> bytes:
            try:
                reader, _ = await asyncio.open_connection(host, 25)
                return await reader.readline()
            except OSError:
                return b""
    """,
    good="""
        import asyncio


        async def greeting(host: str) -> bytes:
            try:
                async with asyncio.timeout(5):
                    reader, _ = await asyncio.open_connection(host, 25)
                    return await reader.readline()
            except OSError:
                return b""
    """,
    certainty="""
        Whether a wait without end is meant, as that of a server for its clients, can't be seen: that is why the rule is off by
        default. Other time limits that a client object was made with are not followed to its methods.
    """,
    options="""
        None of its own. `--noblock-knowledge` adds tables that say what sets a time limit (`limit`), and which operations of the
        network have one (`fails`, with `limited` or `timeout`).
    """,
    off="""
        It is off by default. Where it is on, `# noqa: NBL407` on the line says that this may wait for ever.

        Related: S113 of ruff, for `requests` and `httpx`.
    """,
)

STRICT = Page(
    reports="""
        The practice to the letter: each `await`, `async with` and `async for` that does not stand in a `try` with a handler,
        in its own function. Whether it can fail, and who calls the function, makes no difference.
    """,
    hurts="""
        Mostly it doesn't: most awaits need no handler of their own, see [NBL401](NBL401.md). The rule is for code that has to
        answer for each failure on the spot, and for a first look at foreign code.

        Measured on a two-core Linux machine with Python 3.12: a `try` around a statement that raises nothing costs less than
        0.0001 ms.
    """,
    bad="""
        import asyncio


        async def tick() -> None:
            await asyncio.sleep(1)
            print("tick")
    """,
    good="""
        import asyncio


        async def tick() -> None:
            try:
                await asyncio.sleep(1)
            except OSError as error:
                print(f"no tick: {error}")
    """,
    certainty="""
        It looks at the text of one function, so it is always right, and seldom useful: that is why it is off by default.
    """,
    options="""
        None. `extend-select = NBL499` switches it on; [NBL401](NBL401.md) is the rule that follows `--noblock-src` and callers.
    """,
    off="""
        It is off by default. Where it is on, `# noqa: NBL499` on the line leaves one out.

        Related: none in other linters.
    """,
)
