"""Checks that the library can be imported on this Python, together with the packages installed beside it."""

from __future__ import annotations

from harness.checks.check import Check, Phase

CHECK = Check(
    name="import",
    proves="the library can be imported on this Python, with its installed dependencies",
    phase=Phase.IMPORT,
    requests=0,
)
