"""One scheduler for all cells of a run."""

from __future__ import annotations

from harness.run.scheduler import execute

__all__ = ["execute"]
