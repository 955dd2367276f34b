"""What code does: which bodies the loop runs, and which operations in them block."""
