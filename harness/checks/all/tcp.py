"""Checks that something listens at the gateway's address and accepts a connection."""

from __future__ import annotations

from harness.checks.check import Check, Phase

CHECK = Check(
    name="tcp",
    proves="something listens at the gateway's address and accepts a connection",
    phase=Phase.TCP,
    requests=0,
    connects=1,
)
