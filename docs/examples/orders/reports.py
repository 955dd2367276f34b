"""Invoices and the daily report."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from .storage import Order


async def write_invoice(folder: Path, order: Order) -> Path:
    target = folder / f"{order.number}.html"
    if not target.exists():
        target.write_text(f"<h1>Order {order.number}</h1><p>{order.total}</p>")
    subprocess.run(["wkhtmltopdf", str(target), str(target.with_suffix(".pdf"))], check=True)
    return target.with_suffix(".pdf")


async def daily_report(folder: Path, orders: Iterable[Order]) -> None:
    with open(folder / "report.csv", "w", newline="") as file:
        writer = csv.writer(file)
        for order in orders:
            writer.writerow([order.number, order.total, order.paid])
    summary = json.loads((folder / "summary.json").read_text())
    print(summary["days"])
    shutil.make_archive("report", "zip", folder)
