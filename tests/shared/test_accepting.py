"""A connection that comes while the waiting for it is cancelled is there for whoever waits next."""

from __future__ import annotations

import asyncio
import socket

import pytest

from harness.shared.accepting import accepted

TURNS = 6
"""More turns of a loop than it takes to accept."""


@pytest.mark.parametrize("turns", range(TURNS))
def test_whenever_the_waiting_is_cancelled_no_connection_is_lost(turns: int) -> None:
    async def scenario() -> tuple[object, object]:
        with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
            listener.setblocking(False)
            waiting = asyncio.create_task(accepted(listener))
            await asyncio.sleep(0)
            client.connect(listener.getsockname())
            for _ in range(turns):
                await asyncio.sleep(0)
            waiting.cancel()
            try:
                connection = await waiting
            except asyncio.CancelledError:
                connection = await asyncio.wait_for(accepted(listener), 5)
            with connection:
                return connection.getpeername(), client.getsockname()

    here, there = asyncio.run(scenario())
    assert here == there
