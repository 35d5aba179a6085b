"""Real libraries ask a simulated gateway for everything, and each call comes back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from harness.gateways.simulator.gateway_profiles import find
from harness.gateways.simulator.timing import FastTime
from tests.gateways.simulator.library_calls import SILENT
from tests.gateways.simulator.talk import run, simulated
from tests.gateways.simulator.worlds import FRIDAY
from tests.rows import need_row

SCRIPT = Path(__file__).with_name("library_calls.py")
EVERY_REQUEST = Path(__file__).with_name("library_requests.py")
EVERY_ASYNCIO_REQUEST = Path(__file__).with_name("library_requests_asyncio.py")
FAST = 20
"""The moving market goes so many times as fast as the clock, so that bars of five seconds come at once."""

FROM_IB_ASYNC = {
    "reqMatchingSymbols": "list",
    "reqMarketRule": "list",
    "reqSmartComponents": "list",
    "reqMktDepthExchanges": "list",
    "reqNewsProviders": "list",
    "reqScannerParameters": "str",
    "reqScannerData": "ScanDataList",
    "reqFundamentalData": "nothing",  # it was refused, as are the next two
    "getWshMetaData": "nothing",
    "getWshEventData": "nothing",
    "reqPnLSingle": "PnLSingle",
    "requestFA": "int",  # the code of the error: it names no request, and the call itself waits on, as with a real one
}
FROM_IBAPI = {
    "reqFamilyCodes": "familyCodes",
    "reqSoftDollarTiers": "softDollarTiers",
    "reqMatchingSymbols": "symbolSamples",
    "reqSmartComponents": "smartComponents",
    "reqMarketRule": "marketRule",
    "reqMktDepthExchanges": "mktDepthExchanges",
    "reqNewsProviders": "newsProviders",
    "reqScannerParameters": "scannerParameters",
    "reqScannerSubscription": "scannerDataEnd",
    "cancelScannerSubscription": 162,
    "reqPositionsMulti": "positionMultiEnd",
    "reqPnLSingle": "pnlSingle",
    "requestFA": 321,
    "replaceFA": 321,
    "queryDisplayGroups": "displayGroupList",
    "subscribeToGroupEvents": "displayGroupUpdated",
    "updateDisplayGroup": "displayGroupUpdated",
    "reqWshMetaData": 10276,
    "reqWshEventData": 10276,
    **dict.fromkeys((name for name, _ in SILENT), "currentTimeInMillis"),
}


def came_back(library: str, folder: Path, script: Path = SCRIPT, **options: Any) -> dict[str, Any]:
    row = need_row(library)
    errors = folder / "stderr.txt"

    async def scenario() -> bytes:
        async with simulated(**options) as gateway:
            with errors.open("wb") as stderr:
                process = await asyncio.create_subprocess_exec(
                    *(str(row.python), "-I", str(script), row.adapter, str(gateway.port)),
                    stdout=asyncio.subprocess.PIPE,
                    stderr=stderr,
                )
            try:
                told, _ = await process.communicate()
            finally:  # also where the scenario takes longer than it may
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            return told

    told = run(scenario())
    assert told, errors.read_text("utf-8", "replace")
    came: dict[str, Any] = json.loads(told)
    return came


@pytest.mark.parametrize(
    ("library", "expected"), [("ib_async==2.1.0", FROM_IB_ASYNC), ("ibapi-latest==10.51.1", FROM_IBAPI)]
)
def test_every_call_comes_back(library: str, expected: dict[str, Any], tmp_path: Path) -> None:
    assert came_back(library, tmp_path) == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("library", "expected"), [("ib_async==2.1.0", FROM_IB_ASYNC), ("ibapi-latest==10.51.1", FROM_IBAPI)]
)
def test_every_call_comes_back_in_a_market_that_moves(library: str, expected: dict[str, Any], tmp_path: Path) -> None:
    assert came_back(library, tmp_path, seed=1, timing=FastTime(FRIDAY)) == expected


CODES: dict[str, set[int]] = {
    "cancelHistoricalData": {366},  # its answer was complete
    "cancelScannerSubscription": {162},
    "exerciseOptions": {10349},  # then it shows as an order
    "reqAutoOpenOrders": {321},  # for client 0 alone
    "reqGlobalCancel": {322},  # of the exercise, which it ends
    "reqNewsArticle": {10172},
    "reqWshEventData": {10276},
    "reqWshMetaData": {10276},
    "replaceFA": {321},
    "requestFA": {321},
    "verifyAndAuthRequest": {551},  # by the client itself, as the next
    "verifyRequest": {544, 545},
}
BY_THE_CLIENT = {"reqCurrentTimeInMillis": 197, "cancelContractData": 215, "cancelHistoricalTicks": 215}
"""What IBKR's client does not send below a server version: 503."""
GATEWAYS = ("10.19", "10.30", "10.37", "10.45", "10.50", "10.51")


@pytest.mark.slow
@pytest.mark.parametrize("gateway", GATEWAYS)
def test_every_request_of_ibapi_is_answered_in_a_market_that_moves(gateway: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"seed": 1, "timing": FastTime(FRIDAY, FAST), "profile": gateway}
    found = came_back("ibapi-latest==10.51.1", tmp_path, EVERY_REQUEST, **options)
    assert found["missing"] == []
    refused = {name for name, came, _ in found["came"] if came == REFUSED_BY_THE_CLIENT}
    assert refused == {name for name, since in BY_THE_CLIENT.items() if find(gateway).server_version < since}
    told = [row for row in found["came"] if row[0] not in refused]
    assert {name: came for name, came, wanted in told if wanted == "error" and came not in CODES[name]} == {}
    assert [row for row in told if row[2] != "error" and row[1] != row[2]] == []


REFUSED_BY_THE_CLIENT = 503
ERRORS = {
    "cancelHistoricalData": [162],
    "cancelOrder": [202],
    "cancelScannerSubscription": [162],
    "exerciseOptions": [10349],
    "getWshEventData": [10276],
    "getWshMetaData": [10276],
    "replaceFA": [321],
    "reqAutoOpenOrders": [321],
    "reqFundamentalData": [10358],
    "reqGlobalCancel": [322, 202, 161],
    "reqNewsArticle": [10172],
    "reqScannerData": [162],  # the library cancels it itself
    "reqWshEventData": [10276],
    "requestFA": [321],
}
NEVER = {"requestFA"}
"""What a real Gateway leaves without an end, too: its refusal names no request (captured at 200 and 225)."""


@pytest.mark.slow
@pytest.mark.parametrize("library", ["ib_async==2.1.0", "ib_async==1.0.3", "ib_insync==0.9.86"])
def test_every_request_of_the_asyncio_libraries_comes_back(library: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"seed": 1, "timing": FastTime(FRIDAY, FAST), "profile": "10.51"}
    found = came_back(library, tmp_path, EVERY_ASYNCIO_REQUEST, **options)
    assert found["missing"] == []
    assert {name for name, (how, *_) in found["came"].items() if how == "never"} == NEVER
    assert {name: codes for name, (_, *codes) in found["came"].items() if codes} == ERRORS
