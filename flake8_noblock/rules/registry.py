"""All rules, in the order of their codes."""

from __future__ import annotations

from flake8_noblock.rules import (
    blocking_default,
    blocking_optional,
    callbacks,
    guards,
    loop,
    loop_optional,
    missing_await,
    tasks,
    tasks_optional,
    through_default,
    through_optional,
)
from flake8_noblock.rules.base import Rule

RULES: tuple[Rule, ...] = (
    *blocking_default.RULES,
    *blocking_optional.RULES,
    *through_default.RULES,
    *through_optional.RULES,
    *missing_await.RULES,
    *guards.RULES,
    *callbacks.RULES,
    *tasks.RULES,
    *tasks_optional.RULES,
    *loop.RULES[:-1],
    *loop_optional.RULES,
    loop.RULES[-1],
)


def rule(code: str) -> Rule | None:
    """The rule with this code."""
    return next((one for one in RULES if one.code == code.upper()), None)
