"""Measures what the tap costs: how much longer a connect takes through it, and how fast bytes pass."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys

from harness.diagnose.control import probe
from harness.run.tap.proxy import Tap
from harness.run.tap.recorder import Limits

CONNECTS = 100
MEGABYTES = 400
_READY = 5.0
_WITHOUT_END = Limits(most_bytes=sys.maxsize, most_messages=sys.maxsize)
"""What is sent here is more than a tap passes on of any gateway: it would be cut off."""

_SOURCE = """
import socket, sys
megabyte = bytes(1_000_000)
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    for _ in range(2):
        client, _ = server.accept()
        with client:
            for _ in range(int(sys.argv[1])):
                client.sendall(megabyte)
"""

_SINK = """
import socket, sys, time
buffer, got = bytearray(1 << 20), 0
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as source:
    began = time.monotonic()
    while read := source.recv_into(buffer):
        got += read
print(got / 1e6 / (time.monotonic() - began))
"""


def connect_seconds(port: int) -> tuple[float, float]:
    """Return the medians of a connect, up to the next valid id: directly, and through a tap."""
    return asyncio.run(_connects(port))


async def _connects(port: int) -> tuple[float, float]:
    straight, tapped = [], []
    for _ in range(CONNECTS):
        straight.append(await connect(port))
        async with Tap("127.0.0.1", port) as tap:
            tapped.append(await connect(tap.address[1]))
    return statistics.median(straight), statistics.median(tapped)


async def connect(port: int, client_id: int = 7399) -> float:
    """Return the seconds of a connect, up to the next valid id."""
    record = await probe("127.0.0.1", port, client_id=client_id, timeout=_READY)
    if not record.passed:
        raise RuntimeError(f"the gateway to measure with does not answer: {record.reason}")
    return record.seconds["ready"]


def megabytes_a_second() -> tuple[float, float]:
    """Return how fast bytes pass from one process to another: directly, and through a tap."""
    words = [sys.executable, "-c", _SOURCE, str(MEGABYTES)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as source:
        if source.stdout is None:
            raise RuntimeError("the source has no output")
        port = int(source.stdout.readline())
        straight = asyncio.run(through(port))
        tapped = asyncio.run(_through_a_tap(port))
    return straight, tapped


async def _through_a_tap(port: int) -> float:
    async with Tap("127.0.0.1", port, limits=_WITHOUT_END) as tap:
        return await through(tap.address[1])


async def through(port: int) -> float:
    """Return how many megabytes a second come from a port."""
    sink = await asyncio.create_subprocess_exec(sys.executable, "-c", _SINK, str(port), stdout=asyncio.subprocess.PIPE)
    output, _ = await sink.communicate()
    return float(output)
