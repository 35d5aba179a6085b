"""Cleaning: what is personal is replaced before anything reaches a disk; what cannot be read is left out."""
