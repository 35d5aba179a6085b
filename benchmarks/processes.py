"""Measures processes: wall and CPU time of a command and of everything that it starts."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
SAMPLE_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a command cost.

    Args:
        wall: seconds.
        cpu: seconds of all processors, including children that were waited for; 0 if the system does not report it.
        peak_bytes: the most memory that the process itself held at once, as sampled.
        code: exit code.
        output: what it wrote on standard output.
    """

    wall: float
    cpu: float
    peak_bytes: int
    code: int
    output: str


def run(command: Sequence[str]) -> Cost:
    """Run a command to its end, from the project's folder."""
    before = _children_cpu()
    began = time.perf_counter()
    with subprocess.Popen(
        [*command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
    ) as process:
        watched = psutil.Process(process.pid)
        output, peak = _drain(process, watched)
    wall = time.perf_counter() - began
    return Cost(wall=wall, cpu=_children_cpu() - before, peak_bytes=peak, code=process.returncode, output=output)


def _drain(process: subprocess.Popen[str], watched: psutil.Process) -> tuple[str, int]:
    peak = 0
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(process.communicate)
        while not wait([reading], timeout=SAMPLE_SECONDS).done:
            with suppress(psutil.NoSuchProcess):  # it ended just now
                peak = max(peak, watched.memory_info().rss)
        return reading.result()[0], peak


def _children_cpu() -> float:
    times = psutil.Process().cpu_times()
    return float(times.children_user + times.children_system)
