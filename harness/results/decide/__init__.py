"""Decides from measured results: may a gateway be upgraded, which versions to pin, which version broke something."""
