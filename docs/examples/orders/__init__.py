"""A small order service, bad on purpose: its coroutines block the event loop in most ways there are.

It is what the first command of the README lints. Nothing here is meant to be run.
"""
