"""Facts of many modules to one program: names, types and receivers, found on demand from the linted file."""
