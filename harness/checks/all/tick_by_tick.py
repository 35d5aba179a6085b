"""Checks tick-by-tick data: every trade, and every change of bid and ask.

There is no delayed form of it. If the account has no subscription, or the market is closed and nothing ticks, a real
gateway sends no answer to compare with: the check is skipped, unless the gateway is simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK
from harness.checks.check import EVERYTHING, Check, Client, plain
from harness.checks.expected import HostClock, Near, decimal, number, records, text
from harness.checks.heard import told
from harness.checks.quoted import where_traded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected, Records
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth, Values


def ask(client: Client) -> dict[str, Any]:
    """Subscribe to trades and then to bid and ask, until one of each came."""
    with where_traded(client):
        ticks = client.connection.market.tick_by_tick(LIQUID_STOCK, client.request_timeout)
    return {"records": plain(ticks)}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return one trade and one quote, as of now."""
    trade, quote = truth.trades[LIQUID_STOCK.symbol], truth.quotes[LIQUID_STOCK.symbol]
    nothing: dict[str, Expected] = dict.fromkeys(("price", "size", "bid", "bid_size", "ask", "ask_size"))
    common = {**nothing, "time": HostClock(ahead=truth.clock_ahead), "exchange": "", "conditions": ""}
    last = {
        "kind": "last",
        "price": number(trade, "price"),
        "size": decimal(trade, "size"),
        "exchange": str(trade["exchange"]),
        "conditions": str(trade["conditions"]),
    }
    sides = {
        "kind": "quote",
        **{name: number(quote, name) for name in ("bid", "ask")},
        **{name: decimal(quote, name) for name in ("bid_size", "ask_size")},
    }
    return {"records": records(("kind",), [{**common, **last}, {**common, **sides}])}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the ticks that the gateway sent."""
    return {"records": told(("kind",), said.answers("req_tick_by_tick"), "tick_by_tick", _tick)}


def _tick(row: Values) -> Mapping[str, Expected]:
    nothing: dict[str, Expected] = dict.fromkeys(("price", "size", "bid", "bid_size", "ask", "ask_size"))
    common = {**nothing, "exchange": "", "conditions": ""}
    if row["tick_type"] not in LAST:
        prices = {name: number(row, f"quote_{name}") for name in ("bid", "ask")}
        sizes = {name: decimal(row, f"quote_{name}") for name in ("bid_size", "ask_size")}
        return {**common, "kind": "quote", "time": Near(number(row, "quote_time"), OWN_CLOCK), **prices, **sizes}
    words = {name: text(row, f"last_{name}") for name in ("exchange", "conditions")}
    trade = {"price": number(row, "last_price"), "size": decimal(row, "last_size")}
    return {**common, "kind": "last", "time": Near(number(row, "last_time"), OWN_CLOCK), **trade, **words}


OWN_CLOCK = 60.0
"""Seconds: ib_insync and ib_async put the time at which they read a tick in the place of the gateway's."""

LAST = frozenset({1, 2})
"""Kinds of ticks that are trades; IBKR's numbers."""

CHECK = Check(
    name="tick_by_tick",
    asks="req_tick_by_tick",
    proves="trades and changes of bid and ask arrive one by one, and the subscription ends",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=(EVERYTHING,),
    requests=2,
)
