"""Runs inside a library's own environment: calls its methods of market data, and says what each gave.

Arguments: the package, the port. Standard output gets ``step`` whenever the clock is to go to the next moment that the
gateway waits for, and in its last line what came of each method, as JSON.
"""

from __future__ import annotations

import importlib
import json
import queue
import sys
import threading
import time
from typing import Any

PATIENCE = 60
"""Seconds that each call may take."""

UNTIL_A_CHANGE = 2
"""Steps of the clock until a bar that is kept up to date changes: not before who asked for the bars could read them."""

END = "20261120-21:00:00"
BARS = ("", "1 D", "5 mins", "TRADES", False, 1)
CALL = {"conId": 700123456, "secType": "OPT", "exchange": "SMART"}
SHARE = {"conId": 265598, "symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD"}
FUTURE = {"conId": 495512563, "secType": "FUT", "exchange": "CME"}
BOUNDS = ("BRFG+DJNL", "", "", 10)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def step() -> None:
    say("step")


def wait_for(condition: Any, turn: Any) -> None:
    """Take turns until the condition holds.

    Raises:
        TimeoutError: it did not within :data:`PATIENCE`.
    """
    ends = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError
        turn()


class AsyncioFamily:
    """Calls the methods of ib_insync and ib_async; ``found`` has what each gave.

    Args:
        library: the package.
        port: the gateway's.
    """

    def __init__(self, library: Any, port: int) -> None:
        self.ib = library.IB()
        self.ib.RequestTimeout = PATIENCE
        self.ib.connect("127.0.0.1", port, clientId=7, timeout=PATIENCE)
        self.share, self.call, self.future = (library.Contract(**each) for each in (SHARE, CALL, FUTURE))
        self.found: dict[str, Any] = {}

    def until(self, condition: Any) -> None:
        wait_for(condition, lambda: self.ib.sleep(0))  # waitOnUpdate misses what comes between two of its calls

    def pass_time(self, condition: Any, steps: int = 1) -> None:
        for _ in range(steps):
            self.ib.reqCurrentTime()  # what was asked for before is begun by then
            step()
        self.until(condition)

    def past(self) -> None:
        ib, found, share = self.ib, self.found, self.share
        found["head timestamp"] = f"{ib.reqHeadTimeStamp(share, 'TRADES', True, 1):%Y%m%d-%H:%M:%S}"
        found["histogram"] = [[each.price, float(each.count)] for each in ib.reqHistogramData(share, True, "3 days")]
        for shown, price in (("TRADES", "price"), ("BID_ASK", "priceBid"), ("MIDPOINT", "price")):
            ticks = ib.reqHistoricalTicks(share, "", END, 2, shown, True)
            found[f"past {shown}"] = [getattr(tick, price) for tick in ticks]
        schedule = ib.reqHistoricalSchedule(share, 5, "", True)
        found["schedule"] = [session.refDate for session in schedule.sessions]

    def streams(self) -> None:
        ib, found, share = self.ib, self.found, self.share
        ticker = ib.reqMktDepth(share, 3, isSmartDepth=True)
        self.until(lambda: len(ticker.domAsks) == 3)
        rows = (*ticker.domBids, *ticker.domAsks)
        found["depth"] = [[row.marketMaker, row.price, float(row.size)] for row in rows]
        ib.cancelMktDepth(share, isSmartDepth=True)
        bars = ib.reqRealTimeBars(share, 5, "MIDPOINT", True)
        self.pass_time(lambda: len(bars) == 1)
        found["real-time bar"] = [bars[0].close, float(bars[0].volume)]
        ib.cancelRealTimeBars(bars)
        kept = ib.reqHistoricalData(self.future, *BARS, keepUpToDate=True)
        told = kept[-1]
        self.pass_time(lambda: kept[-1] != told, UNTIL_A_CHANGE)
        found["kept up to date"] = [len(kept), kept[-1].close]
        ib.cancelHistoricalData(kept)
        kinds = {"Last": "price", "AllLast": "price", "BidAsk": "askPrice", "MidPoint": "midPoint"}
        for kind, price in kinds.items():
            found[f"tick {kind}"] = self._next_tick(ib.reqTickByTickData(share, kind), price)
            ib.cancelTickByTickData(share, kind)

    def _next_tick(self, ticker: Any, price: str) -> float:
        """Wait for a tick that has such a price: one ticker has those of every kind."""
        told: list[float] = []
        ticker.updateEvent += lambda now: told.extend(
            getattr(tick, price) for tick in now.tickByTicks if hasattr(tick, price)
        )
        self.until(lambda: told)
        return told[-1]

    def computed_and_news(self) -> None:
        ib, found, call = self.ib, self.found, self.call
        priced = ib.calculateOptionPrice(call, 0.25, 595.0)
        found["option price"] = [priced.optPrice, priced.delta]
        found["implied volatility"] = ib.calculateImpliedVolatility(call, priced.optPrice, 595.0).impliedVol
        ib.reqNewsBulletins(True)
        self.until(ib.newsBulletins)
        found["bulletin"] = ib.newsBulletins()[0].message
        ib.cancelNewsBulletins()
        found["headlines"] = [each.articleId for each in ib.reqHistoricalNews(265598, *BOUNDS)]
        found["article"] = ib.reqNewsArticle("BRFG", found["headlines"][0]).articleText


def asyncio_family(package: str, port: int) -> dict[str, Any]:
    asked = AsyncioFamily(importlib.import_module(package), port)
    for ask in (asked.past, asked.streams, asked.computed_and_news):
        ask()
    asked.ib.disconnect()
    return asked.found


class Said:
    """What a client of IBKR hears, by callback."""

    def __init__(self) -> None:
        self._calls: queue.Queue[tuple[str, tuple[Any, ...]]] = queue.Queue()

    def put(self, name: str, *arguments: Any) -> None:
        self._calls.put((name, arguments))

    def next(self, name: str) -> tuple[Any, ...]:
        ends = time.monotonic() + PATIENCE
        while True:
            called, arguments = self._calls.get(timeout=max(0, ends - time.monotonic()))
            if called == name:
                return arguments
            if called == "error" and 200 <= int(arguments[2]) < 2000:
                raise AssertionError(arguments)


HEARD = (
    *(
        "nextValidId",
        "headTimestamp",
        "histogramData",
        "historicalTicks",
        "historicalTicksBidAsk",
        "currentTime",
        "error",
    ),
    *("historicalTicksLast", "historicalSchedule", "updateMktDepthL2", "realtimeBar", "historicalDataUpdate"),
    *("historicalData", "historicalDataEnd", "tickByTickAllLast", "tickByTickBidAsk", "tickByTickMidPoint"),
    *("tickOptionComputation", "updateNewsBulletin", "historicalNews", "historicalNewsEnd", "newsArticle"),
)


def contract(values: dict[str, Any]) -> Any:
    made = importlib.import_module("ibapi.contract").Contract()
    for name, value in values.items():
        setattr(made, name, value)
    return made


def past(app: Any, said: Said, found: dict[str, Any]) -> None:
    share = contract(SHARE)
    app.reqHeadTimeStamp(1, share, "TRADES", 1, 1)
    found["head timestamp"] = said.next("headTimestamp")[1]
    app.cancelHeadTimeStamp(1)
    app.reqHistogramData(2, share, True, "3 days")
    found["histogram"] = [[each.price, float(each.size)] for each in said.next("histogramData")[1]]
    app.cancelHistogramData(2)
    kinds = (("TRADES", "Last", "price"), ("BID_ASK", "BidAsk", "priceBid"), ("MIDPOINT", "", "price"))
    for number, (shown, kind, price) in enumerate(kinds, start=3):
        app.reqHistoricalTicks(number, share, "", END, 2, shown, 1, False, [])
        found[f"past {shown}"] = [getattr(tick, price) for tick in said.next(f"historicalTicks{kind}")[1]]


def streams(app: Any, said: Said, found: dict[str, Any]) -> None:
    share, future = contract(SHARE), contract(FUTURE)

    def pass_time(steps: int = 1) -> None:
        for _ in range(steps):
            app.reqCurrentTime()
            said.next("currentTime")
            step()

    app.reqHistoricalData(6, share, "", "5 D", "1 day", "SCHEDULE", 1, 1, False, [])
    found["schedule"] = [session.refDate for session in said.next("historicalSchedule")[4]]
    app.reqMktDepth(7, share, 3, True, [])
    rows = [said.next("updateMktDepthL2") for _ in range(6)]
    found["depth"] = [[maker, price, float(size)] for _, _, maker, _, _, price, size, _ in rows]
    app.cancelMktDepth(7, True)
    app.reqRealTimeBars(8, share, 5, "MIDPOINT", True, [])
    pass_time()
    bar = said.next("realtimeBar")
    found["real-time bar"] = [bar[5], float(bar[6])]
    app.cancelRealTimeBars(8)
    app.reqHistoricalData(9, future, *BARS, True, [])
    bars = 1 + sum(1 for _ in iter(lambda: said.next("historicalData")[1].date, "20261120 08:55:00 US/Central"))
    pass_time(UNTIL_A_CHANGE)
    found["kept up to date"] = [bars, said.next("historicalDataUpdate")[1].close]
    app.cancelHistoricalData(9)
    said.next("error")  # 162: it is cancelled
    for number, (kind, callback, place) in enumerate(
        (("Last", "AllLast", 3), ("AllLast", "AllLast", 3), ("BidAsk", "BidAsk", 3), ("MidPoint", "MidPoint", 2)),
        start=10,
    ):
        app.reqTickByTickData(number, share, kind, 0, False)
        found[f"tick {kind}"] = said.next(f"tickByTick{callback}")[place]
        app.cancelTickByTickData(number)


def computed_and_news(app: Any, said: Said, found: dict[str, Any]) -> None:
    call = contract(CALL)
    app.calculateOptionPrice(14, call, 0.25, 595.0, [])
    priced = said.next("tickOptionComputation")
    found["option price"] = [priced[5], priced[4]]
    app.cancelCalculateOptionPrice(14)
    app.calculateImpliedVolatility(15, call, priced[5], 595.0, [])
    found["implied volatility"] = said.next("tickOptionComputation")[3]
    app.cancelCalculateImpliedVolatility(15)
    app.reqNewsBulletins(True)
    found["bulletin"] = said.next("updateNewsBulletin")[2]
    app.cancelNewsBulletins()
    app.reqHistoricalNews(16, 265598, *BOUNDS, [])
    found["headlines"] = [said.next("historicalNews")[3] for _ in range(2)]
    said.next("historicalNewsEnd")
    app.reqNewsArticle(17, "BRFG", found["headlines"][0], [])
    found["article"] = said.next("newsArticle")[2]


def official(_package: str, port: int) -> dict[str, Any]:
    client_module: Any = importlib.import_module("ibapi.client")
    wrapper_module: Any = importlib.import_module("ibapi.wrapper")
    said = Said()
    wrapper = wrapper_module.EWrapper()
    for name in HEARD:
        setattr(wrapper, name, lambda *arguments, name=name: said.put(name, *arguments))
    app = client_module.EClient(wrapper)
    app.connect("127.0.0.1", port, 7)
    thread = threading.Thread(target=app.run, daemon=True)
    thread.start()
    said.next("nextValidId")

    found: dict[str, Any] = {}
    for ask in (past, streams, computed_and_news):
        ask(app, said, found)
    app.disconnect()
    thread.join(PATIENCE)
    return found


def main() -> None:
    package = sys.argv[1]
    run = official if package == "ibapi" else asyncio_family
    say(json.dumps(run(package, int(sys.argv[2]))))


if __name__ == "__main__":
    main()
