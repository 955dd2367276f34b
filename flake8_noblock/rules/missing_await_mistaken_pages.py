"""The pages of NBL305 to NBL309: one kind, sync or async, where the other belongs."""

from __future__ import annotations

from flake8_noblock.rules.missing_await_pages import missing_await_page

PLAIN_PROTOCOL = missing_await_page(
    reports="""
        An async context manager in a plain `with`, or an async iterator in a plain `for`, a comprehension, an unpacking, or
        given to `list`, `sum`, `sorted` and others that iterate. The finding stands at the manager or at what is iterated.
    """,
    hurts="""
        It raises `TypeError`, at run time, in the moment when the line is reached, and what the block should have done is not
        done. Measured on a two-core Linux machine with Python 3.12: `with asyncio.Lock()` failed after 0.01 ms with
        `'Lock' object does not support the context manager protocol`, after all that stood before it had been done. A branch
        that is taken once a month fails once a month.
    """,
    bad="""
        import asyncio
        from collections.abc import AsyncIterator


        async def rows(count: int) -> AsyncIterator[int]:
            for number in range(count):
                await asyncio.sleep(0.1)
                yield number


        async def report(lock: asyncio.Lock) -> list[int]:
            with lock:
                return [number for number in rows(3)]
    """,
    good="""
        import asyncio
        from collections.abc import AsyncIterator


        async def rows(count: int) -> AsyncIterator[int]:
            for number in range(count):
                await asyncio.sleep(0.1)
                yield number


        async def report(lock: asyncio.Lock) -> list[int]:
            async with lock:
                return [number async for number in rows(3)]
    """,
    certainty="""
        Objects that offer both kinds, such as a client for sync and async code, are not reported. A coroutine in a plain `for`
        or `with` is the subject of NBL303.
    """,
    off="""
        Never, except in a test that expects the `TypeError`: `# noqa: NBL305`.

        Related: `not-context-manager` of pylint; type checkers report it where types are annotated.
    """,
)

NOT_AWAITABLE = missing_await_page(
    reports="""
        `await` on what has no `__await__`: the result of a sync function, `None`, a list of coroutines, an async generator, a
        function that is not called. Likewise `async with` and `async for` on what is no async manager or iterator, a coroutine
        included. The finding stands at the `await`, the `async with` or the `async for`.
    """,
    hurts="""
        It raises `TypeError`, but only after what is awaited has been worked out. Measured on a two-core Linux machine with
        Python 3.12: `await compute()` of a sync function that takes 100 ms held the loop for 100 ms, did all its work, and then
        failed with `object int can't be used in 'await' expression`. `await [first(), second()]` runs neither.
    """,
    bad="""
        import asyncio


        async def fetch(part: str) -> str:
            await asyncio.sleep(0.1)
            return part.upper()


        async def page(done: asyncio.Event) -> list[str]:
            parts = await [fetch("header"), fetch("body")]
            await done.set()
            return parts
    """,
    good="""
        import asyncio


        async def fetch(part: str) -> str:
            await asyncio.sleep(0.1)
            return part.upper()


        async def page(done: asyncio.Event) -> list[str]:
            parts = await asyncio.gather(fetch("header"), fetch("body"))
            done.set()
            return parts
    """,
    certainty="""
        Only what certainly fails is reported. An object that is known by its base class only may belong to a subclass that can
        be awaited; a method that is only declared (abstract, `...`, `raise NotImplementedError`) may be overridden by an async
        one; a result that may be awaitable, or is annotated as `Any` or `object`, is not judged.
    """,
    off="""
        Never, except in a test that expects the `TypeError`: `# noqa: NBL306`.

        Related: mypy and pyright report it where types are annotated; `not-async-context-manager` of pylint.
    """,
)

ASYNC_CALLABLE = missing_await_page(
    reports="""
        An async function given to somebody who calls it like a sync one: `Thread(target=...)`, `submit`, `to_thread`,
        `call_soon`, `call_later`, `add_done_callback`, `signal.signal`, `atexit.register`, `filter`, `sorted(key=...)`,
        `functools.reduce` and their like, and any function of yours that calls its parameter and drops the result or uses it as
        a value. The finding stands at the call that is given the function; for an async test method of a plain
        `unittest.TestCase`, at its `def`.
    """,
    hurts="""
        The call gives a coroutine that nobody awaits. The thread ends, the timer rings, the test is green, and nothing has been
        done. Measured on a two-core Linux machine with Python 3.12: `await asyncio.to_thread(work)` with an `async def` of 100
        ms came back after 4 ms with a coroutine object; `call_later(0.05, work)` gave a warning after 52 ms and did nothing; a
        `TestCase` with `async def test_it(self): raise ValueError` passed.
    """,
    bad="""
        import asyncio


        async def size(name: str) -> int:
            await asyncio.sleep(0.1)
            return len(name)


        async def by_size(names: list[str]) -> list[str]:
            return sorted(names, key=size)
    """,
    good="""
        import asyncio


        async def size(name: str) -> int:
            await asyncio.sleep(0.1)
            return len(name)


        async def by_size(names: list[str]) -> list[str]:
            sizes = await asyncio.gather(*[size(name) for name in names])
            return [name for _, name in sorted(zip(sizes, names))]
    """,
    certainty="""
        What calls its argument is known from tables or, for functions of yours and of libraries at hand, from their source.
        Functions that await the result, return it, look whether it is a coroutine, or only keep the function, are not reported:
        `asyncio.gather(*map(fetch, urls))` is right, and so are frameworks that take both kinds.
    """,
    off="""
        Where the caller takes async functions after all, in a way that cannot be seen: `# noqa: NBL307`, and a row for it in a
        table of your own.

        Related: pyright and mypy report callbacks that are annotated as returning a plain type; no linter reports the others.
    """,
)

AWAITED_TWICE = missing_await_page(
    reports="""
        One coroutine object that is awaited a second time: one line after another, in the next turn of a loop, or in a handler
        after the first await failed. Handing it to `wait_for`, `create_task`, `gather`, `shield` or `asyncio.run` counts as
        awaiting it. The finding stands at the second await. An `async def` under `functools.lru_cache` or `functools.cache` is
        reported at its `def`: what the cache gives again is the coroutine that was awaited before.
    """,
    hurts="""
        The second `await` raises `RuntimeError: cannot reuse already awaited coroutine`. In a loop that tries again, this error
        takes the place of the one that mattered. Measured on a two-core Linux machine with Python 3.12: of three tries of one
        coroutine, the first failed after 102 ms with `ConnectionError`, the others after 0.01 ms with the `RuntimeError`,
        without trying anything.
    """,
    bad="""
        import asyncio


        async def fetch(key: str) -> str:
            await asyncio.sleep(0.1)
            return key.upper()


        async def fetch_patiently(key: str) -> str | None:
            request = fetch(key)
            for _ in range(3):
                try:
                    return await request
                except TimeoutError:
                    print("once more")
            return None
    """,
    good="""
        import asyncio


        async def fetch(key: str) -> str:
            await asyncio.sleep(0.1)
            return key.upper()


        async def fetch_patiently(key: str) -> str | None:
            for _ in range(3):
                try:
                    return await fetch(key)
                except TimeoutError:
                    print("once more")
            return None
    """,
    certainty="""
        Tasks and futures may be awaited any number of times, and so may objects with an `__await__` of their own: neither is
        reported. Awaits on different paths, of which each run takes one, are not either.
    """,
    off="""
        Never, except in a test that expects the `RuntimeError`: `# noqa: NBL308`.

        Related: no other linter or type checker reports it.
    """,
)

OVERRIDE = missing_await_page(
    reports="""
        An async method that overrides a sync one, or a sync method that overrides an async one, along the whole hierarchy of
        classes, abstract classes and protocols included. The finding stands at the overriding `def`.
    """,
    hurts="""
        Whoever knows the base class calls the method as the base declares it. Of a sync method that became async, nothing runs;
        of an async one that became sync, the `await` of its result fails. Measured on a two-core Linux machine with Python
        3.12: an export through the base class called `store.save(item)` 1,000 times in 2 ms; with a subclass whose `save` is
        async nothing was saved, and Python's default filter showed one warning.
    """,
    bad="""
        import asyncio


        class Store:
            def save(self, key: str) -> None:
                print("saved", key)


        class RemoteStore(Store):
            async def save(self, key: str) -> None:
                await asyncio.sleep(0.1)


        def export(store: Store, keys: list[str]) -> None:
            for key in keys:
                store.save(key)
    """,
    good="""
        import asyncio


        class Store:
            async def save(self, key: str) -> None:
                print("saved", key)


        class RemoteStore(Store):
            async def save(self, key: str) -> None:
                await asyncio.sleep(0.1)


        async def export(store: Store, keys: list[str]) -> None:
            for key in keys:
                await store.save(key)
    """,
    certainty="""
        What counts is what a call gives. A base that says `-> Awaitable[...]` or `-> Coroutine[...]` may be overridden by an
        `async def`, a sync override that always returns a coroutine may override an async method, and an async generator may
        override a method that returns an `AsyncIterator`. A base method that is not annotated and only raises
        `NotImplementedError` leaves the kind open.
    """,
    off="""
        Where a hierarchy deliberately has both kinds and every caller looks at what it got: `# noqa: NBL309` at the `def`, or
        better the annotation `-> T | Awaitable[T]` in the base, which says so to readers and type checkers too.

        Related: `invalid-overridden-method` of pylint, `override` of mypy, `reportIncompatibleMethodOverride` of pyright.
    """,
)
