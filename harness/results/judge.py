"""What a cell ended as, from what was seen of it: the rules of ``docs/architecture.md``, "Statuses"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.results.fault import fault_of
from harness.results.outcome import CheckRecord
from harness.status import Fault, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.plan.model import PlannedCell
    from harness.results.outcome import CellOutcome, GatewayOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """``stage`` is the first check that did not pass; ``checks`` are those seen, and the one where a cell was lost."""

    status: Status
    stage: str | None = None
    reason: str | None = None
    fault: Fault | None = None
    predicted: int | None = None
    checks: tuple[CheckRecord, ...] = ()


def judge(cell: PlannedCell, outcome: CellOutcome | None, gateway: GatewayOutcome | None) -> Judgement:
    """The cell's status, by the first check that did not pass.

    A pass proves contact: every planned check is there and passed, the negotiated version is the predicted one, and an
    account was read. What is missing is never a pass: it is ``timeout`` where the deadline passed, ``error`` where
    the worker broke, ``not-run`` where the cell was never asked.
    """
    if skip := cell.skip or (outcome.skipped if outcome else None):
        return Judgement(status=Status.SKIPPED, reason=skip)
    if outcome is None:
        return _never_asked(gateway)
    predicted = predict(outcome, gateway)
    checks = tuple(_checks(cell, outcome, predicted))
    first = next((check for check in checks if check.status is not Status.PASS), None) or _after_checks(cell, outcome)
    if first is None:
        return Judgement(status=Status.PASS, predicted=predicted, checks=checks)
    return Judgement(
        status=first.status,
        stage=first.name,
        reason=first.reason,
        fault=fault_of(first.status, first.name, gateway),
        predicted=predicted,
        checks=checks,
    )


def predict(outcome: CellOutcome, gateway: GatewayOutcome | None) -> int | None:
    """The server version that client and gateway should agree on, or ``None`` where one of their maxima is unknown.

    The gateway answers with the lower of its own maximum and the client's (IBKR's API, ``EClient.connect``).
    """
    if outcome.announced is None or gateway is None or gateway.server_version is None:
        return None
    return min(outcome.announced.max, gateway.server_version)


def _never_asked(gateway: GatewayOutcome | None) -> Judgement:
    if gateway is not None and gateway.error is not None:
        reason = f"the gateway could not be started: {gateway.error}"
        return Judgement(status=Status.ERROR, reason=reason, fault=Fault.HARNESS)
    return Judgement(status=Status.NOT_RUN, reason="the run ended before this cell did", fault=Fault.HARNESS)


def _checks(cell: PlannedCell, outcome: CellOutcome, predicted: int | None) -> Iterator[CheckRecord]:
    """The checks in the plan's order; the first missing one is made up, unless an earlier one explains its absence."""
    seen = {check.name: check for check in outcome.checks}
    explained = False
    for name in cell.checks:
        if name in seen:
            check = _proven(seen[name], outcome, predicted)
        elif name == outcome.began or not explained:
            check = _lost(name, cell, outcome)
        else:
            continue
        explained = explained or check.status is not Status.PASS
        yield check
    yield from (check for check in outcome.checks if check.name not in cell.checks)


def _proven(check: CheckRecord, outcome: CellOutcome, predicted: int | None) -> CheckRecord:
    """The check as it was recorded, unless it passed without the proof that its name promises."""
    if check.status is not Status.PASS:
        return check
    if check.name == "version":
        return _proven_version(check, outcome.negotiated, predicted)
    if check.name == "ready" and not any(_accounts(check)):
        return replace(check, status=Status.FAIL, reason="no account was read from the gateway")
    return check


def _proven_version(check: CheckRecord, negotiated: int | None, predicted: int | None) -> CheckRecord:
    if negotiated is None:
        return replace(check, status=Status.FAIL, reason="no negotiated version was recorded")
    if predicted is None:
        reason = f"negotiated {negotiated}, which nothing predicts: the library's or the gateway's maximum is unknown"
        return replace(check, status=Status.ERROR, reason=reason)
    if negotiated != predicted:
        return replace(check, status=Status.FAIL, reason=f"negotiated {negotiated}, predicted {predicted}")
    return check


def _accounts(check: CheckRecord) -> Iterator[str]:
    accounts = check.detail.get("accounts", ())
    if isinstance(accounts, (list, tuple)):
        yield from (account for account in accounts if isinstance(account, str) and account.strip())


def _lost(name: str, cell: PlannedCell, outcome: CellOutcome) -> CheckRecord:
    """A check that has no record, with the reason why."""
    if outcome.killed:
        return CheckRecord(name=name, status=Status.TIMEOUT, reason=f"killed at its deadline of {cell.deadline:g} s")
    if outcome.worker_error is not None:
        return CheckRecord(name=name, status=Status.ERROR, reason=outcome.worker_error)
    if outcome.exit_code is not None and outcome.exit_code < 0 and name == outcome.began:
        # The library's code was running, so its death tells of the library.
        reason = f"the process died of signal {-outcome.exit_code}"
        return CheckRecord(name=name, status=Status.FAIL, reason=reason)
    ended = "" if outcome.exit_code is None else f"; its process ended with exit code {outcome.exit_code}"
    return CheckRecord(name=name, status=Status.ERROR, reason=f"the cell left no result for it{ended}")


def _after_checks(cell: PlannedCell, outcome: CellOutcome) -> CheckRecord | None:
    """What went wrong although every check passed: then the pass is not to be believed."""
    last = cell.checks[-1]
    if outcome.killed:
        reason = f"every check passed, and the process still ran at its deadline of {cell.deadline:g} s"
        return CheckRecord(name=last, status=Status.TIMEOUT, reason=reason)
    if outcome.worker_error is not None:
        return CheckRecord(name=last, status=Status.ERROR, reason=outcome.worker_error)
    if outcome.exit_code:
        reason = f"every check passed, and the process ended with exit code {outcome.exit_code}"
        return CheckRecord(name=last, status=Status.ERROR, reason=reason)
    return None
