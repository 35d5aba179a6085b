"""Requests depth, real-time bars, bars kept up to date and past ticks through ib_insync and ib_async."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from adapters import records_market
from adapters.asyncio_market import ALL_HOURS, TRADES
from adapters.base import RequestTimeoutError
from adapters.listening import guarded
from adapters.records import quantity, whole
from adapters.records_feeds import DepthRow, KeptBars, RealTimeBar, is_whole, past_tick
from adapters.records_market import bar_time, price, size

if TYPE_CHECKING:
    from adapters.asyncio_asking import Asking
    from adapters.records_feeds import PastTick, WantedTicks
    from adapters.records_market import Bar, Wanted, WantedBars

SMART, FIVE_SECONDS = "SMART", 5


class AsyncioFeeds:
    """The requests for market data beyond quotes and complete bars."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def kept_up_to_date_bars(self, wanted: Wanted, bars: WantedBars, timeout: float) -> KeptBars:
        contract = self._asking.contract(wanted)
        asked = (contract, "", bars.duration, bars.bar_size, TRADES, ALL_HOURS, bars.format_date, True)
        updates: list[Bar] = []

        @guarded
        def keep(rows: Any, *_is_new: Any) -> None:
            updates.append(records_market.bar(rows[-1]))

        ib = self._asking.ib
        ib.barUpdateEvent += keep
        try:
            answer = self._asking.ask(lambda: ib.reqHistoricalDataAsync(*asked, timeout=0), timeout)
            kept = KeptBars([records_market.bar(row) for row in answer], updates, mixed=bool(updates))
            try:
                with suppress(RequestTimeoutError):
                    self._asking.until(ib.barUpdateEvent, lambda: kept.mixed or kept.change is not None, timeout)
            finally:
                if ib.client.isConnected():
                    ib.cancelHistoricalData(answer)
        finally:
            ib.barUpdateEvent -= keep
        return kept

    def real_time_bar(self, wanted: Wanted, timeout: float) -> RealTimeBar:
        bars = self._asking.ib.reqRealTimeBars(self._asking.contract(wanted), FIVE_SECONDS, TRADES, ALL_HOURS)
        try:
            self._asking.until(bars.updateEvent, lambda: bool(bars), timeout)
        finally:
            if self._asking.ib.client.isConnected():
                self._asking.ib.cancelRealTimeBars(bars)
        first = bars[0]
        return RealTimeBar(
            time=int(first.time.timestamp()),
            open=price(first.open_),
            high=price(first.high),
            low=price(first.low),
            close=price(first.close),
            volume=quantity(first.volume),
            wap=quantity(first.wap),
            count=whole(first.count),
        )

    def market_depth(self, wanted: Wanted, rows: int, timeout: float) -> list[DepthRow]:
        contract, smart = self._asking.contract(wanted), wanted.exchange == SMART
        told: list[DepthRow] = []

        @guarded
        def keep(updated: Any) -> None:
            told.extend(_depth_row(tick) for tick in updated.domTicks)

        ticker = self._asking.ib.reqMktDepth(contract, rows, smart)
        ticker.updateEvent += keep
        try:
            self._asking.until(ticker.updateEvent, lambda: is_whole(told, rows), timeout)
        except RequestTimeoutError:
            if not told:
                raise
        finally:
            ticker.updateEvent -= keep
            if self._asking.ib.client.isConnected():
                self._asking.ib.cancelMktDepth(contract, smart)
        return told

    def head_timestamp(self, wanted: Wanted, format_date: int, timeout: float) -> str:
        contract = self._asking.contract(wanted)
        request = self._asking.ib.reqHeadTimeStampAsync
        return bar_time(self._asking.ask(lambda: request(contract, TRADES, ALL_HOURS, format_date), timeout))

    def historical_ticks(self, wanted: Wanted, ticks: WantedTicks, timeout: float) -> list[PastTick]:
        asked = (self._asking.contract(wanted), "", ticks.end, ticks.count, ticks.what_to_show, ALL_HOURS)
        answer = self._asking.ask(lambda: self._asking.ib.reqHistoricalTicksAsync(*asked), timeout)
        return [past_tick(tick) for tick in answer]


def _depth_row(tick: Any) -> DepthRow:
    where = (int(tick.side), int(tick.position), int(tick.operation))
    return DepthRow(*where, market_maker=tick.marketMaker, price=price(tick.price), size=size(tick.size))
