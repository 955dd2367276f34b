"""Source text to facts: what one module says, read once, without looking at any other module."""
