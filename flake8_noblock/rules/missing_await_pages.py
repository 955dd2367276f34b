"""The pages of NBL301 to NBL304 and NBL351: awaitables that are made and not awaited."""

from __future__ import annotations

from inspect import cleandoc

from flake8_noblock.rules.base import Page

_COROUTINE = """
*A coroutine* is what the call of an `async def` gives: of a function, a method, a class or static method, inherited, overridden,
nested or decorated, from this module, another one or an installed library. So does the call of a function that is annotated as
returning `Coroutine`, or that always returns a coroutine, of a `lambda` or `functools.partial` of such a function, and of an
`AsyncMock`. Sync code is checked as well as async code.
"""
_SURE = """
A call counts where it is known what it calls: by imports, annotations, constructors, return types, and the types of the
arguments that callers pass. Nothing is judged by the name of a function or by how it looks. Where a value may be one of several
things, all of them must be what the rule is about; what nobody can know, such as the result of an unknown decorator, is not
reported.
"""
_OPTIONS = """
None of its own. `--noblock-environment` names the virtual environment in which the libraries are; what their functions give is
read from their source or stubs. For libraries that are not installed the plugin's tables tell it, and `--noblock-knowledge` adds
tables.
"""


def missing_await_page(*, reports: str, hurts: str, bad: str, good: str, certainty: str, off: str) -> Page:
    """The page of a rule: what is particular to it, joined with what holds for the family."""
    return Page(
        reports=f"{cleandoc(reports)}\n{_COROUTINE}",
        hurts=hurts,
        bad=bad,
        good=good,
        certainty=f"{cleandoc(certainty)}\n{_SURE}",
        options=_OPTIONS,
        off=off,
    )


DROPPED = missing_await_page(
    reports="""
        A coroutine that is made as a statement and dropped at once: `save()`, `save() if changed else None`,
        `changed and save()`, `[save(item) for item in items]`, `_ = save()`. An async generator that is made and dropped, too.
        The finding stands at the call that makes the coroutine. A task is no coroutine: it runs, and a dropped one is the
        subject of NBL601.
    """,
    hurts="""
        Nothing in the function runs, not even its first line. Python says `RuntimeWarning: coroutine 'save' was never awaited`
        on standard error, once for each line of code that drops one, when the object is collected; the program goes on and ends
        with status 0.

        Measured on a two-core Linux machine with Python 3.12: a loop that should send 100 messages with
        `await asyncio.sleep(0.01)` between them took 1,022 ms; without the `await`, 0.3 ms.
    """,
    bad="""
        import asyncio


        class Outbox:
            def __init__(self) -> None:
                self.queue: asyncio.Queue[str] = asyncio.Queue()

            async def post(self, text: str) -> None:
                self.queue.put(text)
                asyncio.sleep(0.1)
    """,
    good="""
        import asyncio


        class Outbox:
            def __init__(self) -> None:
                self.queue: asyncio.Queue[str] = asyncio.Queue()

            async def post(self, text: str) -> None:
                await self.queue.put(text)
                await asyncio.sleep(0.1)
    """,
    certainty="""
        In sync code there is no `await` to add: run the coroutine with `asyncio.run(...)` where no loop runs, or make the
        function async. Not reported: functions that a decorator makes sync, calls under `@asynccontextmanager`, and coroutines
        that are closed by hand.
    """,
    off="""
        A dropped coroutine does nothing at best, so there is little reason. In a test of the warning itself, write
        `# noqa: NBL301` on the line.

        Related: `unused-coroutine` of mypy and `reportUnusedCoroutine` of pyright, where types are annotated; NBL302 for a
        coroutine with a name, NBL351 for other awaitables, NBL601 for tasks.
    """,
)

STORED = missing_await_page(
    reports="""
        A coroutine that is given a name and then never awaited, returned, passed on or stored elsewhere, on any path: only
        assigned, deleted, or overwritten before it is awaited. The finding stands at the call that makes the coroutine.
    """,
    hurts="""
        The work is not done, and the warning of Python comes late: when the name ends. Measured on a two-core Linux machine
        with Python 3.12: beside `await asyncio.sleep(1)`, the warning about a coroutine stored before it came after 1,001 ms. A
        coroutine in a cycle of references had given no warning by the end of the program's work, only when garbage was
        collected.
    """,
    bad="""
        import asyncio


        async def prices(article: str) -> list[int]:
            await asyncio.sleep(0.1)
            return [len(article)]


        async def cheapest(article: str, default: int) -> int:
            found = prices(article)
            await asyncio.sleep(1)
            return default
    """,
    good="""
        import asyncio


        async def prices(article: str) -> list[int]:
            await asyncio.sleep(0.1)
            return [len(article)]


        async def cheapest(article: str, default: int) -> int:
            found = await prices(article)
            await asyncio.sleep(1)
            return min(found, default=default)
    """,
    certainty="""
        Each name is followed through branches, loops, `try`, `finally` and `del` in its function. What is awaited on one path
        only is not reported, nor is a name that a nested function, `global`, `nonlocal` or a module's or class's own level
        shares with others, nor a coroutine that is driven by hand (`send`, `throw`, `close`).
    """,
    off="""
        Where the coroutine is made for its side effects on a debugger or a test, with `# noqa: NBL302` on the line of the call.

        Related: F841 of pyflakes and `unused-variable` of pylint see the name that is never read, without knowing what it
        holds; NBL301 for coroutines without a name.
    """,
)

AS_VALUE = missing_await_page(
    reports="""
        A coroutine that is used as if it were its result: an attribute or an item of it is read, it is added, compared,
        iterated, unpacked, put into an f-string, given to `str`, `len`, `max`, `sum`, `print`, a logger or `json.dumps`, or
        returned by a function whose annotation promises a plain value. The finding stands at that use; where a value that is made
        before a loop is used in each of its rounds, it stands once, at the call that makes it: that is where `await` belongs.
    """,
    hurts="""
        Some of these fail with a `TypeError` or an `AttributeError`, but only when the line is reached. Texts and comparisons
        never fail: a log shows `<coroutine object count at 0x7f...>`, and `==` is false for ever.

        Measured on a two-core Linux machine with Python 3.12: a cache under the key `f"user:{name()}"` answered 100 questions
        about different users in 2.7 ms, 99 of them with what it had stored for the first: the text shows the address of an
        object that is gone, and the next object lies at the same address.
    """,
    bad="""
        import asyncio


        async def name(user: int) -> str:
            await asyncio.sleep(0.1)
            return f"user {user}"


        async def greeting(user: int) -> str:
            return f"Hello, {name(user)}"
    """,
    good="""
        import asyncio


        async def name(user: int) -> str:
            await asyncio.sleep(0.1)
            return f"user {user}"


        async def greeting(user: int) -> str:
            return f"Hello, {await name(user)}"
    """,
    certainty="""
        What coroutines do have is not reported (`close`, `send`, `cr_frame`, `__name__`, ...), nor are `type()`, `id()` and
        `isinstance()`, nor a function whose annotation allows a coroutine (`Any`, `object`, `Awaitable`). A coroutine that is
        passed to a function of which nothing is known is that function's affair.
    """,
    off="""
        Where the object itself is to be shown, such as `print(coroutine)` in a lesson, with `# noqa: NBL303`.

        Related: type checkers report the attributes and the arithmetic where types are annotated; f-strings, `print` and
        logging take any object, so they say nothing there.
    """,
)

TRUTH = missing_await_page(
    reports="""
        A coroutine that is tested for truth: by `if`, `while`, `assert`, `not`, `and`, `or`, a conditional expression, the `if`
        of a comprehension or a `case`, `bool()`, or `any()` and `all()` over coroutines. The finding stands at the test.
    """,
    hurts="""
        Every coroutine object is true. Whoever asks `if allowed(user)` lets everybody in, and no error is raised. Measured on a
        two-core Linux machine with Python 3.12, with an `async def` that returns `False`: 1,000 of 1,000 tests were true, and
        `while busy(): await asyncio.sleep(0.01)`, which should end at once, still ran when a time limit stopped it after 1,001
        ms.
    """,
    bad="""
        import asyncio


        async def is_admin(user: int) -> bool:
            await asyncio.sleep(0.1)
            return user == 1


        async def delete_everything(user: int) -> str:
            if not is_admin(user):
                return "forbidden"
            return "deleted"
    """,
    good="""
        import asyncio


        async def is_admin(user: int) -> bool:
            await asyncio.sleep(0.1)
            return user == 1


        async def delete_everything(user: int) -> str:
            if not await is_admin(user):
                return "forbidden"
            return "deleted"
    """,
    certainty="""
        A value that may be `None`, or may be no coroutine for another reason, is not reported: `if pending: await pending` is
        how one asks whether there is anything to await.
    """,
    off="""
        There is no use for such a test; where it must stay, `# noqa: NBL304`.

        Related: `truthy-bool` of mypy, which has to be enabled, reports it where types are annotated.
    """,
)

OTHER_AWAITABLE = missing_await_page(
    reports="""
        An awaitable that is no coroutine, such as a future of `run_in_executor` or an object with `__await__`, is made as a
        statement and dropped. The finding stands at the call that makes it. A dropped task is the subject of NBL601.
    """,
    hurts="""
        A future goes on by itself, so the work may be done; but nobody waits for it, and nobody sees its failure in time.
        Measured on a two-core Linux machine with Python 3.12: after `loop.run_in_executor(None, write)` without `await` the
        coroutine went on after 4 ms, as if the file were written; that the disk was full was logged after 105 ms as
        `Future exception was never retrieved`. An object with `__await__` that is dropped, such as a query, does nothing at
        all.
    """,
    bad="""
        import asyncio
        import pathlib


        async def save(path: pathlib.Path, text: str) -> str:
            loop = asyncio.get_running_loop()
            loop.run_in_executor(None, path.write_text, text)
            return "saved"
    """,
    good="""
        import asyncio
        import pathlib


        async def save(path: pathlib.Path, text: str) -> str:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, path.write_text, text)
            return "saved"
    """,
    certainty="""
        Off by default, because dropping a future is sometimes meant. An awaitable that the called function keeps itself, as a
        task group does, is not reported.
    """,
    off="""
        It is off unless you select it. Where a future is dropped on purpose, keep it and add a callback that looks at its
        failure, or write `# noqa: NBL351`.

        Related: `unused-awaitable` of mypy, which has to be enabled; NBL301 for coroutines, NBL601 for tasks.
    """,
)
