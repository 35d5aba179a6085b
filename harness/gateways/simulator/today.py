"""Says which day it is where a gateway is: much of what it tells is that of the day (captured)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from harness.gateways.simulator.client import Client

_NEW_YORK = "US/Eastern"


def day_of(when: float, zone: str | None = None) -> dt.date:
    """Return the day of a moment in a zone: that of the gateway's login, if it is known, else that of IBKR (ours)."""
    return dt.datetime.fromtimestamp(when, ZoneInfo(zone or _NEW_YORK)).date()


def is_recent(when: float, client: Client, days: int = 1) -> bool:
    """Return whether a moment is of today, or of the last days; in a market that stands still no day passes."""
    if not client.prices.moves:
        return True
    zone = client.behaviour.login_zone
    return day_of(when, zone) > day_of(client.now(), zone) - dt.timedelta(days)
