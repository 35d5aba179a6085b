"""What becomes of a client that connects in the moment in which a gateway goes down."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.gateways.simulator.talk import run, simulated


@pytest.mark.parametrize("turns", range(5))
def test_no_client_is_left_waiting(turns: int) -> None:
    """However far the loop has come with accepting it; ``turns`` of it have passed."""

    async def scenario() -> None:
        async with simulated() as gateway:
            client = socket.create_connection(("127.0.0.1", gateway.port))
            client.setblocking(False)
            for _ in range(turns):
                await asyncio.sleep(0)
            await gateway.go_down()
            reader, writer = await asyncio.open_connection(sock=client)
            try:
                assert await reader.read() == b""
            except ConnectionResetError:
                return
            finally:
                writer.close()

    run(scenario())
