"""Writes the files that are generated from the tables: ``python -m flake8_noblock.knowledge``."""

from __future__ import annotations

import json
from pathlib import Path

from flake8_noblock.knowledge.collect import collect_loop_words


def main() -> None:
    target = Path(__file__).with_name("loop_words.json")
    target.write_text(json.dumps(collect_loop_words(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
