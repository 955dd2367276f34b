"""The parts that callables play for an event loop, or for what waits on one; `schema.Role` says what they mean."""

from __future__ import annotations

from typing import Literal

Part = Literal[
    "starts a loop",
    "checks for a loop",
    "allows nested loops",
    "gets the loop",
    "sets the loop",
    "sets the policy",
    "makes a loop",
    "closes the loop",
    "tells a closed loop",
    "crosses threads",
    "belongs to the loop",
    "binds to the loop",
    "thread lock",
    "acquires",
    "releases",
    "thread callback",
    "pause",
    "clock",
    "moved by the loop",
    "flag",
    "flag of threads",
    "changes nothing",
    "done callback",
    "timer",
    "callback chain",
    "scope",
    "looks at the failure",
    "forgets",
    "drops the result",
    "outcome",
    "cancels",
    "tells awaitables",
    "makes coroutines",
]
