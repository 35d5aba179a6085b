"""Checks a quote of a currency pair, whose sizes may be fractions.

Gateways refuse it with 10285 to a client that speaks less than server version 163, as they do with crypto and with
fractions of shares. This cannot be predicted from the version alone: such a client connects, and reads stocks. IBKR
sends the quotes of its currency pairs to everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.records_market import Wanted
from harness.checks.all.streaming_quote import fields_of
from harness.checks.check import EVERYTHING, Check, Client
from harness.checks.quoted import quote_told, where_subscribed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth

EURUSD = Wanted("EUR", "CASH", "IDEALPRO", "USD", con_id=12087792)
LIVE = 1


def ask(client: Client) -> dict[str, Any]:
    """Ask the quote of euros in dollars once."""
    with where_subscribed(client):
        return dict(vars(client.connection.market.snapshot_quote(EURUSD, client.request_timeout)))


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the true quote, which is live; a currency pair has no last trade and no volume."""
    return {"market_data_type": LIVE, **fields_of(truth.quotes[EURUSD.symbol])}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the quote that the gateway sent."""
    return quote_told(said)


CHECK = Check(
    name="fx_quote",
    asks="req_market_data",
    proves="a currency pair, whose sizes may be fractional, is quoted; below server version 163 Gateways refuse that",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=(EVERYTHING,),
)
