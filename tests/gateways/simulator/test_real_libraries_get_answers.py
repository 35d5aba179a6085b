"""Real libraries ask a simulated gateway for everything, and each call comes back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from harness.gateways.simulator.timing import FastTime
from tests.gateways.simulator.library_calls import SILENT
from tests.gateways.simulator.talk import run, simulated
from tests.gateways.simulator.worlds import FRIDAY
from tests.rows import need_row

SCRIPT = Path(__file__).with_name("library_calls.py")
EVERY_REQUEST = Path(__file__).with_name("library_requests.py")
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


CODES = {
    "cancelHistoricalData": 366,  # its answer was complete
    "cancelScannerSubscription": 162,
    "exerciseOptions": 10349,  # then it shows as an order
    "reqAutoOpenOrders": 321,  # for client 0 alone
    "reqGlobalCancel": 322,  # of the exercise, which it ends
    "reqNewsArticle": 10172,
    "reqWshEventData": 10276,
    "reqWshMetaData": 10276,
    "replaceFA": 321,
    "requestFA": 321,
    "verifyAndAuthRequest": 551,  # by the client itself, as the next
    "verifyRequest": 544,
}


@pytest.mark.slow
def test_every_request_of_ibapi_is_answered_in_a_market_that_moves(tmp_path: Path) -> None:
    timing = FastTime(FRIDAY, FAST)
    found = came_back("ibapi-latest==10.51.1", tmp_path, EVERY_REQUEST, seed=1, timing=timing)
    assert found["missing"] == []
    assert {name: came for name, came, wanted in found["came"] if wanted == "error"} == CODES
    assert [row for row in found["came"] if row[2] != "error" and row[1] != row[2]] == []
