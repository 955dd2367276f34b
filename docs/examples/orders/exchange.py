"""Exchange rates: two helpers of which neither knows that a coroutine calls it."""

from __future__ import annotations

import requests


def rate(currency: str) -> float:
    return float(requests.get(f"https://rates.example.com/{currency}", timeout=5).text)


def in_currency(total: int, currency: str) -> int:
    return round(total * rate(currency))
