"""Checks a scan: the most active stocks of the United States."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.records_lists import WantedScan
from harness.checks.check import EVERYTHING, Check, Client, plain
from harness.checks.expected import Records, number, records, text, whole
from harness.checks.quoted import where_subscribed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth, Values

WANTED = WantedScan("STK", "STK.US.MAJOR", "HOT_BY_VOLUME", rows=10)
TEXTS = (
    *("symbol", "sec_type", "right", "exchange", "currency", "local_symbol", "market_name", "trading_class"),
    *("distance", "benchmark", "projection", "legs"),
)


def ask(client: Client) -> dict[str, Any]:
    """Subscribe to the scan until its rows came once, and end the subscription."""
    with where_subscribed(client):
        return {"records": plain(client.connection.lists.scan(WANTED, client.request_timeout))}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return what the scan finds; the market's name is that of the trading class."""
    found = [row for row in truth.reference["scanned"] if WANTED.location in row["locations"]]
    rows = ({**row, "rank": rank, "market_name": row["trading_class"]} for rank, row in enumerate(found))
    return {"records": records(("rank",), map(_row, rows))}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the rows that the gateway sent."""
    rows = said.answers("req_scanner_subscription")[0].only("scanner_data").get("rows", ())
    assert isinstance(rows, (list, tuple))  # noqa: S101 - so the catalogue has it
    return {"records": Records(("rank",), tuple(map(_row, rows)))}


def _row(row: Values) -> Mapping[str, Expected]:
    return {
        "rank": whole(row, "rank"),
        "con_id": whole(row, "con_id"),
        "expiry": text(row, "last_trade_date"),
        "strike": number(row, "strike"),
        **{name: text(row, name) for name in TEXTS},
    }


CHECK = Check(
    name="scanner",
    asks="req_scanner_subscription",
    proves="all rows of a scan arrive, in their ranks, and the subscription ends",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=(EVERYTHING,),
)
