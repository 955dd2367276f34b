"""The pages of NBL601 to NBL605."""

from __future__ import annotations

from flake8_noblock.rules.base import Page

TYPES = """
    Names and types are followed as for blocking calls: through imports, annotations, constructors and return types. A call whose
    callable is not known is not reported.
"""
OPTIONS = """
    None of its own. `--noblock-knowledge` adds callables of yours that start tasks (`[[task]]`) or join them (`[[combine]]`).
"""

LOST = Page(
    reports="""
        A task that is started and that nobody keeps: the result of `asyncio.create_task`, `asyncio.ensure_future` or
        `loop.create_task` is dropped, stands in a local name that is never read again, or is what a lambda gives to a caller that
        drops it. A call of a function of yours that does no more than start a task and return it counts as well.
    """,
    hurts="""
        The event loop holds its tasks by weak references only. A task that nobody else refers to may be collected while it waits:
        it then disappears in the middle of its work, with a line in the log at most. It happens when the garbage collector
        runs, so rarely in tests and at some time in production. Nobody sees the task's failure either.
    """,
    bad="""
        import asyncio


        async def refresh() -> None:
            await asyncio.sleep(60)


        async def main() -> None:
            asyncio.create_task(refresh())
            await asyncio.sleep(3600)
    """,
    good="""
        import asyncio


        async def refresh() -> None:
            await asyncio.sleep(60)


        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(refresh())
                await asyncio.sleep(3600)
    """,
    certainty=TYPES
    + """
    Not reported: a task that is awaited, returned, yielded, stored in an attribute, a container or a global name, or passed to a
    call, unless that is a function of yours that neither stores nor awaits it; a task of a `TaskGroup` or another object that
    keeps its tasks; a task in a local name that is read again, if only to add a callback.
    """,
    options=OPTIONS,
    off="""
        Where the function that starts the task lives as long as the task: its local names are references, too. Write
        `# noqa: NBL601` there.

        Related: RUF006 of ruff, ASYNC300 of flake8-async.
    """,
)

JOINED = Page(
    reports="""
        Calls of `asyncio.gather`, `wait`, `as_completed` and `shield` that can't do what they are for:

        - what `gather`, `as_completed` or `shield` gives is dropped;
        - `gather` is given a list, tuple, set or generator instead of its items;
        - `wait` is given coroutines, which it has refused since Python 3.11;
        - `wait` or `as_completed` is given one awaitable instead of a collection;
        - `gather` is given a single awaitable, without `return_exceptions`;
        - `shield` is given a coroutine, or a task that has no name of its own, so that nobody keeps what it is to protect.
    """,
    hurts="""
        A `gather` that is not awaited goes on alone: nobody sees when it ends, and its errors appear when it is destroyed, if at
        all. A list instead of its items and coroutines for `wait` are a `TypeError` at run time. A shielded task is meant to
        outlive the cancellation of whoever waits for it, and then nothing refers to it, so it may be collected before it ends.
    """,
    bad="""
        import asyncio


        async def work(number: int) -> int:
            await asyncio.sleep(number)
            return number


        async def main() -> None:
            asyncio.gather(work(1), work(2))
    """,
    good="""
        import asyncio


        async def work(number: int) -> int:
            await asyncio.sleep(number)
            return number


        async def main() -> None:
            one, two = await asyncio.gather(work(1), work(2))
            print(one + two)
    """,
    certainty=TYPES
    + """
    A `gather` counts as awaited when it is awaited, returned, stored, passed on, or read again by its local name. What is given
    to `gather` must be known to be a collection, and what is given to `wait` to hold coroutines only.
    """,
    options=OPTIONS,
    off="""
        Where a `gather` is started on purpose and watched otherwise. Write `# noqa: NBL602` there.

        Related: none in other tools, as far as is known.
    """,
)

EARLY = Page(
    reports="""
        `task.result()` and `task.exception()` on a way from the start of the task to the call on which nothing is awaited.
    """,
    hurts="""
        A task begins to run when the coroutine that started it pauses for the first time. Before that it can't be done, and
        asking for its outcome raises `asyncio.InvalidStateError`, every time.
    """,
    bad="""
        import asyncio


        async def work() -> int:
            await asyncio.sleep(1)
            return 1


        async def main() -> None:
            task = asyncio.create_task(work())
            print(task.result())
    """,
    good="""
        import asyncio


        async def work() -> int:
            await asyncio.sleep(1)
            return 1


        async def main() -> None:
            task = asyncio.create_task(work())
            print("working")
            print(await task)
    """,
    certainty="""
        The ways through the function are followed, through branches, loops and handlers: a task that is awaited on every way is
        fine. Any `await`, `async for`, `async with` or run of the loop in between is taken to give the task time to end. A call
        that depends on `task.done()` is not reported.
    """,
    options=OPTIONS,
    off="""
        With eager tasks (`asyncio.eager_task_factory`), which may be done as soon as they are started. Write
        `# noqa: NBL603` there.

        Related: none in other tools, as far as is known.
    """,
)

AT_ONCE = Page(
    reports="""
        A task that is awaited where it is started: `await asyncio.create_task(work())`, or an `await` of its name before anything
        else happens.
    """,
    hurts="""
        A task is there to run beside something. Here nothing runs beside it: the function waits, as it would for the coroutine
        itself, and pays for the task, its context and a round of the loop. Often what was meant is to start several tasks first.

        Measured on a two-core Linux machine with Python 3.12: awaiting an empty coroutine took 0.00006 ms, awaiting a task of it
        0.026 ms.
    """,
    bad="""
        import asyncio


        async def work(number: int) -> int:
            await asyncio.sleep(1)
            return number


        async def main() -> None:
            one = await asyncio.create_task(work(1))
            two = await asyncio.create_task(work(2))
            print(one + two)
    """,
    good="""
        import asyncio


        async def work(number: int) -> int:
            await asyncio.sleep(1)
            return number


        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                one = group.create_task(work(1))
                two = group.create_task(work(2))
            print(one.result() + two.result())
    """,
    certainty=TYPES
    + """
    Not reported: a task that is given a name or a context, which may be what it is for, and a task between whose start and
    `await` anything is called, stored or awaited.
    """,
    options=OPTIONS,
    off="""
        Where the task is there to run in a context of its own. Write `# noqa: NBL604` there, or hand over `context=`.

        Related: none in other tools, as far as is known.
    """,
)

CANCELLED = Page(
    reports="""
        `task.cancel()` on a task of the same function that is awaited nowhere.
    """,
    hurts="""
        `cancel()` asks. The task is told at its next turn, may take time to clean up, and may refuse. Whoever goes on at once
        goes on beside it: a connection is used that is just being closed, and the clean-up may fail with nobody to see it.
    """,
    bad="""
        import asyncio


        async def work() -> None:
            await asyncio.sleep(60)


        async def main() -> None:
            task = asyncio.create_task(work())
            await asyncio.sleep(1)
            task.cancel()
    """,
    good="""
        import asyncio
        import contextlib


        async def work() -> None:
            await asyncio.sleep(60)


        async def main() -> None:
            task = asyncio.create_task(work())
            await asyncio.sleep(1)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
    """,
    certainty=TYPES
    + """
    Reported is only a task in a local name that is neither passed on nor stored: for others somebody else may wait.
    """,
    options=OPTIONS,
    off="""
        It is off by default, since much code may go on beside a task that ends. Where it is on, write `# noqa: NBL605` for a task
        without anything to clean up.

        Related: none in other tools, as far as is known.
    """,
)
