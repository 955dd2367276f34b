"""The service: takes the number of an order, charges it, answers."""

from __future__ import annotations

import asyncio
from pathlib import Path

from . import notifications, reports, worker
from .payments import PaymentGateway
from .settings import Settings, load_settings
from .storage import OrderStore


class OrderService:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = OrderStore(settings)
        self.payments = PaymentGateway(settings)

    async def pay(self, number: int) -> str:
        order = await self.store.get(number)
        if order is None:
            return "no such order"
        order.paid = await self.payments.charge(order)
        await self.store.save(order)
        await notifications.mail_customer(self.settings, order)
        await reports.write_invoice(self.settings.folder, order)
        worker.jobs.put_nowait(order)
        return "paid" if order.paid else "refused"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = await reader.readline()
        writer.write((await self.pay(int(number))).encode())
        await writer.drain()
        writer.close()


async def main(settings: Settings) -> None:
    service = OrderService(settings)
    server = await asyncio.start_server(service.answer, port=8080)
    if input("Serve? ") == "yes":
        async with server:
            await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(load_settings(Path("orders.toml"))))
