"""Measures ib-compat against what a user would do by hand: ``nox -s bench``."""
