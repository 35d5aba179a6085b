"""The last gate: an adapter that is asked for an order where an account is no paper account sends nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
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


@pytest.fixture
def port(loop: asyncio.AbstractEventLoop, accounts: tuple[str, ...]) -> Iterator[int]:
    """Serve a gateway that shows some accounts."""

    def here(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    shown = replace(truth.load("paper"), accounts=accounts)
    gateway = SimulatedGateway(find("gateway-10.45"), truth=shown)
    with contextlib.ExitStack() as ends:
        here(gateway.__aenter__())
        ends.callback(lambda: here(gateway.__aexit__(None, None, None)))
        yield gateway.port


@pytest.mark.parametrize(
    "accounts", [("U9000001",), ("DU9000001", "U9000001"), ("DUBAI-LIVE-1",), ("DU9000001;U9000002",)]
)
def test_every_library_is_kept_from_it(row: LibraryRow, wire: Wire, port: int) -> None:  # noqa: F811
    command: list[str | Path] = [row.python, "-I", SCRIPT, str(SCRIPT.parents[2]), row.adapter, str(port)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == ["LiveAccountError"] * 4
    assert len(wire.sent) == 1
    assert wire.orders() == []
