"""Writes docs/rules for the checkout that this is part of: ``python -m flake8_noblock.report``."""

from __future__ import annotations

from pathlib import Path

from flake8_noblock.report.pages import index, internal_error_page, page
from flake8_noblock.rules.codes import INTERNAL_ERROR
from flake8_noblock.rules.registry import RULES

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "rules"


def files() -> dict[str, str]:
    """The text of each file in docs/rules, by name."""
    pages = {f"{rule.code}.md": page(rule) for rule in RULES}
    return {**pages, f"{INTERNAL_ERROR}.md": internal_error_page(), "README.md": index(RULES)}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
