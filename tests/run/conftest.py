"""Runs whose rows' workers are a few lines of Python, and such workers alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.run import cell_asking
from harness.run import worker_process as module
from tests.run.fakes import FakeRuns
from tests.run.workers import Bench


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeRuns:
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.5)
    monkeypatch.setattr(cell_asking, "KILL_SECONDS", 0.5)
    return FakeRuns(tmp_path, monkeypatch)


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.3)
    monkeypatch.setattr(module, "COMPLAINT_SECONDS", 0.3)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)
