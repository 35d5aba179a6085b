"""Requests depth, real-time bars, bars kept up to date and past ticks through ibapi."""

# ruff: noqa: N802, N803 - callbacks and their arguments are named by the library

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters import records_market
from adapters.ibapi_asking import IbapiCallbacks, Rows
from adapters.ibapi_market import ALL_HOURS, TRADES
from adapters.records import quantity, whole
from adapters.records_feeds import DepthRow, KeptBars, RealTimeBar, is_whole, past_tick
from adapters.records_market import bar_time, price, size

if TYPE_CHECKING:
    from adapters.ibapi_asking import Asking
    from adapters.records_feeds import PastTick, WantedTicks
    from adapters.records_market import Wanted, WantedBars

SMART, FIVE_SECONDS, KEEP = "SMART", 5, True
UPDATE = "update"
"""What comes after the bar in a row that is an update."""


def _kept(rows: Rows) -> KeptBars:
    bars = [records_market.bar(bar) for bar, *kind in rows if not kind]
    return KeptBars(bars, [records_market.bar(bar) for bar, *kind in rows if kind])


class IbapiFeeds:
    """The requests for market data beyond quotes and complete bars."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def kept_up_to_date_bars(self, wanted: Wanted, bars: WantedBars, timeout: float) -> KeptBars:
        request_id = self._asking.request_id()
        contract = self._asking.contract(wanted)
        span = ("", bars.duration, bars.bar_size, TRADES, ALL_HOURS, bars.format_date)

        def send() -> None:
            self._asking.app.reqHistoricalData(request_id, contract, *span, KEEP, [])

        def changed(rows: Rows) -> bool:
            return UPDATE in rows[-1] and _kept(rows).change is not None

        try:
            rows = self._asking.inbox.ask(request_id, send, 2 * timeout, until=changed)
        finally:
            if self._asking.app.isConnected():
                self._asking.app.cancelHistoricalData(request_id)
        return _kept(rows)

    def real_time_bar(self, wanted: Wanted, timeout: float) -> RealTimeBar:
        request_id = self._asking.request_id()
        contract = self._asking.contract(wanted)

        def send() -> None:
            self._asking.app.reqRealTimeBars(request_id, contract, FIVE_SECONDS, TRADES, bool(ALL_HOURS), [])

        try:
            rows = self._asking.inbox.ask(request_id, send, timeout, until=bool)
        finally:
            if self._asking.app.isConnected():
                self._asking.app.cancelRealTimeBars(request_id)
        time, begin, high, low, end, volume, wap, count = rows[0]
        return RealTimeBar(
            time=int(time),
            open=price(begin),
            high=price(high),
            low=price(low),
            close=price(end),
            volume=quantity(volume),
            wap=quantity(wap),
            count=whole(count),
        )

    def market_depth(self, wanted: Wanted, rows: int, timeout: float) -> list[DepthRow]:
        request_id = self._asking.request_id()
        smart = wanted.exchange == SMART

        def send() -> None:
            self._asking.app.reqMktDepth(request_id, self._asking.contract(wanted), rows, smart, [])

        def whole_book(told: Rows) -> bool:
            return is_whole([row for (row,) in told], rows)

        try:
            told = self._asking.inbox.ask(request_id, send, timeout, until=whole_book)
        finally:
            if self._asking.app.isConnected():
                self._asking.app.cancelMktDepth(request_id, smart)
        return [row for (row,) in told]

    def head_timestamp(self, wanted: Wanted, format_date: int, timeout: float) -> str:
        request_id = self._asking.request_id()

        def send() -> None:
            contract = self._asking.contract(wanted)
            self._asking.app.reqHeadTimeStamp(request_id, contract, TRADES, ALL_HOURS, format_date)

        try:
            rows = self._asking.inbox.ask(request_id, send, timeout)
        finally:
            if self._asking.app.isConnected():
                self._asking.app.cancelHeadTimeStamp(request_id)
        return bar_time(rows[0][0])

    def historical_ticks(self, wanted: Wanted, ticks: WantedTicks, timeout: float) -> list[PastTick]:
        request_id = self._asking.request_id()
        contract = self._asking.contract(wanted)
        asked: tuple[Any, ...] = ("", ticks.end, ticks.count, ticks.what_to_show, ALL_HOURS, False, [])

        def send() -> None:
            self._asking.app.reqHistoricalTicks(request_id, contract, *asked)

        return [past_tick(tick) for (tick,) in self._asking.inbox.ask(request_id, send, timeout)]


class FeedCallbacks(IbapiCallbacks):
    """The callbacks for depth, real-time bars, bars kept up to date and past ticks."""

    def historicalDataUpdate(self, reqId: int, bar: Any) -> None:
        """Hear what the newest bar has become."""
        self._inbox.add(reqId, bar, UPDATE)

    def realtimeBar(self, reqId: int, *bar: Any) -> None:
        """Hear a bar of five seconds; the arguments are the same in every version."""
        self._inbox.add(reqId, *bar)

    def updateMktDepth(self, reqId: int, position: int, operation: int, *rest: Any) -> None:
        """Hear a change of one exchange's book."""
        side, paid, shares = rest
        self._inbox.add(reqId, DepthRow(side, position, operation, "", price(paid), size(shares)))

    def updateMktDepthL2(self, reqId: int, position: int, marketMaker: str, *rest: Any) -> None:
        """Hear a change of the book of all exchanges."""
        operation, side, paid, shares, _is_smart = rest
        self._inbox.add(reqId, DepthRow(side, position, operation, marketMaker, price(paid), size(shares)))

    def headTimestamp(self, reqId: int, headTimestamp: str) -> None:
        """Hear since when there are trades."""
        self._inbox.add(reqId, headTimestamp)
        self._inbox.finish(reqId)

    def historicalTicks(self, reqId: int, *told: Any) -> None:
        """Hear midpoints that were."""
        self._hear_ticks(reqId, *told)

    def historicalTicksBidAsk(self, reqId: int, *told: Any) -> None:
        """Hear quotes that were."""
        self._hear_ticks(reqId, *told)

    def historicalTicksLast(self, reqId: int, *told: Any) -> None:
        """Hear trades that were."""
        self._hear_ticks(reqId, *told)

    def _hear_ticks(self, request_id: int, ticks: Any, done: Any) -> None:
        for tick in ticks:
            self._inbox.add(request_id, tick)
        if done:
            self._inbox.finish(request_id)
