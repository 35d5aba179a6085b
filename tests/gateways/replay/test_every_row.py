"""What the rows asked of a simulated gateway comes out the same when that is replayed.

The recording has three libraries. They ask the replay in another order, and so do versions that are not in it.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from harness.checks.all import CHECKS
from harness.gateways.replay.server import ReplayedGateway
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.recordings.recording import Recording
from harness.run.tap.proxy import Tap
from harness.shared.status import Status
from harness.wire.transcript import Transcript
from tests.checks.conftest import loop, workers  # noqa: F401 - fixtures
from tests.recordings.making import of_transcripts, without
from tests.rows import LibraryRow, need_row
from tests.worker.conftest import Worker, start  # noqa: F401 - fixtures

RECORDED = ("ib_async==2.1.0", "ib_insync==0.9.86", "nautilus-ibapi==10.45.1")
NOT_RECORDED = (
    "ib_async==1.0.3",
    "nautilus-ibapi==10.37.2",
    pytest.param("ib_async==2.0.1", marks=pytest.mark.slow),
    pytest.param("ib_insync==0.9.70", marks=pytest.mark.slow),
    pytest.param("nautilus-ibapi==10.19.4", marks=pytest.mark.slow),
    pytest.param("nautilus-ibapi==10.30.1", marks=pytest.mark.slow),
    pytest.param("ibapi-latest==10.51.1", marks=pytest.mark.slow),
    pytest.param("ibapi==9.81.1.post1", marks=pytest.mark.slow),
)
NOT_THERE = {
    "ibapi==9.81.1.post1": {
        "fx_quote": "not in this recording: req_market_data",
        "pnl_single": "not in this recording: req_pnl_single",
    }
}
"""What the recording cannot have: its sizes are fractions, which a gateway refuses to a client of 157."""

UNASKED_FOR = ("req_open_orders", "req_completed_orders", "req_account_updates")
"""What ib_async and ib_insync ask of themselves when they connect, and would wait for as long as for the connection."""

ASKED = [check.name for check in CHECKS if check.scenario is None and check.name not in {"install", "import"}]

Seen = dict[str, tuple[str, str]]
"""Status and reason of each check."""


class Asking:
    """Runs cells with every check, orders too."""

    def __init__(self, loop: asyncio.AbstractEventLoop, workers: Callable[[LibraryRow], Worker]) -> None:  # noqa: F811
        self._loop = loop
        self._workers = workers
        self._numbers = itertools.count(1)

    def here(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    def cell(self, library: str, port: int, connect_timeout: float = 5.0) -> Seen:
        """Run a cell of a row at a port."""
        worker, number = self._workers(need_row(library)), next(self._numbers)
        cell, client_id = f"replay-{number}", 7300 + 2 * number
        ids = {"client_id": client_id, "second_client_id": client_id + 1}
        timeouts = {"connect_timeout": connect_timeout, "request_timeout": 5.0}
        worker.run(cell, port, checks=ASKED, orders=True, **ids, **timeouts)
        worker.wait_for(1)
        return {name: (line["status"], line["reason"] or "") for name, line in worker.checks(cell).items()}

    def simulated(self, library: str) -> tuple[Seen, Transcript]:
        """Run a cell at a simulated gateway; return what crossed the tap before it, too."""
        gateway = SimulatedGateway(find("gateway-10.45"), apart=True)
        self.here(gateway.__aenter__())
        try:
            tap = Tap("127.0.0.1", gateway.port)
            self.here(tap.__aenter__())
            try:
                seen = self.cell(library, tap.address[1])
            finally:
                self.here(tap.__aexit__(None, None, None))
            return seen, tap.transcript
        finally:
            self.here(gateway.__aexit__(None, None, None))

    def replayed(
        self, recording: Recording, libraries: tuple[str, ...], connect_timeout: float = 5.0
    ) -> dict[str, Seen]:
        """Run a cell of each row at a replay, one after the other."""
        gateway = ReplayedGateway(recording)
        self.here(gateway.__aenter__())
        try:
            return {library: self.cell(library, gateway.port, connect_timeout) for library in libraries}
        finally:
            self.here(gateway.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def asking(
    loop: asyncio.AbstractEventLoop,  # noqa: F811
    workers: Callable[[LibraryRow], Worker],  # noqa: F811
) -> Asking:
    return Asking(loop, workers)


@pytest.fixture(scope="module")
def at_the_simulator(asking: Asking) -> tuple[dict[str, Seen], Recording]:
    """What the rows saw at the simulated gateway, and the recording of it."""
    told = {library: asking.simulated(library) for library in RECORDED}
    return {library: seen for library, (seen, _) in told.items()}, of_transcripts(each for _, each in told.values())


HELD_UP = "kept_up_to_date_bars"
"""A library that is held up reads bars and their first change at once, at any gateway, and then misses the change."""


def statuses(seen: Seen) -> dict[str, str]:
    return {name: status for name, (status, _) in seen.items() if name != HELD_UP}


@pytest.mark.slow
@pytest.mark.parametrize("libraries", [RECORDED, RECORDED[::-1]], ids=["as recorded", "in another order"])
def test_every_check_of_every_row_comes_out_the_same(
    asking: Asking, at_the_simulator: tuple[dict[str, Seen], Recording], libraries: tuple[str, ...]
) -> None:
    seen, recording = at_the_simulator
    again = asking.replayed(recording, libraries)
    assert {library: statuses(each) for library, each in again.items()} == {
        library: statuses(each) for library, each in seen.items()
    }
    assert len(seen[RECORDED[0]]) == len(ASKED)


@pytest.mark.slow
@pytest.mark.parametrize("library", NOT_RECORDED)
def test_a_version_that_is_not_in_the_recording_sees_what_it_sees_at_the_gateway(
    asking: Asking, at_the_simulator: tuple[dict[str, Seen], Recording], library: str
) -> None:
    _, recording = at_the_simulator
    seen, _ = asking.simulated(library)
    again = asking.replayed(recording, (library,))[library]
    skipped = NOT_THERE.get(library, {})
    assert {name: again[name] for name in skipped} == {
        name: (Status.SKIPPED.value, reason) for name, reason in skipped.items()
    }
    assert statuses({**again, **{name: seen[name] for name in skipped}}) == statuses(seen)


@pytest.mark.slow
@pytest.mark.parametrize("library", RECORDED)
def test_a_check_whose_request_is_not_in_the_recording_is_skipped_with_the_reason(
    asking: Asking, at_the_simulator: tuple[dict[str, Seen], Recording], library: str
) -> None:
    seen, recording = at_the_simulator
    missing = frozenset({"req_current_time", "req_contract_data", "req_pnl", *UNASKED_FOR, "place_order"})
    again = asking.replayed(without(recording, missing), (library,), connect_timeout=300.0)[library]
    changed = {name: again[name] for name, status in statuses(seen[library]).items() if again[name][0] != status}
    assert {name: told for name, told in changed.items() if told[0] != Status.SKIPPED} == {}
    assert {"current_time", "contract_details", "pnl", "completed_orders", "limit_order"} <= set(changed)
    assert again["ready"][0] == ("pass" if library.startswith("nautilus") else Status.SKIPPED)
    assert all(reason.startswith("not in this recording: ") for _, reason in changed.values())
