"""Each check that did not pass has a verdict of its own, made of what was seen while it was asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.diagnose.common_reds import passed_alike, shared_reds
from harness.results.evidence_file import FILE, read_evidence
from harness.results.judge import judge
from harness.shared.evidence import CellOutcome, CheckNotice, CheckRecord, Notice, ProbeRecord, RunOutcome
from harness.shared.status import Fault, Status
from harness.views.terminal.cell_seen import Seen
from harness.views.terminal.show_page import draw_show
from harness.views.terminal.style import Style
from tests.conftest import Maker

PASSED = ProbeRecord(when="before", passed=True)
READ_ONLY = "Error validating request.-'b7' : cause - The API interface is currently in Read-Only mode."
"""As a Gateway says it."""

IMPORTED = CheckRecord(name="import", status=Status.PASS)


def refused_then_wrong(make: Maker) -> tuple[CheckRecord, ...]:
    """A cell whose order request was refused, and whose executions differ from the truth."""
    (cell,) = make.plan().cells
    return make.checks(
        cell,
        open_orders=CheckRecord(name="open_orders", status=Status.FAIL, reason="refused"),
        executions=CheckRecord(
            name="executions", status=Status.DEGRADED, reason="not the truth", detail={"differences": ["x"]}
        ),
    )


def test_an_error_of_one_check_is_no_verdict_on_another(make: Maker) -> None:
    (cell,) = make.plan().cells
    notice = CheckNotice(notice=Notice(code=321, message=READ_ONLY), check="open_orders")
    outcome = make.outcome(cell, checks=refused_then_wrong(make), notices=(notice,), exit_code=1)

    judgement = judge(cell, outcome, make.gateway(probes=(PASSED,)))

    told = {name: verdict.code for name, verdict in judgement.diagnoses.items()}
    assert told["open_orders"] == "read-only-api"
    assert told["executions"] != "read-only-api"
    assert judgement.diagnosis == judgement.diagnoses[judgement.stage or ""]


def test_results_and_pages_say_of_each_check_its_own(make: Maker) -> None:
    plan = make.plan()
    (cell,) = plan.cells
    notice = CheckNotice(notice=Notice(code=321, message=READ_ONLY), check="open_orders")
    outcome = make.outcome(cell, checks=refused_then_wrong(make), notices=(notice,), exit_code=1)
    results = make.results(plan, RunOutcome(outcomes=(outcome,), gateways=(make.gateway(probes=(PASSED,)),)))
    info = results.cells[cell.id]

    codes = {check.name: check.diagnosis.code for check in info.checks if check.diagnosis}
    assert codes["open_orders"] == "read-only-api"
    assert set(codes) == {"open_orders", "executions"}

    page = draw_show(Seen(id=cell.id, results=results, folder=Path("nowhere"), cell=info), width=400, style=Style())
    lines = page.splitlines()
    for name, code in codes.items():
        start = next(number for number, line in enumerate(lines) if f" {name} " in line and " s  " in line)
        assert any(f"[{code}]" in line for line in lines[start + 1 : start + 4]), name


def test_a_callback_belongs_to_the_check_in_which_it_came(tmp_path: Path) -> None:
    lines = (
        '{"event": "begin", "name": "open_orders", "at": 1.0}',
        '{"event": "callback", "code": 321, "req_id": -1, "message": "no"}',
        '{"event": "check", "name": "open_orders", "status": "fail", "seconds": 1.0, "reason": "no", "detail": {}}',
        '{"event": "callback", "code": 2104, "req_id": -1, "message": "late"}',
        '{"event": "begin", "name": "positions", "at": 2.0}',
        '{"event": "callback", "code": 2106, "req_id": -1, "message": "farm"}',
    )
    (tmp_path / FILE).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    assert [(each.notice.code, each.check) for each in read_evidence(tmp_path).notices] == [
        (321, "open_orders"),
        (2104, "open_orders"),
        (2106, "positions"),
    ]


def seen(**reds: Status) -> CellOutcome:
    checks = [CheckRecord(name=name, status=status) for name, status in reds.items()]
    return CellOutcome(cell="a/b/c", checks=(IMPORTED, *checks))


@pytest.mark.parametrize(
    ("cells", "shared"),
    [
        ([("ib_async", {"positions": Status.TIMEOUT}), ("ibapi", {"positions": Status.FAIL})], {"positions"}),
        ([("ib_async", {"positions": Status.TIMEOUT}), ("ib_insync", {"positions": Status.TIMEOUT})], set()),
        ([("ib_async", {"positions": Status.TIMEOUT})], set()),
        ([("ib_async", {"positions": Status.TIMEOUT}), ("ibapi", {"positions": Status.PASS})], set()),
        ([("ib_async", {"ready": Status.TIMEOUT}), ("ibapi", {"positions": Status.TIMEOUT})], set()),
        ([], set()),
    ],
)
def test_what_every_library_shows_is_told_apart(cells: list[tuple[str, dict[str, Status]]], shared: set[str]) -> None:
    assert shared_reds([(adapter, seen(**reds)) for adapter, reds in cells]) == shared


@pytest.mark.parametrize(
    ("other", "status", "passed"),
    [
        ("ib_async", Status.PASS, True),
        ("ib_insync", Status.PASS, True),
        ("ibapi", Status.PASS, False),
        ("ib_async", Status.SKIPPED, False),
    ],
)
def test_what_the_same_code_asked_another_version_rightly_is_told(other: str, status: Status, *, passed: bool) -> None:
    cells = [("ib_async", seen(positions=Status.FAIL)), (other, seen(positions=status))]
    assert ("positions" in passed_alike("ib_async", cells)) is passed


def test_a_row_that_never_came_to_the_gateway_has_no_say() -> None:
    unbuilt = CellOutcome(cell="a/b/d", checks=(CheckRecord(name="import", status=Status.FAIL),))
    hung = CellOutcome(cell="a/b/e", checks=(IMPORTED,), began="positions")

    assert shared_reds([("ibapi", hung), ("ib_insync", unbuilt), ("ib_async", seen(positions=Status.FAIL))]) == {
        "positions"
    }


def test_without_a_transcript_the_gateway_is_suspect_only_where_every_library_stops_at_the_same_check(
    make: Maker,
) -> None:
    (cell,) = make.plan().cells
    silent = CheckRecord(name="positions", status=Status.TIMEOUT, reason="no answer within 5 s")
    outcome = make.outcome(cell, checks=make.checks(cell, positions=silent), exit_code=1)
    gateway = make.gateway(probes=(PASSED,))

    alone = judge(cell, outcome, gateway)
    together = judge(cell, outcome, gateway, shared=frozenset({"positions"}))

    assert (alone.fault, together.fault) == (Fault.UNKNOWN, Fault.GATEWAY)
