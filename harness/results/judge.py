"""Decides a cell's status from what was seen of it, by the rules in ``docs/architecture.md``, "Statuses"."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harness.diagnose.cell_verdict import diagnose_cell
from harness.diagnose.gateway_met import diagnose_met
from harness.diagnose.red_cell import Red
from harness.diagnose.verdict import Diagnosis
from harness.known import scenarios
from harness.plan.matrix.expect import (
    Comparison,
    Expectation,
    Verdict,
    compare_checks,
    compare_whole,
    deciding,
    fell_short,
    rules_of,
    worst,
)
from harness.results.proof import proven_checks
from harness.shared.status import Fault, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.plan.matrix.gateway_spec import GatewaySpec
    from harness.plan.plan_model import PlannedCell
    from harness.shared.evidence import CellOutcome, CheckRecord, GatewayOutcome

_NOBODY = frozenset({Status.PASS, Status.SKIPPED, Status.UNSUPPORTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The status of a cell, and how that compares with what was expected.

    ``stage`` is the check that decided: the first that unexpectedly did not pass, else the first that did not pass.
    ``checks`` has the checks that were seen, and the one at which a cell was lost; ``compared`` has an entry for each.
    ``verdict`` is the worst of these entries, ``rules`` the numbers of the expectations that counted, ``expectations``
    all expectations that apply to the cell. ``diagnosis`` says who is at ``fault`` and why, for the check that decided;
    ``diagnoses`` has the same for every check that did not pass.
    """

    status: Status
    verdict: Verdict
    stage: str | None = None
    reason: str | None = None
    fault: Fault | None = None
    predicted: int | None = None
    checks: tuple[CheckRecord, ...] = ()
    compared: tuple[Comparison, ...] = ()
    rules: tuple[int, ...] = ()
    diagnosis: Diagnosis | None = None
    diagnoses: Mapping[str, Diagnosis] = field(default_factory=dict)
    expectations: tuple[Expectation, ...] = ()


def judge(
    cell: PlannedCell,
    outcome: CellOutcome | None,
    gateway: GatewayOutcome | None,
    verdict: Diagnosis | None = None,
    *,
    shared: frozenset[str] = frozenset(),
    passed: frozenset[str] = frozenset(),
) -> Judgement:
    """Return the cell's status: that of the first check that unexpectedly did not pass, else of the first at all.

    A pass proves contact: every planned check is there and passed or cannot be asked, the negotiated version is the
    predicted one, and an account was read. A missing check is never a pass: it is ``timeout`` if the deadline passed,
    ``error`` if the worker broke, ``not-run`` if the cell was never asked.

    Args:
        cell: the planned cell.
        outcome: what was seen of it; ``None`` if it was never asked.
        gateway: what was seen of its gateway; ``None`` if the run did not meet it.
        verdict: the verdict on the gateway, if the caller has it already; it is the same for all its cells.
        shared: the checks at which all cells of the gateway are red.
        passed: the checks that some cell of the gateway passed with the same adapter code.
    """
    if skip := cell.skip or (outcome.skipped if outcome else None):
        return Judgement(status=Status.SKIPPED, verdict=Verdict.AS_EXPECTED, reason=skip)
    if outcome is None:
        return _never_asked(gateway, verdict or (diagnose_met(cell.gateway, gateway) if gateway else None))
    predicted = predict(outcome, gateway)
    judgement = replace(_compared(proven_checks(cell, outcome, predicted), cell, outcome), predicted=predicted)
    first = deciding(judgement.checks, judgement.compared)
    if first is None:
        unusable = _unusable(cell, gateway, verdict)
        return judgement if unusable is None else _no_proof(judgement, unusable)
    verdict = verdict or (diagnose_met(cell.gateway, gateway) if gateway else None)
    seen = _Seen(cell=cell, outcome=outcome, gateway=gateway, verdict=verdict, shared=shared, passed=passed)
    return _fallen_short(judgement, first, seen)


def _fallen_short(judgement: Judgement, first: CheckRecord, seen: _Seen) -> Judgement:
    """Return the judgement on a cell that did not pass a check, with a diagnosis for each such check."""
    diagnoses = {check.name: diagnose_cell(seen.red(check)) for check in _to_diagnose(judgement.checks, first)}
    diagnosis = diagnoses.get(first.name)
    return replace(
        judgement,
        status=first.status,
        stage=first.name,
        reason=first.reason,
        fault=diagnosis.fault if diagnosis else None,
        diagnosis=diagnosis,
        diagnoses=diagnoses,
    )


def _unusable(cell: PlannedCell, gateway: GatewayOutcome | None, verdict: Diagnosis | None) -> Diagnosis | None:
    """Return the verdict on a gateway that cannot be used, although its answers are in order.

    ``None`` if it was usable when its cells began, or if the matrix file declares that it is like that.
    """
    if gateway is None or not gateway.probes:
        return None
    verdict = verdict or diagnose_met(cell.gateway, gateway)
    answered_first = gateway.probes[0].passed and not all(probe.passed for probe in gateway.probes)
    if verdict is None or verdict.usable or answered_first or verdict.code == _declared(cell.gateway):
        return None
    return verdict


def _declared(spec: GatewaySpec) -> str | None:
    """Return the verdict that is expected of a gateway, by the matrix file or else by the scenario that it plays."""
    if spec.verdict is None and spec.scenario is not None:
        return scenarios.find(spec.scenario).verdict
    return spec.verdict


def _no_proof(judgement: Judgement, gateway: Diagnosis) -> Judgement:
    """Return an error in place of a pass that means nothing, because the gateway cannot be used."""
    return replace(
        judgement,
        status=Status.ERROR,
        verdict=Verdict.UNEXPECTED_FAIL,
        reason=f"every check passed, and it proves nothing: {gateway.title}",
        fault=gateway.fault,
        diagnosis=gateway,
    )


def _to_diagnose(checks: Iterable[CheckRecord], first: CheckRecord) -> Iterator[CheckRecord]:
    """Yield the checks that get a verdict: the one that decides, and others that did not pass."""
    for check in checks:
        if check.status not in _NOBODY and (check is first or fell_short(check.name, check.status)):
            yield check


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What the verdicts on all checks of a cell have in common."""

    cell: PlannedCell
    outcome: CellOutcome
    gateway: GatewayOutcome | None
    verdict: Diagnosis | None
    shared: frozenset[str]
    passed: frozenset[str]

    def red(self, check: CheckRecord) -> Red:
        """Return the input for the diagnosis of one of its checks."""
        return Red(
            cell=self.cell.id,
            product=self.cell.gateway.product,
            client_id=self.cell.client_id,
            connect_timeout=self.cell.connect_timeout,
            request_timeout=self.cell.request_timeout,
            check=check,
            outcome=self.outcome,
            gateway=self.gateway,
            verdict=self.verdict,
            shared=check.name in self.shared,
            alike_passed=check.name in self.passed,
        )


def predict(outcome: CellOutcome, gateway: GatewayOutcome | None) -> int | None:
    """The server version that client and gateway should agree on, or ``None`` if one of their maxima is unknown.

    The gateway answers with the lower of its own maximum and the client's (IBKR's API, ``EClient.connect``).
    """
    if outcome.announced is None or gateway is None:
        return None
    if gateway.server_version is not None:
        return min(outcome.announced.max, gateway.server_version)
    return _told_to_less(outcome.announced.max, gateway)


def _told_to_less(announced: int, gateway: GatewayOutcome) -> int | None:
    """Return the library's highest version if the gateway is known to answer that much, else ``None``.

    This is for a gateway that answers older clients only. Its own maximum is unknown, but it is at least the version
    that it negotiated with the reference client when that announced less than usual.
    """
    tried = gateway.search.attempts if gateway.search else ()
    told = max((each.server_version for each in tried if each.server_version is not None), default=None)
    return announced if told is not None and announced <= told else None


def _compared(checks: tuple[CheckRecord, ...], cell: PlannedCell, outcome: CellOutcome) -> Judgement:
    """Return a pass, with how each check compares with what was expected of it."""
    statuses = [(check.name, check.status) for check in checks]
    expectations = cell.expectations(outcome.resolved.version if outcome.resolved else None)
    compared = compare_checks(statuses, expectations)
    whole = compare_whole(statuses, expectations)
    everything = [*compared, whole] if whole else compared
    return Judgement(
        status=Status.PASS,
        verdict=worst(everything),
        checks=checks,
        compared=tuple(compared),
        rules=tuple(rules_of(everything)),
        expectations=expectations,
    )


def _never_asked(gateway: GatewayOutcome | None, verdict: Diagnosis | None) -> Judgement:
    unexpected = Verdict.UNEXPECTED_FAIL
    if gateway is not None and gateway.error is not None:
        reason = f"the gateway could not be started: {gateway.error}"
        fault = verdict.fault if verdict and verdict.fault else Fault.HARNESS
        return Judgement(status=Status.ERROR, verdict=unexpected, reason=reason, fault=fault)
    reason = "the run ended before this cell did"
    return Judgement(status=Status.NOT_RUN, verdict=unexpected, reason=reason, fault=Fault.HARNESS)
