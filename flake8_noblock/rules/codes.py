"""Codes that are needed before the rules, which are imported late: those off by default, and the plugin's own failure."""

OFF_BY_DEFAULT = (
    *("NBL111", "NBL112", "NBL113", "NBL114"),
    *("NBL211", "NBL212", "NBL213", "NBL214"),
    "NBL351",
    *("NBL406", "NBL407", "NBL499"),
    *("NBL605", "NBL611", "NBL612"),
    *("NBL711", "NBL712"),
)
INTERNAL_ERROR = "NBL900"


def internal_error_text(cause: str) -> str:
    """The message of `INTERNAL_ERROR`."""
    return f"flake8-noblock failed on this file ({cause}); please report it with the file to the project's issues"
