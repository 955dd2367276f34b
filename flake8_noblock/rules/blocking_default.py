"""x"""
from flake8_noblock.rules.base import Page
from flake8_noblock.rules.blocking import BlockingRule
class Sleep(BlockingRule):
    code="NBL101"
    title="Sleep"
    kind="sleep"
    default=True
    micro=False
    page=Page("","","","","","","")
class Network(BlockingRule):
    code="NBL102"
    title="Network"
    kind="network"
    default=True
    micro=False
    page=Page("","","","","","","")
class Database(BlockingRule):
    code="NBL103"
    title="Database"
    kind="database"
    default=True
    micro=False
    page=Page("","","","","","","")
class Subprocess(BlockingRule):
    code="NBL104"
    title="Subprocess"
    kind="subprocess"
    default=True
    micro=False
    page=Page("","","","","","","")
class FileAccess(BlockingRule):
    code="NBL105"
    title="FileAccess"
    kind="file"
    default=True
    micro=False
    page=Page("","","","","","","")
class ThreadWait(BlockingRule):
    code="NBL106"
    title="ThreadWait"
    kind="thread"
    default=True
    micro=False
    page=Page("","","","","","","")
class Terminal(BlockingRule):
    code="NBL107"
    title="Terminal"
    kind="terminal"
    default=True
    micro=False
    page=Page("","","","","","","")
class Declared(BlockingRule):
    code="NBL108"
    title="Declared"
    kind="declared"
    default=True
    micro=False
    page=Page("","","","","","","")
RULES=(Sleep(),Network(),Database(),Subprocess(),FileAccess(),ThreadWait(),Terminal(),Declared(),)
