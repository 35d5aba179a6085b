"""Measures the alternative to ib-compat: a ten-line script for each library, in a loop over versions and gateways."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from benchmarks.processes import ROOT, run
from harness.plan.matrix.environments import RowEnvironment
from harness.plan.matrix.rows import Row

Command = list[str]


def command(row: Row, environment: RowEnvironment, port: int, client_id: int) -> Command:
    """Return the call of one library's script against one gateway."""
    script = ROOT / "benchmarks" / "bare" / f"connect_{row.adapter}.py"
    return [str(environment.python), str(script), "127.0.0.1", str(port), str(client_id)]


def commands(rows: Iterable[Row], environments: Mapping[str, RowEnvironment], ports: list[int]) -> list[Command]:
    """Return one call a cell."""
    return [
        command(row, environments[row.id], port, client_id)
        for client_id, row in enumerate(rows, start=1)
        for port in ports
    ]


def one_after_another(calls: list[Command]) -> float:
    """Return the seconds of a plain loop."""
    began = time.perf_counter()
    for call in calls:
        _quietly(call)
    return time.perf_counter() - began


def one_a_core(calls: list[Command]) -> float:
    """Return the seconds of ``xargs -P`` with one process for each core, or of threads if there is no xargs."""
    cores = os.cpu_count() or 1
    began = time.perf_counter()
    if shutil.which("xargs"):
        lines = "\n".join(" ".join(call) for call in calls)
        subprocess.run(
            ["xargs", "-P", str(cores), "-L", "1", "env"], input=lines, text=True, check=False, capture_output=True
        )
    else:
        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(_quietly, calls))
    return time.perf_counter() - began


def cpu_seconds(call: Command, times: int) -> float:
    """Return the median CPU time of one script."""
    return statistics.median(run(call).cpu for _ in range(times))


def _quietly(call: Command) -> None:
    subprocess.run(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
