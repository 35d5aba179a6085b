"""Checks that the row's environment contains the library in the version that was asked for."""

from __future__ import annotations

from harness.checks.check import Check, Phase

CHECK = Check(
    name="install",
    proves="the row's environment has the requested version of the library",
    phase=Phase.INSTALL,
    requests=0,
)
