"""Orders in PostgreSQL, by a driver that knows nothing of the loop."""

from __future__ import annotations

from dataclasses import dataclass

from .clients import connect
from .settings import Settings


@dataclass
class Order:
    number: int
    customer: str
    total: int
    paid: bool = False


class OrderStore:
    def __init__(self, settings: Settings) -> None:
        self.connection = connect(settings)

    async def get(self, number: int) -> Order | None:
        with self.connection.cursor() as cursor:
            cursor.execute("select number, customer, total, paid from orders where number = %s", (number,))
            row = cursor.fetchone()
        return Order(*row) if row else None

    async def save(self, order: Order) -> None:
        cursor = self.connection.cursor()
        cursor.execute("update orders set paid = %s where number = %s", (order.paid, order.number))
        self.connection.commit()
