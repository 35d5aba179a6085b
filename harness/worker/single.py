"""Runs one cell in this process, from its job to its exit code."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from harness.checks.outcome import WORKER_FAILED
from harness.worker.cell import run_cell
from harness.worker.channel import flush_output, keep_output
from harness.worker.evidence_writer import Evidence

if TYPE_CHECKING:
    from harness.worker.job import Job
    from harness.worker.library import Library


def run_here(job: Job, library: Library) -> int:
    """Run a cell with its files in ``job.folder``; our own failure is printed there and gives code 3."""
    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        keep_output(job.folder / "output.txt")
        evidence = Evidence(job.folder / "evidence.jsonl")
        return run_cell(job, library, evidence)
    except Exception:  # noqa: BLE001 - the boundary of the process
        traceback.print_exc()
        return WORKER_FAILED
    finally:
        flush_output()
