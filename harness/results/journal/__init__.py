"""What a run has seen so far, written down line by line as it happens, and read again by whoever comes later.

``journal_lines`` is what a line holds, both ways; ``journal_writing`` and ``journal_reading`` are the one writer and
the one reader, and ``Seen`` is what the lines add up to. Results are assembled from what was seen: by the run itself,
or by whoever comes after one that died.
"""

from __future__ import annotations

from harness.results.journal.journal_lines import JOURNAL, Wanted
from harness.results.journal.journal_reading import Left, Seen, came_to_its_end, is_running, read_journal
from harness.results.journal.journal_writing import Journal, begun, resumed

__all__ = [
    "JOURNAL",
    "Journal",
    "Left",
    "Seen",
    "Wanted",
    "begun",
    "came_to_its_end",
    "is_running",
    "read_journal",
    "resumed",
]
