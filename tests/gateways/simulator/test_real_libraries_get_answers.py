"""Real libraries ask a simulated gateway for what needs no moving market, and each call comes back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.gateways.simulator.library_calls import SILENT
from tests.gateways.simulator.talk import run, simulated
from tests.rows import need_row

SCRIPT = Path(__file__).with_name("library_calls.py")

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


def came_back(library: str, folder: Path, script: Path = SCRIPT) -> dict[str, Any]:
    row = need_row(library)
    errors = folder / "stderr.txt"

    async def scenario() -> bytes:
        async with simulated() as gateway:
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
