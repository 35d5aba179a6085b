"""Every library through every encoding that a gateway speaks: text, protobuf in part, protobuf throughout."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from harness.simulator.profiles import find
from harness.simulator.server import SimulatedGateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.rows import LibraryRow

PROFILES = ("gateway-10.19", "gateway-10.30", "gateway-10.37", "gateway-10.50")
"""Server versions 176, 187, 203 and 226."""

REQUESTS = ("account_summary", "positions", "open_orders", "executions")


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
def test_what_is_read_is_the_truth(worker: Any, profile: str) -> None:
    checks = worker.checks(profile)
    summary = {row["tag"]: row["value"] for row in checks["account_summary"]["detail"]["records"]}
    assert summary["NetLiquidation"] == "1000123.45"
    quantities = {row["symbol"]: row["quantity"] for row in checks["positions"]["detail"]["records"]}
    assert quantities == {"AAPL": "100", "ES": "-1", "EUR": "20000.5", "SPY": "2"}
    [order] = checks["open_orders"]["detail"]["records"]
    assert (order["order_id"], order["quantity"], order["limit_price"]) == (7, "10", 150.25)
    [fill] = checks["executions"]["detail"]["records"]
    assert (fill["exec_id"], fill["shares"], fill["price"]) == ("0000e0d5.674a1b2c.01.01", "100", 187.25)
