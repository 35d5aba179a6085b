"""Says when a contract's market is open. Without a session, as in the truth, it always is."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from harness.gateways.simulator.sessions import Session, Span
from harness.gateways.simulator.trading.combos import is_combo, legs_of
from harness.gateways.simulator.trading.order import Order, Values

_DAY = 86400.0
_FAR = 14 * _DAY
"""Seconds within which a market opens again."""


Sessions = Callable[[Values], Session | None]
"""Returns the session of a contract; ``None`` if its market is always open."""


def always_open(_contract: Values) -> Session | None:
    """Know no session."""
    return None


class Hours:
    """The hours of the markets.

    Args:
        sessions: of each contract.
    """

    def __init__(self, sessions: Sessions = always_open) -> None:
        self._sessions = sessions

    def _session(self, contract: Values) -> Session | None:
        """Return when a contract is traded; a combination is where its first leg is (inferred)."""
        legs = legs_of(contract) if is_combo(contract) else ()
        return self._sessions(legs[0].contract if legs else contract)

    def is_open(self, order: Order, when: float) -> bool:
        """Return whether an order may be filled: outside liquid hours only if it says so."""
        session = self._session(order.contract)
        return session is None or session.is_open(when, liquid=not order.values.get("outside_rth"))

    def is_liquid(self, contract: Values, when: float) -> bool:
        """Return whether a contract is in its regular hours; one without hours always is."""
        session = self._session(contract)
        return session is None or session.is_open(when, liquid=True)

    def day_ends(self, order: Order, when: float) -> float | None:
        """Return when the market of a day order closes, today or after the next opening; ``None`` if never."""
        span = self._next(order, when)
        if span is None:
            return None
        return max(each.ends for each in self._spans(order, when) if each.day == span.day)  # not before a break

    def next_open(self, contract: Values, when: float) -> float | None:
        """Return when the regular hours of a contract begin after a moment; ``None`` if it has no hours."""
        session = self._session(contract)
        if session is None:
            return None
        spans = list(session.spans(when - _DAY, when + _FAR, liquid=True))
        firsts = {span.day: span.begins for span in reversed(spans)}  # not after a break
        return min((begins for begins in firsts.values() if begins > when), default=None)

    def next_close(self, contract: Values, when: float) -> float | None:
        """Return when the regular hours of a contract end after a moment; ``None`` if it has no hours."""
        session = self._session(contract)
        if session is None:
            return None
        lasts = {span.day: span.ends for span in session.spans(when, when + _FAR, liquid=True)}  # not before a break
        return min(lasts.values(), default=None)

    def opens(self, order: Order, when: float) -> str:
        """Return when an order will be placed at its exchange, as the warning has it."""
        span = self._next(order, when)
        name = str(order.contract.get("time_zone_id") or "US/Eastern")
        try:
            zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            name, zone = "UTC", ZoneInfo("UTC")
        begins = when if span is None else span.begins
        return f"{dt.datetime.fromtimestamp(begins, zone):%Y-%m-%d %H:%M:%S} {name}"

    def _next(self, order: Order, when: float) -> Span | None:
        return next((span for span in self._spans(order, when) if span.ends > when), None)

    def _spans(self, order: Order, when: float) -> Iterator[Span]:
        session = self._session(order.contract)
        if session is not None:
            yield from session.spans(when, when + _FAR, liquid=not order.values.get("outside_rth"))


_FIRST, _LAST = (dt.datetime(*day, tzinfo=dt.UTC).timestamp() for day in ((1, 1, 3), (9999, 12, 1)))
"""Moments that a date can be told of in any zone, and the next openings of a market after them."""
_MOMENT = re.compile(
    r"(?=\d)(?:(?P<date>\d{8})(?:(?P<dash>-)| +)?)?(?P<time>\d{1,2}:\d{2}(?::\d{2})?)?(?: +(?P<zone>\S+))?"
)


def moment_of(text: object, contract: Values, today: float | None = None) -> float | None:
    """Return the moment that an order names, in Unix seconds; ``None`` if it is none.

    With a dash it is UTC; without a zone it is the contract's; a date alone is its last second (inferred); a time alone
    is of the day of ``today`` (documented). One at the very ends of the calendar is the nearest that every zone has.
    """
    found = _MOMENT.fullmatch(str(text or "").strip())
    if found is None or (found["date"] is None and today is None):
        return None
    zone = "UTC" if found["dash"] else found["zone"] or str(contract.get("time_zone_id") or "US/Eastern")
    time = found["time"] or "23:59:59"
    shape = "%Y%m%d %H:%M:%S" if time.count(":") == 2 else "%Y%m%d %H:%M"  # noqa: PLR2004 - with seconds
    try:
        date = found["date"] or f"{dt.datetime.fromtimestamp(today or 0.0, ZoneInfo(zone)):%Y%m%d}"
        moment = dt.datetime.strptime(f"{date} {time}", shape)  # noqa: DTZ007 - its zone follows
        return min(max(moment.replace(tzinfo=ZoneInfo(zone)).timestamp(), _FIRST), _LAST)
    except (KeyError, ValueError, OSError, OverflowError):
        return None
