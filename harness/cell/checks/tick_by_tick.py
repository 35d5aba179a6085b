"""Every trade and every change of bid and ask.

There is no delayed form of it. Where the account has no subscription, or the market is closed and nothing ticks, a real
gateway gives no answer to hold a library against: the check is skipped, unless the gateway is simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK, RequestTimeoutError
from harness.cell.check import EVERYTHING, Check, Client, NotAskedError, plain
from harness.cell.expected import HostClock, decimal, number, records
from harness.cell.subscribed import where_subscribed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.cell.expected import Expected, Records
    from harness.simulator.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Subscribe to trades and then to bid and ask, until one of each came."""
    try:
        with where_subscribed():
            ticks = client.connection.tick_by_tick(LIQUID_STOCK, client.request_timeout)
    except RequestTimeoutError as error:
        if client.simulated:
            raise
        raise NotAskedError(f"nothing ticked, as while the market is closed: {error}") from error
    return {"records": plain(ticks)}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Give one trade and one quote, as of now."""
    trade, quote = truth.trades[LIQUID_STOCK.symbol], truth.quotes[LIQUID_STOCK.symbol]
    nothing: dict[str, Expected] = dict.fromkeys(("price", "size", "bid", "bid_size", "ask", "ask_size"))
    common = {**nothing, "time": HostClock(), "exchange": "", "conditions": ""}
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


CHECK = Check(
    name="tick_by_tick",
    asks="req_tick_by_tick",
    proves="trades and changes of bid and ask come in one by one, and the subscription to them ends",
    ask=ask,
    expected=expected,
    varies=(EVERYTHING,),
    requests=2,
)
