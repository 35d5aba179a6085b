"""Runs inside a library's own environment: calls its requests on a gateway, and says what each came back with.

Arguments: ``ib_async`` or ``ibapi``, and the port. Standard output gets one JSON object: by call, the callback or the
type of what came back, ``nothing`` if that is empty, or the code of an error; ``null`` if nothing came within
:data:`PATIENCE`.
"""

from __future__ import annotations

import asyncio
import json
import queue
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

PATIENCE = 10.0
"""Seconds; what comes back does so at once."""

SILENT: list[tuple[str, tuple[Any, ...]]] = [
    ("cancelPositionsMulti", (5,)),
    ("cancelPnLSingle", (6,)),
    ("unsubscribeFromGroupEvents", (9,)),
    ("cancelWshMetaData", (10,)),
    ("cancelWshEventData", (11,)),
    ("verifyMessage", ("data",)),
    ("setServerLogLevel", (5,)),
]
"""Calls of ibapi that nothing comes back from: the time, which is asked for after each, is the next that is heard."""

HOST, CLIENT_ID, ACCOUNT = "127.0.0.1", 41, "DU9000001"
XML = "<x/>"


def of_ib_async(port: int) -> dict[str, Any]:
    return asyncio.run(_ib_async(port))


async def _ib_async(port: int) -> dict[str, Any]:
    import ib_async  # noqa: PLC0415 - only in its own environment

    ib = ib_async.IB()
    await ib.connectAsync(HOST, port, clientId=CLIENT_ID)
    stock = ib_async.Stock("AAPL", "SMART", "USD", conId=265598)
    scan = ib_async.ScannerSubscription(instrument="STK", locationCode="STK.US.MAJOR", scanCode="HOT_BY_VOLUME")
    calls: dict[str, Callable[[], Awaitable[Any]]] = {
        "reqMatchingSymbols": lambda: ib.reqMatchingSymbolsAsync("AAPL"),
        "reqMarketRule": lambda: ib.reqMarketRuleAsync(26),
        "reqSmartComponents": lambda: ib.reqSmartComponentsAsync("9c0001"),
        "reqMktDepthExchanges": ib.reqMktDepthExchangesAsync,
        "reqNewsProviders": ib.reqNewsProvidersAsync,
        "reqScannerParameters": ib.reqScannerParametersAsync,
        "reqScannerData": lambda: ib.reqScannerDataAsync(scan),
        "reqFundamentalData": lambda: ib.reqFundamentalDataAsync(stock, "ReportSnapshot"),
        "getWshMetaData": ib.getWshMetaDataAsync,
        "getWshEventData": lambda: ib.getWshEventDataAsync(ib_async.WshEventData(conId=265598)),
        "reqPnLSingle": lambda: _filled(ib, ib.reqPnLSingle(ACCOUNT, "", 265598)),
        "requestFA": lambda: _refused(ib, ib.requestFAAsync(1)),
    }
    came = {name: await _came(call()) for name, call in calls.items()}
    ib.disconnect()
    return came


async def _came(asked: Awaitable[Any]) -> str | None:
    try:
        answer = await asyncio.wait_for(asked, PATIENCE)
    except asyncio.TimeoutError:
        return None
    return type(answer).__name__ if answer else "nothing"


async def _filled(ib: Any, held: Any) -> Any:
    await ib.pnlSingleEvent
    return held


async def _refused(ib: Any, asked: Awaitable[Any]) -> Any:
    """Wait for the answer, or for an error of this request's kind; say which it was."""
    pending = asyncio.ensure_future(asked)
    error = asyncio.ensure_future(_code(ib, 321))
    done, left = await asyncio.wait({pending, error}, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    return done.pop().result()


async def _code(ib: Any, wanted: int) -> Any:
    heard = asyncio.get_running_loop().create_future()

    def take(_req_id: int, code: int, *_: Any) -> None:
        if code == wanted and not heard.done():
            heard.set_result(code)

    ib.errorEvent += take
    return await heard


def of_ibapi(port: int) -> dict[str, Any]:
    from ibapi import client, wrapper  # noqa: PLC0415

    heard: queue.Queue[tuple[str, tuple[Any, ...]]] = queue.Queue()
    names = [name for name in vars(wrapper.EWrapper) if not name.startswith("_") and not name.endswith("ProtoBuf")]
    told = {name: put(heard, name) for name in names if name != "logAnswer"}
    app = client.EClient(type("Told", (wrapper.EWrapper,), told)())
    app.connect(HOST, port, CLIENT_ID)
    reading = threading.Thread(target=app.run, daemon=True)
    reading.start()
    until(heard, {"nextValidId"})
    came = {}
    for name, arguments, answer in calls_of_ibapi():
        getattr(app, name)(*arguments)
        came[name] = until(heard, {answer})
    for name, arguments in SILENT:
        getattr(app, name)(*arguments)
        app.reqCurrentTimeInMillis()
        came[name] = until(heard, {"currentTimeInMillis", "error"})
    app.disconnect()
    reading.join(PATIENCE)
    return came


def calls_of_ibapi() -> list[tuple[str, tuple[Any, ...], str]]:
    """Return each call, its arguments, and the callback that it is answered with."""
    from ibapi import common, scanner  # noqa: PLC0415

    scan = scanner.ScannerSubscription()
    scan.instrument, scan.locationCode, scan.scanCode = "STK", "STK.US.MAJOR", "HOT_BY_VOLUME"
    events = common.WshEventData()
    events.conId = 265598
    return [
        ("reqFamilyCodes", (), "familyCodes"),
        ("reqSoftDollarTiers", (1,), "softDollarTiers"),
        ("reqMatchingSymbols", (2, "AAPL"), "symbolSamples"),
        ("reqSmartComponents", (3, "9c0001"), "smartComponents"),
        ("reqMarketRule", (26,), "marketRule"),
        ("reqMktDepthExchanges", (), "mktDepthExchanges"),
        ("reqNewsProviders", (), "newsProviders"),
        ("reqScannerParameters", (), "scannerParameters"),
        ("reqScannerSubscription", (4, scan, [], []), "scannerDataEnd"),
        ("cancelScannerSubscription", (4,), "error"),
        ("reqPositionsMulti", (5, ACCOUNT, ""), "positionMultiEnd"),
        ("reqPnLSingle", (6, ACCOUNT, "", 265598), "pnlSingle"),
        ("requestFA", (1,), "error"),
        ("replaceFA", (7, 1, XML), "error"),
        ("queryDisplayGroups", (8,), "displayGroupList"),
        ("subscribeToGroupEvents", (9, 1), "displayGroupUpdated"),
        ("updateDisplayGroup", (9, "265598@SMART"), "displayGroupUpdated"),
        ("reqWshMetaData", (10,), "error"),
        ("reqWshEventData", (11, events), "error"),
    ]


def put(heard: queue.Queue[tuple[str, tuple[Any, ...]]], name: str) -> Callable[..., None]:
    return lambda _self, *arguments: heard.put((name, arguments))


def until(heard: queue.Queue[tuple[str, tuple[Any, ...]]], wanted: set[str]) -> str | int | None:
    """Return the callback that came, or the code of an error that is no notice of a farm; ``None`` if none came."""
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            name, arguments = heard.get(timeout=max(0.0, ends - time.monotonic()))
        except queue.Empty:
            return None
        if name == "error":
            code: int = arguments[2]
            if "error" in wanted and not 2100 <= code < 2200:
                return code
        elif name in wanted:
            return name


if __name__ == "__main__":
    print(json.dumps({"ib_async": of_ib_async, "ibapi": of_ibapi}[sys.argv[1]](int(sys.argv[2]))))  # noqa: T201
