"""Measures questions about a year of nights: 365 runs of the default matrix, each with other times."""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.processes import ROOT

NIGHTS = 365
_BEGAN = datetime(2025, 12, 1, 2, tzinfo=UTC)
_BY_HAND = """
import glob, json, sys
for file in sorted(glob.glob(sys.argv[1] + "/*/results.json")):
    with open(file, encoding="utf-8") as opened:
        print(json.load(opened)["cells"][sys.argv[2]]["status"])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a question cost: seconds, the median of all times that it was asked, and the most MiB of its process."""

    seconds: float
    mib: float


@contextmanager
def year_of(document: Mapping[str, Any]) -> Iterator[Path]:
    """Yield a folder with a year of runs like one, in which every time and every amount of memory is another."""
    with tempfile.TemporaryDirectory() as name:
        results, chance = Path(name) / "results", random.Random(1)  # noqa: S311 - the same year every time
        for night in range(NIGHTS):
            _write(results, _other_times(document, chance), _BEGAN + timedelta(days=night), night)
        yield results


def _write(results: Path, run: dict[str, Any], at: datetime, night: int) -> None:
    name = f"{at:%Y%m%dT%H%M%SZ}-{night:04x}"
    folder = results / name
    folder.mkdir(parents=True)
    facts = {"id": name, "started": at.isoformat(), "ended": (at + timedelta(seconds=30)).isoformat()}
    run["run"] = {**run["run"], **facts, "complete": True, "whole": True}
    plan = {"run": name, "started": facts["started"], "command": [], "matrix": run["run"]["matrix"]}
    (folder / "plan.json").write_text(json.dumps({**plan, "plan": run["plan"]}), "utf-8")
    (folder / "results.json").write_text(json.dumps(run), "utf-8")


def _other_times(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        return {key: _other_times(each, chance) for key, each in value.items()}
    if isinstance(value, list):
        return [_other_times(each, chance) for each in value]
    return round(value * chance.uniform(0.7, 1.5), 6) if isinstance(value, float) else value


def by_hand(results: Path, cell: str) -> Question:
    """Ask how a cell came out every night with ten lines of Python, once."""
    return _asked([sys.executable, "-c", _BY_HAND, str(results), cell])


def asked(results: Path, repeat: int, *words: str) -> Question:
    """Ask ib-compat, of which the index is there."""
    costs = [_asked([sys.executable, "-m", "harness", *words, "--results", str(results)]) for _ in range(repeat)]
    return Question(seconds=statistics.median(each.seconds for each in costs), mib=max(each.mib for each in costs))


def _asked(command: list[str]) -> Question:
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 1}:
        raise RuntimeError(f"{' '.join(command)}: ended with {process.returncode}")
    scale = 1 if sys.platform == "darwin" else 1024
    return Question(seconds=seconds, mib=usage.ru_maxrss * scale / 2**20)
