"""A package, so that its modules can share helpers."""
