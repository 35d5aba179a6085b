"""Requests contracts, option chains, quotes, ticks, bars and the gateway's clock through ib_insync and ib_async."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters import reading, records_market
from adapters.asyncio_asking import heard
from adapters.base import NotOfferedError, RequestTimeoutError
from adapters.listening import guarded
from adapters.records_market import DELAYED, Quote, TickByTick, price, size

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.asyncio_asking import Asking
    from adapters.records_market import Bar, ContractDetails, OptionChain, Wanted, WantedBars


class AsyncioContracts:
    """The requests for contracts and option chains."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def contract_details(self, wanted: Wanted, timeout: float) -> list[ContractDetails]:
        answer = self._asking.ask(
            lambda: self._asking.ib.reqContractDetailsAsync(self._asking.contract(wanted)), timeout
        )
        return [reading.contract_details(details) for details in answer]

    def option_chain(self, symbol: str, sec_type: str, con_id: int, timeout: float) -> list[OptionChain]:
        answer = self._asking.ask(
            lambda: self._asking.ib.reqSecDefOptParamsAsync(symbol, "", sec_type, con_id), timeout
        )
        return [
            reading.option_chain(
                (row.exchange, row.underlyingConId, row.tradingClass, row.multiplier, row.expirations, row.strikes)
            )
            for row in answer
        ]


class AsyncioSystem:
    """The requests for what a gateway says of itself."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def current_time(self, timeout: float) -> int:
        answer = self._asking.ask(self._asking.ib.reqCurrentTimeAsync, timeout)
        return int(answer.timestamp())

    def user_info(self, timeout: float) -> str:
        if not hasattr(self._asking.ib, "reqUserInfoAsync"):
            raise NotOfferedError("the library has no reqUserInfo")
        return str(self._asking.ask(self._asking.ib.reqUserInfoAsync, timeout) or "")

    def current_time_in_millis(self, _timeout: float) -> int:
        raise NotOfferedError("the library has no reqCurrentTimeInMillis")


ALL_HOURS, TRADES = False, "TRADES"


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


class AsyncioMarket:
    """The requests for quotes, ticks and bars."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def streaming_quote(self, wanted: Wanted, timeout: float) -> Quote:
        contract = self._asking.contract(wanted)
        self._asking.ib.reqMarketDataType(DELAYED)
        ticker = self._asking.ib.reqMktData(contract)
        try:
            self._asking.until(ticker.updateEvent, lambda: _quote(ticker).complete, timeout)
        except RequestTimeoutError:
            if _quote(ticker).empty:
                raise
        finally:
            if self._asking.ib.client.isConnected():
                self._asking.ib.cancelMktData(contract)
        return _quote(ticker)

    def quote_asked_anew(self, wanted: Wanted, meanwhile: Callable[[], object], timeout: float) -> tuple[Quote, Quote]:
        contract = self._asking.contract(wanted)
        self._asking.ib.reqMarketDataType(DELAYED)
        ticker = self._asking.ib.reqMktData(contract)
        try:
            self._asking.until(ticker.updateEvent, lambda: _quote(ticker).complete, timeout)
            before = _quote(ticker)
            meanwhile()
            anew = self._asking.ib.reqMktData(contract)
            with heard(anew.updateEvent) as updates:
                self._asking.until(anew.updateEvent, lambda: bool(updates) and _quote(anew).complete, timeout)
            return before, _quote(anew)
        finally:
            if self._asking.ib.client.isConnected():
                self._asking.ib.cancelMktData(contract)

    def snapshot_quote(self, wanted: Wanted, timeout: float) -> Quote:
        self._asking.ib.reqMarketDataType(DELAYED)
        [ticker] = self._asking.ask(lambda: self._asking.ib.reqTickersAsync(self._asking.contract(wanted)), timeout)
        return _quote(ticker)

    def tick_by_tick(self, wanted: Wanted, timeout: float) -> list[TickByTick]:
        return [tick for kind in ("Last", "BidAsk") for tick in self._ticks(wanted, kind, timeout)]

    def _ticks(self, wanted: Wanted, kind: str, timeout: float) -> list[TickByTick]:
        contract = self._asking.contract(wanted)
        ticks: list[TickByTick] = []
        ticker = self._asking.ib.reqTickByTickData(contract, kind)

        @guarded
        def keep(updated: Any) -> None:
            ticks.extend(_tick(tick) for tick in updated.tickByTicks)

        ticker.updateEvent += keep
        try:
            self._asking.until(ticker.updateEvent, lambda: bool(ticks), timeout)
        finally:
            ticker.updateEvent -= keep
            if self._asking.ib.client.isConnected():
                self._asking.ib.cancelTickByTickData(contract, kind)
        return ticks

    def historical_bars(self, wanted: Wanted, bars: WantedBars, timeout: float) -> list[Bar]:
        contract = self._asking.contract(wanted)
        asked = (contract, "", bars.duration, bars.bar_size, TRADES, ALL_HOURS, bars.format_date)
        # the library's own timeout would hide a missing answer: it returns an empty one then
        answer = self._asking.ask(lambda: self._asking.ib.reqHistoricalDataAsync(*asked, timeout=0), timeout)
        return [records_market.bar(row) for row in answer]
