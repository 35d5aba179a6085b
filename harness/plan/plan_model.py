"""Defines the plan: which cells will be asked what, decided and recorded before anything runs.

A run that resumes needs the same plan: `plan_differences` lists what differs between two plans.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import expectations_for, is_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from harness.plan.matrix.expect import Expectation, ExpectRule
    from harness.plan.matrix.gateway_spec import GatewaySpec
    from harness.plan.matrix.program_spec import ProgramSpec
    from harness.plan.matrix.rows import Row


def cell_id(row: Row, gateway: GatewaySpec) -> str:
    """``ib_async==2.1.0/py3.11/gateway-10.45-paper``."""
    return f"{row.id}/{gateway.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCell:
    """One row against one gateway.

    Times are in seconds. ``second_client_id`` is for checks that make a second connection. ``checks`` are in the order
    in which they are asked, ``install`` and ``import`` included; ``left_out`` maps the others to the reason. ``skip``
    is the reason why the cell is planned but not asked: it is ``skipped`` in the results. ``kept`` names the rules with
    which ``[[include]]`` took it back from ``[[exclude]]``. ``rules`` are the file's expectations, for this cell and
    all others. ``orders`` says that checks may send orders.
    """

    id: str
    row: Row
    gateway: GatewaySpec
    client_id: int
    second_client_id: int
    checks: tuple[str, ...]
    connect_timeout: float
    request_timeout: float
    deadline: float
    left_out: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[ExpectRule, ...] = ()
    skip: str | None = None
    kept: str | None = None
    orders: bool = False

    @property
    def folder(self) -> PurePosixPath:
        """The folder of its evidence, relative to the run's folder: ``cells/<id>``."""
        return PurePosixPath("cells", *self.id.split("/"))

    def expectations(self, installed: str | None = None) -> tuple[Expectation, ...]:
        """The expectations for it, in the file's order; checks without one should pass.

        ``installed`` is the version that was installed. It counts if the file has ``latest``, a file or a branch
        instead of a number; before it is known, rules for a range of versions are left out.
        """
        version = self.row.version if installed is None or is_version(self.row.version) else installed
        return expectations_for(
            self.rules,
            library=self.row.name,
            version=version,
            python=self.row.python,
            gateway=self.gateway.name,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentCell:
    """A cell that the matrix could have but the plan does not have."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All cells of a run.

    ``concurrency`` is the most cells at once over all gateways, or ``None`` if the scheduler decides;
    ``gateways_at_once`` limits how many of the gateways that we bring up may be up at the same time. ``isolation`` is
    ``auto``, ``fork`` or ``fresh``. ``record`` says whether to record the wire. ``rules`` are the file's expectations.
    ``timezone`` is the zone of the rows' processes, ``None`` if it is this computer's. ``narrowed`` says that the
    command line left out cells of the matrix, or named other gateways. ``shard`` is which part of a whole it is, or
    ``None`` if it is the whole. ``sha256`` is the matrix file's. ``programs`` run after the cells.
    """

    matrix: Path
    cells: tuple[PlannedCell, ...]
    absent: tuple[AbsentCell, ...] = ()
    concurrency: int | None = None
    gateways_at_once: int = 4
    isolation: str = "auto"
    record: bool = True
    timezone: str | None = None
    rules: tuple[ExpectRule, ...] = ()
    narrowed: bool = False
    shard: ShardOf | None = None
    sha256: str = ""
    programs: tuple[ProgramSpec, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that have a cell, in the file's order."""
        return tuple({cell.row.id: cell.row for cell in self.cells}.values())

    @property
    def gateways(self) -> tuple[GatewaySpec, ...]:
        """The gateways that have a cell, in the file's order."""
        order = {cell.gateway.name: cell.gateway for cell in self.cells}
        return tuple(order.values())

    @property
    def asked(self) -> tuple[PlannedCell, ...]:
        """The cells that are not skipped."""
        return tuple(cell for cell in self.cells if cell.skip is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardOf:
    """Which part of a plan one of several runs asks: the ``index``-th, from 1, ``of`` so many of the ``whole``."""

    index: int
    of: int
    whole: Plan

    def __str__(self) -> str:
        return f"{self.index}/{self.of}"


_SAID = frozenset({"cells", "absent", "programs", "rules", "matrix", "sha256"})
"""What is compared piece by piece, or is said otherwise."""

_NAMED = 3
"""The most differences of a kind that are named; the rest are counted."""


def differences(was: Plan, now: Plan) -> list[str]:
    """Return a phrase for each difference between two plans; none if they are the same."""
    if was == now:
        return []
    found: list[str] = []
    if was.sha256 != now.sha256:
        found.append(f"{now.matrix.as_posix()} was changed")
    found += _shown("row", {each.id: each for each in was.rows}, {each.id: each for each in now.rows})
    found += _shown("gateway", {each.name: each for each in was.gateways}, {each.name: each for each in now.gateways})
    found += _shown("program", {each.name: each for each in was.programs}, {each.name: each for each in now.programs})
    if not found:
        found += _shown("cell", {each.id: each for each in was.cells}, {each.id: each for each in now.cells})
    settings = [each.name for each in fields(was) if each.name not in _SAID]
    found += [name for name in settings if getattr(was, name) != getattr(now, name)]
    return found or ["the cells that it leaves out, or what it expects"]


def _shown(what: str, was: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    phrases = list(_phrases(what, was, now))
    more = len(phrases) - _NAMED
    return [*phrases[:_NAMED], *([f"{more} more"] if more > 0 else [])]


def _phrases(what: str, was: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    for name in {**was, **now}:
        if name not in now:
            yield f"{what} {name} is gone"
        elif name not in was:
            yield f"{what} {name} is new"
        elif was[name] != now[name]:
            differ = [each.name for each in fields(was[name]) if _other(was[name], now[name], each.name)]  # type: ignore[arg-type]
            yield f"{what} {name} has another {', '.join(differ)}"


def _other(was: object, now: object, name: str) -> bool:
    return bool(getattr(was, name) != getattr(now, name))
