"""The Gateway's own settings, which no library reads or changes by itself, against the real ones that can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.wire.against import Family, camel

SETTINGS = {
    "creates_message_log": "createApiMessageLogFile",
    "download_open_orders": "downloadOpenOrdersOnConnection",
    "keeps_connection_on_bad_fields": "maintainConnectionOnIncorrectFields",
    "localhost_only": "allowLocalhostOnly",
    "read_only": "readOnlyApi",
    "rejects_above_max_rate": "rejectMessagesAboveMaxRate",
    "resubmits_orders": "maintainAndResubmitOrdersOnReconnect",
    "sends_lots": "sendMarketDataInLotsForUsStocks",
    "time_zone": "sendInstrumentTimezone",
    "trusted_ips": "trustedIPs",
}
"""What IBKR calls the settings that are not our name in camel case."""


CHANGES: Mapping[str, Any] = {
    "lockAndExit": {"autoLogoffTime": "23:45"},
    "messages": [{"id": 131, "defaultAction": "yes", "enabled": False}],
    "api": {
        "precautions": {"bypassOrderPrecautions": True, "bypassRouteMarketableToBBO": False},
        "settings": {"readOnlyApi": True, "masterClientId": 3, "loggingLevel": "detail", "trustedIPs": ["127.0.0.1"]},
    },
    "orders": {"smartRouting": {"preOpenReroute": True, "defaultAlgorithm": "Prefer"}},
    "acceptedWarnings": [{"messageId": 131, "title": "title", "message": "text"}],
    "resetAPIOrderSequence": True,
}
AS_CHANGED: Mapping[str, Any] = {
    "auto_logoff_time": "23:45",
    "messages": ({"message_id": 131, "title": "", "message": "", "default_action": "yes", "enabled": False},),
    "bypass_order_precautions": True,
    "bypass_route_marketable_to_bbo": False,
    "logging_level": "detail",
    "pre_open_reroute": True,
    "default_algorithm": "Prefer",
    "read_only": True,
    "master_client_id": 3,
    "trusted_ips": ({"address": "127.0.0.1"},),
    "accepted_warnings": ({"message_id": 131, "title": "title", "message": "text"},),
    "reset_api_order_sequence": True,
}


def of_answer(name: str) -> str:
    if name.startswith("bypass"):
        return f"api.precautions.{camel(name)}"
    return "reqId" if name == "req_id" else f"api.settings.{SETTINGS.get(name, camel(name))}"


FAMILY = Family(
    callbacks={
        "config": ("configResponseProtoBuf", ("<answer>",)),
        "update_config_response": ("updateConfigResponseProtoBuf", ("<change>",)),
    },
    objects={"<answer>": of_answer, "<change>": camel},
    requests={
        "reqConfigProtoBuf": ([{"class": "ConfigRequest", "reqId": 7}], "req_config", {"req_id": 7}),
        "updateConfigProtoBuf": (
            [{"class": "UpdateConfigRequest", "reqId": 8, **CHANGES}],
            "update_config",
            {"req_id": 8, **AS_CHANGED},
        ),
    },
    since={"config": 219, "reqConfigProtoBuf": 219, "update_config_response": 221, "updateConfigProtoBuf": 221},
)
CAN_ASK = {"nautilus-ibapi==10.45.1", "ibapi-latest==10.51.1"}
"""The rows whose library has the request."""


def test_the_real_library_reads_each_setting_as_it_was_sent(row: str) -> None:
    assert FAMILY.misread(row) == []


def test_the_request_is_that_of_the_real_library(row: str) -> None:
    FAMILY.assert_requests_understood(row)
    sent = {name for _, answer in FAMILY.run(row) for name in answer["sent"]}
    assert sent == ({"reqConfigProtoBuf", "updateConfigProtoBuf"} if row in CAN_ASK else set())
