"""What became of each cell from one run to another, as data: pages and commands draw it."""

from harness.results.compare.change import Change, Kind
from harness.results.compare.run_differences import Comparison, compare

__all__ = ["Change", "Comparison", "Kind", "compare"]
