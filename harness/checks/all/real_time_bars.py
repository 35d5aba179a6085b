"""Checks real-time bars: the first bar of five seconds.

There is no delayed form of them. If the account has no subscription, or the market is closed, a real gateway sends
none: the check is skipped, unless the gateway is simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK
from harness.checks.check import EVERYTHING, Check, Client
from harness.checks.expected import HostClock, decimal, number, whole
from harness.checks.quoted import where_traded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth, Values

LONGER = 3
"""Times the request timeout that a bar may take: one comes every five seconds."""

LAST_TWO = 12.0
"""Seconds that the beginning of the newest bar may be off the clock: it ended up to five seconds ago."""


def ask(client: Client) -> dict[str, Any]:
    """Subscribe to bars of five seconds until the first came, and end the subscription."""
    with where_traded(client):
        bar = client.connection.feeds.real_time_bar(LIQUID_STOCK, LONGER * client.request_timeout)
    return dict(vars(bar))


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the true bar, as of now."""
    now = HostClock(tolerance=LAST_TWO, ahead=truth.clock_ahead)
    return {"time": now, **_values(truth.market.real_time_bars[LIQUID_STOCK.con_id])}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the first bar that the gateway sent."""
    row = said.answers("req_real_time_bars")[0].only("real_time_bar")
    return {"time": whole(row, "time"), **_values(row)}


def _values(row: Values) -> Mapping[str, Expected]:
    return {
        **{name: number(row, name) for name in ("open", "high", "low", "close")},
        **{name: decimal(row, name) for name in ("volume", "wap")},
        "count": whole(row, "bar_count"),
    }


CHECK = Check(
    name="real_time_bars",
    asks="req_real_time_bars",
    proves="a bar of five seconds arrives with all its values, and the subscription ends",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=(EVERYTHING,),
    requests=LONGER,
    waits=LONGER,
)
