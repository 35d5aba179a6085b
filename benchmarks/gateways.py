"""Runs gateways in a process of their own: those of the default matrix, silent ones, or one whose market moves."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

from benchmarks.processes import ROOT
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from harness.gateways.simulator.timing import FastTime
from harness.known.scenarios import Behaviour
from harness.plan.matrix.load import load_matrix


async def _simulate() -> None:
    async with AsyncExitStack() as stack:
        specs = load_matrix(ROOT / "matrices" / "default.toml").gateways
        simulated = [SimulatedGateway(find(spec.profile or spec.name), scenario=spec.scenario) for spec in specs]
        gateways = [await stack.enter_async_context(gateway) for gateway in simulated]
        await _tell([gateway.port for gateway in gateways])


async def _be_silent(count: int) -> None:
    """Accept, and say nothing: what a Gateway with a stuck API thread does."""
    held: list[asyncio.StreamWriter] = []
    servers = [
        await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0, backlog=512)
        for _ in range(count)
    ]
    await _tell([server.sockets[0].getsockname()[1] for server in servers])
    for writer in held:
        writer.close()


async def _move(ahead: float, speed: float) -> None:
    """Be a gateway whose market moves, by a clock that begins so many seconds ahead of ours."""
    behaviour = Behaviour(max_clients=1000, backlog=512)
    clock = FastTime(time.time() + ahead, speed)
    async with SimulatedGateway(find("gateway-10.45"), behaviour=behaviour, seed=1, timing=clock) as gateway:
        await _tell([gateway.port])


async def _echo() -> None:
    """Send back whatever comes: the least that a server of asyncio does."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0, backlog=512) as server:
        await _tell([server.sockets[0].getsockname()[1]])


async def _tell(ports: list[int]) -> None:
    """Print the ports and serve until standard input ends."""
    print(json.dumps(ports), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@contextmanager
def served(*arguments: str) -> Iterator[list[int]]:
    """Yield the ports of gateways in a process of their own."""
    with process_of(*arguments) as (ports, _):
        yield ports


@contextmanager
def process_of(*arguments: str) -> Iterator[tuple[list[int], int]]:
    """Yield the ports of gateways in a process of their own, and its number."""
    command = [sys.executable, "-m", "benchmarks.gateways", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the gateways' process has no pipes")
        try:
            yield json.loads(process.stdout.readline()), process.pid
        finally:
            process.stdin.close()
            process.wait()


async def _main(name: str = "simulated", *numbers: str) -> None:
    match name:
        case "silent":
            await _be_silent(int(numbers[0]))
        case "moving":
            await _move(*map(float, numbers))
        case "echo":
            await _echo()
        case _:
            await _simulate()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
