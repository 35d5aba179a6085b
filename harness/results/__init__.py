"""Defines the records that a run leaves: their model, JSON Schema, reading and writing."""
