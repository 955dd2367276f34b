"""Mail to customers, and a note to the warehouse when the loop has a moment."""

from __future__ import annotations

import asyncio
import smtplib
import socket
from email.message import EmailMessage

from .settings import Settings
from .storage import Order


async def mail_customer(settings: Settings, order: Order) -> None:
    message = EmailMessage()
    message["To"] = order.customer
    message["Subject"] = f"Order {order.number}"
    message.set_content(f"We received your payment of {order.total}.")
    with smtplib.SMTP(settings.mail_host) as server:
        server.send_message(message)


def ring_warehouse() -> None:
    socket.create_connection(("warehouse.example.com", 9100), timeout=10).close()


async def tell_warehouse() -> None:
    asyncio.get_running_loop().call_later(5, ring_warehouse)


async def mail_customer_off_the_loop(settings: Settings, order: Order) -> None:
    """The same as it should be: the helper blocks a thread of the pool, not the loop."""

    def send() -> None:
        message = EmailMessage()
        message["To"] = order.customer
        with smtplib.SMTP(settings.mail_host) as server:
            server.send_message(message)

    await asyncio.to_thread(send)
