"""The rules: one file per family; `registry.RULES` lists them all."""
