from flake8_noblock.rules.base import Page
P=Page(reports="r",hurts="h",bad="x",good="y",certainty="c",options="o",off="f")
DROPPED=STORED=AS_VALUE=TRUTH=PLAIN_PROTOCOL=NOT_AWAITABLE=ASYNC_CALLABLE=AWAITED_TWICE=OVERRIDE=OTHER_AWAITABLE=P
