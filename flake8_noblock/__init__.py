"""A flake8 plugin that keeps the event loop free."""

__version__ = "26.11.0"
