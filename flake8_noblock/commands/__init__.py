"""The sub-commands of ``python -m flake8_noblock``."""
