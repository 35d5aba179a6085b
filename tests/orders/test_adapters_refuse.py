"""The last gate: an adapter that is asked for an order where an account is no paper account sends nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.gateways.simulator import truth
from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.server import SimulatedGateway
from tests.orders.conftest import Wire
from tests.rows import LibraryRow
from tests.worker.conftest import row  # noqa: F401 - a fixture

SCRIPT = Path(__file__).with_name("adapter_side.py")


ACCOUNTS = ("U9000001",), ("DU9000001", "U9000001"), ("DUBAI-LIVE-1",), ("DU9000001;U9000002",)


@pytest.fixture
def ports(loop: asyncio.AbstractEventLoop) -> Iterator[list[int]]:
    """Serve gateways, each of which shows other accounts."""

    def here(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    paper = truth.load("paper")
    gateways = [SimulatedGateway(find("gateway-10.45"), truth=replace(paper, accounts=shown)) for shown in ACCOUNTS]
    with contextlib.ExitStack() as ends:
        for gateway in gateways:
            here(gateway.__aenter__())
            ends.callback(lambda served: here(served.__aexit__(None, None, None)), gateway)
        yield [gateway.port for gateway in gateways]


def test_every_library_is_kept_from_it(row: LibraryRow, wire: Wire, ports: list[int]) -> None:  # noqa: F811
    words: list[str | Path] = [row.python, "-I", SCRIPT, str(SCRIPT.parents[2]), row.adapter]
    told = []
    for asked in [ports] if hasattr(os, "fork") else [[port] for port in ports]:
        done = subprocess.run([*words, *map(str, asked)], capture_output=True, text=True, check=True, timeout=60)
        told += json.loads(done.stdout)
    assert told == [["LiveAccountError"] * 4] * len(ACCOUNTS)
    assert len(wire.sent) == len(ACCOUNTS)
    assert wire.orders() == []
