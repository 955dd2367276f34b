"""x"""
from flake8_noblock.rules.base import Page
from flake8_noblock.rules.blocking import BlockingRule
class Metadata(BlockingRule):
    code="NBL111"
    title="Metadata"
    kind="metadata"
    default=False
    micro=True
    page=Page("","","","","","","")
class Computation(BlockingRule):
    code="NBL112"
    title="Computation"
    kind="cpu"
    default=False
    micro=False
    page=Page("","","","","","","")
class RunTimeImport(BlockingRule):
    code="NBL113"
    title="RunTimeImport"
    kind="import"
    default=False
    micro=True
    page=Page("","","","","","","")
class ThreadLock(BlockingRule):
    code="NBL114"
    title="ThreadLock"
    kind="lock"
    default=False
    micro=True
    page=Page("","","","","","","")
RULES=(Metadata(),Computation(),RunTimeImport(),ThreadLock(),)
