"""Quotes, ticks, profit and loss, asked of ibapi."""

# ruff: noqa: N802, N803 - callbacks and their arguments are named by the library

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import NotOfferedError
from adapters.ibapi_contracts import IbapiContracts
from adapters.ibapi_requests import IbapiCallbacks, Rows, of_kind
from adapters.records_market import (
    DELAYED,
    LIVE,
    ProfitAndLoss,
    Quote,
    TickByTick,
    price,
    quote_of_ticks,
    size,
)

if TYPE_CHECKING:
    from adapters.records_contracts import Wanted

TICK, TYPE = "tick", "type"
"""What a row of a quote is: a tick, or the type of the market data."""


def _quote(rows: Rows) -> Quote:
    types = [market_data_type for _, market_data_type in of_kind(rows, TYPE)]
    return quote_of_ticks([(tick, value) for _, tick, value in of_kind(rows, TICK)], types[-1] if types else LIVE)


class IbapiMarket(IbapiContracts):
    """The requests for quotes, ticks, profit and loss."""

    def streaming_quote(self, wanted: Wanted, timeout: float) -> Quote:
        """Subscribe to a quote, delayed where there is no live one, until it is complete or the time is over."""
        request_id = self._request_id()

        def send() -> None:
            self._app.reqMarketDataType(DELAYED)
            self._app.reqMktData(request_id, self._contract(wanted), "", False, False, [])

        try:
            rows = self._inbox.ask(request_id, send, timeout, until=lambda rows: _quote(rows).complete)
        finally:
            if self._app.isConnected():
                self._app.cancelMktData(request_id)
        return _quote(rows)

    def snapshot_quote(self, wanted: Wanted, timeout: float) -> Quote:
        """Ask a quote once, delayed where there is no live one."""
        request_id = self._request_id()

        def send() -> None:
            self._app.reqMarketDataType(DELAYED)
            self._app.reqMktData(request_id, self._contract(wanted), "", True, False, [])

        return _quote(self._inbox.ask(request_id, send, timeout))

    def tick_by_tick(self, wanted: Wanted, timeout: float) -> list[TickByTick]:
        """Subscribe to trades and then to bid and ask, until one of each came."""
        return [tick for kind in ("Last", "BidAsk") for tick in self._ticks(wanted, kind, timeout)]

    def _ticks(self, wanted: Wanted, kind: str, timeout: float) -> list[TickByTick]:
        request_id = self._request_id()

        def send() -> None:
            self._app.reqTickByTickData(request_id, self._contract(wanted), kind, 0, False)

        try:
            rows = self._inbox.ask(request_id, send, timeout, until=bool)
        finally:
            if self._app.isConnected():
                self._app.cancelTickByTickData(request_id)
        return [tick for (tick,) in rows]

    def pnl(self, timeout: float) -> ProfitAndLoss:
        """Subscribe to the first account's profit and loss until it came once."""
        request_id = self._request_id()

        def send() -> None:
            self._app.reqPnL(request_id, self.accounts[0], "")

        try:
            rows = self._inbox.ask(request_id, send, timeout, until=bool)
        finally:
            if self._app.isConnected():
                self._app.cancelPnL(request_id)
        return ProfitAndLoss(*map(price, rows[-1]))

    def user_info(self, timeout: float) -> str:
        """Ask the user's white branding id."""
        if not hasattr(self._app, "reqUserInfo"):
            raise NotOfferedError("the library has no reqUserInfo")
        request_id = self._request_id()

        def send() -> None:
            self._app.reqUserInfo(request_id)

        rows = self._inbox.ask(request_id, send, timeout)
        return str(rows[0][0])

    def current_time_in_millis(self, timeout: float) -> int:
        """Ask the gateway's clock: milliseconds since 1970 in UTC."""
        if not hasattr(self._app, "reqCurrentTimeInMillis"):
            raise NotOfferedError("the library has no reqCurrentTimeInMillis")
        rows = self._inbox.ask("current_time_in_millis", self._app.reqCurrentTimeInMillis, timeout)
        return int(rows[0][0])


class MarketCallbacks(IbapiCallbacks):
    """The callbacks for quotes, ticks, profit and loss."""

    def marketDataType(self, reqId: int, marketDataType: int) -> None:
        """Hear whether a quote is live or delayed."""
        self._inbox.add(reqId, TYPE, marketDataType)

    def tickPrice(self, reqId: int, tickType: int, price: float, _attrib: Any) -> None:
        """Hear a price of a quote."""
        self._inbox.add(reqId, TICK, tickType, price)

    def tickSize(self, reqId: int, tickType: int, size: Any) -> None:
        """Hear a size of a quote."""
        self._inbox.add(reqId, TICK, tickType, size)

    def tickSnapshotEnd(self, reqId: int) -> None:
        """Hear the end of a quote that was asked once."""
        self._inbox.finish(reqId)

    def tickByTickAllLast(self, reqId: int, _tickType: int, time: int, *rest: Any) -> None:
        """Hear a trade."""
        paid, traded, _flags, exchange, conditions = rest
        self._inbox.add(reqId, TickByTick("last", time, price(paid), size(traded), exchange, conditions))

    def tickByTickBidAsk(self, reqId: int, time: int, *rest: Any) -> None:
        """Hear a change of the best bid and ask."""
        bid, ask, bid_size, ask_size, _flags = rest
        tick = TickByTick(
            "quote", time, bid=price(bid), bid_size=size(bid_size), ask=price(ask), ask_size=size(ask_size)
        )
        self._inbox.add(reqId, tick)

    def pnl(self, reqId: int, dailyPnL: float, unrealizedPnL: float, realizedPnL: float) -> None:
        """Hear profit and loss."""
        self._inbox.add(reqId, dailyPnL, unrealizedPnL, realizedPnL)

    def userInfo(self, reqId: int, whiteBrandingId: str) -> None:
        """Hear the user's white branding id."""
        self._inbox.add(reqId, whiteBrandingId)
        self._inbox.finish(reqId)

    def currentTimeInMillis(self, timeInMillis: int) -> None:
        """Hear the clock in milliseconds."""
        self._inbox.add("current_time_in_millis", timeInMillis)
        self._inbox.finish("current_time_in_millis")
