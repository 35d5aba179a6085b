"""Implements the tap: a recording proxy between one cell's library and its gateway."""
