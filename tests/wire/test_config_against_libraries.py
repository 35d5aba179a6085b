"""The Gateway's own settings, which no library asks for by itself, against the real one that can."""

from __future__ import annotations

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


def of_answer(name: str) -> str:
    return "reqId" if name == "req_id" else f"api.settings.{SETTINGS.get(name, camel(name))}"


FAMILY = Family(
    callbacks={"config": ("configResponseProtoBuf", ("<answer>",))},
    objects={"<answer>": of_answer},
    requests={"reqConfigProtoBuf": ([{"class": "ConfigRequest", "reqId": 7}], "req_config", {"req_id": 7})},
    since={"config": 219, "reqConfigProtoBuf": 219},
)
CAN_ASK = {"nautilus-ibapi==10.45.1", "ibapi-latest==10.51.1"}
"""The rows whose library has the request."""


def test_the_real_library_reads_each_setting_as_it_was_sent(row: str) -> None:
    assert FAMILY.misread(row) == []


def test_the_request_is_that_of_the_real_library(row: str) -> None:
    FAMILY.assert_requests_understood(row)
    sent = {name for _, answer in FAMILY.run(row) for name in answer["sent"]}
    assert sent == ({"reqConfigProtoBuf"} if row in CAN_ASK else set())
