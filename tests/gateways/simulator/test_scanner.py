"""Scans of a market that moves: what passes the filters, in the order of the scan's kind."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from harness.gateways.simulator.answers.scanner import _RANKED, _TAGS
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import run
from tests.gateways.simulator.test_moving_history import rows
from tests.gateways.simulator.test_moving_market import Exchange

BEFORE_MAPS, WITH_MAPS = 178, 226
"""Server versions at which filters are one text, and a map of protobuf."""


def scanned(version: int = WITH_MAPS, **more: Any) -> list[tuple[str, float, float, float]]:
    """Return what a scan finds in the United States: symbol, price, change in per cent, volume, by snapshots."""

    async def scenario() -> list[tuple[str, float, float, float]]:
        async with Exchange(version=version) as exchange:
            values = {"req_id": 1, "instrument": "STK", "location_code": "STK.US.MAJOR", **more}
            told = await exchange.asked(Message("req_scanner_subscription", values))
            (found,) = (message for message in told if message.name == "scanner_data")
            return [await _figures(exchange, row) for row in rows(found, "rows")]

    return run(scenario())


async def _figures(exchange: Exchange, row: dict[str, Any]) -> tuple[str, float, float, float]:
    contract = {"con_id": row["con_id"], "exchange": "SMART"}
    told = await exchange.asked(Message("req_market_data", {"req_id": 100 + row["rank"], "snapshot": True, **contract}))
    prices = {tick["tick_type"]: float(str(tick["price"])) for tick in told if tick.name == "tick_price"}
    volume = next(float(str(tick["size"])) for tick in told if tick.name == "tick_size" and tick["tick_type"] == 8)
    return row["symbol"], prices[4], 100 * (prices[4] / prices[9] - 1), volume


def filters(version: int, **tags: float) -> dict[str, Any]:
    if version == BEFORE_MAPS:
        return {"filter_options_text": "".join(f"{tag}={value};" for tag, value in tags.items())}
    return {"filter_options": [{"tag": tag, "value": str(value)} for tag, value in tags.items()]}


def test_gainers_come_by_their_gain_and_losers_by_their_loss() -> None:
    gains = [change for _, _, change, _ in scanned(scan_code="TOP_PERC_GAIN")]
    losses = [change for _, _, change, _ in scanned(scan_code="TOP_PERC_LOSE")]
    assert gains == sorted(gains, reverse=True)
    assert losses == sorted(gains)
    assert len(set(gains)) > 10


def test_the_most_active_come_by_their_volume() -> None:
    volumes = [volume for *_, volume in scanned(scan_code="MOST_ACTIVE")]
    assert volumes == sorted(volumes, reverse=True)


@pytest.mark.parametrize("version", [BEFORE_MAPS, WITH_MAPS])
def test_filters_let_pass_what_is_within_them(version: int) -> None:
    all_there = scanned(version)
    told = scanned(version, **filters(version, priceAbove=100, priceBelow=300, changePercBelow=0))
    assert told == [one for one in all_there if 100 <= one[1] <= 300 and one[2] <= 0]
    assert 0 < len(told) < len(all_there)


def test_filters_of_the_subscription_itself_count_too() -> None:
    told = scanned(above_price=200.0)
    assert told
    assert all(price >= 200 for _, price, _, _ in told)


def test_a_scan_is_told_again_until_it_is_cancelled() -> None:
    """Documented: about every thirty seconds."""
    values: dict[str, Value] = {
        "req_id": 1,
        "location_code": "STK.US.MAJOR",
        "number_of_rows": 1,
        "scan_code": "MOST_ACTIVE",
    }

    async def scenario() -> list[int]:
        async with Exchange() as exchange:
            first = await exchange.asked(Message("req_scanner_subscription", values))
            again = await exchange.passes(65)
            await exchange.asked(Message("cancel_scanner_subscription", {"req_id": 1}))
            exchange.clock.step(65)
            return [_count(first), _count(again), _count(await exchange.asked())]

    assert run(scenario()) == [1, 2, 0]


def _count(told: list[Message]) -> int:
    return sum(message.name == "scanner_data" for message in told)


def test_parameters_name_the_kinds_filters_and_locations_that_there_are() -> None:
    async def scenario() -> str:
        async with Exchange() as exchange:
            (told,) = await exchange.asked(Message("req_scanner_parameters"))
            return told.text("xml")

    document = ET.fromstring(run(scenario()))  # noqa: S314
    assert {element.text for element in document.findall(".//scanCode")} == set(_RANKED)
    assert {element.text for element in document.findall(".//AbstractField/code")} == set(_TAGS)
    assert "STK.US.MAJOR" in {element.text for element in document.findall(".//locationCode")}
