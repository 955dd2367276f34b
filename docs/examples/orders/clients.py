"""The clients that the rest of the service shares."""

from __future__ import annotations

import psycopg2
import psycopg2.extensions
import requests

from .settings import Settings


def payment_session() -> requests.Session:
    session = requests.Session()
    session.headers["accept"] = "application/json"
    return session


def connect(settings: Settings) -> psycopg2.extensions.connection:
    return psycopg2.connect(settings.database)
