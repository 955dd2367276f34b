"""The pages of NBL711 and NBL712."""

from __future__ import annotations

from flake8_noblock.rules.base import Page

NEVER_WAITS = Page(
    reports="""
        An `async def` without `await`, `async for` or `async with`, that is no generator.
    """,
    hurts="""
        It runs to its end without ever giving others a turn, and its `async` says the opposite. Callers must be async, too, and
        await it; one that forgets to gets an object instead of a result.
    """,
    bad="""
        async def double(number: int) -> int:
            return number * 2


        async def main() -> None:
            print(await double(1))
    """,
    good="""
        def double(number: int) -> int:
            return number * 2


        def main() -> None:
            print(double(1))
    """,
    certainty="""
        Not reported: methods that override, or may override, those of a base class, or are overridden in the module; functions
        with a decorator, which may ask for a coroutine function (routes, fixtures, commands); functions that are handed on, or in
        which something blocks; methods that the language calls; bodies that only declare (`...`, `pass`, `raise
        NotImplementedError`).
    """,
    options="None.",
    off="""
        It is off by default: an interface that may have to wait one day is async on purpose. Where it is on, write
        `# noqa: NBL711` at the `def`.

        Related: RUF029 of ruff (preview), ASYNC124 of flake8-async.
    """,
)

LOST_UPDATE = Page(
    reports="""
        A store to an attribute, a global name or an item of these, whose value, or the condition above it, was read from the same
        place before an `await`.
    """,
    hurts="""
        At the `await` other coroutines run, and they may store to the same place. What they stored is then overwritten: two
        payments of 1 each make a balance of 1. Nothing fails, the number is wrong.
    """,
    bad="""
        import asyncio


        class Account:
            def __init__(self) -> None:
                self.balance = 0

            async def fee(self) -> int:
                await asyncio.sleep(0.1)
                return 1

            async def charge(self) -> None:
                self.balance = self.balance - await self.fee()
    """,
    good="""
        import asyncio


        class Account:
            def __init__(self) -> None:
                self.balance = 0

            async def fee(self) -> int:
                await asyncio.sleep(0.1)
                return 1

            async def charge(self) -> None:
                fee = await self.fee()
                self.balance = self.balance - fee
    """,
    certainty="""
        Not reported: objects that the function made itself, and stores inside a `with`, which may be of a lock. Whether two
        coroutines ever run the function at the same time is not known.
    """,
    options="None.",
    off="""
        It is off by default, since many objects belong to one coroutine. Where it is on, write `# noqa: NBL712` there.

        Related: none in other tools, as far as is known.
    """,
)
