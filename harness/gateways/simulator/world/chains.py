"""Makes options: every one of a chain by rule, each with the same con id for ever, none before somebody asks for it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from harness.gateways.simulator.sessions import Session
from harness.gateways.simulator.truth import Values
from harness.gateways.simulator.world.expiries import business_days, ends_on, expirations, is_business_day
from harness.gateways.simulator.world.futures import Future
from harness.gateways.simulator.world.listing import Listing
from harness.gateways.simulator.world.making import common, trading
from harness.gateways.simulator.world.tables import ChainTable, KindTable

RIGHTS = ("C", "P")
CON_IDS = range(1_000_000_000, 2_147_483_648)
"""Options are here, by chain, day of expiration, strike and right."""
_FIRST_MONDAY = dt.date(2020, 12, 28)
_BUSINESS_DAYS = 6000
"""Until the end of 2043."""
MOST_STRIKES = 2048
_A_CHAIN = _BUSINESS_DAYS * MOST_STRIKES * len(RIGHTS)
_WEEKDAYS = 5
_DAY = dt.timedelta(days=1)
_TRADING_DAYS_A_YEAR = 252


class Chain:
    """All options of one trading class.

    Args:
        table: as in the file.
        kind: what options of its kind have in common.
        session: when they trade.
        underlying: what they are on; of options on a future, what that future is on.
        future: what they are on, if it is a future.
    """

    def __init__(
        self, table: ChainTable, kind: KindTable, session: Session, underlying: Listing, future: Future | None
    ) -> None:
        self.table = table
        self.symbol = future.table.symbol if future else str(underlying.details["symbol"])
        self.sec_type = kind.sec_type
        self.exchanges = table.valid_exchanges or kind.valid_exchanges
        self._kind = kind
        self._session = session
        self._underlying = underlying
        self._future = future
        self._implied = round(underlying.volatility * math.sqrt(_TRADING_DAYS_A_YEAR), 4)
        self._listed = lru_cache(8)(self._listed_of)
        self._shared = lru_cache(128)(self._shared_of)

    @cached_property
    def unit(self) -> float:
        """What every strike is a multiple of."""
        return min(band.step for band in self.table.strikes)

    @cached_property
    def strikes(self) -> tuple[float, ...]:
        """All strikes, in order: around the price of the underlying, closer together where they are closer to it."""
        price = self._underlying.price
        found = {
            count * band.step
            for band in self.table.strikes
            for count in range(
                math.ceil(price * (1 - band.within) / band.step), int(price * (1 + band.within) / band.step) + 1
            )
            if count > 0
        }
        return tuple(sorted(found))

    @cached_property
    def _known_strikes(self) -> Container[float]:
        return frozenset(self.strikes)

    def con_id(self, ends: dt.date, strike: float, right: str) -> int:
        """Return the number of an option."""
        weeks, weekday = divmod((ends - _FIRST_MONDAY).days, 7)
        place = (weeks * _WEEKDAYS + weekday) * MOST_STRIKES + round(strike / self.unit)
        return CON_IDS.start + (self.table.number - 1) * _A_CHAIN + place * len(RIGHTS) + RIGHTS.index(right)

    def find(self, con_id: int) -> tuple[dt.date, float, str] | None:
        """Return day, strike and right of an option by its number; ``None`` if the chain never has it."""
        place, right = divmod(con_id - CON_IDS.start - (self.table.number - 1) * _A_CHAIN, len(RIGHTS))
        days, count = divmod(place, MOST_STRIKES)
        if not 0 <= days < _BUSINESS_DAYS:
            return None
        weeks, weekday = divmod(days, _WEEKDAYS)
        ends = _FIRST_MONDAY + _DAY * (weeks * 7 + weekday)
        strike = count * self.unit
        return (ends, strike, RIGHTS[right]) if self.has(ends, strike) else None

    def has(self, ends: dt.date, strike: float) -> bool:
        """Return whether there is such an option at any time."""
        return strike in self._known_strikes and is_business_day(ends) and ends_on(self.table.series, ends)

    def ever(self) -> Iterator[dt.date]:
        """Yield all days on which options of the chain end."""
        every = (_FIRST_MONDAY + _DAY * number for number in range(_BUSINESS_DAYS // _WEEKDAYS * 7))
        return (day for day in every if is_business_day(day) and ends_on(self.table.series, day))

    def con_ids(self, days: Iterable[dt.date]) -> Iterator[int]:
        """Yield the numbers of all options that end on some days."""
        return (self.con_id(ends, strike, right) for ends in days for strike in self.strikes for right in RIGHTS)

    def listed(self, now: float) -> tuple[dt.date, ...]:
        """Return the days on which the options end that trade at a moment, in order."""
        ends = self._listed(self._session.day(now))
        return tuple(day for day in ends if self.expires(day) > now)

    def _listed_of(self, today: dt.date) -> tuple[dt.date, ...]:
        return expirations(self.table.series, today)

    def last_day(self, ends: dt.date) -> dt.date:
        """Return the last day of trading: the day of expiration, or the business day before it."""
        return next(business_days(ends - _DAY, -1)) if self.table.ends_on_eve else ends

    def expires(self, ends: dt.date) -> float:
        """Return the last moment of trading, in Unix seconds: on a half day that of the regular hours."""
        day, time = self.last_day(ends), dt.time.fromisoformat(self.table.last_time)
        last = dt.datetime.combine(day, time, ZoneInfo(self._session.zone)).timestamp()
        return min(last, self._session.closes(day) or last)

    def underlying_con_id(self, ends: dt.date) -> int:
        """Return the number of what the options that end on a day are on."""
        if self._future is None:
            return self._underlying.con_id
        return self._future.con_id(self._future.first_that_lasts(ends))

    def local_symbol(self, ends: dt.date, strike: float, right: str) -> str:
        """Return the local symbol: as OCC has it, of an option on a future such as ``ESZ6 C6700``."""
        if self._future is None:
            return f"{self.table.trading_class:<6}{ends:%y%m%d}{right}{round(strike * 1000):08}"
        code = self._future.local_symbol((ends.year, ends.month))[len(self._future.table.trading_class) :]
        return f"{self.table.trading_class}{code} {right}{strike:g}"

    def parameters(self, now: float) -> Iterator[Values]:
        """Yield what ``sec_def_opt_params`` says of the chain, without its request."""
        strikes = tuple({"price": strike} for strike in self.strikes)
        dates: dict[int, list[Values]] = {}
        for ends in self.listed(now):
            dates.setdefault(self.underlying_con_id(ends), []).append({"date": f"{self.last_day(ends):%Y%m%d}"})
        for con_id, days in dates.items():
            for exchange in self.exchanges:
                yield {
                    "exchange": exchange,
                    "underlying_con_id": con_id,
                    "trading_class": self.table.trading_class,
                    "multiplier": self.table.multiplier,
                    "expirations": tuple(days),
                    "strikes": strikes,
                }

    def listing(self, ends: dt.date, strike: float, right: str) -> Listing:
        """Return an option."""
        told, trades = self._shared(ends)
        own = {
            "con_id": self.con_id(ends, strike, right),
            "strike": strike,
            "right": right,
            "local_symbol": self.local_symbol(ends, strike, right),
        }
        return Listing(details=told | own, strike=strike, right=right, **trades)

    def _shared_of(self, ends: dt.date) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what all options that end on a day have in common: details, and fields of a listing."""
        trades = {
            "session": self._session,
            "price": self._underlying.price,
            "underlying": self.underlying_con_id(ends),
            "expires": self.expires(ends),
            "implied_volatility": self._implied,
            **trading(self._kind),
        }
        return self._told(ends), trades

    def _told(self, ends: dt.date) -> dict[str, Any]:
        last_day = f"{self.last_day(ends):%Y%m%d}"
        last = dt.datetime.fromtimestamp(self.expires(ends), ZoneInfo(self._session.zone))
        under = {"under_symbol": self.symbol, "under_sec_type": str(self._underlying.details["sec_type"])}
        if self._future:
            month = self._future.first_that_lasts(ends)
            under = {"under_symbol": self._future.local_symbol(month), "under_sec_type": "FUT"}
        exchanges: Sequence[str] = self.exchanges
        return common(self._kind, self._session, exchange=exchanges[0], valid_exchanges=exchanges) | {
            "symbol": self.symbol,
            "last_trade_date": last_day,
            "last_trade": f"{last:%Y%m%d %H:%M:%S} {self._session.zone}",
            "multiplier": self.table.multiplier,
            "trading_class": self.table.trading_class,
            "market_name": self.table.trading_class,
            "under_con_id": self.underlying_con_id(ends),
            "long_name": str(self._underlying.details.get("long_name", "")),
            "contract_month": f"{ends:%Y%m}",
            "real_expiration_date": f"{ends:%Y%m%d}",
            **under,
        }
