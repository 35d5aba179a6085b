"""What the tests of commands share: a working folder with two rows, and a scheduler that does as it is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.cli import performing
from harness.results.judge import judge
from harness.shared.evidence import CellOutcome, CheckRecord, RunOutcome
from harness.shared.status import Status
from tests.cli.two_rows import MATRIX, NEW, OLD, Asked, build

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.plan.plan_model import Plan
    from harness.run.observer import Observer
    from tests.conftest import Maker


@pytest.fixture
def two_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a matrix and the environment of each row."""
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(MATRIX, encoding="utf-8")
    build(NEW)
    build(OLD)
    return tmp_path


@pytest.fixture
def scheduler(make: Maker, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Asked]:
    """Install a scheduler whose cells all pass, but for the rows named."""

    def install(*, red: str | None = None, interrupt: bool = False, raises: BaseException | None = None) -> Asked:
        asked: Asked = []

        def execute(plan: Plan, environments: Path, run_folder: Path, observer: Observer, **_: object) -> RunOutcome:
            asked.append((plan, environments, run_folder))
            assert (run_folder / "plan.json").is_file(), "the plan is written before the run"
            observer.plan_ready(plan)
            if raises is not None:
                raise raises
            outcomes = []
            for cell in plan.asked:
                observer.cell_started(cell)
                outcome = make.outcome(cell)
                if cell.row.id == red:
                    failed = CheckRecord(name="install", status=Status.FAIL, reason="no such version")
                    outcome = CellOutcome(cell=cell.id, checks=(failed,))
                observer.cell_finished(cell, outcome, judge(cell, outcome, make.gateway()))
                outcomes.append(outcome)
                if interrupt:
                    break
            return RunOutcome(outcomes=tuple(outcomes), gateways=(make.gateway(),), interrupted=interrupt)

        monkeypatch.setattr(performing, "execute", execute)
        return asked

    return install
