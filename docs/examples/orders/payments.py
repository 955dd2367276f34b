"""The payment provider, over HTTP."""

from __future__ import annotations

import time

from .clients import payment_session
from .exchange import in_currency
from .settings import Settings
from .storage import Order


class PaymentGateway:
    def __init__(self, settings: Settings) -> None:
        self.url = settings.payments
        self.session = payment_session()

    async def charge(self, order: Order) -> bool:
        for attempt in range(3):
            response = self.session.post(
                f"{self.url}/charges", json={"order": order.number, "total": order.total}
            )
            if response.status_code != 503:
                return response.ok
            time.sleep(2**attempt)
        return False

    async def price_tag(self, order: Order, currency: str) -> str:
        return f"{order.total} EUR or {in_currency(order.total, currency)} {currency}"
