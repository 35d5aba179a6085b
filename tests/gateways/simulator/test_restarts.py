"""A gateway whose scenario restarts it ends all connections, refuses new ones, and then is as before."""

from __future__ import annotations

import asyncio

import pytest

from harness.gateways.simulator.server import SimulatedGateway
from harness.known.scenarios import Behaviour
from harness.wire.message import Message
from tests.gateways.simulator.talk import Client, connected, run, simulated
from tests.gateways.simulator.test_orders import END, ONE, PLACE, told

CLOCK = Message("req_current_time")


def restarting(seconds: float) -> Behaviour:
    return Behaviour(restarts_on="req_current_time", restart_takes=seconds)


async def back(gateway: SimulatedGateway) -> None:
    """Wait until the gateway is up again."""
    assert gateway._served.restarting is not None
    await gateway._served.restarting


def test_all_connections_end_at_the_request() -> None:
    async def ended() -> list[bool]:
        async with (
            simulated(behaviour=restarting(0.0)) as gateway,
            connected(gateway, 5) as client,
            connected(gateway, 6) as other,
        ):
            client.say(CLOCK)
            return [await client.ended(), await other.ended()]

    assert run(ended()) == [True, True]


def test_meanwhile_the_port_refuses_and_the_gateway_can_be_left() -> None:
    async def refused() -> None:
        async with simulated(behaviour=restarting(3600.0)) as gateway, connected(gateway, 5) as client:
            client.say(CLOCK)
            assert await client.ended()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", gateway.port)

    run(refused())


@pytest.mark.parametrize("apart", [False, True])
def test_afterwards_orders_and_ids_are_as_before_at_the_same_port(*, apart: bool) -> None:
    async def again() -> list[object]:
        async with simulated(behaviour=restarting(0.0), apart=apart) as gateway:
            port = gateway.port
            async with connected(gateway, 5) as client:
                await told(client, PLACE)
                client.say(CLOCK)
                assert await client.ended()
            await back(gateway)
            async with connected(gateway, 5) as client:
                (next_id,) = await client.ask(Message("req_ids"), end="next_valid_id")
                return [gateway.port == port, next_id["order_id"], await told(client, Message("req_open_orders"))]

    assert run(again()) == [True, 102, [*ONE, *END]]


def test_two_that_ask_at_once_make_one_restart() -> None:
    async def once() -> bool:
        async with simulated(behaviour=restarting(0.0)) as gateway, connected(gateway, 5) as client:
            other = await Client.connect(gateway.port)
            await other.greet()
            gateway.restart()
            first = gateway._served.restarting
            gateway.restart()
            assert gateway._served.restarting is first
            assert await client.ended()
            await back(gateway)
            other.writer.close()
            async with connected(gateway, 5) as later:
                return await later.answers()

    assert run(once())
