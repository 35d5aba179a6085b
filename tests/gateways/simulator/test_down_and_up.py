"""A gateway that is down for a time: its port stays its own, and so may the client ids of before."""

from __future__ import annotations

import socket

import pytest

from harness.gateways.simulator.timing import SteppedTime
from harness.shared.errors import GatewayError
from harness.wire.message import Message
from tests.gateways.simulator.talk import Client, connected, run, simulated, until

START = 1_795_255_200.0
IN_USE = 326


async def started(port: int, client_id: int) -> Message:
    """Start the API, and return the first message."""
    client = await Client.connect(port)
    await client.greet()
    client.say(Message("start_api", {"client_id": client_id}))
    first = await client.message()
    await client.leave()
    return first


def test_no_other_program_gets_the_port_meanwhile() -> None:
    async def scenario() -> None:
        async with simulated() as gateway:
            await gateway.go_down()
            with socket.socket() as other, pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", gateway.port))

    run(scenario())


def test_client_ids_of_before_are_held_for_a_while_and_others_are_free() -> None:
    async def scenario() -> tuple[Message, Message, Message]:
        clock = SteppedTime(START)
        async with simulated(timing=clock) as gateway, connected(gateway, 1):
            await gateway.go_down(hold_ids=30)
            await gateway.come_up()
            held, free = await started(gateway.port, 1), await started(gateway.port, 2)
            clock.step(30)
            return held, free, await started(gateway.port, 1)

    held, free, later = run(scenario())
    assert (held["code"], held["req_id"]) == (IN_USE, -1)
    assert free.name == later.name == "managed_accounts"


def test_a_client_that_does_not_read_does_not_keep_it_from_being_shut() -> None:
    async def scenario() -> None:
        async with simulated() as gateway, connected(gateway, 1) as deaf:
            transport = deaf.writer.transport
            transport.pause_reading()  # type: ignore[attr-defined]
            for _ in range(20_000):
                deaf.say(Message("req_positions"))
            writers = gateway._connections.values()
            await until(lambda: any(writer.transport.get_write_buffer_size() for writer in writers))
            await gateway.go_down()
            assert gateway.clients == frozenset()

    run(scenario())


def test_a_port_that_cannot_be_had_again_is_said() -> None:
    async def scenario() -> None:
        async with simulated() as gateway:
            await gateway.go_down()
            await gateway._listener.close()
            with socket.socket() as other:
                other.bind(("127.0.0.1", gateway.port))
                other.listen()
                with pytest.raises(GatewayError, match="the port is in use"):
                    await gateway.come_up()

    run(scenario())
