"""Whatever a gateway plays: it starts, takes a connection, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import ExitStack

import psutil
import pytest

from harness.known.scenarios import Door, load
from tests.gateways.simulator.raw import HELLO, START_API, Raw, ours_at, playing, until
from tests.gateways.simulator.talk import run

UNANSWERED = {name for name, scenario in load().items() if scenario.behaviour.door in {Door.REFUSES, Door.QUEUE_FULL}}
ONLY_ON_LINUX = {name for name, scenario in load().items() if scenario.behaviour.door is Door.QUEUE_FULL}


def open_files() -> int:
    """Count what this process has open; where that is not a number of files, its connections alone."""
    process = psutil.Process()
    return process.num_fds() if sys.platform != "win32" else len(process.net_connections())


@pytest.mark.parametrize("name", load())
def test_a_gateway_that_plays_a_scenario_leaves_no_socket_and_no_task(name: str) -> None:
    if name in ONLY_ON_LINUX and sys.platform != "linux":
        pytest.skip("only Linux leaves connects unanswered")

    async def scenario() -> None:
        files, tasks = open_files(), asyncio.all_tasks()
        with ExitStack() as stack:
            async with playing(name) as gateway:
                clients = [stack.enter_context(Raw(gateway.port)) for _ in range(0 if name in UNANSWERED else 2)]
                for client in clients:
                    await client.send(HELLO + START_API)
                for client in clients[1:]:
                    client.socket.close()
                for client in clients[:1]:
                    await client.hears_nothing()
            assert asyncio.all_tasks() == tasks
            await until(lambda: ours_at(gateway.port) == [])  # asyncio closes a socket in the turn after
        assert open_files() == files
        with socket.create_server(("127.0.0.1", gateway.port)):
            pass

    run(scenario())


async def broken_off(name: str, ports: list[int]) -> None:
    async with playing(name) as gateway:
        ports.append(gateway.port)
        raise ValueError("from inside")


@pytest.mark.parametrize("name", ["never-accepts", "queue-full", "wedges", "refuses", "deaf"])
def test_an_exception_inside_leaves_nothing_either(name: str) -> None:
    if name in ONLY_ON_LINUX and sys.platform != "linux":
        pytest.skip("only Linux leaves connects unanswered")

    async def scenario(ports: list[int]) -> None:
        tasks = asyncio.all_tasks()
        with pytest.raises(ValueError, match="from inside"):
            await broken_off(name, ports)
        assert asyncio.all_tasks() == tasks
        await until(lambda: ours_at(ports[0]) == [])

    files = open_files()
    run(scenario([]))
    assert open_files() == files
