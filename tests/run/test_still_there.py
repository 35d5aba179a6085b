"""What a run could not end is named when it is over, with a way to look at it; what has ended is not."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from harness.cli.performing import How, perform, tell_left
from harness.run import cell_asking, worker_process
from tests.gateways.simulator.talk import run, until
from tests.run.fakes import HOST, TWO_GATEWAYS, at_the_tws, bootstrap, build, gone, plan_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="cells share a worker on Linux only")

STAYS = at_the_tws("""
stays = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
say(event="started", cell=job["cell"], pid=stays.pid)
""")
"""The process of the cell at the TWS goes with nobody."""


@pytest.mark.slow
def test_a_process_that_stays_is_named_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    build(tmp_path / "environments", f"ib_async==1/py{HOST}")
    plan = plan_of(tmp_path, gateways=TWO_GATEWAYS, defaults="cell_deadline = 2")
    with monkeypatch.context() as deaf:
        deaf.setattr(worker_process, "BOOTSTRAP", bootstrap(tmp_path, STAYS))
        deaf.setattr(cell_asking, "KILL_SECONDS", 0.1)
        deaf.setattr(os, "kill", lambda *_: None)
        results, _ = perform(plan, tmp_path / "environments", tmp_path / "results", How(board=False))
    (pid,) = (cell.left for cell in results.cells.values() if cell.left is not None)
    try:
        said = [line for line in capsys.readouterr().err.splitlines() if f"ps -p {pid}" in line]
        assert len(said) == 1
        assert "tws-10.37-paper" in said[0]
    finally:
        os.kill(pid, signal.SIGKILL)
    run(until(lambda: gone(pid)))
    tell_left(results)
    assert capsys.readouterr().err == ""
