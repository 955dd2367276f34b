"""The pages of NBL611 and NBL612."""

from __future__ import annotations

from flake8_noblock.rules.base import Page

CHANGES_NOTHING = """
    An awaited function counts only if it is one of the project's, and neither it nor the functions of the project that it calls
    store anything in an attribute, a global name or what they are passed, nor enter an `async with`, which may be a lock or a
    transaction. What functions of libraries do is not known: they are taken to change nothing.
"""

SEQUENTIAL = Page(
    reports="""
        An `await` that could run together with the one before it: both give something that is used, neither needs what the other
        gives, they are given no object in common, and nothing happens in between.
    """,
    hurts="""
        The function takes the sum of both times, where it could take the longer one. With two requests of 100 ms it
        answers after 200 ms instead of 100 ms.
    """,
    bad="""
        import asyncio


        async def name(user: int) -> str:
            await asyncio.sleep(0.1)
            return f"user {user}"


        async def orders(user: int) -> list[int]:
            await asyncio.sleep(0.1)
            return [user]


        async def page(user: int) -> str:
            who = await name(user)
            what = await orders(user)
            return f"{who}: {what}"
    """,
    good="""
        import asyncio


        async def name(user: int) -> str:
            await asyncio.sleep(0.1)
            return f"user {user}"


        async def orders(user: int) -> list[int]:
            await asyncio.sleep(0.1)
            return [user]


        async def page(user: int) -> str:
            who, what = await asyncio.gather(name(user), orders(user))
            return f"{who}: {what}"
    """,
    certainty=CHANGES_NOTHING
    + """
    Not reported: awaits inside a `with`, which may be a lock or a transaction, and awaits of which one is dropped, since then its
    effect is what it is for, and the order may matter.
    """,
    options="None.",
    off="""
        It is off by default: whether the gain is worth two tasks, and whether a server may be asked twice at once, is a decision.
        Where it is on, write `# noqa: NBL611` for an order that is meant.

        Related: none in other tools, as far as is known.
    """,
)

ROUNDS = Page(
    reports="""
        The first `await` in a `for` loop whose rounds don't depend on each other: each needs its own element only, and none can
        end the loop.
    """,
    hurts="""
        Each round waits for the one before it. With ten requests of 100 ms the loop takes 1,000 ms, and could take 100 ms.
    """,
    bad="""
        import asyncio


        async def price(article: int) -> int:
            await asyncio.sleep(0.1)
            return article * 2


        async def total(articles: list[int]) -> int:
            prices = []
            for article in articles:
                prices.append(await price(article))
            return sum(prices)
    """,
    good="""
        import asyncio


        async def price(article: int) -> int:
            await asyncio.sleep(0.1)
            return article * 2


        async def total(articles: list[int]) -> int:
            return sum(await asyncio.gather(*map(price, articles)))
    """,
    certainty=CHANGES_NOTHING
    + """
    Not reported: loops with `break`, `return`, `raise`, `yield`, `try` or `with`, or that pause between rounds, since they
    may try again, turn pages, keep to a rate or hold a lock; loops that carry a value from round to round into what is awaited;
    `while` and `async for`.
    """,
    options="None.",
    off="""
        It is off by default: a loop keeps to one request at a time, and a `gather` over a thousand elements sends a thousand
        at once. Where it is on, write `# noqa: NBL612` for loops that are to be gentle.

        Related: none in other tools, as far as is known.
    """,
)
