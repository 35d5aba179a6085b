"""Computes how each cell changed from one run to another, as data for pages and commands."""

from harness.results.compare.kinds import Kind
from harness.results.compare.program_changes import ProgramChange
from harness.results.compare.run_differences import Change, Comparison, compare

__all__ = ["Change", "Comparison", "Kind", "ProgramChange", "compare"]
