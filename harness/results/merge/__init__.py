"""The parts of a run joined to the whole: whichever order they are joined in, and however often."""

from harness.results.merge.join import MISSING, merge

__all__ = ["MISSING", "merge"]
