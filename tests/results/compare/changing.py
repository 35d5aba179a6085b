"""Results that differ from others in what a test names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.plan.matrix.expect import Verdict
from harness.results.results_model import CheckExpected, Expected
from harness.results.run_standing import tally
from harness.shared.evidence import BootRecord
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.results.results_model import CellInfo, Results

RED: dict[str, Any] = {
    "status": Status.FAIL,
    "stage": "ready",
    "reason": "no account was read from the gateway",
    "expected": Expected(verdict=Verdict.UNEXPECTED_FAIL, rules=[]),
}
EXPECTED_RED: dict[str, Any] = {**RED, "expected": Expected(verdict=Verdict.AS_EXPECTED, rules=[1])}
SURPRISE: dict[str, Any] = {"expected": Expected(verdict=Verdict.UNEXPECTED_PASS, rules=[1])}
SKIPPED: dict[str, Any] = {"status": Status.SKIPPED, "reason": "no interpreter", "checks": []}


def changed(cell: CellInfo, **changes: Any) -> CellInfo:
    return replace(cell, **changes)


def with_cell(results: Results, name: str | None = None, **changes: Any) -> Results:
    """The results with one cell changed; the first unless named. They count what they have then."""
    name = name or next(iter(results.cells))
    return counted(results, {**results.cells, name: changed(results.cells[name], **changes)})


def without_cell(results: Results, name: str) -> Results:
    return counted(results, {key: cell for key, cell in results.cells.items() if key != name})


def counted(results: Results, cells: Mapping[str, CellInfo]) -> Results:
    """The results with these cells, planned and counted."""
    counts, verdicts = tally(cells.values())
    run = replace(results.run, counts=counts, verdicts=verdicts)
    plan = replace(results.plan, cells=list(cells))
    return replace(results, run=run, plan=plan, cells=dict(cells))


def red_at_ready(results: Results, name: str | None = None) -> Results:
    """The results with one cell `RED`, and its check with it, as a run leaves them."""
    cell = results.cells[name or next(iter(results.cells))]
    expected = CheckExpected(verdict=Verdict.UNEXPECTED_FAIL, status=[Status.PASS], rule=None)
    checks = with_check(cell, "ready", status=Status.FAIL, reason=RED["reason"], expected=expected)
    return with_cell(results, name, **RED, **checks)


def booted(results: Results, build: str | None) -> Results:
    """The results with every gateway brought up from an image with that build in it."""
    boot = BootRecord(
        image="an-image:1",
        digest=None,
        build=build,
        ibc=None,
        reused=False,
        seconds={},
        failure=None,
        line=None,
        exit_code=None,
    )
    gateways = {name: replace(each, boot=boot) for name, each in results.gateways.items()}
    return replace(results, gateways=gateways)


def with_check(cell: CellInfo, name: str, **changes: Any) -> dict[str, Any]:
    """The checks of a cell with one of them changed, as a change of the cell."""
    return {"checks": [replace(check, **changes) if check.name == name else check for check in cell.checks]}
