"""Requests contracts, option chains, quotes, ticks, bars and the gateway's clock through ibapi."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters import reading, records_market
from adapters.base import NotOfferedError
from adapters.ibapi_asking import IbapiCallbacks, Rows, of_kind
from adapters.records_market import DELAYED, LIVE, Quote, TickByTick, price, quote_of_ticks, size

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.ibapi_asking import Asking
    from adapters.records_market import Bar, ContractDetails, OptionChain, Wanted, WantedBars

# ruff: noqa: N802, N803 - callbacks and their arguments are named by the library


class IbapiContracts:
    """The requests for contracts and option chains."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def contract_details(self, wanted: Wanted, timeout: float) -> list[ContractDetails]:
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqContractDetails(request_id, self._asking.contract(wanted))

        rows = self._asking.inbox.ask(request_id, send, timeout)
        return [reading.contract_details(details) for (details,) in rows]

    def option_chain(self, symbol: str, sec_type: str, con_id: int, timeout: float) -> list[OptionChain]:
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqSecDefOptParams(request_id, symbol, "", sec_type, con_id)

        return [reading.option_chain(row) for row in self._asking.inbox.ask(request_id, send, timeout)]


class ContractCallbacks(IbapiCallbacks):
    """The callbacks for contracts and option chains."""

    def contractDetails(self, reqId: int, contractDetails: Any) -> None:
        """Hear one contract."""
        self._inbox.add(reqId, contractDetails)

    def contractDetailsEnd(self, reqId: int) -> None:
        """Hear the end of the contracts."""
        self._inbox.finish(reqId)

    def securityDefinitionOptionParameter(self, reqId: int, *chain: Any) -> None:
        """Hear the options of one exchange and trading class."""
        self._inbox.add(reqId, *chain)

    def securityDefinitionOptionParameterEnd(self, reqId: int) -> None:
        """Hear the end of the options."""
        self._inbox.finish(reqId)


class IbapiSystem:
    """The requests for what a gateway says of itself."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def current_time(self, timeout: float) -> int:
        rows = self._asking.inbox.ask("current_time", self._asking.app.reqCurrentTime, timeout)
        return int(rows[0][0])

    def user_info(self, timeout: float) -> str:
        if not hasattr(self._asking.app, "reqUserInfo"):
            raise NotOfferedError("the library has no reqUserInfo")
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqUserInfo(request_id)

        rows = self._asking.inbox.ask(request_id, send, timeout)
        return str(rows[0][0])

    def current_time_in_millis(self, timeout: float) -> int:
        if not hasattr(self._asking.app, "reqCurrentTimeInMillis"):
            raise NotOfferedError("the library has no reqCurrentTimeInMillis")
        rows = self._asking.inbox.ask("current_time_in_millis", self._asking.app.reqCurrentTimeInMillis, timeout)
        return int(rows[0][0])


class SystemCallbacks(IbapiCallbacks):
    """The callbacks for what a gateway says of itself."""

    def currentTime(self, time: int) -> None:
        """Hear the answer to reqCurrentTime."""
        self._inbox.add("current_time", time)
        self._inbox.finish("current_time")

    def userInfo(self, reqId: int, whiteBrandingId: str) -> None:
        """Hear the user's white branding id."""
        self._inbox.add(reqId, whiteBrandingId)
        self._inbox.finish(reqId)

    def currentTimeInMillis(self, timeInMillis: int) -> None:
        """Hear the clock in milliseconds."""
        self._inbox.add("current_time_in_millis", timeInMillis)
        self._inbox.finish("current_time_in_millis")


# ruff: noqa: N802, N803 - callbacks and their arguments are named by the library


TICK, TYPE = "tick", "type"
"""The kinds of rows of a quote: a tick, or the type of the market data."""


def _quote(rows: Rows) -> Quote:
    types = [market_data_type for _, market_data_type in of_kind(rows, TYPE)]
    return quote_of_ticks([(tick, value) for _, tick, value in of_kind(rows, TICK)], types[-1] if types else LIVE)


ALL_HOURS, TRADES, ONCE = 0, "TRADES", False


class IbapiMarket:
    """The requests for quotes, ticks and bars."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def streaming_quote(self, wanted: Wanted, timeout: float) -> Quote:
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqMarketDataType(DELAYED)
            self._asking.app.reqMktData(request_id, self._asking.contract(wanted), "", False, False, [])

        try:
            rows = self._asking.inbox.ask(request_id, send, timeout, until=lambda rows: _quote(rows).complete)
        finally:
            if self._asking.app.isConnected():
                self._asking.app.cancelMktData(request_id)
        return _quote(rows)

    def quote_asked_anew(self, wanted: Wanted, meanwhile: Callable[[], object], timeout: float) -> tuple[Quote, Quote]:
        self._asking.app.reqMarketDataType(DELAYED)
        before = self._subscribed(self._asking.request_id(), wanted, timeout)
        meanwhile()
        anew = self._asking.request_id()
        try:
            return before, self._subscribed(anew, wanted, timeout)
        finally:
            if self._asking.app.isConnected():
                self._asking.app.cancelMktData(anew)

    def _subscribed(self, request_id: int, wanted: Wanted, timeout: float) -> Quote:
        """Subscribe, and return the quote when it is complete; the subscription goes on."""

        def send() -> None:
            self._asking.app.reqMktData(request_id, self._asking.contract(wanted), "", False, False, [])

        return _quote(self._asking.inbox.ask(request_id, send, timeout, until=lambda rows: _quote(rows).complete))

    def snapshot_quote(self, wanted: Wanted, timeout: float) -> Quote:
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqMarketDataType(DELAYED)
            self._asking.app.reqMktData(request_id, self._asking.contract(wanted), "", True, False, [])

        return _quote(self._asking.inbox.ask(request_id, send, timeout))

    def tick_by_tick(self, wanted: Wanted, timeout: float) -> list[TickByTick]:
        return [tick for kind in ("Last", "BidAsk") for tick in self._ticks(wanted, kind, timeout)]

    def _ticks(self, wanted: Wanted, kind: str, timeout: float) -> list[TickByTick]:
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqTickByTickData(request_id, self._asking.contract(wanted), kind, 0, False)

        try:
            rows = self._asking.inbox.ask(request_id, send, timeout, until=bool)
        finally:
            if self._asking.app.isConnected():
                self._asking.app.cancelTickByTickData(request_id)
        return [tick for (tick,) in rows]

    def historical_bars(self, wanted: Wanted, bars: WantedBars, timeout: float) -> list[Bar]:
        request_id = self._asking.request_id()
        contract = self._asking.contract(wanted)
        span = ("", bars.duration, bars.bar_size, TRADES, ALL_HOURS, bars.format_date)

        def send() -> None:
            self._asking.app.reqHistoricalData(request_id, contract, *span, ONCE, [])

        return [records_market.bar(row) for (row,) in self._asking.inbox.ask(request_id, send, timeout)]


class MarketCallbacks(IbapiCallbacks):
    """The callbacks for quotes, ticks and bars."""

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
        """Hear the end of a snapshot quote."""
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

    def historicalData(self, reqId: int, bar: Any) -> None:
        """Hear one bar."""
        self._inbox.add(reqId, bar)

    def historicalDataEnd(self, reqId: int, *_span: str) -> None:
        """Hear the end of the bars."""
        self._inbox.finish(reqId)
