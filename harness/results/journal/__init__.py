"""Keeps the journal of a run: what it has seen so far, written line by line as it happens, and read again later.

``journal_lines`` defines what a line contains, for writing and reading; ``journal_writing`` and ``journal_reading`` are
the one writer and the one reader, and ``Seen`` is the sum of the lines. Results are assembled from it: by the run
itself, or by a later command if the run died.
"""

from __future__ import annotations

from harness.results.journal.journal_lines import Wanted
from harness.results.journal.journal_reading import Left, Seen, came_to_its_end, read_journal
from harness.results.journal.journal_writing import Journal, begun, resumed

__all__ = [
    "Journal",
    "Left",
    "Seen",
    "Wanted",
    "begun",
    "came_to_its_end",
    "read_journal",
    "resumed",
]
