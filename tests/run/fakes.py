"""Workers that are a few lines of Python, rows that use them, and who watches."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from harness.checks.all import NAMES
from harness.checks.expected import HostClock, Instant, Positive, Records, Since
from harness.gateways.kinds import ground_truth
from harness.gateways.simulator.truth import load as load_truth
from harness.plan.build_plan import build_plan
from harness.plan.matrix.environments import MARKER
from harness.plan.matrix.load import load_matrix
from harness.plan.plan_model import Plan, PlannedCell
from harness.results.judge import Judgement
from harness.run import worker_process
from harness.run.scheduler import Build, execute
from harness.shared.evidence import CellOutcome, GatewayOutcome, RunOutcome

HOST = f"{sys.version_info.major}.{sys.version_info.minor}"

READY = {
    "event": "ready",
    "pid": 1,
    "import": {"name": "import", "status": "pass", "seconds": 0.1},
    "announced": {"min": 157, "max": 178},
    "resolved": {"distribution": "fake", "version": "1.0", "module_version": "1.0", "requirements": {}},
    "python": "3.11.7",
    "zone_data": "/usr/share/zoneinfo",
    "exclusive": False,
}


def told_truly() -> dict[str, dict[str, Any]]:
    """What a library tells that reads a simulated paper gateway right: by check, the detail."""
    truth = ground_truth(load_truth("paper"))
    return {check: {key: _as_answer(value) for key, value in detail.items()} for check, detail in truth.items()}


def _as_answer(value: object) -> object:
    match value:
        case Records():
            return [{key: _as_answer(field) for key, field in row.items()} for row in value.rows]
        case Since():
            return _as_answer(value.value)
        case Instant():
            return value.moment.isoformat()
        case Decimal():
            return str(value)
        case HostClock() | Positive():
            return int(time.time())
        case _:
            return value


BASE = f"""
import json, os, subprocess, sys, time

MODE = sys.argv[sys.argv.index("--mode") + 1]

def say(**message):
    print(json.dumps(message), flush=True)

def ready(**changes):
    say(**{{**json.loads({json.dumps(READY)!r}), **changes}})

def hear():
    line = sys.stdin.readline()
    return json.loads(line) if line else None

def write(job, *lines):
    with open(os.path.join(job["folder"], "evidence.jsonl"), "a") as file:
        for line in lines:
            file.write(json.dumps(line) + "\\n")

def check(name, status="pass", **more):
    return {{"event": "check", "name": name, "status": status, "seconds": 0.01, **more}}

def passes(job, negotiated=178, **changes):
    details = {{**json.loads({json.dumps(told_truly())!r}), "current_time": {{"epoch_seconds": int(time.time())}}}}
    details.update(changes)
    write(job, {{"event": "negotiated", "server_version": negotiated}})
    write(job, *(check(name, detail=details.get(name, {{}})) for name in job["checks"]))

def done(job, code=0):
    say(event="done", cell=job["cell"], exit=code, cpu_seconds=0.01, max_rss_bytes=1000)
"""

OBEDIENT = """
ready()
while order := hear():
    if "run" in order:
        passes(order["run"])
        done(order["run"])
"""
"""Passes every job at once, in both modes."""

NEGOTIATES = """
ready(announced={"min": 157, "max": 210})
while order := hear():
    if "run" in order:
        passes(order["run"], negotiated=203 if "tws" in order["run"]["cell"] else 210)
        done(order["run"])
"""
"""Passes every job of ``TWO_GATEWAYS``; the TWS speaks less than this client does, so each has its own version."""


_AT_THE_TWS = """
ready()
while order := hear():
    job = order.get("run")
    if job is None:
        continue
    if "tws" in job["cell"]:
{then}
    else:
        passes(job)
        done(job)
"""


def at_the_tws(then: str) -> str:
    """Give a worker's script that does this for the cell at the TWS, and lets all others pass."""
    return _AT_THE_TWS.format(then=indent(then.strip("\n"), " " * 8))


def bootstrap(folder: Path, script: str) -> Path:
    """The script as a file that takes the place of the real bootstrap."""
    file = folder / "fake_worker.py"
    file.write_text(f"{BASE}\n{script}", encoding="utf-8")
    return file


def build(environments: Path, row: str, **changes: object) -> None:
    """Leave what nox leaves of a row's environment; its Python is ours."""
    folder = environments / f"env-{len(list(environments.glob('*')))}"
    folder.mkdir(parents=True)
    marker = {"row": row, "requirements": ["fake==1.0"], "python": sys.executable, "installed": True, "seconds": 0.5}
    (folder / MARKER).write_text(json.dumps({**marker, "log": "", **changes}), encoding="utf-8")


def gone(pid: int) -> bool:
    """Whether a process is no more; one that is dead and nobody has asked after is no more, too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text("utf-8").rpartition(")")[2].split()[0] == "Z"


WRONG = """
ready()
job = hear()["run"]
passes(job, ready={"accounts": ["DU9000001"], "next_order_id": 2}, open_orders={"records": []})
done(job)
"""

SIMULATED = """
[[gateway]]
product = "gateway"
version = "10.45"
kind = "simulator"
"""


TWO_GATEWAYS = f"""{SIMULATED}
[[gateway]]
product = "tws"
version = "10.37"
kind = "simulator"
"""


def plan_of(
    folder: Path, *, versions: Iterable[str] = ("1",), gateways: str = SIMULATED, defaults: str = "", **options: object
) -> Plan:
    """A plan of rows of one library against gateways, as a matrix file would give it."""
    file = folder / "matrix.toml"
    file.write_text(
        f"[defaults]\nconnect_timeout = 0.3\n{'' if 'checks' in defaults else f'checks = {json.dumps(ASKED)}'}\n"
        f"{'' if 'record' in defaults else 'record = false'}\n{defaults}\n"
        f'[[library]]\nadapter = "ib_async"\npythons = ["{HOST}"]\n'
        f"versions = {json.dumps(list(versions))}\n{gateways}",
        encoding="utf-8",
    )
    return build_plan(load_matrix(file), **options)  # type: ignore[arg-type]


OF_THE_MOMENT = ("current_time_in_millis", "desupport_notice", "real_time_bars", "tick_by_tick")
ASKED = [check for check in NAMES if check not in OF_THE_MOMENT]
"""What a worker that is a few lines of Python can answer: the same for every gateway, and the time only once."""


@dataclass
class Recorder:
    """An observer that keeps what it is told, and counts the cells that are under way."""

    started: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    told: list[tuple[str, str, Judgement]] = field(default_factory=list)
    """of each finished cell: its id, the id in its outcome, and its judgement"""
    notes: list[str] = field(default_factory=list)
    steps: list[tuple[str, str, float | None]] = field(default_factory=list)
    under_way: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    plans: int = 0

    def plan_ready(self, plan: Plan) -> None:
        self.asked = {cell.id: cell.checks for cell in plan.cells}
        self.plans += 1

    def cell_started(self, cell: PlannedCell) -> None:
        self.started.append(cell.id)
        for key in (cell.gateway.name, "all"):
            self.under_way[key] += 1
            self.most[key] = max(self.most[key], self.under_way[key])

    def cell_finished(self, cell: PlannedCell, outcome: CellOutcome, judgement: Judgement) -> None:
        self.finished.append(cell.id)
        self.told.append((cell.id, outcome.cell, judgement))
        for key in (cell.gateway.name, "all"):
            self.under_way[key] -= 1

    def progress(self, what: str, words: str, done: float | None) -> None:
        self.steps.append((what, words, done))

    def note(self, text: str) -> None:
        self.notes.append(text)


@dataclass(frozen=True)
class Seen:
    """What a run gave, with the cells by id."""

    outcome: RunOutcome
    recorder: Recorder

    @property
    def cells(self) -> dict[str, CellOutcome]:
        return {cell.cell: cell for cell in self.outcome.outcomes}

    @property
    def gateways(self) -> dict[str, GatewayOutcome]:
        return {gateway.name: gateway for gateway in self.outcome.gateways}

    @property
    def only(self) -> CellOutcome:
        (cell,) = self.outcome.outcomes
        return cell


def run_plan(plan: Plan, environments: Path, folder: Path, build: Build | None = None) -> Seen:
    """Execute a plan with an observer."""
    recorder = Recorder()
    return Seen(execute(plan, environments, folder / "results", recorder, build), recorder)


class FakeRuns:
    """Runs plans of rows whose worker is a script."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.environments = folder / "environments"
        self.monkeypatch = monkeypatch

    def build(self, version: str = "1", **changes: object) -> None:
        build(self.environments, f"ib_async=={version}/py{HOST}", **changes)

    def run(self, script: str = OBEDIENT, **options: object) -> Seen:
        self.monkeypatch.setattr(worker_process, "BOOTSTRAP", bootstrap(self.folder, script))
        return run_plan(plan_of(self.folder, **options), self.environments, self.folder)  # type: ignore[arg-type]
