"""Assembles the results from the plan and from what was seen: one record for each planned cell, whatever happened."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from harness.diagnose.common_reds import passed_alike, shared_reds
from harness.diagnose.gateway_met import diagnose_met
from harness.diagnose.host.hiding import without_homes
from harness.results.expectations import only_certain, rule_infos, unused, uses
from harness.results.file_records import cell_info, gateway_info, owed_info
from harness.results.judge import judge
from harness.results.program_judging import planned
from harness.results.results_model import (
    Absent,
    CellInfo,
    Host,
    PlanFile,
    PlanInfo,
    Results,
    RunInfo,
    ShardInfo,
)
from harness.results.run_standing import tally
from harness.shared.evidence import CellOutcome, GatewayOutcome, RunOutcome
from harness.shared.mask import Masker, accounts_in
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from harness.diagnose.verdict import Diagnosis
    from harness.plan.matrix.gateway_spec import GatewaySpec
    from harness.plan.plan_model import Plan, PlannedCell, ShardOf
    from harness.results.judge import Judgement
    from harness.results.program_results import ProgramSeen
    from harness.results.results_model import GatewayInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What is known of a run in addition to its plan and outcomes; ``started`` is in UTC, with its zone."""

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
    """Return the planned and absent cells; a shard also reports ``unused``, the numbers of rules that no check used."""
    return PlanInfo(
        cells=[cell.id for cell in plan.cells],
        absent=[Absent(cell=cell.id, reason=cell.reason) for cell in plan.absent],
        programs=[cell for program in plan.programs for cell in program.cells],
        shard=_shard_info(plan.shard, plan.matrix, unused) if plan.shard else None,
    )


def _shard_info(shard: ShardOf, matrix: Path, unused: Iterable[int]) -> ShardInfo:
    whole = shard.whole
    return ShardInfo(
        shards=[shard.index],
        of=shard.of,
        cells={cell.id: owed_info(cell, matrix) for cell in whole.cells},
        gateways={spec.name: gateway_info(spec, GatewayOutcome(name=spec.name)) for spec in whole.gateways},
        unused=list(unused),
    )


def assemble(
    plan: Plan,
    outcome: RunOutcome,
    facts: RunFacts,
    *,
    ended: datetime,
    seconds: float,
    tried: Mapping[str, ProgramSeen] = MappingProxyType({}),
) -> Results:
    """Return the results of a run, with every planned cell and no other.

    They are fit for others to read: account numbers are masked.

    Args:
        plan: what was asked.
        outcome: what was seen.
        facts: what else is known of the run.
        ended: when it ended, in UTC; that day decides which expectations are overdue.
        seconds: its duration by the monotonic clock; for a resumed run, the sum of its parts.
        tried: what was found of each program that was run, by its name.
    """
    masked = Masker(_accounts(outcome)).record
    seen = {each.cell: each for each in outcome.outcomes}
    met = {each.name: each for each in outcome.gateways}
    verdicts = {spec.name: diagnose_met(spec, met[spec.name]) for spec in plan.gateways if spec.name in met}
    judged = _judged(plan, seen, met, verdicts)
    used, today = uses(plan, judged), ended.date()
    rules = rule_infos(plan.rules, today=today, used=only_certain(used) if plan.shard else used)
    cells = {cell.id: masked(_cell(cell, judgement, seen, met, plan.matrix)) for cell, judgement in judged}
    programs = {spec.name: masked(tried.get(spec.name) or planned(spec)) for spec in plan.programs}
    all_tried = programs.keys() <= tried.keys()
    return Results(
        run=masked(_run_info(plan, outcome, facts, cells.values(), ended=ended, seconds=seconds, all_tried=all_tried)),
        plan=plan_info(plan, unused=unused(used)),
        gateways={spec.name: masked(_gateway(spec, met, verdicts, today)) for spec in plan.gateways},
        timeline=[masked(each) for each in outcome.timeline],
        expectations=[masked(each) for each in rules],
        cells=cells,
        programs=programs,
    )


def _cell(
    cell: PlannedCell,
    judgement: Judgement,
    seen: Mapping[str, CellOutcome],
    met: Mapping[str, GatewayOutcome],
    matrix: Path,
) -> CellInfo:
    outcome = seen.get(cell.id) or CellOutcome(cell=cell.id)
    gateway = met.get(cell.gateway.name)
    return cell_info(owed_info(cell, matrix), judgement, outcome, gateway.server_version if gateway else None)


def _gateway(
    spec: GatewaySpec, met: Mapping[str, GatewayOutcome], verdicts: Mapping[str, Diagnosis | None], today: date
) -> GatewayInfo:
    return gateway_info(
        spec, met.get(spec.name) or GatewayOutcome(name=spec.name), verdicts.get(spec.name), heard_on=today
    )


def _judged(
    plan: Plan,
    outcomes: Mapping[str, CellOutcome],
    met: Mapping[str, GatewayOutcome],
    verdicts: Mapping[str, Diagnosis | None],
) -> list[tuple[PlannedCell, Judgement]]:
    """Return the judgement on each planned cell, which also depends on the other cells at its gateway."""
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
        for probe in (*gateway.probes, *(gateway.search.attempts if gateway.search else ())):
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
    seconds: float,
    all_tried: bool,
) -> RunInfo:
    counts, verdicts = tally(cells)
    return RunInfo(
        id=facts.id,
        started=facts.started,
        ended=ended,
        seconds=seconds,
        ib_compat=facts.ib_compat,
        host=Host(os=platform.platform(), python=platform.python_version(), cpu_count=os.cpu_count() or 1),
        command=[without_homes(word) for word in facts.command],
        matrix=without_homes(plan.matrix.as_posix()),
        matrix_sha256=plan.sha256 or None,
        whole=not plan.narrowed,
        complete=all_tried and not outcome.interrupted and Status.NOT_RUN not in counts,
        timezone=plan.timezone,
        interrupted=outcome.interrupted,
        counts=counts,
        verdicts=verdicts,
    )
