"""Checks a snapshot quote; `streaming_quote` says what counts as an answer if there is no market data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK
from harness.checks.all.streaming_quote import quote_of
from harness.checks.check import EVERYTHING, Check, Client
from harness.checks.quoted import quote_told, where_subscribed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Ask the quote of a stock once."""
    with where_subscribed(client):
        return dict(vars(client.connection.market.snapshot_quote(LIQUID_STOCK, client.request_timeout)))


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the delayed quote of the stock."""
    return quote_of(truth.quotes[LIQUID_STOCK.symbol])


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the quote that the gateway sent."""
    return quote_told(said)


CHECK = Check(
    name="snapshot_quote",
    asks="req_market_data",
    proves="a snapshot quote arrives and ends by itself; delayed data is accepted",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=(EVERYTHING,),
)
