"""A simulated gateway that is cancelled while it opens lets go of its port, as when another of a row cannot be run."""

from __future__ import annotations

import asyncio
import contextlib

import psutil
import pytest

from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway


async def _cancelled_after(turns: int) -> None:
    gateway = SimulatedGateway(find("10.45"))
    opening = asyncio.create_task(gateway.__aenter__())
    for _ in range(turns):
        await asyncio.sleep(0)
    opening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await opening
        await gateway.__aexit__(None, None, None)


@pytest.mark.parametrize("turns", range(1, 6))
def test_a_gateway_that_is_cancelled_while_it_opens_leaves_no_port_open(turns: int) -> None:
    def listening() -> int:
        return sum(each.status == psutil.CONN_LISTEN for each in psutil.Process().net_connections("tcp4"))

    before = listening()
    asyncio.run(_cancelled_after(turns))
    assert listening() == before
