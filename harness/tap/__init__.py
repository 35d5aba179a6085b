"""The tap: a recording proxy between a library and a gateway, and the transcript that it leaves."""

from __future__ import annotations

from harness.tap.proxy import Tap
from harness.tap.transcript import FILE, Entry, Transcript, read_transcript
from harness.tap.words import in_words

__all__ = ["FILE", "Entry", "Tap", "Transcript", "in_words", "read_transcript"]
