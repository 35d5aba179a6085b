"""No client takes a simulated gateway from the others: by saying nothing, too little, or too much."""

from __future__ import annotations

import asyncio
import struct
from typing import Self

import pytest

from harness.gateways.simulator.session import LONGEST_REQUEST
from harness.known.scenarios import Behaviour
from harness.wire.hello import Hello, VersionReply
from tests.gateways.simulator.talk import Client, run, simulated

SOON = Behaviour(hello_timeout=0.2, max_clients=4)


class Met:
    """A gateway, and clients of it that are gone with it."""

    def __init__(self, behaviour: Behaviour = SOON) -> None:
        self.gateway = simulated(behaviour=behaviour)
        self._clients: list[Client] = []

    async def client(self) -> Client:
        self._clients.append(await Client.connect(self.gateway.port))
        return self._clients[-1]

    async def __aenter__(self) -> Self:
        await self.gateway.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        for each in self._clients:
            await each.leave()
        await self.gateway.__aexit__(None, None, None)


@pytest.mark.parametrize("said", [b"", b"API", Hello(min_version=100, max_version=226).encode()[:-3]])
def test_who_says_no_hello_keeps_nobody_out(said: bytes) -> None:
    async def scenario() -> VersionReply:
        async with Met() as met:
            silent = [await met.client() for _ in range(4)]
            for each in silent:
                each.writer.write(said)
            assert all([await each.ended() for each in silent])
            return await (await met.client()).greet()

    assert run(scenario()).server_version > 0


def test_a_hello_byte_by_byte_takes_no_more_time() -> None:
    async def scenario() -> bool:
        async with Met() as met:
            client = await met.client()
            ended = asyncio.create_task(client.ended())
            for byte in b"API\0" + bytes(4) * 100:
                client.writer.write(bytes([byte]))
                if ended.done():
                    break
                await asyncio.wait([ended], timeout=0.01)
            return await ended

    assert run(scenario())


def test_who_says_hello_and_starts_nothing_is_closed_and_one_who_starts_stays() -> None:
    async def scenario() -> None:
        async with Met() as met:
            idle, busy = [await met.client() for _ in range(2)]
            await idle.greet()
            await busy.greet()
            await busy.start(7)
            assert await idle.ended()
            assert met.gateway.clients == {7}

    run(scenario())


def test_a_gateway_that_does_not_answer_a_hello_does_not_end_it_either() -> None:
    """It plays one that is stuck: whoever waits for it waits."""

    async def scenario() -> None:
        mute = SOON.model_copy(update={"silent_above": 0})
        async with Met(mute) as met:
            waiting, silent = [await met.client() for _ in range(2)]
            waiting.writer.write(waiting.side.greet())
            assert await silent.ended()  # at its time, which is that of the other, too
            assert not waiting.reader.at_eof()

    run(scenario())


def test_a_request_longer_than_any_ends_the_connection() -> None:
    async def scenario() -> bool:
        async with Met(Behaviour(hello_timeout=600)) as met:
            client = await met.client()
            await client.greet()
            client.writer.write(struct.pack(">I", LONGEST_REQUEST + 1))
            return await client.ended()

    assert run(scenario())
