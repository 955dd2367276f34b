from flake8_noblock.rules.base import Page
P = Page(reports="r", hurts="h", bad="x", good="y", certainty="c", options="o", off="f")
UNGUARDED = UNSEEN_TASK = SWALLOWED = DROPPED = UNCOLLECTED = CUT_SHORT = UNLIMITED = STRICT = P
