"""A gateway is asked to change its settings, and to write its log with a level that is none."""

from __future__ import annotations

from typing import Any

import pytest

from harness.gateways.simulator.answers import settings
from harness.wire.catalogue import catalogue
from harness.wire.message import Message
from tests.gateways.simulator.test_reference_on_the_wire import frame_of, raw
from tests.gateways.simulator.test_services_on_the_wire import conversation, refused


def answer_to(**values: Any) -> Message:
    (answer,) = conversation(226, Message("update_config", {"req_id": 5, **values}))
    return answer


def test_a_setting_that_is_so_already_succeeds() -> None:
    request = Message(
        "update_config", {"req_id": 5, "localhost_only": True, "trusted_ips": ({"address": "127.0.0.1"},)}
    )
    assert frame_of(request, 221) == raw(311, b"\x08\x05\x12\x07success\x1a\x15Configuration updated")
    assert answer_to()["status"] == "success"


def test_a_change_is_refused_and_names_its_fields() -> None:
    answer = answer_to(master_client_id=3, auto_logoff_time="23:45", localhost_only=True)
    assert (answer["req_id"], answer["status"], answer["changed_fields"]) == (5, "error", ())
    fields = ["configuration.lockAndExit.autoLogoffTime", "configuration.api.settings.masterClientId"]
    assert answer["errors"] == tuple({"field": field} for field in fields)


@pytest.mark.parametrize(
    ("setting", "value", "field"),
    [
        ("messages", ({"message_id": 131, "enabled": False},), "messages"),
        ("bypass_order_precautions", True, "api.precautions.bypassOrderPrecautions"),
        ("bypass_route_marketable_to_bbo", False, "api.precautions.bypassRouteMarketableToBBO"),
        ("prepare_daily_pnl", True, "api.settings.prepareDailyPnL"),
        ("logging_level", "detail", "api.settings.loggingLevel"),
        ("seek_price_improvement", True, "orders.smartRouting.seekPriceImprovement"),
    ],
)
def test_a_setting_that_a_simulated_gateway_does_not_have_is_refused_too(setting: str, value: Any, field: str) -> None:
    answer = answer_to(**{setting: value})
    assert (answer["status"], answer["errors"]) == ("error", ({"field": f"configuration.{field}"},))


def test_every_setting_of_the_request_can_be_refused() -> None:
    asked_for = set(catalogue().by_name["update_config"].defaults)
    assert asked_for - set(settings._PLACES) == {"req_id", "accepted_warnings"}


def test_a_setting_that_is_to_be_off_is_told_from_one_that_is_not_asked_for() -> None:
    assert answer_to(localhost_only=False)["errors"] == ({"field": "configuration.api.settings.allowLocalhostOnly"},)
    assert answer_to(read_only=False)["status"] == "success"


@pytest.mark.parametrize("version", [178, 212, 213])
def test_a_log_level_is_one_to_five(version: int) -> None:
    levels = [Message("set_server_log_level", {"level": level}) for level in range(7)]
    assert refused(conversation(version, *levels)) == [(319, -1), (319, -1)]
