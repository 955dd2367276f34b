"""Background work, handed to threads and then waited for in the wrong place."""

from __future__ import annotations

import asyncio
import hashlib
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

from .storage import Order

pool = ThreadPoolExecutor(max_workers=2)
jobs: queue.Queue[Order] = queue.Queue()
stopped = threading.Event()


def receipt(order: Order) -> str:
    return hashlib.pbkdf2_hmac("sha256", order.customer.encode(), b"orders", 600_000).hex()


async def next_receipt() -> str:
    order = jobs.get()
    return pool.submit(receipt, order).result()


async def drain() -> None:
    while not jobs.empty():
        order = jobs.get_nowait()
        print(await asyncio.get_running_loop().run_in_executor(pool, receipt, order))


async def stop() -> None:
    stopped.wait()
    pool.shutdown()
