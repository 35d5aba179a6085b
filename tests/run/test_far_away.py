"""A healthy gateway that is far away is healthy: what a cell may take follows from what is asked of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from harness.checks.all import NAMES
from harness.gateways.simulator import gateway_profiles
from harness.gateways.simulator.server import SimulatedGateway
from harness.plan.build_plan import build_plan
from harness.plan.matrix.environments import RowEnvironment
from harness.plan.matrix.load import load_matrix
from harness.results.judge import judge
from harness.shared.status import Status
from tests.diagnose.control.listeners import Listener, beside, listening
from tests.run.fakes import run_plan
from tests.run.real import ROWS, folder_of, matrix

ONE_WAY = 0.3
"""Seconds: around the world, by way of a VPN."""

AWAY = """
[[gateway]]
product = "gateway"
version = "10.45"
kind = "address"
port = {port}
concurrency = 24
"""


async def carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, and the end of it, each so much later as it is far."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()

    def arrive(data: bytes) -> None:
        if writer.transport.is_closing():
            return
        if data:
            writer.write(data)
        elif writer.can_write_eof():
            writer.write_eof()

    data = b"-"
    while data:
        data = await reader.read(65536)
        loop.call_later(ONE_WAY, arrive, data)
    loop.call_later(ONE_WAY, over.set_result, None)
    await over


@asynccontextmanager
async def far_away() -> AsyncIterator[Listener]:
    """Serve a simulated gateway at a port that is far from it."""

    async def both_ways(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", gateway.port)
        try:
            await asyncio.gather(carried(reader, back), carried(there, writer))
        finally:
            back.close()

    async with SimulatedGateway(gateway_profiles.find("gateway-10.45")) as gateway, listening(both_ways) as listener:
        yield listener


@pytest.mark.slow
def test_six_hundred_milliseconds_away_every_library_passes(
    tmp_path: Path, environments: dict[str, RowEnvironment]
) -> None:
    folder = folder_of(environments)
    asked = [
        check
        for check in NAMES
        if check not in ("current_time_in_millis", "desupport_notice", "fx_quote", "pnl_single")
    ]  # which not all can
    with beside(far_away) as port:
        file = matrix(tmp_path, AWAY.format(port=port), f"checks = {json.dumps(asked)}")
        plan = build_plan(load_matrix(file))
        seen = run_plan(plan, folder, tmp_path)
    assert len(seen.cells) == len(ROWS)
    (met,) = seen.outcome.gateways
    for cell in plan.asked:
        outcome = seen.cells[cell.id]
        unwell = [(check.name, check.status, check.reason) for check in outcome.checks if check.status in RED]
        assert (unwell, outcome.killed) == ([], False)
        assert outcome.seconds > ONE_WAY * len(cell.checks)
        assert judge(cell, outcome, met).fault is None


RED = frozenset({Status.FAIL, Status.TIMEOUT, Status.ERROR, Status.DEGRADED})
