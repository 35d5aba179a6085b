"""Converts a plan to and from its line in the journal, where what cells share is stored once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from harness.known.images import ImageProfile
from harness.known.scenarios import Behaviour, Machine
from harness.plan.matrix.expect import Expectation, ExpectRule, Where
from harness.plan.matrix.gateway_spec import ContainerSpec, GatewaySpec
from harness.plan.matrix.program_spec import ProgramSpec
from harness.plan.matrix.rows import Row
from harness.plan.plan_model import AbsentCell, Plan, PlannedCell, ShardOf
from harness.shared.status import Status


class AskedChecks(BaseModel):
    """Which checks a cell asks, and which it does not, with the reason."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    checks: tuple[str, ...]
    left_out: dict[str, str]


class CellRecord(BaseModel):
    """A planned cell; row, gateway and checks are numbers in the lists of its plan."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: str
    row: int
    gateway: int
    asked: int
    client_id: int
    second_client_id: int
    connect_timeout: float
    request_timeout: float
    deadline: float
    skip: str | None
    kept: str | None
    orders: bool


class ShardRecord(BaseModel):
    """Which part of a whole a plan is."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    index: int
    of: int
    whole: PlanRecord


class PlanRecord(BaseModel):
    """A plan."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    matrix: str
    sha256: str
    rows: tuple[Row, ...]
    gateways: tuple[GatewaySpec, ...]
    rules: tuple[ExpectRule, ...]
    asked: tuple[AskedChecks, ...]
    cells: tuple[CellRecord, ...]
    absent: tuple[AbsentCell, ...]
    concurrency: int | None
    gateways_at_once: int
    isolation: str
    record: bool
    timezone: str | None
    narrowed: bool
    shard: ShardRecord | None
    programs: tuple[ProgramSpec, ...] = ()


_NAMES = {
    each.__name__: each
    for each in (
        *(AbsentCell, Behaviour, ContainerSpec, Expectation, ExpectRule, GatewaySpec, ImageProfile, Machine),
        *(Mapping, Path, Row, Status, Where, date),
    )
}
"""Classes in annotations of those dataclasses whose modules import them for type checkers only."""

ShardRecord.model_rebuild(_types_namespace={**_NAMES, "PlanRecord": PlanRecord})
PlanRecord.model_rebuild(_types_namespace={**_NAMES, "ShardRecord": ShardRecord})


def plan_record(plan: Plan) -> PlanRecord:
    """Return a plan as the journal has it."""
    rows = {row.id: number for number, row in enumerate(plan.rows)}
    gateways = {gateway.name: number for number, gateway in enumerate(plan.gateways)}
    asked: dict[tuple[object, ...], int] = {}
    cells = []
    for cell in plan.cells:
        both = cell.checks, tuple(cell.left_out.items())
        number = asked.setdefault(both, len(asked))
        cells.append(_cell_record(cell, rows[cell.row.id], gateways[cell.gateway.name], number))
    shard = plan.shard
    return PlanRecord(
        matrix=plan.matrix.as_posix(),
        sha256=plan.sha256,
        rows=plan.rows,
        gateways=plan.gateways,
        rules=plan.rules,
        asked=tuple(AskedChecks.model_validate({"checks": each[0], "left_out": dict(each[1])}) for each in asked),  # type: ignore[call-overload]
        cells=tuple(cells),
        absent=plan.absent,
        concurrency=plan.concurrency,
        gateways_at_once=plan.gateways_at_once,
        isolation=plan.isolation,
        record=plan.record,
        timezone=plan.timezone,
        narrowed=plan.narrowed,
        programs=plan.programs,
        shard=ShardRecord(index=shard.index, of=shard.of, whole=plan_record(shard.whole)) if shard else None,
    )


def _cell_record(cell: PlannedCell, row: int, gateway: int, asked: int) -> CellRecord:
    return CellRecord(
        id=cell.id,
        row=row,
        gateway=gateway,
        asked=asked,
        client_id=cell.client_id,
        second_client_id=cell.second_client_id,
        connect_timeout=cell.connect_timeout,
        request_timeout=cell.request_timeout,
        deadline=cell.deadline,
        skip=cell.skip,
        kept=cell.kept,
        orders=cell.orders,
    )


def plan_of_record(record: PlanRecord) -> Plan:
    """Return the plan that the journal has.

    Raises:
        IndexError: a cell refers to something that does not exist.
    """
    shard = record.shard
    return Plan(
        matrix=Path(record.matrix),
        cells=tuple(_cell(cell, record) for cell in record.cells),
        absent=record.absent,
        concurrency=record.concurrency,
        gateways_at_once=record.gateways_at_once,
        isolation=record.isolation,
        record=record.record,
        timezone=record.timezone,
        rules=record.rules,
        narrowed=record.narrowed,
        shard=ShardOf(index=shard.index, of=shard.of, whole=plan_of_record(shard.whole)) if shard else None,
        sha256=record.sha256,
        programs=record.programs,
    )


def _cell(cell: CellRecord, record: PlanRecord) -> PlannedCell:
    return PlannedCell(
        id=cell.id,
        row=record.rows[cell.row],
        gateway=record.gateways[cell.gateway],
        client_id=cell.client_id,
        second_client_id=cell.second_client_id,
        checks=record.asked[cell.asked].checks,
        connect_timeout=cell.connect_timeout,
        request_timeout=cell.request_timeout,
        deadline=cell.deadline,
        left_out=record.asked[cell.asked].left_out,
        rules=record.rules,
        skip=cell.skip,
        kept=cell.kept,
        orders=cell.orders,
    )
