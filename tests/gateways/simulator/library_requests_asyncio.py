"""Runs inside the environment of ib_async or ib_insync: makes every request, and says what each came back with.

Arguments: the package, and the port. Standard output gets one JSON object: under ``came`` by request what came back
(``answer``, ``nothing``, or ``never``, if the gateway has answered later requests meanwhile), and the codes of errors;
under ``missing`` the requests that were not made.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

PATIENCE = 60.0
"""Seconds for what is sent on the clock, and for each answer to a question of the time."""
TURNS = 8
"""So many questions of the time are answered before a request is said never to come back: some calls ask twice."""
HOST, CLIENT_ID, ACCOUNT = "127.0.0.1", 41, "DU9000001"

STARTS = ("req", "cancel", "place", "replace", "exercise", "calculate", "qualify", "whatIf", "getWsh", "accountS")
"""What the names of requests begin with, among the other methods."""


class Asker:
    """Makes requests on one connection.

    Args:
        library: the package.
    """

    def __init__(self, library: Any) -> None:
        self.ib, self.library = library.IB(), library
        self.came: dict[str, Any] = {}
        self.codes: list[int] = []
        self.ib.errorEvent += lambda _req_id, code, *_: self.codes.append(code)

    async def asks(self, name: str, call: Callable[[], Any], told: Callable[[Any], bool] | None = None) -> Any:
        """Make a request; ``told`` says of what it returned whether its answer is there."""
        self.codes.clear()
        made = call()
        how, answer = await self._waits(made) if asyncio.isfuture(made) or asyncio.iscoroutine(made) else ("sent", made)
        if told is not None:
            how = "answer" if await self._is_told(lambda: told(answer)) else "never"
        await self._turn()
        codes = [code for code in self.codes if not 2100 <= code < 2200 and code != 399]
        self.came[name.removesuffix("Async")] = [how, *codes]
        return answer

    async def _waits(self, made: Any) -> tuple[str, Any]:
        task = asyncio.ensure_future(made)
        for _ in range(TURNS):
            await self._turn()
            await asyncio.sleep(0)
            if task.done():
                answer = task.result()
                return ("answer" if answer else "nothing"), answer
        task.cancel()
        return "never", None

    async def _turn(self) -> None:
        await asyncio.wait_for(self.ib.reqCurrentTimeAsync(), PATIENCE)

    async def _is_told(self, condition: Callable[[], bool]) -> bool:
        ends = time.monotonic() + PATIENCE
        while not condition() and time.monotonic() < ends:
            await self._turn()
        return condition()


async def of_contracts(asker: Asker, share: Any, option: Any) -> None:
    ib, asks = asker.ib, asker.asks
    await asks("reqContractDetailsAsync", lambda: ib.reqContractDetailsAsync(share))
    await asks("qualifyContractsAsync", lambda: ib.qualifyContractsAsync(share))
    await asks("reqMatchingSymbolsAsync", lambda: ib.reqMatchingSymbolsAsync("AAPL"))
    await asks("reqMarketRuleAsync", lambda: ib.reqMarketRuleAsync(26))
    await asks("reqSecDefOptParamsAsync", lambda: ib.reqSecDefOptParamsAsync("AAPL", "", "STK", 265598))
    await asks("calculateImpliedVolatilityAsync", lambda: ib.calculateImpliedVolatilityAsync(option, 300.0, 690.0))
    await asks("calculateOptionPriceAsync", lambda: ib.calculateOptionPriceAsync(option, 0.2, 690.0))
    await asks("reqFundamentalDataAsync", lambda: ib.reqFundamentalDataAsync(share, "ReportSnapshot"))


async def of_market_data(asker: Asker, share: Any) -> None:
    ib, asks = asker.ib, asker.asks
    await asks("reqMarketDataType", lambda: ib.reqMarketDataType(1))
    await asks("reqMktData", lambda: ib.reqMktData(share, "233"), lambda ticker: ticker.hasBidAsk())
    await asks("reqSmartComponentsAsync", lambda: ib.reqSmartComponentsAsync("9c0001"))
    await asks("cancelMktData", lambda: ib.cancelMktData(share))
    await asks("reqTickersAsync", lambda: ib.reqTickersAsync(share))
    await asks("reqTickByTickData", lambda: ib.reqTickByTickData(share, "BidAsk"), lambda one: bool(one.tickByTicks))
    await asks("cancelTickByTickData", lambda: ib.cancelTickByTickData(share, "BidAsk"))
    await asks("reqMktDepthExchangesAsync", ib.reqMktDepthExchangesAsync)
    await asks("reqMktDepth", lambda: ib.reqMktDepth(share, isSmartDepth=True), lambda one: bool(one.domBids))
    await asks("cancelMktDepth", lambda: ib.cancelMktDepth(share, isSmartDepth=True))
    bars = await asks("reqRealTimeBars", lambda: ib.reqRealTimeBars(share, 5, "TRADES", useRTH=False), bool)
    await asks("cancelRealTimeBars", lambda: ib.cancelRealTimeBars(bars))
    scan = asker.library.ScannerSubscription(instrument="STK", locationCode="STK.US.MAJOR", scanCode="HOT_BY_VOLUME")
    found = await asks("reqScannerSubscription", lambda: ib.reqScannerSubscription(scan), bool)
    await asks("cancelScannerSubscription", lambda: ib.cancelScannerSubscription(found))
    await asks("reqScannerDataAsync", lambda: ib.reqScannerDataAsync(scan))
    await asks("reqScannerParametersAsync", ib.reqScannerParametersAsync)


async def of_history(asker: Asker, share: Any) -> None:
    ib, asks = asker.ib, asker.asks
    bars = ("", "1 D", "1 hour", "TRADES", True)
    await asks("reqHistoricalDataAsync", lambda: ib.reqHistoricalDataAsync(share, *bars))
    kept = await ib.reqHistoricalDataAsync(share, *bars, keepUpToDate=True)
    await asks("cancelHistoricalData", lambda: ib.cancelHistoricalData(kept))
    await asks("reqHistoricalScheduleAsync", lambda: ib.reqHistoricalScheduleAsync(share, 5))
    ticks = (share, "20261203-15:00:00", "", 10, "TRADES", True)
    await asks("reqHistoricalTicksAsync", lambda: ib.reqHistoricalTicksAsync(*ticks))
    await asks("reqHeadTimeStampAsync", lambda: ib.reqHeadTimeStampAsync(share, "TRADES", useRTH=True, formatDate=1))
    await asks("reqHistogramDataAsync", lambda: ib.reqHistogramDataAsync(share, useRTH=True, period="3 days"))


async def of_orders(asker: Asker, share: Any, option: Any) -> None:
    ib, asks, library = asker.ib, asker.asks, asker.library
    order = library.LimitOrder("BUY", 1, 1.0, tif="DAY")
    trade = await asks("placeOrder", lambda: ib.placeOrder(share, order), lambda one: one.isActive())
    await asks("cancelOrder", lambda: ib.cancelOrder(order), lambda _: trade.isDone())
    await asks("whatIfOrderAsync", lambda: ib.whatIfOrderAsync(share, library.MarketOrder("BUY", 1, tif="DAY")))
    await asks("exerciseOptions", lambda: ib.exerciseOptions(option, 1, 1, ACCOUNT, 0))
    await asks("reqOpenOrdersAsync", ib.reqOpenOrdersAsync)
    await asks("reqAllOpenOrdersAsync", ib.reqAllOpenOrdersAsync)
    await asks("reqAutoOpenOrders", lambda: ib.reqAutoOpenOrders(True))
    await asks("reqCompletedOrdersAsync", lambda: ib.reqCompletedOrdersAsync(False))
    await asks("reqExecutionsAsync", ib.reqExecutionsAsync)
    await asks("reqGlobalCancel", ib.reqGlobalCancel)


async def of_accounts(asker: Asker) -> None:
    ib, asks = asker.ib, asker.asks
    await asks("reqAccountUpdatesAsync", lambda: ib.reqAccountUpdatesAsync(ACCOUNT), lambda _: bool(ib.accountValues()))
    await asks("reqAccountUpdatesMultiAsync", lambda: ib.reqAccountUpdatesMultiAsync(ACCOUNT), lambda _: True)
    await asks("reqAccountSummaryAsync", ib.reqAccountSummaryAsync, lambda _: bool(ib.wrapper.acctSummary))
    await asks("accountSummaryAsync", ib.accountSummaryAsync)
    await asks("reqPositionsAsync", ib.reqPositionsAsync)
    await asks("reqPnL", lambda: ib.reqPnL(ACCOUNT), lambda pnl: pnl.dailyPnL == pnl.dailyPnL)
    await asks("cancelPnL", lambda: ib.cancelPnL(ACCOUNT))
    await asks("reqPnLSingle", lambda: ib.reqPnLSingle(ACCOUNT, "", 265598), lambda pnl: pnl.value == pnl.value)
    await asks("cancelPnLSingle", lambda: ib.cancelPnLSingle(ACCOUNT, "", 265598))
    await asks("requestFAAsync", lambda: ib.requestFAAsync(1))
    await asks("replaceFA", lambda: ib.replaceFA(1, "<x/>"))
    if hasattr(ib, "reqUserInfoAsync"):
        await asks("reqUserInfoAsync", ib.reqUserInfoAsync, lambda _: True)


async def of_news(asker: Asker) -> None:
    ib, asks, library = asker.ib, asker.asks, asker.library
    events = library.WshEventData(conId=265598)
    await asks("reqNewsProvidersAsync", ib.reqNewsProvidersAsync)
    await asks("reqHistoricalNewsAsync", lambda: ib.reqHistoricalNewsAsync(265598, "BRFG", "", "", 10), lambda _: True)
    await asks("reqNewsArticleAsync", lambda: ib.reqNewsArticleAsync("BRFG", "X"))
    await asks("reqNewsBulletins", lambda: ib.reqNewsBulletins(True), lambda _: bool(ib.newsBulletins()))
    await asks("cancelNewsBulletins", ib.cancelNewsBulletins)
    await asks("getWshMetaDataAsync", ib.getWshMetaDataAsync)
    await asks("getWshEventDataAsync", lambda: ib.getWshEventDataAsync(events))
    await asks("reqWshMetaData", ib.reqWshMetaData)
    await asks("cancelWshMetaData", ib.cancelWshMetaData)
    await asks("reqWshEventData", lambda: ib.reqWshEventData(events))
    await asks("cancelWshEventData", ib.cancelWshEventData)


async def came(library: Any, port: int) -> dict[str, Any]:
    asker = Asker(library)
    await asker.ib.connectAsync(HOST, port, clientId=CLIENT_ID, timeout=PATIENCE)
    share = library.Stock("AAPL", "SMART", "USD", conId=265598)
    option = library.Option("SPY", "20261218", 400.0, "C", "SMART", currency="USD", tradingClass="SPY")
    await of_contracts(asker, share, option)
    await of_market_data(asker, share)
    await of_history(asker, share)
    await of_accounts(asker)
    await of_news(asker)
    await of_orders(asker, share, option)
    asker.ib.disconnect()
    asker.came["reqCurrentTime"] = ["answer"]  # after each request
    made = {name.removesuffix("Async") for name in vars(library.IB) if name.startswith(STARTS)}
    return {"came": asker.came, "missing": sorted(made - set(asker.came))}


if __name__ == "__main__":
    package = importlib.import_module(sys.argv[1])
    print(json.dumps(asyncio.run(came(package, int(sys.argv[2])))))  # noqa: T201
