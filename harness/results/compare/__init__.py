"""Computes how each cell changed from one run to another, as data for pages and commands."""

from harness.results.compare.run_differences import Change, Comparison, Kind, compare

__all__ = ["Change", "Comparison", "Kind", "compare"]
