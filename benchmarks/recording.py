"""Measures what recording a gateway costs its clients: how much longer a connect takes, and how fast bytes pass."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.tap import CONNECTS, connect, through
from harness.recordings.recording import Head
from harness.run.recording.feed import Feed
from harness.run.recording.guard import Permits
from harness.run.recording.proxy import Proxy
from harness.run.recording.writing import Task
from harness.run.recording.writing_process import WritingProcess

MEGABYTES = 400
FRAME = 4096
"""Bytes of a frame that is sent: an answer of a few rows."""

_SOURCE = """
import socket, struct, sys
reply, accounts = b"203\\x0020261130 14:30:00 UTC\\0", bytes((0, 0, 0, 15)) + b"1\\0DU9000001\\0"
payload = bytes((0, 0, 0, 49)) + b"1\\0" + b"1787607569" * (int(sys.argv[2]) // 10) + b"\\0"
frame = struct.pack(">I", len(payload)) + payload
megabyte = frame * (1_000_000 // len(frame))
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    for _ in range(2):
        client, _ = server.accept()
        with client:
            for each in (reply, accounts):
                client.sendall(struct.pack(">I", len(each)) + each)
            for _ in range(int(sys.argv[1])):
                client.sendall(megabyte)
"""


@asynccontextmanager
async def recorded(port: int) -> AsyncIterator[int]:
    """Record the gateway at a port; yield the port for its clients."""
    with TemporaryDirectory() as folder:
        head = Head(made_by="benchmark", began=datetime.now(UTC), cleaned=True)
        async with WritingProcess(Task(part=Path(folder) / "a.ibrec.part", raw=None, head=head)) as writing:
            feed = Feed(writing.write, writing.waiting, time.monotonic())
            async with Proxy(("127.0.0.1", port), 0, feed, Permits()) as proxy:
                yield proxy.port


def connect_seconds(port: int) -> tuple[float, float]:
    """Return the medians of a connect, up to the next valid id: directly, and while the gateway is recorded."""
    return asyncio.run(_connects(port))


async def _connects(port: int) -> tuple[float, float]:
    straight, through_proxy = [], []
    async with recorded(port) as listens:
        for number in range(CONNECTS):  # the end of the one before may still be on its way to the gateway
            straight.append(await connect(port, 7200 + number))
            through_proxy.append(await connect(listens, 7400 + number))
    return statistics.median(straight), statistics.median(through_proxy)


def megabytes_a_second(frame: int = FRAME) -> tuple[float, float]:
    """Return how fast frames pass from one process to another: directly, and while they are recorded."""
    words = [sys.executable, "-c", _SOURCE, str(MEGABYTES), str(frame)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as source:
        if source.stdout is None:
            raise RuntimeError("the source has no output")
        port = int(source.stdout.readline())
        straight = asyncio.run(through(port))
        return straight, asyncio.run(_through_the_proxy(port))


async def _through_the_proxy(port: int) -> float:
    async with recorded(port) as listens:
        return await through(listens)
