"""A client that talks to the gateway of a test; its loop is not the gateway's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.pytest_plugin.ib_gateway import IBGateway
from harness.wire.message import Message
from tests.gateways.simulator.market import heard
from tests.gateways.simulator.talk import Client, connected, run

LINE = Message(
    "req_market_data",
    {"req_id": 3, "con_id": 265598, "symbol": "AAPL", "sec_type": "STK", "exchange": "SMART", "currency": "USD"},
)


def talking(gateway: IBGateway, scenario: Callable[[Client], Any], client_id: int = 5) -> Any:
    """Run a scenario with a client that has started."""

    async def talk() -> Any:
        async with connected(gateway, client_id) as client:  # type: ignore[arg-type]  # it needs the port alone
            await heard(client)  # the notice that a 10.45 has besides
            return await scenario(client)

    return run(talk())
