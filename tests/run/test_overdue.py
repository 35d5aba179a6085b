"""A check has its time from the moment at which it began, whenever that was."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from harness.plan.build_plan import may_take
from harness.results.evidence_file import FILE
from harness.run import cell_asking
from harness.run.cell_asking import overdue
from tests.gateways.simulator.talk import run

if TYPE_CHECKING:
    from pathlib import Path

    from harness.plan.plan_model import PlannedCell
    from tests.conftest import Maker

START = 1000.0


class Played:
    """A clock that stands still but for waits, and a cell that writes its evidence at moments of it, and then hangs."""

    def __init__(self, folder: Path, lines: dict[float, dict[str, object]]) -> None:
        self.now = START
        self._file, self._lines = folder / FILE, lines
        folder.mkdir(parents=True, exist_ok=True)

    async def wait(self, _tasks: object, timeout: float) -> None:
        until = self.now + timeout
        for at in sorted(at for at in self._lines if START + at <= until):
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(self._lines.pop(at)) + "\n")
        self.now = until


def killed_after(cell: PlannedCell, folder: Path, lines: dict[float, dict[str, object]]) -> tuple[float, float | None]:
    """Return after how many seconds a cell is given up, and the seconds that it is said to have had."""
    played = Played(folder, lines)

    async def hangs() -> float | None:
        forever = asyncio.create_task(asyncio.Event().wait())
        try:
            return await overdue(forever, cell, folder, 0.0)
        finally:
            forever.cancel()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cell_asking, "asyncio", SimpleNamespace(wait=played.wait))
        patch.setattr(cell_asking, "time", SimpleNamespace(monotonic=lambda: played.now))
        had = run(hangs())
    return played.now - START, had


def begins(name: str, at: float) -> dict[str, object]:
    return {"event": "begin", "name": name, "at": at, "monotonic": START + at}


@pytest.fixture
def cell(make: Maker) -> PlannedCell:
    return make.plan().cells[0]


def time_of(cell: PlannedCell, check: str) -> float:
    return may_take(check, connect_timeout=cell.connect_timeout, request_timeout=cell.request_timeout)


@pytest.mark.parametrize("at", [0.1, 5.0, 21.0])
def test_a_request_that_hangs_has_its_own_time_from_when_it_began(cell: PlannedCell, tmp_path: Path, at: float) -> None:
    after, had = killed_after(cell, tmp_path, {at: begins("positions", at)})
    assert had == time_of(cell, "positions")
    assert after == pytest.approx(max(at + had, time_of(cell, "tcp")))


def test_a_check_after_another_has_no_more_than_its_own_time(cell: PlannedCell, tmp_path: Path) -> None:
    passed = {"event": "check", "name": "positions", "status": "pass", "seconds": 8.0, "detail": {}}
    lines = {14.0: begins("positions", 14.0), 22.0: passed, 22.5: begins("executions", 22.5)}
    after, had = killed_after(cell, tmp_path, lines)
    assert had == time_of(cell, "executions")
    assert after == pytest.approx(22.5 + had)


@pytest.mark.parametrize("at", [0.0, 10.0, 21.0])
def test_a_connect_that_hangs_has_its_time_from_when_it_began(cell: PlannedCell, tmp_path: Path, at: float) -> None:
    after, had = killed_after(cell, tmp_path, {at: begins("tcp", at)})
    assert had == time_of(cell, "tcp")
    assert after == pytest.approx(at + had)


def test_a_cell_that_never_begins_has_the_time_of_a_connect(cell: PlannedCell, tmp_path: Path) -> None:
    after, had = killed_after(cell, tmp_path, {})
    assert had == time_of(cell, "tcp")
    assert after == pytest.approx(had)
