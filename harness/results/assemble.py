"""From the plan and what was seen to the results: one record a planned cell, whatever happened."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.diagnose.common_reds import passed_alike, shared_reds
from harness.diagnose.gateway_met import diagnose_met
from harness.diagnose.host.hiding import without_homes
from harness.results.expectation_uses import only_certain, unused, uses
from harness.results.expectations import cell_expected, check_expected, rule_infos
from harness.results.gateway_columns import gateway_info
from harness.results.judge import judge
from harness.results.masked_verdicts import diagnosis_info, notice_infos
from harness.results.rerun import rerun_command
from harness.results.results_model import (
    Absent,
    CellInfo,
    CheckInfo,
    ClientRange,
    Host,
    MomentInfo,
    OwedInfo,
    PlanFile,
    PlanInfo,
    Requested,
    ResolvedInfo,
    Results,
    RunInfo,
    ShardInfo,
)
from harness.results.tally import tally
from harness.shared.evidence import CellOutcome, GatewayOutcome, RunOutcome
from harness.shared.mask import Masker, accounts_in
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from harness.diagnose.verdict import Verdict
    from harness.plan.matrix.expect import Comparison
    from harness.plan.plan_model import Plan, PlannedCell, ShardOf
    from harness.results.judge import Judgement
    from harness.shared.evidence import CheckRecord


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


def plan_info(plan: Plan, unused: Iterable[int] = ()) -> PlanInfo:
    """Planned and absent cells; ``unused`` are the rules that no check had a use for, which a shard tells."""
    return PlanInfo(
        cells=[cell.id for cell in plan.cells],
        absent=[Absent(cell=cell.id, reason=cell.reason) for cell in plan.absent],
        shard=_shard_info(plan.shard, plan.matrix, unused) if plan.shard else None,
    )


def _shard_info(shard: ShardOf, matrix: Path, unused: Iterable[int]) -> ShardInfo:
    whole = shard.whole
    masker = Masker()
    return ShardInfo(
        shards=[shard.index],
        of=shard.of,
        cells={cell.id: _owed(cell, matrix) for cell in whole.cells},
        gateways={
            spec.name: gateway_info(spec, GatewayOutcome(name=spec.name), None, masker) for spec in whole.gateways
        },
        unused=list(unused),
    )


def _owed(cell: PlannedCell, matrix: Path) -> OwedInfo:
    return OwedInfo(
        row=cell.row.id,
        library=cell.row.name,
        adapter=cell.row.adapter,
        requested=_requested(cell),
        python=cell.row.python,
        gateway=cell.gateway.name,
        client_id=cell.client_id,
        second_client_id=cell.second_client_id,
        rerun=rerun_command(cell, matrix),
    )


def _requested(cell: PlannedCell) -> Requested:
    row = cell.row
    return Requested(distribution=row.distribution, version=row.version, requirements=list(row.requirements))


def assemble(
    plan: Plan, outcome: RunOutcome, facts: RunFacts, *, ended: datetime, seconds: float | None = None
) -> Results:
    """The results of a run. Every planned cell is in them; outcomes that nobody planned are not.

    Account numbers are masked.

    Args:
        plan: what was asked.
        outcome: what was seen.
        facts: what is known of the run beside that.
        ended: when it ended; expectations are overdue or not on that day.
        seconds: what it took by the clock that nobody can set; ``None``: the time of day must do.
    """
    masker = Masker(_accounts(outcome))
    outcomes = {seen.cell: seen for seen in outcome.outcomes}
    met = {gateway.name: gateway for gateway in outcome.gateways}
    verdicts = {spec.name: diagnose_met(spec, met[spec.name]) for spec in plan.gateways if spec.name in met}
    judged = _judged(plan, outcomes, met, verdicts)
    assembler = _Assembler(plan.matrix, masker, met)
    cells = {
        cell.id: assembler.cell(cell, judgement, outcomes.get(cell.id) or CellOutcome(cell=cell.id))
        for cell, judgement in judged
    }
    used = uses(plan, judged)
    return Results(
        run=_run_info(plan, outcome, facts, cells.values(), ended=ended, seconds=seconds),
        plan=plan_info(plan, unused=unused(used)),
        gateways={
            spec.name: gateway_info(
                spec,
                met.get(spec.name) or GatewayOutcome(name=spec.name),
                verdicts.get(spec.name),
                masker,
                heard_on=ended.date(),
            )
            for spec in plan.gateways
        },
        timeline=[
            MomentInfo(gateway=each.gateway, what=each.what, at=each.at, why=masker.text(each.why))
            for each in outcome.timeline
        ],
        expectations=rule_infos(
            plan.rules, masker, today=ended.date(), used=only_certain(used) if plan.shard else used
        ),
        cells=cells,
    )


def _judged(
    plan: Plan,
    outcomes: Mapping[str, CellOutcome],
    met: Mapping[str, GatewayOutcome],
    verdicts: Mapping[str, Verdict | None],
) -> list[tuple[PlannedCell, Judgement]]:
    """Return what each planned cell ended as, also from what was seen of the others at its gateway."""
    beside = _by_gateway(plan, outcomes)
    shared = {name: shared_reds(cells) for name, cells in beside.items()}
    return [
        (
            cell,
            judge(
                cell,
                outcomes.get(cell.id),
                met.get(cell.gateway.name),
                verdicts.get(cell.gateway.name),
                shared=shared.get(cell.gateway.name, frozenset()),
                passed=passed_alike(cell.row.adapter, beside.get(cell.gateway.name, ())),
            ),
        )
        for cell in plan.cells
    ]


def _by_gateway(plan: Plan, outcomes: Mapping[str, CellOutcome]) -> Mapping[str, list[tuple[str, CellOutcome]]]:
    """Return what was seen of each gateway's cells, with the adapter of each."""
    cells: dict[str, list[tuple[str, CellOutcome]]] = {}
    for cell in plan.cells:
        if cell.id in outcomes:
            cells.setdefault(cell.gateway.name, []).append((cell.row.adapter, outcomes[cell.id]))
    return cells


def _accounts(outcome: RunOutcome) -> Iterator[str]:
    for gateway in outcome.gateways:
        for probe in gateway.probes:
            yield from probe.accounts
    for seen in outcome.outcomes:
        yield from accounts_in(seen.checks)


def _run_info(
    plan: Plan,
    outcome: RunOutcome,
    facts: RunFacts,
    cells: Iterable[CellInfo],
    *,
    ended: datetime,
    seconds: float | None,
) -> RunInfo:
    counts, verdicts = tally(cells)
    return RunInfo(
        id=facts.id,
        started=facts.started,
        ended=ended,
        seconds=max(0.0, (ended - facts.started).total_seconds()) if seconds is None else seconds,
        ib_compat=facts.ib_compat,
        host=Host(os=platform.platform(), python=platform.python_version(), cpu_count=os.cpu_count() or 1),
        command=[without_homes(word) for word in facts.command],
        matrix=without_homes(plan.matrix.as_posix()),
        matrix_sha256=plan.sha256 or None,
        whole=not plan.narrowed,
        complete=not outcome.interrupted and Status.NOT_RUN not in counts,
        timezone=plan.timezone,
        interrupted=outcome.interrupted,
        counts=counts,
        verdicts=verdicts,
    )


class _Assembler:
    """Makes cell records; holds what is the same for all of them."""

    def __init__(self, matrix: Path, masker: Masker, met: Mapping[str, GatewayOutcome]) -> None:
        self._matrix = matrix
        self._masker = masker
        self._met = met

    def cell(self, cell: PlannedCell, judgement: Judgement, seen: CellOutcome) -> CellInfo:
        gateway = self._met.get(cell.gateway.name)
        return CellInfo(
            row=cell.row.id,
            library=cell.row.name,
            adapter=cell.row.adapter,
            requested=_requested(cell),
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
            diagnosis=diagnosis_info(judgement.diagnosis, self._masker),
            expected=cell_expected(judgement),
            seconds=seen.seconds,
            cpu_seconds=seen.cpu_seconds,
            max_rss_bytes=seen.max_rss_bytes,
            exit_code=seen.exit_code,
            left=seen.left,
            checks=[
                self._check(check, compared, judgement.diagnoses.get(check.name))
                for check, compared in zip(judgement.checks, judgement.compared, strict=True)
            ],
            unsupported=[check.name for check in judgement.checks if check.status is Status.UNSUPPORTED],
            notices=notice_infos(seen.notices, self._masker),
            log_records=seen.log_records,
            artifacts=list(seen.artifacts),
            rerun=rerun_command(cell, self._matrix),
        )

    def _check(self, check: CheckRecord, compared: Comparison, verdict: Verdict | None) -> CheckInfo:
        return CheckInfo(
            name=check.name,
            status=check.status,
            seconds=check.seconds,
            reason=self._masker.optional(check.reason),
            expected=check_expected(compared),
            diagnosis=diagnosis_info(verdict, self._masker),
            detail=self._masker.mapping(check.detail),
        )


def _resolved(seen: CellOutcome) -> ResolvedInfo | None:
    if seen.resolved is None:
        return None
    return ResolvedInfo(
        distribution=seen.resolved.distribution,
        version=seen.resolved.version,
        module_version=seen.resolved.module_version,
        python=seen.python,
        zone_data=seen.zone_data,
        requirements=dict(seen.resolved.requirements),
    )
