"""Checks that clients stay connected while the gateway loses IBKR and finds it again, and ask anew what was lost.

After 1102 subscriptions go on, after 1101 they are gone. Whatever a library keeps of the one that it has, it must be
possible to subscribe again. Source of the codes' meaning: IBKR's documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK
from harness.checks.all.streaming_quote import quote_of
from harness.checks.check import Check, Client
from harness.checks.expected import records
from harness.checks.quoted import quotes_told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected, Records
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth

LOST, RESTORED_DATA_LOST, RESTORED = 1100, 1101, 1102
CODES = frozenset({LOST, RESTORED_DATA_LOST, RESTORED})

BEFORE, ANEW = "before", "anew"


def ask(client: Client) -> dict[str, Any]:
    """Watch a quote, make the request that triggers the connectivity notices, and watch the quote again."""
    connection, timeout = client.connection, client.request_timeout
    heard = len(client.callbacks)

    def lose() -> None:
        connection.system.current_time(timeout)

    before, anew = connection.market.quote_asked_anew(LIQUID_STOCK, lose, timeout)
    said = [callback for callback in client.callbacks[heard:] if callback.code in CODES]
    connection.system.current_time(timeout)
    return {
        "told": [f"{callback.code} {callback.message}" for callback in said],
        "quotes": [{"when": BEFORE, **vars(before)}, {"when": ANEW, **vars(anew)}],
    }


def expected(truth: Truth) -> Mapping[str, Expected | Records]:
    """Return the gateway's notices in their order, and the quote twice."""
    quote = quote_of(truth.quotes[LIQUID_STOCK.symbol])
    return {"told": tuple(f"{row['code']} {row['text']}" for row in truth.connectivity), **_quotes(quote, quote)}


def heard(said: Heard) -> Mapping[str, Expected | Records]:
    """Return the notices that the gateway sent before its first answer, and the quotes."""
    errors = said.answers("req_current_time")[0].rows.get("error", ())
    told = tuple(f"{row['code']} {row['text']}" for row in errors if row["code"] in CODES)
    return {"told": told, **_quotes(*quotes_told(said, 2))}


def _quotes(before: Mapping[str, Expected], anew: Mapping[str, Expected]) -> Mapping[str, Records]:
    return {"quotes": records(("when",), [{"when": BEFORE, **before}, {"when": ANEW, **anew}])}


CHECK = Check(
    name="connectivity",
    proves="1100, 1101 and 1102 reach the user in the gateway's words, the connection stays open, and a quote can be "
    "asked anew",
    ask=ask,
    expected=expected,
    heard=heard,
    scenario="loses-connectivity",
    requests=4,
)
