"""The pages of NBL701 to NBL708 and NBL713."""

from __future__ import annotations

from flake8_noblock.rules.base import Page

OPTIONS = """
    None of its own. `--noblock-knowledge` adds callables of yours that play a part for the loop (`[[role]]`).
"""

NESTED = Page(
    reports="""
        A call in code on the loop that starts an event loop: `asyncio.run`, `run_until_complete`, `run_forever`, `Runner.run`,
        `async_to_sync(...)`, `anyio.run`, `uvicorn.run` and others, in the code itself or reached through sync functions.
        Such a call is reported where code on the loop makes it.
    """,
    hurts="""
        A thread runs one event loop at a time. Starting a second one raises `RuntimeError: asyncio.run() cannot be called from a
        running event loop`, every time. Through calls it is easily overlooked: the helper works in scripts and tests, and fails
        in the first coroutine that uses it.
    """,
    bad="""
        import asyncio


        async def load() -> int:
            await asyncio.sleep(0.1)
            return 1


        def load_now() -> int:
            return asyncio.run(load())


        async def main() -> None:
            print(load_now())
    """,
    good="""
        import asyncio


        async def load() -> int:
            await asyncio.sleep(0.1)
            return 1


        async def main() -> None:
            print(await load())


        asyncio.run(main())
    """,
    certainty="""
        Calls are followed as for NBL2xx. Not reported: what stands behind a question whether a loop runs, such as
        `asyncio.get_running_loop()` in a `try` or `loop.is_running()` in a condition, also where a function of yours asks it or a
        flag keeps the answer; what stands in a `try` that catches `RuntimeError`, by which a second loop fails; what is handed to
        another thread; what a function does for particular texts or types only, of which the call doesn't say that it is one;
        what is done once, where something is missing yet, if the call is not to that very module; the branch of a function that
        starts a loop where another branch returns a coroutine or task; modules that call `nest_asyncio.apply()`.
    """,
    options="""
        `--noblock-follow` says how far calls are followed; `--noblock-knowledge` adds callables of yours that start a loop
        (`[[role]]`).
    """,
    off="""
        With a patched loop that can be nested. Write `# noqa: NBL701` there.

        Related: none in other tools, as far as is known.
    """,
)

SELF_WAITING = Page(
    reports="""
        `asyncio.run_coroutine_threadsafe(coroutine, loop).result()` in code on the loop, where `loop` is the loop that runs it.
    """,
    hurts="""
        `result()` stops the thread until the coroutine has ended. The coroutine can only run on this very thread. So neither goes
        on, and the program hangs for ever, or until the time limit that `result()` was given.
    """,
    bad="""
        import asyncio


        async def load() -> int:
            return 1


        async def main() -> None:
            loop = asyncio.get_running_loop()
            future = asyncio.run_coroutine_threadsafe(load(), loop)
            print(future.result())
    """,
    good="""
        import asyncio


        async def load() -> int:
            return 1


        async def main() -> None:
            print(await load())
    """,
    certainty="""
        The loop must be one that `asyncio.get_running_loop()` or `asyncio.get_event_loop()` gave, directly, by a name or by an
        attribute of `self` that is set to nothing else. In a sync function it must be `asyncio.get_running_loop()` in that very
        function, which fails in other threads. Another thread's loop is not reported here; NBL106 reports the waiting.
    """,
    options=OPTIONS,
    off="""
        Never, in all likelihood. Write `# noqa: NBL702` where the attribute holds the loop of another thread after all.

        Related: none in other tools, as far as is known.
    """,
)

SPINNING = Page(
    reports="""
        A `while` loop in a coroutine that can go round without an `await`, and that nothing in it brings to an end: it waits for
        a flag, for the clock, for a task, or it has no end at all. The finding stands at the `while`.
    """,
    hurts="""
        Nothing else runs until the loop ends, and what it waits for may be just that which can't run. A coroutine that waits for
        a task in this way waits for ever, with the processor at its limit.
    """,
    bad="""
        import asyncio


        async def work() -> None:
            await asyncio.sleep(1)


        async def main() -> None:
            task = asyncio.create_task(work())
            while not task.done():
                pass
            await task
    """,
    good="""
        import asyncio


        async def work() -> None:
            await asyncio.sleep(1)


        async def main() -> None:
            task = asyncio.create_task(work())
            await task
    """,
    certainty="""
        A loop is reported only if nothing that it does in rounds without an `await` could change what decides whether it pauses
        or ends: no counter, no value that is read anew, no call of a function of which more is known than that it reads. Loops
        that drain a container, follow a chain of objects or read until the end are not reported, nor are loops that a handler
        around them may end, and loops over states: `if` and `elif` that all wait, without an `else`.
    """,
    options=OPTIONS,
    off="""
        Where a thread changes the flag within microseconds. Write `# noqa: NBL703` there.

        Related: ASYNC913 of flake8-async, off by default, for loops without an end; no-unmodified-loop-condition of ESLint.
    """,
)

POLLING = Page(
    reports="""
        A `while` loop that does nothing but sleep, always for the same time, until something has changed that this program sets:
        a flag of one of its objects, a global name, a list of the module, an event, a queue or a task. The finding stands at the
        `while`.
    """,
    hurts="""
        Half of the pause is lost each time, on average, and the rounds in between are for nothing. With a pause of 100 ms an
        answer that is there at once is given 50 ms late. An event wakes its waiters when it is set.
    """,
    bad="""
        import asyncio


        class Service:
            def __init__(self) -> None:
                self.ready = False

            async def wait_until_ready(self) -> None:
                while not self.ready:
                    await asyncio.sleep(0.1)
    """,
    good="""
        import asyncio


        class Service:
            def __init__(self) -> None:
                self.ready = asyncio.Event()

            async def wait_until_ready(self) -> None:
                await self.ready.wait()
    """,
    certainty="""
        Not reported: loops that ask something else than this program, such as a file, a process or an object of a library; flags
        of threads, which others than the loop set, among them `threading.Event` and `queue.Queue`; loops that do any work; loops
        that wait longer each time, or as long as is left; loops that wait for a point in time only.
    """,
    options=OPTIONS,
    off="""
        In tests, where a short poll may be simpler than an event in the code under test. Write `# noqa: NBL704` there, or use
        `per-file-ignores`.

        Related: ASYNC110 of ruff and of flake8-async.
    """,
)

HELD = Page(
    reports="""
        An `await` while a lock between threads is held: inside `with` of a `threading.Lock`, `RLock`, `Condition` or `Semaphore`,
        or between its `acquire` and its `release`. The finding stands at the `with` or the `acquire`.
    """,
    hurts="""
        At the `await` other coroutines run, with the lock still taken. The next one that wants it stops the thread of the loop to
        wait for it, so the coroutine that holds it can't go on and release it: the program hangs for ever. With an `RLock` the
        second coroutine gets in, since it is the same thread, and the lock protects nothing.
    """,
    bad="""
        import asyncio
        import threading

        lock = threading.Lock()


        async def update() -> None:
            with lock:
                await asyncio.sleep(1)
    """,
    good="""
        import asyncio

        lock = asyncio.Lock()


        async def update() -> None:
            async with lock:
                await asyncio.sleep(1)
    """,
    certainty="""
        The object must be known to be a lock between threads. Not reported: a lock that is released before the `await` on every
        way, and one that is only tried (`acquire(blocking=False)`).
    """,
    options=OPTIONS,
    off="""
        Where one coroutine only, and otherwise threads, use the lock, and the threads may wait. Write `# noqa: NBL705` there.

        Related: none in other tools, as far as is known.
    """,
)

UNSAFE = Page(
    reports="""
        A call, in code that another thread runs, of what belongs to the thread of the loop: `call_soon`, `call_later`,
        `create_task` and `stop` of a loop, `set_result` and `cancel` of futures and tasks, `put_nowait` of an `asyncio.Queue`,
        `set` of an `asyncio.Event`, `asyncio.create_task` and others.

        Code that another thread runs is what is handed to `threading.Thread`, `asyncio.to_thread`, `run_in_executor`, `submit`
        and the like, the `run` method of threads, callbacks of libraries that call them from threads of their own, and what all
        these call in the same module. Such a method that is handed over as it is (`Timer(1, event.set)`) is reported there, and
        so is a function of another module in which there is such a call.
    """,
    hurts="""
        These objects have no locks. A call from another thread can break the queue of the loop, and even if it does not, the loop
        sleeps on: nobody wakes it, so what was scheduled happens when the next timer or packet comes, if at all.
    """,
    bad="""
        import asyncio


        async def main() -> None:
            queue: asyncio.Queue[int] = asyncio.Queue()

            def produce() -> None:
                queue.put_nowait(1)

            await asyncio.to_thread(produce)
            print(await queue.get())
    """,
    good="""
        import asyncio


        async def main() -> None:
            loop = asyncio.get_running_loop()
            queue: asyncio.Queue[int] = asyncio.Queue()

            def produce() -> None:
                loop.call_soon_threadsafe(queue.put_nowait, 1)

            await asyncio.to_thread(produce)
            print(await queue.get())
    """,
    certainty="""
        The object must be known by its type. Not reported: what the thread makes itself, and threads that run a loop of their
        own, or may, and what a function is given to call.
    """,
    options="""
        `--noblock-offloaders` says which callables of yours run their argument in another thread. `--noblock-knowledge` adds
        callables that belong to the loop (`[[role]]`) and methods that threads call (`[[thread_methods]]`).
    """,
    off="""
        Where the loop is known not to run meanwhile. Write `# noqa: NBL706` there.

        Related: none in other tools, as far as is known.
    """,
)

MANAGED = Page(
    reports="""
        Loops that are managed by hand, where it goes wrong:

        - `asyncio.get_event_loop()` where no loop runs: at import, or in a function that starts the loop it gets;
        - `asyncio.get_running_loop()` at import;
        - `asyncio.set_event_loop()` in code on the loop;
        - `asyncio.set_event_loop_policy()` and `uvloop.install()`, which are deprecated;
        - a new loop that the function neither closes nor hands on;
        - an async function, instead of a call of it, where `asyncio.run` or `run_until_complete` take a coroutine.
    """,
    hurts="""
        From Python 3.14 on `get_event_loop()` fails where there is no loop; before, it made one silently. A loop that is not
        closed keeps its sockets and threads, and its async generators are never ended. A function in the place of a coroutine is
        an error at run time.
    """,
    bad="""
        import asyncio


        async def work() -> None:
            await asyncio.sleep(1)


        def main() -> None:
            loop = asyncio.get_event_loop()
            loop.run_until_complete(work())
    """,
    good="""
        import asyncio


        async def work() -> None:
            await asyncio.sleep(1)


        def main() -> None:
            asyncio.run(work())
    """,
    certainty="""
        `get_event_loop()` in a function that may be called by a coroutine is not reported, nor is one whose failure is caught. A
        new loop that is stored, returned or passed on, other than to `set_event_loop`, may be closed by others.
    """,
    options=OPTIONS,
    off="""
        In code for Python versions without `asyncio.Runner`, or where a library asks for a policy. Write `# noqa: NBL707` there.

        Related: none in other tools, as far as is known.
    """,
)

IMPORTED = Page(
    reports="""
        A task, future, or other object that needs a running event loop, in the body of a module or class: `asyncio.create_task`,
        `asyncio.gather`, `asyncio.Future()`, `aiohttp.ClientSession()`, `grpc.aio.insecure_channel()` and others.
    """,
    hurts="""
        No loop runs while a module is imported. Some of these calls fail there, with `RuntimeError: no running event loop`.
        Others take a loop that is never started, and what is made hangs, or fails with "attached to a different loop" when it is
        used.
    """,
    bad="""
        import aiohttp

        session = aiohttp.ClientSession()


        def client() -> aiohttp.ClientSession:
            return session
    """,
    good="""
        import contextlib
        from collections.abc import AsyncIterator

        import aiohttp


        @contextlib.asynccontextmanager
        async def client() -> AsyncIterator[aiohttp.ClientSession]:
            async with aiohttp.ClientSession() as session:
                yield session
    """,
    certainty="""
        Not reported: `asyncio.Lock`, `Event`, `Queue` and their like, which since Python 3.10 take the loop that first waits for
        them; what stands below `if __name__ == "__main__"`; modules that start a loop themselves, which are programs.
    """,
    options=OPTIONS,
    off="""
        In modules that are imported by coroutines only. Write `# noqa: NBL708` there.

        Related: none in other tools, as far as is known.
    """,
)

SCOPED = Page(
    reports="""
        A `yield` of an async generator inside `async with asyncio.TaskGroup()`, `asyncio.timeout()`, a nursery or a cancel scope
        of anyio or trio. Generators with a decorator, such as `contextlib.asynccontextmanager`, are not meant.
    """,
    hurts="""
        Between two values other code runs, inside the scope without knowing it. When the time is up, or a task of the group
        fails, that code is cancelled. When it stops taking values, the scope stays open until the garbage collector ends the
        generator, in another task, which cancels the wrong one or fails.
    """,
    bad="""
        import asyncio
        from collections.abc import AsyncIterator


        async def numbers() -> AsyncIterator[int]:
            async with asyncio.timeout(10):
                for number in range(3):
                    await asyncio.sleep(1)
                    yield number


        async def main() -> None:
            try:
                async for number in numbers():
                    print(number)
            except TimeoutError:
                print("late")
    """,
    good="""
        import asyncio
        from collections.abc import AsyncIterator


        async def numbers() -> AsyncIterator[int]:
            for number in range(3):
                async with asyncio.timeout(10):
                    await asyncio.sleep(1)
                yield number
    """,
    certainty="""
        The scope must be known as one: by the call that makes it, or by a name that holds nothing else.
    """,
    options=OPTIONS,
    off="""
        Where all callers run the generator to its end, inside `contextlib.aclosing`. Write `# noqa: NBL713` there.

        Related: ASYNC119 of ruff (preview) and flake8-async, ASYNC101 of flake8-async.
    """,
)
