"""What the service is told by its environment."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    database: str
    payments: str
    mail_host: str
    folder: Path


def load_settings(path: Path) -> Settings:
    """Read the settings; called once, before the loop runs, so its reading of a file hurts nobody."""
    with path.open("rb") as file:
        table = tomllib.load(file)
    return Settings(
        database=os.environ.get("ORDERS_DATABASE", table["database"]),
        payments=table["payments"],
        mail_host=table["mail-host"],
        folder=Path(table["folder"]),
    )
