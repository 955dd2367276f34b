"""The pages of the rules, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import cleandoc
from typing import Protocol

INTERNAL_ERROR_TITLE = "Internal error"

_INTERNAL_ERROR = """
# NBL900 Internal error

Default: on

## What it means

The plugin itself failed on this file: a defect of flake8-noblock, not of your code. The message names the exception and, where
it is known, the function in which it happened. A failure costs what it happened in and nothing else: the other findings of this
file, other files and flake8's other checks are reported as usual. What is missing is the findings of this plugin in that function
or, where the message names none, in the file.

## What to do

Please report it in the project's issue tracker, with the message, the output of `flake8 --version` and, if you can, the
function; most such defects come from an unusual piece of syntax, and a few lines are enough to show them.

Until it is mended, keep the run green with `per-file-ignores` for that file:

```ini
[flake8]
per-file-ignores =
    path/to/file.py: NBL900
```

`# noqa: NBL900` works too, on the line of the report, which is the first of the file. Switching the code off altogether hides
that files are not checked.
"""


class _Page(Protocol):
    """The sections of a page, as `flake8_noblock.rules.base.Page` has them."""

    @property
    def reports(self) -> str: ...
    @property
    def hurts(self) -> str: ...
    @property
    def bad(self) -> str: ...
    @property
    def good(self) -> str: ...
    @property
    def certainty(self) -> str: ...
    @property
    def options(self) -> str: ...
    @property
    def off(self) -> str: ...


class _Rule(Protocol):
    """What a page needs of a rule; rules are above this package."""

    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def default(self) -> bool: ...
    @property
    def page(self) -> _Page: ...


def page(rule: _Rule) -> str:
    """The page of `rule`."""
    text = rule.page
    sections = {
        "What it reports": cleandoc(text.reports),
        "Why it hurts": cleandoc(text.hurts),
        "Bad": _python(text.bad),
        "Good": _python(text.good),
        "How sure it is": cleandoc(text.certainty),
        "Options": cleandoc(text.options),
        "When to switch it off": cleandoc(text.off),
    }
    head = f"# {rule.code} {rule.title}\n\nDefault: {_default(rule)}\n"
    return head + "".join(f"\n## {title}\n\n{body}\n" for title, body in sections.items())


def internal_error_page() -> str:
    """The page of NBL900, which no rule reports."""
    return cleandoc(_INTERNAL_ERROR) + "\n"


def index(rules: Iterable[_Rule]) -> str:
    """The table of all codes, with links to their pages."""
    rows = [f"| [{rule.code}]({rule.code}.md) | {rule.title} | {_default(rule)} |" for rule in rules]
    rows.append(f"| [NBL900](NBL900.md) | {INTERNAL_ERROR_TITLE} | on |")
    return "\n".join(
        (
            "# Rules",
            "",
            "A code that is off by default is shown when `select` or `extend-select` names it.",
            "`python -m flake8_noblock explain NBL102` prints the page of a code.",
            "",
            "| code | what it reports | default |",
            "|---|---|---|",
            *rows,
            "",
        )
    )


def _default(rule: _Rule) -> str:
    return "on" if rule.default else "off"


def _python(source: str) -> str:
    return f"```python\n{cleandoc(source)}\n```"
