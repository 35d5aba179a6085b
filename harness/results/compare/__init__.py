"""What became of each cell from one run to another, as data: pages and commands draw it."""

from harness.results.compare.run_differences import Change, Comparison, Kind, compare

__all__ = ["Change", "Comparison", "Kind", "compare"]
