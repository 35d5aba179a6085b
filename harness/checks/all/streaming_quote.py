"""Checks a streaming quote.

Delayed data is requested, so no subscription is needed. On a real gateway any price or size counts as an answer: while
the market is closed a field may be missing. If the account may not even see delayed data, the gateway says so and the
check is skipped with the gateway's text, because that is no fault of the library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK
from harness.checks.check import EVERYTHING, Check, Client
from harness.checks.expected import decimal, number
from harness.checks.quoted import quote_told, where_subscribed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth, Values


def ask(client: Client) -> dict[str, Any]:
    """Subscribe to the quote of a stock until it is complete, and end the subscription."""
    with where_subscribed(client):
        return dict(vars(client.connection.market.streaming_quote(LIQUID_STOCK, client.request_timeout)))


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the delayed quote of the stock."""
    return quote_of(truth.quotes[LIQUID_STOCK.symbol])


def quote_of(row: Values) -> Mapping[str, Expected]:
    """Return a true quote, delayed."""
    return {"market_data_type": DELAYED, **fields_of(row)}


def fields_of(row: Values) -> Mapping[str, Expected]:
    """Return the prices and sizes of a true quote, with None for what it lacks."""
    prices = {name: number(row, name) for name in ("bid", "ask", "last", "high", "low", "close")}
    sizes = {name: decimal(row, name) for name in ("bid_size", "ask_size", "last_size", "volume")}
    return {**prices, **sizes}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the quote that the gateway sent."""
    return quote_told(said)


DELAYED = 3

CHECK = Check(
    name="streaming_quote",
    proves="a streaming quote arrives, and the subscription ends; delayed data is accepted",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=(EVERYTHING,),
)
