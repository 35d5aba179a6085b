"""What became of each cell from one run to another, as data: pages and commands draw it."""

from harness.compare.change import Change, Kind
from harness.compare.runs import Comparison, compare

__all__ = ["Change", "Comparison", "Kind", "compare"]
