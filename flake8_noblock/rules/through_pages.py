"""What the pages of NBL2xx have in common."""

from __future__ import annotations

from inspect import cleandoc

from flake8_noblock.rules.base import Page

_FOLLOWED = """
Calls are followed through any number of functions, modules and installed libraries: through methods and constructors, `with`
and `for`, operators, properties and decorators, callables that are passed on and called there, and generators where they are
iterated. The finding stands at the call in code on the loop, once for each line of a statement and kind of operation. Its message
names the functions on the shortest way; `python -m flake8_noblock chain FILE:LINE` shows that way with every file and line.

{sibling} says what code on the loop is, and reports an operation that stands there itself. What a coroutine awaits is
reported inside the awaited coroutine, if that blocks; what is handed to a thread or a process is not reported.
"""
_SURE = """
A call is followed where it is known what it runs: by imports, annotations, constructors, the return types of functions, and
the types of the arguments that callers pass. An object of unknown type is never judged by the name of a method. Where an
object may be of several types, all of them must block. Where it is known by a base class only, the method of the base
decides, or, if that one is abstract, all of its implementations in the project. A constant or type that a caller passes
switches off the branches that it excludes.

What runs for one text or plain type only is reported where the calls on the way say that it is that one. What runs once,
because something is missing yet, is reported the first time, and only where code on the loop calls the module that does it. In
a function that returns a coroutine in one branch, the others are taken to run elsewhere.
"""
_OPTIONS = """
`--noblock-follow` says which calls are followed: `none` (the rules of NBL2xx report nothing), `project` (those of the
project's own modules), `libraries` (those of installed libraries, too; the default), `all`.
{counts}
`--noblock-environment` names the virtual environment in which the libraries are.

`--noblock-possible` reports calls that block for only some of the types, texts or overrides that are possible, and what may
have been done before. Calls of what
`--noblock-safe-calls` names are not followed, and `--noblock-offloaders` says which callables of yours run their argument in
another thread.
"""

LONG = "What this rule reports counts wherever it stands."
OWN = """What this rule reports counts in the project's own modules, and in libraries where nothing bounds how long it takes:
loading a module or a model, waiting for the lock of a file. `all` counts the rest of it in libraries, too."""


def through_page(
    sibling: str,
    *,
    counts: str = LONG,
    reports: str,
    hurts: str,
    bad: str,
    good: str,
    certainty: str,
    off: str,
    options: str = "",
) -> Page:
    """The page of a rule: what is particular to it, joined with what holds for the family.

    `sibling` is the code of the rule for direct calls; `counts` says where the operations count.
    """
    link = f"[{sibling}]({sibling}.md)"
    return Page(
        reports=_joined(reports, _FOLLOWED.format(sibling=link)),
        hurts=f"{cleandoc(hurts)}\n\nMore on this: {link}.",
        bad=bad,
        good=good,
        certainty=_joined(certainty, _SURE),
        options=_joined(options, _OPTIONS.format(counts=counts)),
        off=off,
    )


def _joined(*parts: str) -> str:
    return "\n\n".join([cleandoc(part).strip() for part in parts if part])
