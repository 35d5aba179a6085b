"""Counts how much was traded at each price of a market that moves, for histograms."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from itertools import islice

from harness.gateways.simulator.answers.kinds_of_bars import bar_of
from harness.gateways.simulator.answers.refusals import TRADES
from harness.gateways.simulator.bar_times import BarTime, bar_times, since
from harness.gateways.simulator.client import Client
from harness.gateways.simulator.sessions import Session
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message

_BARS = ("5 mins", "1 hour", "1 day")
_MOST_BARS = 1000
"""What is traded in so long counts at its last price, and in longer if a period has more of them than so many.

So a year is told without a look at each trade, for which everybody else would wait (ours).
"""

_UNITS = {"d": ("D", 365), "w": ("W", 52), "m": ("M", 12), "y": ("Y", 1)}
"""By its first letter, how bars name a unit, and how many of it there may be."""
_DAY = "1 D"
_DIGITS = 7
"""Numbers with as many are none."""


def entries(request: Message, contract: Values, client: Client) -> tuple[Values, ...]:
    """Return the prices of a period, in order, and how much was traded around each; none if there are no trades.

    Args:
        request: with the period, such as ``3 days``; one that cannot be read is a day (ours).
        contract: of which contract.
        client: who asks.
    """
    prices, now = client.prices, client.now()
    session = prices.session(contract)
    if session is None:
        return ()
    liquid = bool(request["use_rth"])
    begins = since(session, _duration(request.text("period")), now, liquid=liquid)
    traded: defaultdict[float, Decimal] = defaultdict(Decimal)
    for time in _times(session, begins, now, liquid=liquid):
        bar = bar_of(prices, contract, TRADES, time.until(now))
        if bar is not None and bar["bar_count"]:
            traded[float(str(bar["close"]))] += Decimal(str(bar["volume"]))
    return tuple({"price": price, "size": str(size)} for price, size in sorted(traded.items()))


def _times(session: Session, begins: float, ends: float, *, liquid: bool) -> list[BarTime]:
    """Return the bars between two moments, of the shortest size that there are not too many of."""
    sizes = (list(islice(bar_times(session, size, begins, ends, liquid=liquid), _MOST_BARS + 1)) for size in _BARS)
    return next((times for times in sizes if len(times) <= _MOST_BARS), [])


def _duration(period: str) -> str:
    """Return a period, of at most a year, as the duration of bars."""
    count, _, unit = period.strip().partition(" ")
    letter, most = _UNITS.get(unit[:1].lower(), ("", 0))
    if not letter or not (count.isascii() and count.isdigit()) or not 0 < len(count.lstrip("0")) < _DIGITS:
        return _DAY
    return f"{min(int(count), most)} {letter}"
