"""Summarises a cell over many runs: passes, connect times, the last change, and whether it is flaky."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from harness.plan.matrix.expect import Verdict
from harness.results.compare.cell_differences import connect_seconds, differences, other_builds, standing
from harness.results.run_standing import standing as standing_of_run
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence
    from datetime import datetime

    from harness.results.results_model import CellInfo, Results

_UNASKED = frozenset({Status.SKIPPED, Status.NOT_RUN})
"""Statuses of cells that were not asked, so that the run says nothing about them."""

_THERE_AND_BACK = 2
"""How many changes make an outcome flaky; a single one may be permanent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A cell in one run.

    ``what`` has a phrase for each difference from the previous run that asked it. ``moved`` says that this was on
    another machine, or another build of the gateway. ``left`` says how far the run came, if it did not finish.
    """

    run: str
    started: datetime
    cell: CellInfo
    what: tuple[str, ...] = ()
    moved: str | None = None
    left: str | None = None

    @property
    def asked(self) -> bool:
        """Whether the run says anything of the cell."""
        return self.cell.status not in _UNASKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaky:
    """A cell that changed back and forth although nothing else changed.

    Of the ``runs`` with the same versions, ``otherwise`` ended differently from most; ``outcomes`` counts the runs by
    how they ended. ``current`` says that the newest run is one of them.
    """

    otherwise: int
    runs: int
    outcomes: tuple[tuple[str, int], ...]
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CellHistory:
    """The history of a cell; ``points`` are the runs that planned it, oldest first."""

    cell: str
    points: tuple[Point, ...]
    flaky: Flaky | None = None

    @property
    def asked(self) -> tuple[Point, ...]:
        """The runs that say something of it."""
        return tuple(point for point in self.points if point.asked)

    @property
    def passed(self) -> int:
        """How many runs it passed in."""
        return sum(point.cell.status is Status.PASS for point in self.points)

    @property
    def as_expected(self) -> int:
        """How many of the runs that asked the cell found it as expected."""
        return sum(point.cell.expected.verdict is Verdict.AS_EXPECTED for point in self.asked)

    @property
    def connects(self) -> tuple[float, ...]:
        """Seconds to connect, for each run in which it connected, the oldest first."""
        found = (connect_seconds(point.cell) for point in self.points)
        return tuple(seconds for seconds in found if seconds is not None)

    @property
    def connect(self) -> float | None:
        """Median of the seconds to connect."""
        return median(self.connects) if self.connects else None

    @property
    def last_change(self) -> Point | None:
        """The newest run that differs from the one before."""
        return next((point for point in reversed(self.points) if point.what), None)


def whole_runs(runs: Iterable[Results]) -> list[Results]:
    """The runs, the oldest first, without those that were merged into another of them."""
    ordered = sorted(runs, key=lambda each: (each.run.started, each.run.id))
    parts = {name for each in ordered for name in each.run.parts}
    return [each for each in ordered if each.run.id not in parts]


def history(cell: str, runs: Sequence[Results]) -> CellHistory:
    """The history of a cell over runs, oldest first."""
    planned = [run for run in runs if cell in run.cells]
    points: list[Point] = []
    last: Results | None = None
    for run in planned:
        points.append(_point(cell, run, last))
        last = run if points[-1].asked else last
    return CellHistory(cell=cell, points=tuple(points), flaky=_flaky(cell, planned))


def _point(cell: str, run: Results, before: Results | None) -> Point:
    info = run.cells[cell]
    if before is None or info.status in _UNASKED:
        return Point(run=run.run.id, started=run.run.started, cell=info, left=standing_of_run(run.run))
    return Point(
        run=run.run.id,
        started=run.run.started,
        cell=info,
        what=differences(before.cells[cell], info),
        moved=", ".join([*_other_machine(before, run), *other_builds(before, run, info.gateway)]) or None,
        left=standing_of_run(run.run),
    )


def _other_machine(before: Results, after: Results) -> Iterator[str]:
    machines = [f"{each.os} with {each.cpu_count} processors" for each in (before.run.host, after.run.host)]
    if machines[0] != machines[1]:
        yield f"on {machines[0]} → {machines[1]}"


def _flaky(cell: str, runs: Sequence[Results]) -> Flaky | None:
    """Return how a cell changed back and forth with the same versions, preferably those of the newest run, or None."""
    groups: dict[Hashable, list[CellInfo]] = {}
    newest: list[Hashable] = []
    settings = _Settings(cell)
    for run in runs:
        info = run.cells[cell]
        if info.status not in _UNASKED:
            key = settings.of(run)
            groups.setdefault(key, []).append(info)
            newest = [key, *(each for each in newest if each != key)]
    for key in newest:
        outcomes = [standing(info) for info in groups[key]]
        if sum(first != second for first, second in pairwise(outcomes)) >= _THERE_AND_BACK:
            return _counted(outcomes, current=key == newest[0])
    return None


def _counted(outcomes: list[str], *, current: bool) -> Flaky:
    counts = Counter(outcomes).most_common()
    return Flaky(otherwise=len(outcomes) - counts[0][1], runs=len(outcomes), outcomes=tuple(counts), current=current)


class _Settings:
    """What may change a cell's outcome without making it flaky: versions, gateway, expectations, system.

    A run cannot see some of this, if nothing was installed or the gateway did not answer. Then it counts as unchanged.
    """

    def __init__(self, cell: str) -> None:
        self._cell = cell
        self._installed: Hashable = None
        self._server_version: int | None = None
        self._build: str | None = None

    def of(self, run: Results) -> Hashable:
        """Return a key that is equal for runs that should end in the same way."""
        cell = run.cells[self._cell]
        gateway = run.gateways[cell.gateway]
        self._installed = repr(cell.resolved) if cell.resolved else self._installed
        self._server_version = cell.gateway_max or gateway.server_version or self._server_version
        self._build = (gateway.boot.build if gateway.boot else None) or self._build
        return (
            self._installed,
            self._server_version,
            self._build,
            (gateway.kind, gateway.product, gateway.version, gateway.profile),
            tuple((tuple(rule.check), tuple(rule.status)) for rule in run.expectations),
            run.run.ib_compat,
            _system(run),
        )


def _system(run: Results) -> str:
    """``Linux``, ``Windows``, ``macOS``; its release changes too often to distinguish runs by it."""
    return run.run.host.os.split("-")[0]
