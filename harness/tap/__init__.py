"""The tap: a recording proxy between one cell's library and its gateway, and the transcript of what crossed it."""

from __future__ import annotations

from harness.tap.files import FILE, read_transcript, write_transcript
from harness.tap.pcap import as_pcap
from harness.tap.proxy import Tap
from harness.tap.recorder import Clocks, now_by_both_clocks
from harness.tap.rein import Rein
from harness.tap.transcript import Transcript
from harness.tap.words import Line, in_words

__all__ = [
    "FILE",
    "Clocks",
    "Line",
    "Rein",
    "Tap",
    "Transcript",
    "as_pcap",
    "in_words",
    "now_by_both_clocks",
    "read_transcript",
    "write_transcript",
]
