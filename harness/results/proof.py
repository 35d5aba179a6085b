"""Verifies the checks of a cell: what was recorded, what proves it, and what is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.plan.matrix.expect import CONTACT
from harness.shared.evidence import CheckRecord, killed_from_outside
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.plan.plan_model import PlannedCell
    from harness.shared.evidence import CellOutcome

_EVERY_CHECK_PASSED = 0
_A_CHECK_DID_NOT = 1
"""Exit code of a cell's process if a check did not pass (``docs/architecture.md``)."""


def proven_checks(cell: PlannedCell, outcome: CellOutcome, predicted: int | None) -> tuple[CheckRecord, ...]:
    """Return the checks of a cell in the plan's order, after their proof was verified.

    A pass without the proof that the check's name promises becomes ``fail`` or ``error``. The check at which a cell was
    lost is added. What went wrong after the last check is attributed to the last planned one.

    Args:
        cell: the planned cell.
        outcome: what was seen of it.
        predicted: the server version that it should have negotiated; ``None`` if unknown.
    """
    return _with_end(tuple(_checks(cell, outcome, predicted)), cell, outcome)


def _checks(cell: PlannedCell, outcome: CellOutcome, predicted: int | None) -> Iterator[CheckRecord]:
    """Yield the checks in the plan's order, and the first missing one, if no earlier check explains its absence.

    An earlier check explains it if nothing can be asked after it, or if the cell was lost at it.
    """
    seen = {check.name: check for check in outcome.checks}
    explained = False
    for name in cell.checks:
        if name in seen:
            check = _proven(seen[name], outcome, predicted)
            explained = explained or _stops(check)
        elif name == outcome.began or not explained:
            check = _lost(name, cell, outcome)
            explained = True
        else:
            continue
        yield check
    yield from (check for check in outcome.checks if check.name not in cell.checks)


def _stops(check: CheckRecord) -> bool:
    """Whether there is no connection to ask anything over; a degraded one is connected."""
    return check.name in CONTACT and check.status not in {Status.PASS, Status.DEGRADED}


def _proven(check: CheckRecord, outcome: CellOutcome, predicted: int | None) -> CheckRecord:
    """The check as it was recorded, unless it passed without the proof that its name promises."""
    if check.status is not Status.PASS:
        return check
    lack = lacking(check.name, check.detail, outcome.negotiated, predicted)
    return check if lack is None else replace(check, status=lack[0], reason=lack[1])


def lacking(
    name: str, detail: Mapping[str, Any], negotiated: int | None, predicted: int | None
) -> tuple[Status, str] | None:
    """Return the status and reason that a passing check gets if it lacks its proof; ``None`` if it has it.

    Args:
        name: the name of the check.
        detail: what it saw.
        negotiated: the server version that its cell negotiated.
        predicted: the server version that it should have negotiated.
    """
    if name == "version":
        return _no_version(negotiated, predicted)
    if name == "ready" and not any(_accounts(detail)):
        return Status.FAIL, "no account was read from the gateway"
    return None


def _no_version(negotiated: int | None, predicted: int | None) -> tuple[Status, str] | None:
    if negotiated is None:
        return Status.FAIL, "no negotiated version was recorded"
    if negotiated < 0:
        return Status.FAIL, f"mistook the redirect {negotiated} for a server version"
    if predicted is None:
        reason = (
            f"negotiated {negotiated}, which cannot be predicted: the library's or the gateway's maximum is unknown"
        )
        return Status.ERROR, reason
    if negotiated != predicted:
        return Status.FAIL, f"negotiated {negotiated}, predicted {predicted}"
    return None


def _accounts(detail: Mapping[str, Any]) -> Iterator[str]:
    accounts = detail.get("accounts", ())
    if isinstance(accounts, (list, tuple)):
        yield from (account for account in accounts if isinstance(account, str) and account.strip())


def _lost(name: str, cell: PlannedCell, outcome: CellOutcome) -> CheckRecord:
    """A check that has no record, with the reason why."""
    if outcome.killed:
        return CheckRecord(name=name, status=Status.TIMEOUT, reason=f"killed at {_deadline(cell, outcome)}")
    if outcome.worker_error is not None:
        return CheckRecord(name=name, status=Status.ERROR, reason=outcome.worker_error)
    if outcome.exit_code is not None and outcome.exit_code < 0 and name == outcome.began:
        # The library's code was running, so its death says something about the library, unless somebody killed it.
        outside = killed_from_outside(outcome.exit_code)
        reason = f"the process {'was killed with' if outside else 'died of'} signal {-outcome.exit_code}"
        return CheckRecord(name=name, status=Status.ERROR if outside else Status.FAIL, reason=reason)
    ended = "" if outcome.exit_code is None else f"; its process ended with exit code {outcome.exit_code}"
    return CheckRecord(name=name, status=Status.ERROR, reason=f"the cell left no result for it{ended}")


def _deadline(cell: PlannedCell, outcome: CellOutcome) -> str:
    words = f"its deadline of {outcome.allowed or cell.deadline:g} s"
    return words if outcome.left is None else f"{words}; its process {outcome.left} could not be ended"


def _with_end(checks: tuple[CheckRecord, ...], cell: PlannedCell, outcome: CellOutcome) -> tuple[CheckRecord, ...]:
    """Return the checks; if something went wrong after the last planned one, that check has it as its reason."""
    recorded = {check.name for check in outcome.checks}
    problem = _ended_badly(cell, outcome)
    if problem is None or any(check.name not in recorded for check in checks):
        return checks
    status, reason = problem
    last = cell.checks[-1]
    own = next((check for check in checks if check.name == last), CheckRecord(name=last, status=status))
    words = "; ".join(part for part in (own.reason, reason) if part)
    return (*(check for check in checks if check.name != last), replace(own, status=status, reason=words))


def _ended_badly(cell: PlannedCell, outcome: CellOutcome) -> tuple[Status, str] | None:
    """Return what went wrong with the process after its last check, as status and reason; ``None`` if nothing did."""
    if outcome.killed:
        return Status.TIMEOUT, f"after its last check the process still ran, at {_deadline(cell, outcome)}"
    if outcome.worker_error is not None:
        return Status.ERROR, outcome.worker_error
    told = any(check.status is not Status.PASS for check in outcome.checks)
    if outcome.exit_code in {None, _EVERY_CHECK_PASSED} or (told and outcome.exit_code == _A_CHECK_DID_NOT):
        return None
    return Status.ERROR, f"after its last check the process ended with exit code {outcome.exit_code}"
