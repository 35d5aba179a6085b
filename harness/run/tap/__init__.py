"""The tap: a recording proxy between one cell's library and its gateway."""
