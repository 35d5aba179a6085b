"""The depth of a market that moves: rows around its quote, of one exchange or of all."""

from __future__ import annotations

from harness.wire.message import Message
from tests.gateways.simulator.talk import run
from tests.gateways.simulator.test_moving_market import AAPL, Exchange
from tests.gateways.simulator.trader import Trader


def test_the_depth_follows_the_quote() -> None:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            wanted = Message("req_market_depth", {**AAPL, "rows": 5, "smart_depth": True})
            heard = await exchange.asked(wanted, Message("req_market_data", {**AAPL, "req_id": 4}))
            return [*heard, *await exchange.passes(30)]

    heard = run(scenario())
    rows = [message for message in heard if message.name == "market_depth_l2"]
    assert [(row["side"], row["position"]) for row in rows[:10]] == [(side, at) for side in (1, 0) for at in range(5)]
    assert {row["operation"] for row in rows[:10]} == {0}
    assert {row["operation"] for row in rows[10:]} == {1}
    best = [row["price"] for row in rows if (row["side"], row["position"]) == (1, 0)]
    bids = [tick["price"] for tick in heard if tick.name == "tick_price" and tick["tick_type"] == 1]
    assert best[0] == bids[0]
    assert best[-1] == bids[-1]
    book = {(row["side"], row["position"]): float(str(row["price"])) for row in rows}
    assert [book[1, at] for at in range(5)] == sorted((book[1, at] for at in range(5)), reverse=True)
    assert book[1, 0] < book[0, 0] < book[0, 4]


def test_one_exchange_has_rows_of_its_own() -> None:
    future = {**AAPL, "con_id": 0, "symbol": "ES", "sec_type": "CONTFUT", "exchange": "CME", "rows": 3}

    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            return await exchange.asked(Message("req_market_depth", future))

    rows = run(scenario())
    assert [(row.name, row["side"], row["position"]) for row in rows] == [
        ("market_depth", side, at) for side in (1, 0) for at in range(3)
    ]


def test_a_quote_of_a_fraction_has_a_depth() -> None:
    """Whoever sets a price may set such a size; the depth of it was an error of the simulator."""
    trader = Trader()
    trader.prices.set(265598, 99.0, 100.0, size="0.5")
    rows = trader.say("req_market_depth", {**AAPL, "exchange": "NASDAQ", "rows": 2})
    assert [row["size"] for row in rows][::2] == ["0.5", "0.5"]
    assert all(row.text("size").isdigit() for row in rows[1::2])
