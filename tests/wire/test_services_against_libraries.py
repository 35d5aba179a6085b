"""Scanner, advisors, groups, events, fundamentals, holdings of models of the catalogue against the real libraries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from harness.wire.catalogue import catalogue
from harness.wire.message import Message, Value
from tests.wire.against import Family, Part
from tests.wire.places import of_contract
from tests.wire.test_history_against_libraries import piece

SCAN: Mapping[str, Any] = {
    "numberOfRows": 10,
    "instrument": "STK",
    "locationCode": "STK.US.MAJOR",
    "scanCode": "HOT_BY_VOLUME",
    "abovePrice": 5.5,
    "aboveVolume": 1000,
    "marketCapBelow": 1.5,
    "spRatingAbove": "AA",
    "couponRateAbove": 2.5,
    "excludeConvertible": True,
    "averageOptionVolumeAbove": 7,
    "stockTypeFilter": "ALL",
}
AS_SCANNED: Mapping[str, Value] = {
    "number_of_rows": 10,
    "instrument": "STK",
    "location_code": "STK.US.MAJOR",
    "scan_code": "HOT_BY_VOLUME",
    "above_price": 5.5,
    "above_volume": 1000,
    "market_cap_below": 1.5,
    "sp_rating_above": "AA",
    "coupon_rate_above": 2.5,
    "exclude_convertible": True,
    "average_option_volume_above": 7,
    "stock_type_filter": "ALL",
}
PAIR = [{"class": "TagValue", "tag": "a", "value": "b"}]
AS_PAIR = ({"tag": "a", "value": "b"},)
STOCK = {
    "class": "Contract",
    "conId": 265598,
    "symbol": "AAPL",
    "secType": "STK",
    "exchange": "SMART",
    "primaryExchange": "NASDAQ",
    "currency": "USD",
    "localSymbol": "AAPL",
    "strike": 0.0,
}
AS_STOCK: Mapping[str, Value] = {
    "con_id": 265598,
    "symbol": "AAPL",
    "sec_type": "STK",
    "exchange": "SMART",
    "primary_exchange": "NASDAQ",
    "currency": "USD",
    "local_symbol": "AAPL",
    "strike": 0.0,
}
EVENTS = {
    "class": "WshEventData",
    "conId": 8314,
    "filter": "{}",
    "fillPortfolio": True,
    "startDate": "20261101",
    "endDate": "20261130",
    "totalLimit": 10,
}
AS_EVENTS: Mapping[str, Value] = {
    "con_id": 8314,
    "filter": "{}",
    "fill_portfolio": True,
    "start_date": "20261101",
    "end_date": "20261130",
    "total_limit": 10,
}

REQUESTS: Mapping[str, tuple[Sequence[Any], str, Mapping[str, Any]]] = {
    "requestFA": ([1], "req_fa", {"fa_data_type": 1}),
    "replaceFA": ([7, 1, "<x/>"], "replace_fa", {"req_id": 7, "fa_data_type": 1, "xml": "<x/>"}),
    "reqScannerSubscription": (
        [8, {"class": "ScannerSubscription", **SCAN}, [], PAIR],
        "req_scanner_subscription",
        {"req_id": 8, **AS_SCANNED, "filter_options_text": "a=b;", "filter_options": AS_PAIR},
    ),
    "reqScannerSubscription with-options": (
        [8, {"class": "ScannerSubscription", **SCAN}, PAIR, []],
        "req_scanner_subscription",
        {"req_id": 8, **AS_SCANNED, "options_text": "a=b;", "options": AS_PAIR},
    ),
    "cancelScannerSubscription": ([8], "cancel_scanner_subscription", {"req_id": 8}),
    "reqScannerParameters": ([], "req_scanner_parameters", {}),
    "reqFundamentalData": (
        [9, STOCK, "ReportSnapshot", PAIR],
        "req_fundamental_data",
        {
            "req_id": 9,
            **AS_STOCK,
            "report_type": "ReportSnapshot",
            "options_count": 1,
            "options_text": "a=b;",
            "options": AS_PAIR,
        },
    ),
    "cancelFundamentalData": ([9], "cancel_fundamental_data", {"req_id": 9}),
    "verifyRequest": (["name", "1.0"], "verify_request", {"api_name": "name", "api_version": "1.0"}),
    "verifyMessage": (["data"], "verify_message", {"api_data": "data"}),
    "verifyAndAuthRequest": (
        ["name", "1.0", "key"],
        "verify_and_auth_request",
        {"api_name": "name", "api_version": "1.0", "opaque_isv_key": "key"},
    ),
    "verifyAndAuthMessage": (
        ["data", "xyz"],
        "verify_and_auth_message",
        {"api_data": "data", "xyz_response": "xyz"},
    ),
    "queryDisplayGroups": ([10], "query_display_groups", {"req_id": 10}),
    "subscribeToGroupEvents": ([11, 4], "subscribe_to_group_events", {"req_id": 11, "group_id": 4}),
    "updateDisplayGroup": (
        [11, "265598@SMART"],
        "update_display_group",
        {"req_id": 11, "contract_info": "265598@SMART"},
    ),
    "unsubscribeFromGroupEvents": ([11], "unsubscribe_from_group_events", {"req_id": 11}),
    "reqWshMetaData": ([12], "req_wsh_meta_data", {"req_id": 12}),
    "cancelWshMetaData": ([12], "cancel_wsh_meta_data", {"req_id": 12}),
    "reqWshEventData": ([13, EVENTS], "req_wsh_event_data", {"req_id": 13, **AS_EVENTS}),
    "cancelWshEventData": ([13], "cancel_wsh_event_data", {"req_id": 13}),
    "reqPositionsMulti": (
        [14, "DU9000001", "M"],
        "req_positions_multi",
        {"req_id": 14, "account": "DU9000001", "model_code": "M"},
    ),
    "cancelPositionsMulti": ([14], "cancel_positions_multi", {"req_id": 14}),
    "reqPnLSingle": (
        [15, "DU9000001", "M", 265598],
        "req_pnl_single",
        {"req_id": 15, "account": "DU9000001", "model_code": "M", "con_id": 265598},
    ),
    "cancelPnLSingle": ([15], "cancel_pnl_single", {"req_id": 15}),
}


class Services(Family):
    """What a scan finds comes one by one, and then its end."""

    def parts(self, message: Message, version: int) -> Iterator[Part]:
        """Yield a callback a row of a scan, and its end."""
        kind = catalogue().by_name[message.name]
        if kind.name != "scanner_data":
            yield from super().parts(message, version)
            return
        (req_id,) = (field for field in kind.fields if field.name == "req_id")
        (listed,) = (field for field in kind.fields if field.name == "rows")
        values = kind.complete(message.values)
        assert isinstance(values["rows"], tuple)
        for found in values["rows"]:
            yield piece(kind, "scanned", (req_id, *listed.items)), {"req_id": values["req_id"], **found}
        yield piece(kind, "end of scan", (req_id,)), {"req_id": values["req_id"]}


def of_found(name: str) -> str:
    inside = of_contract(name)
    return "marketName" if name == "market_name" else f"contract.{inside}" if inside else ""


FAMILY = Services(
    callbacks={
        "scanner_parameters": ("scannerParameters", ("xml",)),
        "scanner_data": ("", ()),
        "scanned": ("scannerData", ("req_id", "rank", "<details>", "distance", "benchmark", "projection", "legs")),
        "end of scan": ("scannerDataEnd", ("req_id",)),
        "display_group_list": ("displayGroupList", ("req_id", "groups")),
        "display_group_updated": ("displayGroupUpdated", ("req_id", "contract_info")),
        "position_multi": (
            "positionMulti",
            ("req_id", "account", "model_code", "<contract>", "position", "average_cost"),
        ),
        "position_multi_end": ("positionMultiEnd", ("req_id",)),
        "pnl_single": (
            "pnlSingle",
            ("req_id", "position", "daily_pnl", "unrealized_pnl", "realized_pnl", "value"),
        ),
    },
    objects={"<contract>": of_contract, "<details>": of_found},
    fixed={"pnl_single": {"position": "300"}},  # whole in ibapi 9.81
    requests=REQUESTS,
    raises={"reqWshEventData": {"nautilus-ibapi==10.30.1"}},  # a TypeError: it compares with a version that is None
    since={
        **dict.fromkeys(("reqWshMetaData", "cancelWshMetaData", "cancelWshEventData"), 161),
        "reqWshEventData": 173,
    },
)


@pytest.mark.slow
def test_every_value_that_we_send_arrives_where_the_library_keeps_it(row: str) -> None:
    assert FAMILY.misread(row) == []


@pytest.mark.slow
def test_every_request_of_the_library_is_read_with_its_values_and_written_byte_for_byte(row: str) -> None:
    FAMILY.assert_requests_understood(row)
