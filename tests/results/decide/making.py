"""Runs of a small matrix, in which a test breaks what it names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.plan.build_plan import build_plan
from harness.plan.matrix.load import load_matrix
from harness.results.decide.measured import Evidence, collect
from harness.results.decide.row_judging import Required
from harness.results.decide.upgrade_answer import Answer, Question, Upgrade
from harness.results.decide.upgrade_decision import answer_upgrade
from harness.shared.evidence import CheckRecord, RunOutcome
from harness.shared.status import Status
from tests.conftest import RESOLVED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.plan.plan_model import PlannedCell
    from harness.results.decide.bringing import Looked
    from harness.results.decide.libraries_used import Used
    from harness.results.results_model import Results
    from harness.shared.evidence import CellOutcome
    from tests.conftest import Maker

    Broken = tuple[str, str, str, Status]

PYTHON = "3.11"
OLD, NEW = "gateway-10.37-paper", "gateway-10.50-paper"
MATRIX = """
[defaults]
pythons = ["3.11"]

[[library]]
adapter = "ib_async"
versions = ["2.1.0", "2.0.1", "1.0.3"]

[[library]]
adapter = "ibapi"
distribution = "nautilus-ibapi"
versions = ["10.45.1"]
extra = ["protobuf>=5.29.5"]

[[library]]
adapter = "ibapi"
distribution = "nautilus-ibapi"
name = "as-published"
versions = ["10.45.1"]

[[gateway]]
product = "gateway"
version = "10.37"
kind = "simulator"

[[gateway]]
product = "gateway"
version = "10.50"
kind = "simulator"
"""


@dataclass(frozen=True)
class Making:
    """Makes runs; every check of every cell passes, but for those that are named."""

    make: Maker
    folder: Path

    def run(
        self,
        *broken: Broken,
        more: str = "",
        days: int = 0,
        only: str = "",
        matrix: str = MATRIX,
        skip: Mapping[str, str] | None = None,
    ) -> Results:
        """A run.

        Args:
            broken: beginnings of row and gateway, a check, and what it ended as.
            more: more of the matrix file.
            days: how many days later than the first.
            only: a glob of cells; the others are in no plan.
            matrix: another matrix file.
            skip: row id to the reason why it is skipped.
        """
        file = self.folder / "mine.toml"
        file.write_text(matrix + more, encoding="utf-8")
        plan = build_plan(load_matrix(file), skipped_rows=skip)
        seen = RunOutcome(
            outcomes=tuple(self._outcome(cell, broken) for cell in plan.asked),
            gateways=tuple(self.make.gateway(each.name) for each in plan.gateways),
        )
        results = self.make.results(plan, seen)
        at = results.run.ended + timedelta(days=days)
        info = replace(results.run, id=f"{at:%Y%m%dT%H%M%SZ}-ab12", ended=at)
        cells = {name: cell for name, cell in results.cells.items() if only in name}
        return replace(results, run=info, cells=cells)

    def _outcome(self, cell: PlannedCell, broken: Sequence[Broken]) -> CellOutcome:
        hurt = {
            check: CheckRecord(name=check, status=status, seconds=0.1, reason=f"{check} is broken")
            for row, gateway, check, status in broken
            if cell.row.id.startswith(row) and cell.gateway.name.startswith(gateway)
        }
        beside = {"protobuf": "6.33.6"} if len(cell.row.requirements) > 1 else {}
        resolved = replace(RESOLVED, distribution=cell.row.distribution, version=cell.row.version, requirements=beside)
        return self.make.outcome(cell, checks=self.make.checks(cell, **hurt), resolved=resolved)

    def evidence(self, *runs: Results) -> Evidence:
        """What runs know, the newest first."""
        return collect(runs)


ALL = Required()


def upgraded(
    evidence: Evidence,
    used: Sequence[Used] | None = None,
    *,
    wanted: Required = ALL,
    after: str = NEW,
    looked: Looked | None = None,
) -> Upgrade:
    """The answer to: from the old gateway to the new one."""
    question = Question(today=(OLD,), after=(after,), pythons=(PYTHON,), wanted=wanted)
    known = {} if looked is None else {PYTHON: looked}
    return answer_upgrade(evidence, question, None if used is None else {PYTHON: tuple(used)}, known)


def about(upgrade: Upgrade, library: str) -> Answer:
    """The answer about one library."""
    (answer,) = (each for each in upgrade.answers if each.library == library)
    return answer


@pytest.fixture
def making(make: Maker, tmp_path: Path) -> Making:
    return Making(make, tmp_path)


__all__ = ["ALL", "MATRIX", "NEW", "OLD", "PYTHON", "Making", "about", "making", "upgraded"]
