"""A network of a program's own leaves nothing behind, whenever it is given up."""

from __future__ import annotations

import asyncio
import os
import select
from pathlib import Path

import psutil
import pytest

from harness.run.programs.network import OwnNetwork, Start
from tests.run.programs.bots import needs_networks

_SECONDS = 20.0


@pytest.fixture(scope="module", autouse=True)
def networks_for_programs() -> None:
    needs_networks()


async def _given_up_as_it_is_handed_over() -> tuple[int, int]:
    """Return how many files are open before, and after it was cancelled while its sockets had come."""
    before = psutil.Process().num_fds()
    own = OwnNetwork()
    start = Start(command=("true",), environment=dict(os.environ), folder=Path.cwd())
    preparing = asyncio.create_task(own.prepare(start))
    await asyncio.sleep(0)  # it is started
    channel = own._channel
    assert channel is not None
    select.select([channel], [], [], _SECONDS)  # nothing else of this loop runs until the sockets have come
    preparing.cancel()
    await asyncio.wait([preparing])
    await asyncio.get_running_loop().shutdown_default_executor()  # a thread that waits for them has them now
    await own.close()
    return before, psutil.Process().num_fds()


def test_sockets_that_come_when_nobody_wants_them_any_more_are_closed() -> None:
    before, after = asyncio.run(_given_up_as_it_is_handed_over())
    assert after == before
