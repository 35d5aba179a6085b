"""What a client watches of an account goes on in a market that moves, though no order works."""

from __future__ import annotations

import pytest

from harness.gateways.simulator.timing import SteppedTime
from harness.wire.message import Message
from tests.gateways.simulator.market import AAPL, ACCOUNT, heard, order
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.simulator.test_moving_market import FRIDAY

WATCHED = {
    "pnl": Message("req_pnl", {"req_id": 1, "account": ACCOUNT}),
    "pnl_single": Message("req_pnl_single", {"req_id": 1, "account": ACCOUNT, "con_id": AAPL}),
}


async def after(seconds: int, *requests: Message) -> list[Message]:
    """What comes unasked while the clock is stepped; the account was empty, and bought before."""
    clock, told = SteppedTime(FRIDAY), list[Message]()
    async with simulated(seed=1, fresh=True, timing=clock) as gateway, connected(gateway, 5) as client:
        await heard(client, order())
        await heard(client)
        clock.step(5)
        await heard(client, *requests)
        for _ in range(seconds):
            clock.step(1)
            told += await heard(client)
    return told


@pytest.mark.parametrize("name", sorted(WATCHED))
def test_profit_is_told_again_though_no_order_works_when_it_is_asked_for(name: str) -> None:
    told = run(after(30, WATCHED[name]))
    assert {message.name for message in told} == {name}
    assert len({message["unrealized_pnl"] for message in told}) > 3
