"""Runs gateways for the scripts that a user would write, in one process: the default matrix's, or silent ones."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

from benchmarks.processes import ROOT
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
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


async def _tell(ports: list[int]) -> None:
    """Print the ports and serve until standard input ends."""
    print(json.dumps(ports), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@contextmanager
def served(*arguments: str) -> Iterator[list[int]]:
    """Yield the ports of gateways in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.gateways", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the gateways' process has no pipes")
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait()


if __name__ == "__main__":
    asyncio.run(_be_silent(int(sys.argv[1])) if len(sys.argv) > 1 else _simulate())
