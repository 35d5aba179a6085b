"""Merges the parts of a run, in any order and any number of times."""

from harness.results.merge.join import MISSING, merge

__all__ = ["MISSING", "merge"]
