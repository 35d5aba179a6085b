"""A package, so that its conftest is not mistaken for those of the folders below."""
