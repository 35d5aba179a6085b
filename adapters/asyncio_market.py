"""Quotes, ticks, profit and loss, asked of ib_insync and ib_async."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from adapters.asyncio_contracts import AsyncioContracts
from adapters.asyncio_requests import heard
from adapters.base import NOT_SUBSCRIBED, NotOfferedError, RequestRejectedError, RequestTimeoutError
from adapters.listening import guarded
from adapters.records_market import DELAYED, ProfitAndLoss, Quote, TickByTick, price, size

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.records_contracts import Wanted


def _quote(ticker: Any) -> Quote:
    return Quote(
        market_data_type=ticker.marketDataType,
        bid=price(ticker.bid),
        bid_size=size(ticker.bidSize),
        ask=price(ticker.ask),
        ask_size=size(ticker.askSize),
        last=price(ticker.last),
        last_size=size(ticker.lastSize),
        high=price(ticker.high),
        low=price(ticker.low),
        close=price(ticker.close),
        volume=size(ticker.volume),
    )


def _tick(tick: Any) -> TickByTick:
    time = int(tick.time.timestamp())
    if hasattr(tick, "bidPrice"):
        bid, ask = (price(tick.bidPrice), size(tick.bidSize)), (price(tick.askPrice), size(tick.askSize))
        return TickByTick("quote", time, bid=bid[0], bid_size=bid[1], ask=ask[0], ask_size=ask[1])
    rest = {"exchange": tick.exchange, "conditions": tick.specialConditions}
    return TickByTick("last", time, price(tick.price), size(tick.size), **rest)


class AsyncioMarket(AsyncioContracts):
    """The requests for quotes, ticks, profit and loss."""

    def streaming_quote(self, wanted: Wanted, timeout: float) -> Quote:
        """Subscribe to a quote, delayed where there is no live one, until it is complete or the time is over."""
        contract = self._contract(wanted)
        self._ib.reqMarketDataType(DELAYED)
        ticker = self._ib.reqMktData(contract)
        try:
            self._until(ticker.updateEvent, lambda: _quote(ticker).complete, timeout)
        except RequestTimeoutError:
            if _quote(ticker).empty:
                raise
        finally:
            if self._ib.client.isConnected():
                self._ib.cancelMktData(contract)
        return _quote(ticker)

    def snapshot_quote(self, wanted: Wanted, timeout: float) -> Quote:
        """Ask a quote once, delayed where there is no live one."""
        self._ib.reqMarketDataType(DELAYED)
        [ticker] = self._ask(lambda: self._ib.reqTickersAsync(self._contract(wanted)), timeout)
        return _quote(ticker)

    def tick_by_tick(self, wanted: Wanted, timeout: float) -> list[TickByTick]:
        """Subscribe to trades and then to bid and ask, until one of each came."""
        return [tick for kind in ("Last", "BidAsk") for tick in self._ticks(wanted, kind, timeout)]

    def _ticks(self, wanted: Wanted, kind: str, timeout: float) -> list[TickByTick]:
        contract = self._contract(wanted)
        ticks: list[TickByTick] = []
        ticker = self._ib.reqTickByTickData(contract, kind)

        @guarded
        def keep(updated: Any) -> None:
            ticks.extend(_tick(tick) for tick in updated.tickByTicks)

        ticker.updateEvent += keep
        try:
            self._until(ticker.updateEvent, lambda: bool(ticks), timeout)
        finally:
            ticker.updateEvent -= keep
            if self._ib.client.isConnected():
                self._ib.cancelTickByTickData(contract, kind)
        return ticks

    def pnl(self, timeout: float) -> ProfitAndLoss:
        """Subscribe to the first account's profit and loss until it came once."""
        account = self.accounts[0]
        with heard(self._ib.pnlEvent) as rows:
            pnl = self._ib.reqPnL(account)
            try:
                self._until(self._ib.pnlEvent, lambda: bool(rows), timeout)
            finally:
                if self._ib.client.isConnected():
                    self._ib.cancelPnL(account)
        return ProfitAndLoss(price(pnl.dailyPnL), price(pnl.unrealizedPnL), price(pnl.realizedPnL))

    def user_info(self, timeout: float) -> str:
        """Ask the user's white branding id; empty where the library gives none."""
        if not hasattr(self._ib, "reqUserInfoAsync"):
            raise NotOfferedError("the library has no reqUserInfo")
        return str(self._ask(self._ib.reqUserInfoAsync, timeout) or "")

    def current_time_in_millis(self, _timeout: float) -> int:
        """Ask the gateway's clock: milliseconds since 1970 in UTC."""
        raise NotOfferedError("the library has no reqCurrentTimeInMillis")

    def _until(self, event: Any, done: Callable[[], bool], timeout: float) -> None:
        """Let the loop run until ``done``, which is looked at after each ``event`` and each error callback."""
        heard_before = len(self.callbacks)
        changed = asyncio.Event()

        @guarded
        def wake(*_: Any) -> None:
            changed.set()

        async def wait() -> None:
            while not done():
                self._refuse(heard_before)
                changed.clear()
                await changed.wait()

        errors = self._ib.errorEvent
        event += wake
        errors += wake
        try:
            self._ask(wait, timeout)
        finally:
            event -= wake
            errors -= wake

    def _refuse(self, heard_before: int) -> None:
        for callback in self.callbacks[heard_before:]:
            if callback.code in NOT_SUBSCRIBED:
                raise RequestRejectedError(callback.code, callback.message)
