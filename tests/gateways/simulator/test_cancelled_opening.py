"""A simulated gateway that is cancelled while it opens or closes lets go of its port, as when another cannot be run."""

from __future__ import annotations

import asyncio
import contextlib

import psutil
import pytest

from harness.gateways.simulator.days.files import find as find_day
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.known.scenarios import ORDINARY, Behaviour


async def _cancelled_after(turns: int, behaviour: Behaviour = ORDINARY) -> None:
    gateway = SimulatedGateway(find("10.45"), behaviour=behaviour)
    opening = asyncio.create_task(gateway.__aenter__())
    for _ in range(turns):
        await asyncio.sleep(0)
    opening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await opening
        await gateway.__aexit__(None, None, None)


def _listening() -> int:
    return sum(each.status == psutil.CONN_LISTEN for each in psutil.Process().net_connections("tcp4"))


@pytest.mark.parametrize("turns", range(1, 6))
def test_a_gateway_that_is_cancelled_while_it_opens_leaves_no_port_open(turns: int) -> None:
    before = _listening()
    asyncio.run(_cancelled_after(turns))
    assert _listening() == before


@pytest.mark.parametrize("turns", range(1, 12))
def test_so_does_one_that_keeps_connections_from_before(turns: int) -> None:
    before = _listening()
    asyncio.run(_cancelled_after(turns, Behaviour(wedges_after_mute=9, mute_before=5)))
    assert _listening() == before


async def _left_after(turns: int) -> int:
    """Return how many ports are open once a gateway is left that was cancelled meanwhile; it is still there."""
    gateway = SimulatedGateway(find("10.45"), day=find_day("bad-night"))
    await gateway.__aenter__()
    leaving = asyncio.create_task(gateway.__aexit__(None, None, None))
    for _ in range(turns):
        await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait([leaving])
    return _listening()


@pytest.mark.parametrize("turns", range(1, 6))
def test_a_gateway_that_is_cancelled_while_it_closes_leaves_no_port_open(turns: int) -> None:
    before = _listening()
    assert asyncio.run(_left_after(turns)) == before
