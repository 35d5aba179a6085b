"""Asks one cell through a ready worker: sends the job, keeps the deadline, and collects what was seen.

A cell is given as much time as its current check may take.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from harness.gateways.opened import GroundTruth
from harness.plan.build_plan import SPARE, may_take
from harness.plan.plan_model import PlannedCell
from harness.results.answers.same import Asked
from harness.results.evidence_file import FILE, Evidence, read_evidence, write_checks
from harness.run.cell_way import way_to
from harness.run.reader_process import Reader, Unread
from harness.run.ready_line import Ready
from harness.run.tap.recorder import now_by_both_clocks
from harness.run.tap.rein import Rein
from harness.run.worker_process import Done, Worker
from harness.shared import private
from harness.shared.errors import WorkerError
from harness.shared.evidence import CellOutcome, CheckRecord
from harness.shared.status import Status

KILL_SECONDS = 5.0
"""Seconds that a worker may take to end a cell on request."""

_KNOWN_BEFORE = ("install", "import")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What all cells of a gateway share.

    Args:
        address: the gateway's host and port.
        tapped: the gateway's addresses in front of which a tap may listen, IPv4 first; empty if there is none.
        record: whether the traffic is recorded.
        rein: limits what a cell may do to a gateway that somebody else runs; ``None`` for a gateway of ours.
        turn: the cell's number among those that ask a real gateway; 0 at a gateway of ours.
        truth: the right answers of the gateway; ``None`` if unknown.
        round_trip: seconds from a message of the reference client to its answer; 0 if unknown.
        run_folder: the run's folder, for the evidence.
        reader: reads what the cell leaves behind.
        over: called when the cell's process has ended.
        timezone: IANA name of the zone in which the row's process runs; ``None`` for this computer's.
    """

    address: tuple[str, int]
    tapped: tuple[tuple[str, int], ...]
    record: bool
    rein: Rein | None
    turn: int
    truth: GroundTruth | None
    round_trip: float
    run_folder: Path
    reader: Reader
    over: Callable[[], None]
    timezone: str | None = None


async def ask(worker: Worker, cell: PlannedCell, asking: Asking, *, before: Iterable[CheckRecord]) -> CellOutcome:
    """Run a cell and return what was seen of it, compared with the truth if that is known.

    Args:
        worker: the worker of the row, after its ready line.
        cell: the cell to ask.
        asking: the gateway, and the folder for the evidence.
        before: the checks that ran before the cell, except the import, which the worker reports.

    If the worker ends or breaks its contract, the outcome says so, and has what the cell wrote until then.
    """
    folder = asking.run_folder / cell.folder
    private.make_folder(folder)
    (folder / FILE).unlink(missing_ok=True)  # of a first attempt, whose worker was lost
    ready = worker.ready
    known = (*before, ready.imported)
    if ready.imported.status is not Status.PASS:
        write_checks(folder, known)
        return _outcome(cell, ready, known, run_folder=asking.run_folder)
    opened = now_by_both_clocks()
    began, clock = opened[0], opened[1].timestamp()
    rein, keep = asking.rein, asking.record
    through, address = asking.tapped, asking.address
    async with way_to(address, through=through, folder=folder, keep=keep, rein=rein, opened=opened) as way:
        job = _job(cell, way.address, folder, asking.turn)
        end = await _until_deadline(worker, job, cell, folder, asking.round_trip)
    asking.over()
    took = time.monotonic() - began
    zone = ZoneInfo(asking.timezone) if asking.timezone else None
    evidence = read_evidence(folder, zone, since=(clock, began))
    why_not = way.held_back or _why_not(evidence.checks, asking.rein)
    if why_not is not None:
        return CellOutcome(cell=cell.id, skipped=why_not, artifacts=_artifacts(cell, asking.run_folder))
    by_now = (clock, clock + took, time.time(), *way.clock)  # these differ if the clock was set in between
    asked = Asked(
        began=min(by_now),
        ended=max(by_now),
        server_version=evidence.negotiated,
        replayed=cell.gateway.kind == "replay",
    )
    left = tuple(way.told(evidence.checks))
    read = await asking.reader.read(Unread(checks=left, transcript=way.transcript, truth=asking.truth, asked=asked))
    seen = _outcome(cell, ready, (*known, *read.checks), run_folder=asking.run_folder)
    seen = replace(seen, wire=read.wire, heard=read.heard, seconds=took)
    return _ended(_with_evidence(seen, evidence), end)


def _with_evidence(seen: CellOutcome, evidence: Evidence) -> CellOutcome:
    return replace(
        seen,
        began=evidence.began,
        began_at=evidence.began_at,
        negotiated=evidence.negotiated,
        notices=tuple(evidence.notices),
        log_records=evidence.log_records,
    )


def _ended(seen: CellOutcome, end: _End) -> CellOutcome:
    return replace(
        seen,
        exit_code=end.done.exit_code if end.done else None,
        killed=end.allowed is not None,
        allowed=end.allowed,
        left=end.left,
        worker_error=end.problem,
        cpu_seconds=end.done.cpu_seconds if end.done else None,
        max_rss_bytes=end.done.max_rss_bytes if end.done else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """How a cell's process ended: by itself, killed at its deadline, or with its worker."""

    done: Done | None = None
    allowed: float | None = None
    """Seconds after which it was killed; ``None`` if it was not."""
    problem: str | None = None
    left: int | None = None
    """Process id, if nothing could end the process."""


def _job(cell: PlannedCell, address: tuple[str, int], folder: Path, turn: int) -> dict[str, Any]:
    return {
        "cell": cell.id,
        "host": address[0],
        "port": address[1],
        "client_id": cell.client_id,
        "second_client_id": cell.second_client_id,
        "orders": cell.orders,
        "paper_only": not (cell.gateway.live or cell.gateway.ours),
        "turn": turn,
        "simulated": cell.gateway.simulated,
        "checks": [check for check in cell.checks if check not in _KNOWN_BEFORE],
        "connect_timeout": cell.connect_timeout,
        "request_timeout": cell.request_timeout,
        "folder": str(folder.resolve()),
    }


async def _until_deadline(
    worker: Worker, job: Mapping[str, Any], cell: PlannedCell, folder: Path, round_trip: float
) -> _End:
    running = asyncio.create_task(worker.run(job))
    left = None
    try:
        allowed = await overdue(running, cell, folder, round_trip)
        if allowed is not None:
            worker.kill(cell.id)
            await asyncio.wait({running}, timeout=KILL_SECONDS)
        if not running.done():  # the worker does not, or cannot, end it: its siblings go on
            left = worker.end(cell.id)
            await asyncio.wait({running}, timeout=KILL_SECONDS)
        hangs = not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    if running.cancelled():
        return _End(allowed=allowed, left=left if hangs else None)
    try:
        return _End(done=running.result(), allowed=allowed)
    except WorkerError as problem:
        return _End(allowed=allowed, problem=None if allowed is not None else str(problem))


def _why_not(checks: Iterable[CheckRecord], rein: Rein | None) -> str | None:
    """Compare the accounts that the library itself reported with what may be asked, if there was no tap."""
    told = next((check.detail.get("accounts") for check in checks if check.name == "ready"), None)
    return rein.why_not(tuple(told)) if rein is not None and isinstance(told, list) else None


def _artifacts(cell: PlannedCell, run_folder: Path) -> tuple[str, ...]:
    files = (run_folder / cell.folder).iterdir()
    return tuple(sorted(file.relative_to(run_folder).as_posix() for file in files))


def _outcome(cell: PlannedCell, ready: Ready, checks: tuple[CheckRecord, ...], *, run_folder: Path) -> CellOutcome:
    return CellOutcome(
        cell=cell.id,
        checks=checks,
        announced=ready.announced,
        resolved=ready.resolved,
        artifacts=_artifacts(cell, run_folder),
    )


_FIRST = "tcp"
_NONE_YET, _BETWEEN = "none yet", "between"
"""Stand for no check: none has begun, which gets the time of the first; or one ended and the next has not begun."""


async def overdue(running: asyncio.Task[object], cell: PlannedCell, folder: Path, round_trip: float) -> float | None:
    """Wait until a cell ends or is overdue.

    A cell is overdue if a check takes longer than it may, counted from the moment at which it began, or if the whole
    cell takes longer than its deadline.

    Args:
        running: a task that ends with the cell.
        cell: the cell that runs.
        folder: the folder of its evidence, which says which check has begun, and when.
        round_trip: seconds from a message of the reference client to its answer.

    Returns:
        ``None`` if the cell has ended, else the seconds that it was allowed and that were not enough.
    """
    whole = cell.deadline + round_trip * len(cell.checks)
    since = time.monotonic()
    end = since + whole
    at: tuple[int, str] = (0, _NONE_YET)
    while True:
        had = _may_take(at[1], cell, round_trip)
        await asyncio.wait({running}, timeout=max(0.0, min(since + had, end) - time.monotonic()))
        if running.done():
            return None
        if time.monotonic() >= end:
            return whole
        before = at
        at, since = _at(folder)
        if at == before:
            return had


def _may_take(check: str, cell: PlannedCell, round_trip: float) -> float:
    if check == _BETWEEN:
        return SPARE
    waits = {"connect_timeout": cell.connect_timeout, "request_timeout": cell.request_timeout}
    return may_take(_FIRST if check == _NONE_YET else check, **waits, round_trip=round_trip)


_BY_THE_STEADY_CLOCK = (0.0, 0.0)
"""Has `read_evidence` give moments on the monotonic clock, which nobody can set and all local processes share."""


def _at(folder: Path) -> tuple[tuple[int, str], float]:
    """Return how many checks of a cell are done, the name of its current check, and since when it runs."""
    evidence = read_evidence(folder, since=_BY_THE_STEADY_CLOCK)
    now = time.monotonic()
    if evidence.began is None or evidence.began_at is None:
        return (len(evidence.checks), _BETWEEN if evidence.checks else _NONE_YET), now
    return (len(evidence.checks), evidence.began), min(evidence.began_at, now)
