"""Checks that the gateway answers the library's hello with a protocol version."""

from __future__ import annotations

from harness.checks.check import Check, Phase

CHECK = Check(
    name="version",
    proves="the gateway answers the library's hello with a protocol version",
    phase=Phase.VERSION,
    requests=0,
    connects=1,
)
