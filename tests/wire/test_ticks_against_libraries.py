"""Real-time bars, depth and past ticks of the catalogue against the real libraries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from harness.wire.message import Value
from tests.wire.against import Family
from tests.wire.test_contracts_against_libraries import AS_SENT, ASKED

TIME = 1795206659


class Ticks(Family):
    """Some libraries make a time of a tick's seconds."""

    def _same_items(self, ours: tuple[Mapping[str, Value], ...], theirs: list[Any]) -> bool:
        """Tell whether a library holds the items; a time that it made is one of this machine's clock."""
        in_seconds = [item | {"time": seconds(item["time"])} if "time" in item else item for item in theirs]
        return super()._same_items(ours, in_seconds)


def seconds(time: int | str) -> int:
    return time if isinstance(time, int) else int(dt.datetime.fromisoformat(time).timestamp())


FAMILY = Ticks(
    callbacks={
        "real_time_bar": (
            "realtimeBar",
            ("req_id", "time", "open", "high", "low", "close", "volume", "wap", "bar_count"),
        ),
        "market_depth": ("updateMktDepth", ("req_id", "position", "operation", "side", "price", "size")),
        "market_depth_l2": (
            "updateMktDepthL2",
            ("req_id", "position", "market_maker", "operation", "side", "price", "size", "smart_depth"),
        ),
        "head_timestamp": ("headTimestamp", ("req_id", "head_timestamp")),
        "histogram": ("histogramData", ("req_id", "entries")),
        "historical_ticks": ("historicalTicks", ("req_id", "ticks", "done")),
        "historical_ticks_bid_ask": ("historicalTicksBidAsk", ("req_id", "ticks", "done")),
        "historical_ticks_last": ("historicalTicksLast", ("req_id", "ticks", "done")),
        "historical_schedule": ("historicalSchedule", ("req_id", "start", "end", "time_zone", "sessions")),
    },
    fixed={
        "real_time_bar": {"time": TIME, "volume": "300"},  # whole in ibapi 9.81
        "market_depth": {"size": "300"},
        "market_depth_l2": {"size": "300"},
        "histogram": {"entries": ({"price": 190.25, "size": "300"}, {"price": 190.5, "size": "200"})},
        "historical_ticks": {
            "ticks": ({"time": TIME, "price": 190.25, "size": "0"}, {"time": TIME + 1, "price": 190.5, "size": "1"})
        },
        "historical_ticks_bid_ask": {
            "ticks": (
                {"time": TIME, "bid": 190.25, "ask": 190.5, "bid_size": "3", "ask_size": "2"},
                {"time": TIME + 1, "bid": 190.75, "ask": 191.0, "bid_size": "5", "ask_size": "7"},
            )
        },
        "historical_ticks_last": {
            "ticks": (
                {"time": TIME, "price": 190.25, "size": "3", "exchange": "NASDAQ", "conditions": "   I"},
                {"time": TIME + 1, "price": 190.5, "size": "1", "exchange": "FINRA", "conditions": " 4 I"},
            )
        },
    },
    leaves={
        "start": "startDateTime",
        "end": "endDateTime",
        "bid": "priceBid",
        "ask": "priceAsk",
        "bid_size": "sizeBid",
        "ask_size": "sizeAsk",
        "conditions": "specialConditions",
        "size": "size|count",
    },
    requests={
        "reqRealTimeBars": (
            [7, ASKED, 5, "MIDPOINT", True, []],
            "req_real_time_bars",
            {"req_id": 7, **AS_SENT, "bar_size": 5, "what_to_show": "MIDPOINT", "use_rth": True},
        ),
        "cancelRealTimeBars": ([7], "cancel_real_time_bars", {"req_id": 7}),
        "reqMktDepth": (
            [8, ASKED, 5, True, []],
            "req_market_depth",
            {"req_id": 8, **AS_SENT, "rows": 5, "smart_depth": True},
        ),
        "cancelMktDepth": ([8, True], "cancel_market_depth", {"req_id": 8, "smart_depth": True}),
        "reqHeadTimeStamp": (
            [9, {**ASKED, "includeExpired": True}, "TRADES", True, 1],
            "req_head_timestamp",
            {
                "req_id": 9,
                **AS_SENT,
                "include_expired": True,
                "what_to_show": "TRADES",
                "use_rth": True,
                "format_date": 1,
            },
        ),
        "cancelHeadTimeStamp": ([9], "cancel_head_timestamp", {"req_id": 9}),
        "reqHistogramData": (
            [10, ASKED, True, "3 days"],
            "req_histogram",
            {"req_id": 10, **AS_SENT, "use_rth": True, "period": "3 days"},
        ),
        "cancelHistogramData": ([10], "cancel_histogram", {"req_id": 10}),
        "reqHistoricalTicks": (
            [11, ASKED, "20261120-15:30:00", "20261120-16:00:00", 10, "BID_ASK", True, True, []],
            "req_historical_ticks",
            {
                "req_id": 11,
                **AS_SENT,
                "start": "20261120-15:30:00",
                "end": "20261120-16:00:00",
                "number_of_ticks": 10,
                "what_to_show": "BID_ASK",
                "use_rth": True,
                "ignore_size": True,
            },
        ),
        "cancelHistoricalTicks": ([11], "cancel_historical_ticks", {"req_id": 11}),
    },
    since={"historical_schedule": 165, "cancelHistoricalTicks": 215},
)


def test_every_value_that_we_send_arrives_where_the_library_keeps_it(row: str) -> None:
    assert FAMILY.misread(row) == []


def test_every_request_of_the_library_is_read_with_its_values_and_written_byte_for_byte(row: str) -> None:
    FAMILY.assert_requests_understood(row)
