"""Splits a plan into jobs for a CI system: one for each gateway, on a machine that can reach it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.plan.build_plan import LIVE_REFUSED
from harness.plan.shard import part_of
from harness.shared.errors import UsageError

if TYPE_CHECKING:
    from harness.plan.matrix.gateway_spec import GatewaySpec
    from harness.plan.plan_model import Plan, PlannedCell

MOST = 255
"""GitHub runs at most 256 jobs of a matrix; we stay under that."""

ANYWHERE = ("ubuntu-latest",)
"""Labels of a machine of GitHub, for jobs that need no self-hosted one."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one machine asks: every cell of some gateways.

    ``runs_on`` has the labels that the machine must have; it is empty if the matrix file lacks the labels.
    """

    cells: tuple[PlannedCell, ...]
    runs_on: tuple[str, ...]

    @property
    def gateways(self) -> tuple[GatewaySpec, ...]:
        """Its gateways, in the file's order, except those that nobody may ask."""
        found = {cell.gateway.name: cell.gateway for cell in self.cells if not _refused(cell)}
        return tuple(found.values()) or tuple({cell.gateway.name: cell.gateway for cell in self.cells}.values())

    @property
    def name(self) -> str:
        """The name of its gateway, or of the first one and how many more there are."""
        first, *more = self.gateways
        return f"{first.name} and {len(more)} more" if more else first.name


def jobs_of(plan: Plan, most: int = MOST) -> tuple[Job, ...]:
    """Return the jobs of a plan, at least one, in the order of their gateways.

    Gateways with the same login are in one job, because they must be asked one after another. Gateways that nobody may
    ask are in the first job, where their cells are reported as skipped.

    Args:
        plan: the whole plan. Every machine must make the same jobs from it, so cells that a machine skips because it
            lacks an interpreter are in a job like any other.
        most: the most jobs; if there are more, the smallest ones for the same kind of machine are joined.

    Raises:
        UsageError: there are no cells, there are more kinds of machines than jobs, or one login would need two kinds.
    """
    if not plan.cells:
        raise UsageError("the plan has no cells for jobs", hint="Programs alone are run by one: `ib-compat run`.")
    groups = _Groups(plan)
    for cells in _gateways(plan):
        groups.add(cells)
    return groups.jobs(most)


def job_plan(plan: Plan, index: int, of: int) -> Plan:
    """Return the plan of one job.

    Args:
        plan: the whole plan.
        index: the number of the job, from 1.
        of: how many jobs there are.

    Raises:
        UsageError: the plan has not ``of`` jobs.
    """
    jobs = jobs_of(plan, of)
    if len(jobs) != of:
        raise UsageError(
            f"--shard …/{of} --by gateway: there {'is' if len(jobs) == 1 else 'are'} {len(jobs)}",
            hint="The matrix file or the options are not those of the plan; ib-compat plan --github says how many.",
        )
    job_of = {cell.id: number for number, job in enumerate(jobs, start=1) for cell in job.cells}
    return part_of(plan, job_of, index, of)


def _refused(cell: PlannedCell) -> bool:
    """Whether nobody may ask the cell, on any machine."""
    return cell.skip == LIVE_REFUSED


def _gateways(plan: Plan) -> list[list[PlannedCell]]:
    """The cells of each gateway, in the file's order; those of one login together."""
    units: dict[tuple[str, str], list[PlannedCell]] = defaultdict(list)
    for gateway in plan.gateways:
        login = gateway.credential
        key = ("login", login) if login else ("gateway", gateway.name)
        units[key] += [cell for cell in plan.cells if cell.gateway.name == gateway.name]
    return list(units.values())


class _Groups:
    """Cells by the job that they will be in."""

    def __init__(self, plan: Plan) -> None:
        self._place = {cell.id: number for number, cell in enumerate(plan.cells)}
        self._refused: list[PlannedCell] = []
        self._jobs: list[tuple[tuple[str, ...], list[PlannedCell]]] = []

    def add(self, cells: list[PlannedCell]) -> None:
        """Add a job for cells that belong together, if any of them may be asked."""
        refused = [cell for cell in cells if _refused(cell)]
        asked = [cell for cell in cells if not _refused(cell)]
        self._refused += refused
        if asked:
            self._jobs.append((_runs_on(asked), asked))

    def jobs(self, most: int) -> tuple[Job, ...]:
        """The jobs, joined until there are at most ``most``."""
        while len(self._jobs) > most:
            self._join_two(most)
        groups = self._jobs or [(ANYWHERE, [])]
        groups[0][1].extend(self._refused)
        return tuple(Job(tuple(sorted(cells, key=self._by_place)), runs_on) for runs_on, cells in groups)

    def _by_place(self, cell: PlannedCell) -> int:
        return self._place[cell.id]

    def _join_two(self, most: int) -> None:
        """Join the smallest job that can be joined with the next smallest for the same kind of machine."""
        of_kind: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for number in sorted(range(len(self._jobs)), key=lambda number: (len(self._jobs[number][1]), number)):
            of_kind[self._jobs[number][0]].append(number)
        pairs = [numbers[:2] for numbers in of_kind.values() if len(numbers) > 1]
        if not pairs:
            raise UsageError(
                f"--jobs {most}: the gateways need {len(of_kind)} kinds of machines, and a job runs on one",
                hint="Allow more jobs, or select fewer gateways.",
            )
        first, second = sorted(min(pairs, key=lambda pair: sum(len(self._jobs[number][1]) for number in pair)))
        self._jobs[first][1].extend(self._jobs.pop(second)[1])


def _runs_on(cells: list[PlannedCell]) -> tuple[str, ...]:
    """The labels that the machine of these cells' gateways must have; raises UsageError if they differ."""
    labels = {_labels(cell.gateway): cell.gateway for cell in cells}
    if len(labels) == 1:
        return next(iter(labels))
    names = " and ".join(f"{gateway.name} ({', '.join(each) or 'none'})" for each, gateway in labels.items())
    login = next(iter(labels.values())).credential
    raise UsageError(
        f"gateways of the login {login} are asked in one job, and have different labels: {names}",
        hint="Give them the same labels in the matrix file, or credentials of their own.",
    )


def _labels(gateway: GatewaySpec) -> tuple[str, ...]:
    return gateway.labels or (() if gateway.kind == "address" else ANYWHERE)
