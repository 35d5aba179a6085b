"""Quotes, ticks, profit and loss of the catalogue against the real libraries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.wire.catalogue import catalogue
from harness.wire.message import Value
from tests.wire.against import Family, camel

TICK = ("req_id", "tick_type")

CALLBACKS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "tick_price": ("tickPrice|priceSizeTick", (*TICK, "price")),
    "tick_size": ("tickSize", (*TICK, "size")),
    "tick_generic": ("tickGeneric", (*TICK, "value")),
    "tick_string": ("tickString", (*TICK, "value")),
    "tick_snapshot_end": ("tickSnapshotEnd", ("req_id",)),
    "market_data_type": ("marketDataType", ("req_id", "market_data_type")),
    "tick_req_params": ("tickReqParams", ("req_id", "min_tick", "bbo_exchange", "snapshot_permissions")),
    "reroute_market_data": ("rerouteMktDataReq", ("req_id", "con_id", "exchange")),
    "reroute_market_depth": ("rerouteMktDepthReq", ("req_id", "con_id", "exchange")),
    "pnl": ("pnl", ("req_id", "daily_pnl", "unrealized_pnl", "realized_pnl")),
    "tick_by_tick": ("tickByTickAllLast", (
        *TICK, "last_time", "last_price", "last_size", "<flags>", "last_exchange", "last_conditions")),
    "user_info": ("userInfo", ("req_id", "white_branding_id")),
}  # fmt: skip

CONTRACT = {
    "conId": 700123456,
    "symbol": "SPY",
    "secType": "OPT",
    "lastTradeDateOrContractMonth": "20261218",
    "strike": 600.5,
    "right": "C",
    "multiplier": "100",
    "exchange": "SMART",
    "primaryExchange": "CBOE",
    "currency": "USD",
    "localSymbol": "SPY   261218C00600500",
    "tradingClass": "SPY",
}
OF_CONTRACT: Mapping[str, Value] = {
    "con_id": 700123456,
    "symbol": "SPY",
    "sec_type": "OPT",
    "last_trade_date": "20261218",
    "strike": 600.5,
    "right": "C",
    "multiplier": "100",
    "exchange": "SMART",
    "primary_exchange": "CBOE",
    "currency": "USD",
    "local_symbol": "SPY   261218C00600500",
    "trading_class": "SPY",
}
OPTION = {"class": "Contract", **CONTRACT}

REQUESTS: Mapping[str, tuple[Sequence[Any], str, Mapping[str, Value]]] = {
    "reqMktData": (
        [7, OPTION, "233", True, False, []],
        "req_market_data",
        {**OF_CONTRACT, "req_id": 7, "generic_ticks": "233", "snapshot": True},
    ),
    "cancelMktData": ([7], "cancel_market_data", {"req_id": 7}),
    "reqMarketDataType": ([3], "req_market_data_type", {"market_data_type": 3}),
    "reqPnL": ([8, "DU9000001", "M"], "req_pnl", {"req_id": 8, "account": "DU9000001", "model_code": "M"}),
    "cancelPnL": ([8], "cancel_pnl", {"req_id": 8}),
    "reqTickByTickData": (
        [9, OPTION, "BidAsk", 0, True],
        "req_tick_by_tick",
        {**OF_CONTRACT, "req_id": 9, "tick_type": "BidAsk", "ignore_size": True},
    ),
    "cancelTickByTickData": ([9], "cancel_tick_by_tick", {"req_id": 9}),
    "reqUserInfo": ([10], "req_user_info", {"req_id": 10}),
}

LAST: Mapping[str, Value] = {
    "tick_type": 1,
    "last_time": 1795188659,
    "last_price": 190.5,
    "last_size": "3",
    "last_mask": 0,
}
NO_OTHER_TAIL: Mapping[str, Value] = {
    field.name: field.default
    for field in catalogue().by_name["tick_by_tick"].fields
    if field.name.startswith(("quote", "midpoint"))
}
"""As protobuf the tails are alternatives: two of them together are none."""

FAMILY = Family(
    callbacks=CALLBACKS,
    objects={"<flags>": camel},
    requests=REQUESTS,
    fixed={
        "tick_by_tick": {**NO_OTHER_TAIL, **LAST},
        "tick_price": {"price": 190.5, "size": "5"},  # ib_insync and ib_async pass over a tick whose price is zero
        "tick_size": {"size": "300"},  # whole in ibapi 9.81
    },
    lost={
        "tick_req_params": {"last_price_precision", "last_size_precision"},  # told as protobuf alone
        "tick_price": {"size", "attributes"},  # a callback of their own, or folded into one
        "tick_by_tick": {"last_mask", "last_past_limit", "last_unreported", *NO_OTHER_TAIL},
    },
    since={"user_info": 167, "reqUserInfo": 167},
)


def test_every_value_that_we_send_arrives_where_the_library_keeps_it(row: str) -> None:
    assert FAMILY.misread(row) == []


def test_every_request_of_the_library_is_read_with_its_values_and_written_byte_for_byte(row: str) -> None:
    FAMILY.assert_requests_understood(row)
