"""Runs inside the environment of IBKR's own client: makes every request that it has, and says what each came back with.

Arguments: the package, and the port. Standard output gets one JSON object: under ``came`` each request, the callback or
the code of an error that came, ``null`` if none did, and what was waited for; under ``missing`` the requests that were
not made.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
calls = import_module("library_calls")

ACCOUNT = "DU9000001"
TIME = "time"
"""What is heard after a call that nothing comes back from: the time, which is asked for after it."""
TIMES = ("currentTime", "currentTimeInMillis")
MILLIS_SINCE = 197
"""Server version from which the time can be asked for in milliseconds; every client can ask for seconds."""

STARTS = (
    *("req", "cancel", "place", "replace", "query", "subscribe", "unsubscribe", "update", "verify"),
    *("exercise", "calculate", "setServerLogLevel"),
)
"""What the names of requests begin with, among the other methods of a client."""


def filled(thing: Any, **values: Any) -> Any:
    for name, value in values.items():
        setattr(thing, name, value)
    return thing


def contract(**values: Any) -> Any:
    return filled(import_module("ibapi.contract").Contract(), exchange="SMART", currency="USD", **values)


def order(**values: Any) -> Any:
    given = {"action": "BUY", "totalQuantity": Decimal(1), "orderType": "MKT", "tif": "DAY", **values}
    return filled(import_module("ibapi.order").Order(), **given)


def of_market_data(share: Any, option: Any) -> list[tuple[str, tuple[Any, ...], str]]:
    bars: tuple[Any, ...] = (share, "", "1 D", "1 hour", "TRADES", 1, 1, False, [])
    past: tuple[Any, ...] = (share, "20261203-15:00:00", "", 10, "TRADES", 1, True, [])
    return [
        ("reqMarketDataType", (1,), TIME),
        ("reqMktData", (1, share, "233", False, False, []), "tickPrice"),
        ("cancelMktData", (1,), TIME),
        ("reqSmartComponents", (3, "9c0001"), "smartComponents"),
        ("reqMarketRule", (26,), "marketRule"),
        ("reqTickByTickData", (4, share, "BidAsk", 0, False), "tickByTickBidAsk"),
        ("cancelTickByTickData", (4,), TIME),
        ("reqMktDepthExchanges", (), "mktDepthExchanges"),
        ("reqMktDepth", (5, share, 5, True, []), "updateMktDepthL2"),
        ("cancelMktDepth", (5, True), TIME),
        ("reqRealTimeBars", (6, share, 5, "TRADES", True, []), "realtimeBar"),
        ("cancelRealTimeBars", (6,), TIME),
        ("reqHistoricalData", (7, *bars), "historicalDataEnd"),
        ("cancelHistoricalData", (7,), "error"),
        ("reqHeadTimeStamp", (8, share, "TRADES", 1, 1), "headTimestamp"),
        ("cancelHeadTimeStamp", (8,), TIME),
        ("reqHistogramData", (9, share, True, "3 days"), "histogramData"),
        ("cancelHistogramData", (9,), TIME),
        ("reqHistoricalTicks", (10, *past), "historicalTicksLast"),
        ("cancelHistoricalTicks", (10,), TIME),
        ("reqContractDetails", (11, share), "contractDetailsEnd"),
        ("cancelContractData", (11,), TIME),
        ("reqMatchingSymbols", (12, "AAPL"), "symbolSamples"),
        ("reqSecDefOptParams", (13, "AAPL", "", "STK", 265598), "securityDefinitionOptionParameterEnd"),
        ("calculateImpliedVolatility", (14, option, 300.0, 690.0, []), "tickOptionComputation"),
        ("cancelCalculateImpliedVolatility", (14,), TIME),
        ("calculateOptionPrice", (15, option, 0.2, 690.0, []), "tickOptionComputation"),
        ("cancelCalculateOptionPrice", (15,), TIME),
    ]


def of_orders(share: Any, option: Any, first: int) -> list[tuple[str, tuple[Any, ...], str]]:
    cancel = import_module("ibapi.order_cancel").OrderCancel()
    every = import_module("ibapi.execution").ExecutionFilter()
    return [
        ("placeOrder", (first, share, order(orderType="LMT", lmtPrice=1.0)), "orderStatus"),
        ("cancelOrder", (first, cancel), "orderStatus"),
        ("placeOrder", (first + 1, share, order()), "commissionAndFeesReport"),
        ("placeOrder", (first + 2, share, order(whatIf=True)), "openOrder"),
        ("exerciseOptions", (first + 3, option, 1, 1, ACCOUNT, 0, "", "", False), "error"),
        ("reqOpenOrders", (), "openOrderEnd"),
        ("reqAllOpenOrders", (), "openOrderEnd"),
        ("reqAutoOpenOrders", (True,), "error"),
        ("reqCompletedOrders", (False,), "completedOrdersEnd"),
        ("reqExecutions", (16, every), "execDetailsEnd"),
        ("reqGlobalCancel", (cancel,), "error"),
        ("reqIds", (1,), "nextValidId"),
    ]


def of_accounts() -> list[tuple[str, tuple[Any, ...], str]]:
    return [
        ("reqManagedAccts", (), "managedAccounts"),
        ("reqAccountUpdates", (True, ACCOUNT), "accountDownloadEnd"),
        ("reqAccountSummary", (17, "All", "NetLiquidation"), "accountSummaryEnd"),
        ("cancelAccountSummary", (17,), TIME),
        ("reqPositions", (), "positionEnd"),
        ("cancelPositions", (), TIME),
        ("reqAccountUpdatesMulti", (18, ACCOUNT, "", False), "accountUpdateMultiEnd"),
        ("cancelAccountUpdatesMulti", (18,), TIME),
        ("reqPnL", (19, ACCOUNT, ""), "pnl"),
        ("cancelPnL", (19,), TIME),
        ("reqUserInfo", (20,), "userInfo"),
        ("reqCurrentTime", (), "currentTime"),
        ("reqCurrentTimeInMillis", (), "currentTimeInMillis"),
    ]


def of_news_and_the_rest() -> list[tuple[str, tuple[Any, ...], str]]:
    """Return those that :mod:`library_calls` does not have; the client itself answers two of the verifications."""
    return [
        ("reqHistoricalNews", (21, 265598, "BRFG", "", "", 10, []), "historicalNewsEnd"),
        ("reqNewsArticle", (22, "BRFG", "X", []), "error"),
        ("reqNewsBulletins", (True,), "updateNewsBulletin"),
        ("cancelNewsBulletins", (), TIME),
        ("verifyRequest", ("a", "1"), "error"),
        ("verifyAndAuthRequest", ("a", "1", "k"), "error"),
        ("verifyAndAuthMessage", ("x", "y"), TIME),
    ]


def every_request() -> list[tuple[str, tuple[Any, ...], str]]:
    share = contract(symbol="AAPL", secType="STK")
    expires = {"lastTradeDateOrContractMonth": "20261218", "strike": 400.0, "right": "C", "tradingClass": "SPY"}
    option = contract(symbol="SPY", secType="OPT", **expires)
    silent = [(name, arguments, TIME) for name, arguments in calls.SILENT]
    listed = [*of_market_data(share, option), *of_orders(share, option, 201), *of_accounts(), *of_news_and_the_rest()]
    return [*listed, *calls.calls_of_ibapi(), *silent]


def came(port: int) -> dict[str, Any]:
    client, wrapper = import_module("ibapi.client"), import_module("ibapi.wrapper")
    heard: queue.Queue[tuple[str, tuple[Any, ...]]] = queue.Queue()
    names = [name for name in vars(wrapper.EWrapper) if not name.startswith("_") and not name.endswith("ProtoBuf")]
    told = {name: calls.put(heard, name) for name in names if name != "logAnswer"}
    app = client.EClient(type("Told", (wrapper.EWrapper,), told)())
    app.connect("127.0.0.1", port, calls.CLIENT_ID)
    reading = threading.Thread(target=app.run, daemon=True)
    reading.start()
    calls.until(heard, {"nextValidId"})
    answers = []
    for name, arguments, answer in every_request():
        getattr(app, name)(*arguments)
        if answer == TIME:
            came_back = _after(app, heard, {*TIMES, "error"})
        else:
            came_back = calls.until(heard, {answer, "error"})
            _after(app, heard, set(TIMES))  # what else it brings is over by then
        answers.append([name, came_back, answer])
    app.disconnect()
    reading.join(calls.PATIENCE)
    return {"came": answers, "missing": sorted(requests_of(client.EClient) - {name for name, *_ in answers})}


def _after(app: Any, heard: queue.Queue[tuple[str, tuple[Any, ...]]], wanted: set[str]) -> Any:
    """Ask for the time; return what came first of what is wanted, the time under one name."""
    (app.reqCurrentTimeInMillis if app.serverVersion() >= MILLIS_SINCE else app.reqCurrentTime)()
    came_back = calls.until(heard, wanted)
    return TIME if came_back in TIMES else came_back


def requests_of(kind: Any) -> set[str]:
    return {name for name in vars(kind) if name.startswith(STARTS) and not name.endswith("ProtoBuf")}


if __name__ == "__main__":
    print(json.dumps(came(int(sys.argv[2]))))  # noqa: T201
