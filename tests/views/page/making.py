"""Runs for the tests of the page: an ordinary one, an earlier one, and one in which every text is hostile."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.plan.build_plan import build_plan
from harness.plan.matrix.load import load_matrix
from harness.results.results_files import write_results
from harness.results.results_json import json_text, record_of
from harness.results.results_model import Results
from harness.results.transcript_file import FILE as WIRE
from harness.results.transcript_file import write_transcript
from harness.shared.evidence import CheckRecord, Notice, ProbeRecord, RunOutcome
from harness.shared.status import Status
from harness.wire.message import Sender
from harness.wire.transcript import Change
from tests.results.compare.changing import counted
from tests.wire.transcripts import chunk, event, transcript

if TYPE_CHECKING:
    from harness.plan.plan_model import Plan, PlannedCell
    from tests.conftest import Maker

RUN = "20261120T101112Z-ab12"
EARLIER = "20261119T101112Z-cd34"
RED = "ib_async==1.0.3/py3.10/tws-10.37-paper"
WELL = "ib_async==2.1.0/py3.10/gateway-10.45-paper"
NOT_THE_TRUTH = "exec_id 01: time: expected '2026-11-20T20:30:59+00:00', got '2026-11-20T15:30:59+00:00'"
DESUPPORTED = (
    "The version of the application you are running, 1045.1, needs to be upgraded, as it will be desupported on "
    "20261215. The minimum supported version at that time will be 1050.1."
)
MATRIX = """
[[library]]
adapter = "ib_async"
versions = ["2.1.0", "1.0.3"]
pythons = ["3.10", "3.12"]

[[library]]
adapter = "ib_insync"
versions = ["0.9.86"]
pythons = ["3.10"]

[[gateway]]
product = "gateway"
version = "10.45"
kind = "simulator"

[[gateway]]
product = "gateway"
version = "10.37"
kind = "simulator"

[[gateway]]
product = "tws"
version = "10.37"
kind = "simulator"

[[expect]]
library = "ib_insync"
gateway = "tws-*"
check = "executions"
status = "degraded"
reason = "the time zone of executions is not read"
link = "https://example.org/issues/1"
since = 2026-11-20
review = 2027-05-20
"""

HOSTILE = (
    "</script><script>window.hit=1</script></style><img src=x onerror=window.hit=1>\"'`--><!--<svg/onload=window.hit=1>"
    "<b id=evil>{{7*7}}${7*7}&lt;\u2028\u2029\u202e]]>\x00\x1b[2J"
)
"""Whatever might end an element, an attribute, a comment, a template or a line."""

_OURS = frozenset({"status", "fault", "verdict", "verdicts", "counts", "sure", "ended", "started", "since", "review"})
"""Keys of enumerations and days: no other word can stand there."""


def plan(make: Maker) -> Plan:
    """Five rows on three gateways."""
    file = make.folder / "mine.toml"
    file.write_text(MATRIX, encoding="utf-8")
    return build_plan(load_matrix(file))


def results(make: Maker) -> Results:
    """A run in which one square times out, one is degraded as expected, and all others pass."""
    planned = plan(make)
    outcomes = []
    for number, cell in enumerate(planned.asked):
        changes: dict[str, Any] = {"checks": _timed(make, cell, number)}
        if cell.id == RED:
            changes = {"checks": (*_timed(make, cell, number)[:3], _late()), "negotiated": None, "exit_code": 1}
        elif cell.row.name == "ib_insync" and cell.gateway.name.startswith("tws"):
            changes = {"checks": tuple(_wrong(check) for check in _timed(make, cell, number))}
        outcomes.append(make.outcome(cell, **changes))
    gateways = tuple(make.gateway(gateway.name, **_notice(gateway.version)) for gateway in planned.gateways)
    return make.results(planned, RunOutcome(outcomes=tuple(outcomes), gateways=gateways))


def _timed(make: Maker, cell: PlannedCell, number: int) -> tuple[CheckRecord, ...]:
    return tuple(replace(check, seconds=0.002 * (number + 1)) for check in make.checks(cell))


def _late() -> CheckRecord:
    return CheckRecord(name="version", status=Status.TIMEOUT, seconds=4.005, reason="no server version after 4.00 s")


def _wrong(check: CheckRecord) -> CheckRecord:
    if check.name != "executions":
        return check
    right, got = "'2026-11-20T20:30:59+00:00'", "'2026-11-20T15:30:59+00:00'"
    parts = {"where": "exec_id 01", "field": "time", "expected": right, "got": got}
    detail = {"differences": [NOT_THE_TRUTH], "parts": [parts], "against": "both"}
    return replace(check, status=Status.DEGRADED, reason=f"not the truth: {NOT_THE_TRUTH}", detail=detail)


def _notice(version: str) -> dict[str, Any]:
    if version != "10.45":
        return {}
    notices = (Notice(code=2172, message=DESUPPORTED),)
    return {"probes": (ProbeRecord(when="before", passed=True, server_version=223, notices=notices),)}


def earlier(now: Results) -> Results:
    """The run of the day before: `WELL` failed, one square was not there, and one was that is gone."""
    cells = dict(now.cells)
    cells[WELL] = replace(cells[RED], row=cells[WELL].row, gateway=cells[WELL].gateway)
    del cells["ib_async==2.1.0/py3.12/gateway-10.37-paper"]
    cells["ib_async==0.9.0/py3.10/tws-10.37-paper"] = replace(cells[RED], row="ib_async==0.9.0/py3.10")
    then = counted(now, cells)
    run = replace(then.run, id=EARLIER, started=now.run.started - timedelta(days=1))
    return replace(then, run=run)


def stored(results: Results, folder: Path) -> Path:
    """Give the folder of a run under ``folder``, with its results in it."""
    place = folder / results.run.id
    place.mkdir(parents=True)
    write_results(place, results)
    return place


def leave_evidence(place: Path, cell: str, *, log: list[str], wire: bytes = b"", account: str = "DU9000001") -> None:
    """Leave what a cell leaves: log records, and bytes that the gateway sent after its version."""
    folder = place.joinpath("cells", *cell.split("/"))
    folder.mkdir(parents=True)
    ready = {"event": "check", "name": "ready", "status": "pass", "detail": {"accounts": [account]}}
    records = [{"event": "log", "logger": "ib_async.client", "level": "INFO", "message": line} for line in log]
    text = "".join(f"{json.dumps(line)}\n" for line in (ready, *records))
    (folder / "evidence.jsonl").write_text(text, encoding="utf-8")
    (folder / "output.txt").write_text("", encoding="utf-8")
    said = transcript(event(0.001, Change.OPENED), chunk(0.002, Sender.GATEWAY, wire)) if wire else transcript()
    write_transcript(folder / WIRE, said)


def with_files(now: Results, *cells: str) -> Results:
    """Name the files of cells whose evidence is left, as a run does."""
    names = ("evidence.jsonl", "output.txt", "wire.jsonl")
    changed = {cell: replace(now.cells[cell], artifacts=[f"cells/{cell}/{name}" for name in names]) for cell in cells}
    return replace(now, cells={**now.cells, **changed})


def poisoned(now: Results, *, nul: bool = True) -> Results:
    """The same run with `HOSTILE` behind every text that a library, a gateway or a matrix file may have written.

    A run that is to be read again has no ``nul`` in it: no path can have one, and ids of cells are paths.
    """
    document = _poison(json.loads(json_text(now)))
    if not nul:
        document = json.loads(json.dumps(document).replace(r"\u0000", ""))
        for cell, was in zip(document["cells"].values(), now.cells.values(), strict=True):
            cell["stage"] = was.stage  # names of checks are read again, and prove what the cell says
            for check, before in zip(cell["checks"], was.checks, strict=True):
                check["name"] = before.name
        for rule, given in zip(document["expectations"], now.expectations, strict=True):
            rule["check"] = list(given.check)
    for rule in document["expectations"]:
        rule["link"] = f"javascript:window.hit=1//{HOSTILE}"
    return record_of(Results, document)


def _poison(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return value if key in _OURS else {_name(name, key): _poison(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return value if key in _OURS else [_poison(each, key) for each in value]
    if not isinstance(value, str) or key in _OURS:
        return value
    return _name(value, key) if key == "cells" else value + HOSTILE


def _name(name: str, parent: str) -> str:
    """Keys are names only where the document is by id; a cell's is its row's and its gateway's."""
    if parent == "cells":
        row, _, gateway = name.rpartition("/")
        return f"{row}{HOSTILE}/{gateway}{HOSTILE}"
    return name + HOSTILE if parent == "gateways" else name


def with_two_verdicts(run: Results) -> Results:
    """The run, in which one more check of the red cell has a verdict of its own."""
    cell = run.cells[RED]
    assert cell.diagnosis is not None
    another = replace(cell.diagnosis, code="another", title="something else is wrong, too")
    checks = [replace(cell.checks[0], diagnosis=another), *cell.checks[1:]]
    return replace(run, cells={**run.cells, RED: replace(cell, checks=checks)})


def alone(now: Results) -> Results:
    """The same run with its programs alone."""
    return counted(now, {})
