"""One cell as several parts have it, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.results.merge.least import least
from harness.results.results_model import CellInfo, Expected
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from harness.results.results_model import OwedInfo

MISSING = "it was planned, and is in none of the parts"


def contradiction(records: Sequence[CellInfo]) -> str | None:
    """How the parts contradict each other about a cell, in words; ``None`` where those that asked it agree."""
    outcomes = {_outcome(cell): cell for cell in _asked(records)}
    return " / ".join(sorted(_words(cell) for cell in outcomes.values())) if len(outcomes) > 1 else None


def join_cell(owed: OwedInfo, records: Sequence[CellInfo]) -> CellInfo:
    """The cell of the whole, where its records do not contradict each other.

    A part that did not come to ask it gives way to one that did; where none did, the cell is ``not-run``, which is red.
    """
    asked = _asked(records)
    return least(asked or [cell for cell in records if cell.reason != MISSING] or [_missing(owed)])


def _asked(records: Sequence[CellInfo]) -> list[CellInfo]:
    return [cell for cell in records if cell.status is not Status.NOT_RUN]


def _outcome(cell: CellInfo) -> Hashable:
    """What a cell ended as, without times and whatever else is different each time."""
    return (
        cell.status,
        cell.stage,
        cell.expected.verdict,
        tuple(cell.expected.rules),
        cell.negotiated,
        cell.predicted,
        cell.resolved.version if cell.resolved else None,
        tuple((check.name, check.status) for check in cell.checks),
    )


def _words(cell: CellInfo) -> str:
    stage = f" at {cell.stage}" if cell.stage else ""
    installed = f" with {cell.resolved.distribution} {cell.resolved.version}" if cell.resolved else ""
    short = [f"{check.name} {check.status}" for check in cell.checks if check.status is not Status.PASS]
    return f"{cell.status}{stage}{installed}, negotiated {cell.negotiated}, {', '.join(short) or 'every check passed'}"


def _missing(owed: OwedInfo) -> CellInfo:
    return CellInfo(
        row=owed.row,
        library=owed.library,
        adapter=owed.adapter,
        requested=owed.requested,
        resolved=None,
        python=owed.python,
        gateway=owed.gateway,
        client_id=owed.client_id,
        second_client_id=owed.second_client_id,
        client_range=None,
        negotiated=None,
        predicted=None,
        gateway_max=None,
        status=Status.NOT_RUN,
        stage=None,
        reason=MISSING,
        fault=None,
        expected=Expected(verdict=Verdict.UNEXPECTED_FAIL, rules=[]),
        seconds=0.0,
        cpu_seconds=None,
        max_rss_bytes=None,
        exit_code=None,
        checks=[],
        unsupported=[],
        notices=[],
        log_records=0,
        artifacts=[],
        rerun=owed.rerun,
    )
