"""Makes futures: every contract month by rule, each with the same con id for ever, none before somebody asks for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from harness.gateways.simulator.sessions import Session
from harness.gateways.simulator.world.expiries import LAST_DAYS, MONTH_CODES, Month, months, neighbour
from harness.gateways.simulator.world.listing import Listing
from harness.gateways.simulator.world.making import common, trading
from harness.gateways.simulator.world.tables import FutureTable, KindTable

CON_IDS = range(990_000_000, 991_000_000)
"""Futures are here, by number and month."""
_FIRST_YEAR = 2021
_YEARS = 23
"""Until 2043: as long as there are con ids for options."""
_YEAR = 12
_FOR_EACH = 1000
_EXPIRED_TOLD = 24
"""Months; IBKR tells of futures that expired in the last two years (documentation)."""


class Future:
    """One future with all its contract months.

    Args:
        table: as in the file.
        kind: what futures of its kind have in common.
        session: when it trades.
        price: around which its underlying moves.
    """

    def __init__(self, table: FutureTable, kind: KindTable, session: Session, price: float) -> None:
        self.table = table
        self.price = price
        self._kind = kind
        self._session = session
        self._last_day = LAST_DAYS[table.last_day]
        self._codes = {1 + MONTH_CODES.index(code) for code in table.months}

    def con_id(self, month: Month) -> int:
        """Return the number of a month's contract."""
        place = (month[0] - _FIRST_YEAR) * _YEAR + month[1] - 1
        return CON_IDS.start + self.table.number * _FOR_EACH + place

    def find(self, con_id: int) -> Month | None:
        """Return the month of a contract by its number; ``None`` if it is none of this future's."""
        years, month = divmod(con_id - self.con_id((_FIRST_YEAR, 1)), _YEAR)
        found = _FIRST_YEAR + years, month + 1
        return found if 0 <= years < _YEARS and found[1] in self._codes else None

    def last_day(self, month: Month) -> dt.date:
        """Return the last day of trading of a month's contract."""
        return self._last_day(month)

    def expires(self, month: Month) -> float:
        """Return the last moment of a month's contract, in Unix seconds."""
        time = dt.time.fromisoformat(self.table.last_time)
        return dt.datetime.combine(self.last_day(month), time, ZoneInfo(self._session.zone)).timestamp()

    def ever(self) -> Iterator[Month]:
        """Yield all contract months that have a number."""
        every = ((_FIRST_YEAR + years, month) for years in range(_YEARS) for month in range(1, _YEAR + 1))
        return (month for month in every if month[1] in self._codes)

    def listed(self, now: float, *, expired: bool = False) -> list[Month]:
        """Return the contract months that trade, the front month first.

        Args:
            now: in Unix seconds.
            expired: whether those that expired in the last two years come before them.
        """
        today = self._session.day(now)
        begins = neighbour((today.year, today.month), -_EXPIRED_TOLD if expired else 0)
        found: list[Month] = []
        trading_now = 0
        for month in months(begins):
            if month[1] not in self._codes:
                continue
            alive = self.expires(month) > now
            if alive or expired:
                found.append(month)
            trading_now += alive
            if trading_now == self.table.listed:
                return found
        raise AssertionError("months do not end")

    def is_listed(self, month: Month, now: float, *, expired: bool = False) -> bool:
        """Return whether a contract month trades at a moment."""
        return month in self.listed(now, expired=expired)

    def first_that_lasts(self, day: dt.date) -> Month:
        """Return the first contract month that has not ended before a day."""
        every = months((day.year, day.month))
        return next(month for month in every if month[1] in self._codes and self.last_day(month) >= day)

    def local_symbol(self, month: Month) -> str:
        """Return the local symbol of a month's contract, such as ``ESZ6``."""
        return f"{self.table.trading_class}{MONTH_CODES[month[1] - 1]}{month[0] % 10}"

    def listing(self, month: Month) -> Listing:
        """Return a month's contract."""
        table = self.table
        day = f"{self.last_day(month):%Y%m%d}"
        names = ("exchange", "currency", "min_tick", "market_rules", "price_magnifier")
        told = common(self._kind, self._session, **{name: getattr(table, name) for name in names})
        own = {
            "con_id": self.con_id(month),
            "symbol": table.symbol,
            "last_trade_date": day,
            "last_trade": f"{day} {table.last_time} {self._session.zone}",
            "multiplier": table.multiplier,
            "local_symbol": self.local_symbol(month),
            "trading_class": table.trading_class,
            "market_name": table.trading_class,
            "valid_exchanges": ",".join((table.exchange, *self._kind.valid_exchanges[1:])),
            "under_con_id": table.index,
            "under_symbol": table.symbol,
            "under_sec_type": "IND",
            "long_name": table.long_name,
            "contract_month": f"{month[0]}{month[1]:02}",
            "real_expiration_date": day,
        }
        return Listing(
            details=told | own,
            session=self._session,
            price=self.price,
            underlying=table.underlying or table.index,
            carry=table.carry,
            expires=self.expires(month),
            **trading(self._kind),
        )
