"""The pages of NBL501 to NBL505."""

from __future__ import annotations

from flake8_noblock.rules.base import Page

OPTIONS = """
    None of its own. `--noblock-knowledge` adds callables of yours that take callbacks (`[[role]]`).
"""

CONTINUED = Page(
    reports="""
        `add_done_callback` in an `async def`, with a callback that starts what comes next, or that uses the result of the task
        and does not see to a failure.
    """,
    hurts="""
        The step after the task stands somewhere else, runs at some later turn of the loop, and can await nothing. If it fails,
        the loop logs the error and goes on: no caller can catch it. The function that started the task does not know when the
        work is done.
    """,
    bad="""
        import asyncio


        async def work() -> int:
            await asyncio.sleep(1)
            return 1


        def show(task: asyncio.Task[int]) -> None:
            print(task.result())


        async def main() -> None:
            task = asyncio.create_task(work())
            task.add_done_callback(show)
            await asyncio.sleep(2)
    """,
    good="""
        import asyncio


        async def work() -> int:
            await asyncio.sleep(1)
            return 1


        async def work_and_show() -> None:
            print(await work())


        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(work_and_show())
                await asyncio.sleep(2)
    """,
    certainty="""
        The object must be known to be a future or task of asyncio, and the callback a function of the project. Not reported:
        a callback that forgets the task (`tasks.discard`), one that looks at its failure (`exception()`, `result()` in a `try` or
        with its value dropped) and starts no other task, one of a task that is awaited through `shield`, which goes on where the
        function gives up, and callbacks that are added in sync code, which can't await.
    """,
    options=OPTIONS,
    off="""
        Where the callback serves a protocol that is written in callbacks. Write `# noqa: NBL501` there.

        Related: none in other tools, as far as is known.
    """,
)

NESTED = Page(
    reports="""
        A function or lambda that is handed to a call as a callback, inside another such function, which is inside another one:
        each that stands three or more deep. Sync code counts as well.

        Decorators, functions that are only called or returned, functions for keys, filters and mappings (`sorted(key=...)`,
        `map`), and functions for other threads are no callbacks.
    """,
    hurts="""
        The steps of one piece of work stand inside each other instead of one after the other. Each has to take care of its
        errors itself, since no `try` around the first step sees those of the third, and a loop or a condition over several
        steps can hardly be written.
    """,
    bad="""
        from collections.abc import Callable

        Callback = Callable[[int], None]


        def step(number: int, then: Callback) -> None:
            then(number + 1)


        def run(done: Callback) -> None:
            step(1, lambda a: step(a, lambda b: step(b, lambda c: done(c))))
    """,
    good="""
        import asyncio


        async def step(number: int) -> int:
            await asyncio.sleep(0.1)
            return number + 1


        async def run() -> int:
            first = await step(1)
            second = await step(first)
            return await step(second)
    """,
    certainty="""
        What is nested is seen in the source. A call that takes a function may call it at once and not later; that is known for
        the standard library and for libraries with tables, and taken to be a callback elsewhere. A function that takes nothing
        and returns something makes what is wanted, such as an application, and answers nothing: it doesn't count.
    """,
    options="""
        `--noblock-callback-depth` is the depth from which on callbacks are reported: 3 by default.
    """,
    off="""
        For code that is written against a callback interface without an awaitable form. Write `# noqa: NBL502` there, or raise
        the depth.

        Related: the max-nested-callbacks rule of ESLint.
    """,
)

TIMED = Page(
    reports="""
        `call_soon`, `call_later` and `call_at` of a loop, in an async function or in a callback that has itself called again,
        with a function of the program that goes on with the work, where nobody keeps the handle to cancel it.
    """,
    hurts="""
        What is to happen later stands in a function that nobody awaits: its errors reach no caller, it can't await anything
        itself, and when the program ends it may or may not have run.
    """,
    bad="""
        import asyncio


        def beat() -> None:
            print("beat")
            asyncio.get_running_loop().call_later(1, beat)


        async def main() -> None:
            asyncio.get_running_loop().call_soon(beat)
            await asyncio.sleep(10)
    """,
    good="""
        import asyncio


        async def beat() -> None:
            while True:
                print("beat")
                await asyncio.sleep(1)


        async def main() -> None:
            async with asyncio.timeout(10):
                await beat()
    """,
    certainty="""
        Not reported: `call_soon_threadsafe`; a handle that is stored or used; callbacks that only wake, cancel or look at what
        somebody waits for (`event.set`, `future.set_result`, `task.cancel`), or set the outcome of a future among other things;
        callables of which nothing is known.
    """,
    options=OPTIONS,
    off="""
        In protocols and transports, which are written in callbacks. Write `# noqa: NBL503` there, or use `per-file-ignores`.

        Related: none in other tools, as far as is known.
    """,
)

ANSWERING = Page(
    reports="""
        An `async def` that gives nothing back and calls parameters of its own instead, one of them with the exception that it
        caught.
    """,
    hurts="""
        The caller awaits the function and learns nothing by it: neither the result nor whether it failed. `try` around the call
        catches nothing, and each caller has to write two functions where one line would do.
    """,
    bad="""
        import asyncio
        from collections.abc import Callable


        async def fetch(done: Callable[[int], None], failed: Callable[[Exception], None]) -> None:
            try:
                async with asyncio.timeout(1):
                    await asyncio.sleep(0.5)
                done(1)
            except TimeoutError as error:
                failed(error)
    """,
    good="""
        import asyncio


        async def fetch() -> int:
            async with asyncio.timeout(1):
                await asyncio.sleep(0.5)
            return 1
    """,
    certainty="""
        What a parameter is called with is seen in the source. Not reported: functions that return a value, generators, and
        callbacks that are told of progress, or of each failure in a loop.
    """,
    options="None.",
    off="""
        Where a framework asks for this form. Write `# noqa: NBL504` there.

        Related: none in other tools, as far as is known.
    """,
)

CHAINED = Page(
    reports="""
        A callback that is chained, in code on the loop, to something that could be awaited: `add_done_callback` of a future of
        `concurrent.futures` or gRPC, `addCallback` of a Twisted `Deferred`, `add_future` of Tornado's loop.
    """,
    hurts="""
        The work goes on in a function that nobody awaits, and whose errors nobody catches. A callback of a `concurrent.futures`
        future runs in the thread that ends the work, where nothing of the loop may be touched.
    """,
    bad="""
        import asyncio
        from concurrent.futures import Future, ThreadPoolExecutor

        pool = ThreadPoolExecutor()


        def show(future: Future[int]) -> None:
            print(future.result())


        async def main() -> None:
            pool.submit(int, "1").add_done_callback(show)
            await asyncio.sleep(1)
    """,
    good="""
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor()


        async def main() -> None:
            print(await asyncio.wrap_future(pool.submit(int, "1")))
    """,
    certainty="""
        The object must be known by its type, and the code must run on the loop. Sync code is not reported: it can't await. Nor is
        an object that an attribute holds, for which others may wait, too: who awaits a Deferred takes its result away. Nor is a
        callback of a thread's future that makes no use of the future: it is told of the end and no more.
    """,
    options=OPTIONS,
    off="""
        Where callbacks are how two worlds are joined. Write `# noqa: NBL505` there.

        Related: none in other tools, as far as is known.
    """,
)
