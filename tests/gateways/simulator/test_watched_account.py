"""What a client watches of an account goes on in a market that moves, though no order works."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.gateways.simulator.timing import SteppedTime
from harness.wire.message import Message, Value
from tests.gateways.simulator.market import AAPL, ACCOUNT, cancel, heard, limit, order
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.simulator.test_moving_market import FRIDAY

PROFITS = {
    "pnl": Message("req_pnl", {"req_id": 1, "account": ACCOUNT}),
    "pnl_single": Message("req_pnl_single", {"req_id": 1, "account": ACCOUNT, "con_id": AAPL}),
}
ACCOUNTS = {
    "account_value": Message("req_account_updates", {"subscribe": True, "account": ACCOUNT}),
    "account_update_multi": Message("req_account_updates_multi", {"req_id": 1}),
    "account_summary": Message("req_account_summary", {"req_id": 1, "group": "All", "tags": "NetLiquidation,SMA"}),
}


async def told_after(steps: list[float], *requests: Message) -> list[list[Message]]:
    """What comes unasked with each step of the clock; the account was empty, and bought before it was asked for."""
    clock, told = SteppedTime(FRIDAY), []
    async with simulated(seed=2, fresh=True, timing=clock) as gateway, connected(gateway, 5) as client:
        await heard(client, order())
        await heard(client)
        clock.step(5)
        await heard(client, *requests)
        for seconds in steps:
            clock.step(seconds)
            told.append(await heard(client))
    return told


@pytest.mark.parametrize("name", sorted(PROFITS))
def test_profit_is_told_again_though_no_order_works_when_it_is_asked_for(name: str) -> None:
    told = [message for messages in run(told_after([1] * 30, PROFITS[name])) for message in messages]
    assert {message.name for message in told} == {name}
    assert len({message["unrealized_pnl"] for message in told}) > 3


@pytest.mark.parametrize("name", sorted(ACCOUNTS))
def test_an_account_is_told_again_every_three_minutes_and_only_what_has_changed(name: str) -> None:
    """Documented."""
    told = run(told_after([1, 177, 1, 1, 1, 177, 1, 1], ACCOUNTS[name]))
    assert [bool(messages) for messages in told] == [False, False, False, True, False, False, False, True]
    for messages in (told[3], told[7]):
        keys = {message["tag" if name == "account_summary" else "key"] for message in messages if message.name == name}
        assert "NetLiquidation" in keys
        assert not keys & {"AccountType", "TotalCashValue"}


def test_account_updates_tell_again_the_holdings_that_have_changed_and_the_time() -> None:
    told = run(told_after([178, 1, 1, 1], ACCOUNTS["account_value"]))
    holdings = [message for messages in told for message in messages if "key" not in message.values]
    assert [message.name for message in holdings] == ["portfolio_value", "account_update_time", "account_update_time"]
    assert holdings[0]["con_id"] == AAPL


async def waits_after(*requests: Message) -> list[float | None]:
    """How far off the moment is that is waited for after each request; the account holds an option until four."""
    clock, waits = SteppedTime(FRIDAY), list[float | None]()
    details: Mapping[str, Value] = {
        "req_id": 3,
        "symbol": "AAPL",
        "sec_type": "OPT",
        "exchange": "SMART",
        "last_trade_date": "20261204",
    }
    async with simulated(seed=1, fresh=True, timing=clock) as gateway, connected(gateway, 5) as client:
        option, *_ = await heard(client, Message("req_contract_data", details))
        await heard(client, order(con_id=option["con_id"], sec_type="OPT", total_quantity="1"))
        clock.step(5)
        for request in requests:
            await heard(client, request)
            await heard(client)
            waits.append(None if clock.due is None else clock.due - clock.now())
    return waits


def test_nobody_is_woken_before_something_may_have_changed() -> None:
    """A test that steps the clock over a day waits for each moment that is waited for."""
    four = 6 * 3600 - 5
    asked = [
        Message("req_ids"),
        Message("req_positions"),
        ACCOUNTS["account_value"],
        limit(102, 1.0, con_id=AAPL),
        cancel(102),
        PROFITS["pnl"],
    ]
    assert run(waits_after(*asked)) == [None, four, 180, 1, 1, 1]
