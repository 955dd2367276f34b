"""How true the findings are on real packages; docs/accuracy.md says how to run it."""
