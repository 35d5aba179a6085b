"""From the plan and what was seen to the results: one record a planned cell, whatever happened."""

from __future__ import annotations

import os
import platform
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from harness.matrix.expect import Expectation, compare, expectation_for
from harness.results.judge import Judgement, judge
from harness.results.mask import Masker
from harness.results.model import (
    Absent,
    CellInfo,
    CheckInfo,
    ClientRange,
    Expected,
    GatewayInfo,
    Host,
    NoticeInfo,
    PlanFile,
    PlanInfo,
    ProbeInfo,
    Requested,
    ResolvedInfo,
    Results,
    RunInfo,
)
from harness.results.outcome import CellOutcome, GatewayOutcome, RunOutcome
from harness.results.rerun import rerun_command
from harness.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from harness.matrix.gateway import GatewaySpec
    from harness.plan.model import Plan, PlannedCell
    from harness.results.outcome import CheckRecord, Notice, ProbeRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What is known of a run beside its plan and outcomes; times are UTC with their zone."""

    id: str
    started: datetime
    command: tuple[str, ...]
    ib_compat: str


def plan_file(plan: Plan, facts: RunFacts) -> PlanFile:
    """The record that is written before the run."""
    return PlanFile(
        run=facts.id,
        started=facts.started,
        command=list(facts.command),
        matrix=plan.matrix.as_posix(),
        plan=plan_info(plan),
    )


def plan_info(plan: Plan) -> PlanInfo:
    """Planned and absent cells."""
    return PlanInfo(
        cells=[cell.id for cell in plan.cells],
        absent=[Absent(cell=cell.id, reason=cell.reason) for cell in plan.absent],
    )


def assemble(plan: Plan, outcome: RunOutcome, facts: RunFacts, *, ended: datetime) -> Results:
    """The results of a run. Every planned cell is in them; outcomes that nobody planned are not.

    Account numbers are masked. Expectations are overdue or not on the day of ``ended``.
    """
    masker = Masker(_accounts(outcome))
    outcomes = {seen.cell: seen for seen in outcome.outcomes}
    met = {gateway.name: gateway for gateway in outcome.gateways}
    assembler = _Assembler(plan, masker, ended.date())
    cells = {cell.id: assembler.cell(cell, outcomes.get(cell.id), met.get(cell.gateway.name)) for cell in plan.cells}
    return Results(
        run=_run_info(plan, outcome, facts, ended, cells.values()),
        plan=plan_info(plan),
        gateways={
            spec.name: _gateway_info(spec, met.get(spec.name) or GatewayOutcome(name=spec.name), masker)
            for spec in plan.gateways
        },
        cells=cells,
    )


def _accounts(outcome: RunOutcome) -> Iterator[str]:
    for gateway in outcome.gateways:
        for probe in gateway.probes:
            yield from probe.accounts
    for seen in outcome.outcomes:
        for check in seen.checks:
            if check.name == "ready":
                yield from (str(account) for account in check.detail.get("accounts", ()))


def _run_info(plan: Plan, outcome: RunOutcome, facts: RunFacts, ended: datetime, cells: Iterable[CellInfo]) -> RunInfo:
    statuses, verdicts = Counter[str](), Counter[str]()
    for cell in cells:
        statuses[cell.status] += 1
        verdicts[cell.expected.verdict] += 1
    return RunInfo(
        id=facts.id,
        started=facts.started,
        ended=ended,
        seconds=(ended - facts.started).total_seconds(),
        ib_compat=facts.ib_compat,
        host=Host(os=platform.platform(), python=platform.python_version(), cpu_count=os.cpu_count() or 1),
        command=list(facts.command),
        matrix=plan.matrix.as_posix(),
        interrupted=outcome.interrupted,
        counts={status: statuses[status] for status in Status if statuses[status]},
        verdicts=dict(verdicts),
    )


class _Assembler:
    """Makes cell records; holds what is the same for all of them."""

    def __init__(self, plan: Plan, masker: Masker, today: date) -> None:
        self._plan = plan
        self._masker = masker
        self._today = today

    def cell(self, cell: PlannedCell, outcome: CellOutcome | None, gateway: GatewayOutcome | None) -> CellInfo:
        judgement = judge(cell, outcome, gateway)
        seen = outcome or CellOutcome(cell=cell.id)
        return CellInfo(
            row=cell.row.id,
            library=cell.row.name,
            adapter=cell.row.adapter,
            requested=Requested(
                distribution=cell.row.distribution,
                version=cell.row.version,
                requirements=list(cell.row.requirements),
            ),
            resolved=_resolved(seen),
            python=cell.row.python,
            gateway=cell.gateway.name,
            client_id=cell.client_id,
            second_client_id=cell.second_client_id,
            client_range=ClientRange(min=seen.announced.min, max=seen.announced.max) if seen.announced else None,
            negotiated=seen.negotiated,
            predicted=judgement.predicted,
            gateway_max=gateway.server_version if gateway else None,
            status=judgement.status,
            stage=judgement.stage,
            reason=self._masker.optional(judgement.reason),
            fault=judgement.fault,
            expected=self._expected(cell, seen, judgement),
            seconds=seen.seconds,
            cpu_seconds=seen.cpu_seconds,
            max_rss_bytes=seen.max_rss_bytes,
            exit_code=seen.exit_code,
            checks=[self._check(check) for check in judgement.checks],
            notices=_notices(seen.notices, self._masker),
            log_records=seen.log_records,
            artifacts=list(seen.artifacts),
            rerun=rerun_command(cell, self._plan.matrix),
        )

    def _check(self, check: CheckRecord) -> CheckInfo:
        return CheckInfo(
            name=check.name,
            status=check.status,
            seconds=check.seconds,
            reason=self._masker.optional(check.reason),
            detail=self._masker.mapping(check.detail),
        )

    def _expected(self, cell: PlannedCell, seen: CellOutcome, judgement: Judgement) -> Expected:
        expectation = self._expectation(cell, seen)
        verdict = compare(judgement.status, judgement.stage, expectation)
        if expectation is None:
            return Expected(verdict=verdict, status=[Status.PASS])
        return Expected(
            verdict=verdict,
            status=list(expectation.statuses),
            stage=expectation.stage,
            rule=expectation.rule,
            reason=expectation.reason,
            link=expectation.link,
            since=expectation.since,
            review=expectation.review,
            overdue=expectation.overdue(self._today),
        )

    def _expectation(self, cell: PlannedCell, seen: CellOutcome) -> Expectation | None:
        """The planned one, unless only the installer could tell which version ``latest`` or a file is."""
        if seen.resolved is None or _is_version(cell.row.version):
            return cell.expectation
        return expectation_for(
            self._plan.rules,
            library=cell.row.name,
            version=seen.resolved.version,
            python=cell.row.python,
            gateway=cell.gateway.name,
        )


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _resolved(seen: CellOutcome) -> ResolvedInfo | None:
    if seen.resolved is None:
        return None
    return ResolvedInfo(
        distribution=seen.resolved.distribution,
        version=seen.resolved.version,
        module_version=seen.resolved.module_version,
        python=seen.python,
        requirements=dict(seen.resolved.requirements),
    )


def _notices(notices: Iterable[Notice], masker: Masker) -> list[NoticeInfo]:
    return [
        NoticeInfo(code=notice.code, message=masker.text(notice.message), req_id=notice.req_id) for notice in notices
    ]


def _gateway_info(spec: GatewaySpec, met: GatewayOutcome, masker: Masker) -> GatewayInfo:
    return GatewayInfo(
        product=spec.product,
        version=spec.version,
        mode=spec.mode,
        kind=spec.kind,
        host=met.host or spec.host,
        port=met.port or spec.port or None,
        profile=spec.profile,
        server_version=met.server_version,
        server_version_evidence=met.server_version_evidence,
        error=masker.optional(met.error),
        probes=[_probe(probe, masker) for probe in met.probes],
        artifacts=list(met.artifacts),
    )


def _probe(probe: ProbeRecord, masker: Masker) -> ProbeInfo:
    return ProbeInfo(
        when=probe.when,
        passed=probe.passed,
        stage=probe.stage,
        reason=masker.optional(probe.reason),
        server_version=probe.server_version,
        accounts=[masker.text(account) for account in probe.accounts],
        seconds=dict(probe.seconds),
        notices=_notices(probe.notices, masker),
    )
