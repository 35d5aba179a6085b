"""Every library through every encoding that a gateway speaks: text, protobuf in part, protobuf throughout."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from harness.gateways.kinds import ground_truth
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.gateways.simulator.truth import load
from harness.results.answers.comparison import compared
from harness.results.answers.same import Asked
from harness.results.evidence_file import check_record
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.rows import LibraryRow

PROFILES = ("gateway-10.19", "gateway-10.30", "gateway-10.37", "gateway-10.50")
"""Server versions 176, 187, 203 and 226."""

REQUESTS = (
    "account_summary",
    "account_updates",
    "account_updates_multi",
    "positions",
    "open_orders",
    "completed_orders",
    "executions",
)


@contextmanager
def simulated(names: tuple[str, ...]) -> Iterator[dict[str, int]]:
    """Give the ports of gateways that are simulated in a thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    gateways = [SimulatedGateway(find(name), mode="paper", host="127.0.0.1", port=0) for name in names]

    async def listen() -> dict[str, int]:
        for each in gateways:
            await each.__aenter__()
        return {each.profile.name: each.port for each in gateways}

    async def leave() -> None:
        for each in gateways:
            await each.__aexit__(None, None, None)

    try:
        yield asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(leave(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    with simulated(PROFILES) as found:
        yield found


@pytest.fixture(scope="module")
def worker(row: LibraryRow, start: Callable[..., Any], ports: dict[str, int]) -> Any:
    started = start(row)
    started.began = time.time()
    for name, port in ports.items():
        started.run(name, port, connect_timeout=5.0, request_timeout=5.0)
    started.done = started.wait_for(len(ports))
    return started


@pytest.mark.parametrize("profile", PROFILES)
def test_every_check_passes(worker: Any, profile: str) -> None:
    failed = [check for check in worker.checks(profile).values() if check["status"] != "pass"]
    assert failed == []
    assert worker.done[profile]["exit"] == 0


@pytest.mark.parametrize("profile", PROFILES)
def test_the_lower_maximum_is_negotiated(worker: Any, profile: str) -> None:
    [negotiated] = [line["server_version"] for line in worker.evidence(profile) if line["event"] == "negotiated"]
    assert negotiated == min(worker.ready["announced"]["max"], find(profile).server_version)


@pytest.mark.parametrize("request_name", REQUESTS)
def test_the_encoding_makes_no_difference_to_what_is_read(worker: Any, request_name: str) -> None:
    first, *others = (worker.checks(profile)[request_name]["detail"]["records"] for profile in PROFILES)
    assert first
    assert all(other == first for other in others)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_commission_is_joined_to_its_execution(worker: Any, profile: str) -> None:
    [fill] = worker.checks(profile)["executions"]["detail"]["records"]
    assert (fill["commission"], fill["commission_currency"]) == (1.0, "USD")


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_read_is_the_truth(worker: Any, profile: str) -> None:
    asked = Asked(began=worker.began, ended=time.time())
    truth = ground_truth(load("paper"))
    compare = [compared(check_record(line), truth, asked) for line in worker.checks(profile).values()]
    wrong = {check.name: check.reason for check in compare if check.status is not Status.PASS}
    assert wrong == {}
