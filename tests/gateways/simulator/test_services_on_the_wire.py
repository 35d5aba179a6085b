"""Scanner, display groups, holdings of a model and refusals, as bytes at the versions where their form changes."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from harness.gateways.simulator.truth import document
from harness.shared import desupport_text
from harness.wire.message import Message
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.simulator.test_reference_on_the_wire import frame_of, raw, rows, text
from tests.gateways.simulator.test_truth_on_the_wire import ACCOUNT, asked, names

TRUTH = document()
UNSET = "1.7976931348623157E308"


def conversation(version: int, *requests: Message, gateway: str = "10.50") -> list[Message]:
    """Send requests on one connection; return what comes back, without the notice of the desupport."""

    async def scenario() -> list[Message]:
        async with simulated(gateway) as served, connected(served, 7, version) as client:
            for request in requests:
                client.say(request)
            heard = (await client.ask(Message("req_ids"), end="next_valid_id"))[:-1]
            return [one for one in heard if one.values.get("code") != desupport_text.CODE]

    return run(scenario())


def scan(req_id: int, location: str, **more: Any) -> Message:
    values: dict[str, Any] = {
        "req_id": req_id,
        "instrument": "STK",
        "location_code": location,
        "scan_code": "HOT_BY_VOLUME",
    }
    return Message("req_scanner_subscription", {**values, **more})


def refused(answer: list[Message]) -> list[tuple[Any, Any]]:
    return [(one["code"], one["req_id"]) for one in answer if one.name == "error"]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (200, text("67", "1", "1", "1|2|3|4|5|6|7")),
        (212, raw(67, text("1", "1", "1|2|3|4|5|6|7"))),
        (225, raw(267, b"\x08\x01\x12\x0d1|2|3|4|5|6|7")),  # as captured
    ],
)
def test_a_gateway_has_seven_display_groups(version: int, expected: bytes) -> None:
    assert frame_of(Message("query_display_groups", {"req_id": 1}), version) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [(200, text("68", "1", "2", "none")), (225, raw(268, b"\x08\x02\x12\x04none"))],  # the second as captured
)
def test_a_group_shows_nothing_at_first(version: int, expected: bytes) -> None:
    assert frame_of(Message("subscribe_to_group_events", {"req_id": 2, "group_id": 1}), version) == expected


def test_a_group_tells_its_subscribers_until_they_leave() -> None:
    update = Message("update_display_group", {"req_id": 2, "contract_info": "265598@SMART"})
    told = conversation(
        225,
        update,
        *(Message("subscribe_to_group_events", {"req_id": req_id, "group_id": 1}) for req_id in (2, 3)),
        Message("subscribe_to_group_events", {"req_id": 4, "group_id": 5}),
        update,
        Message("unsubscribe_from_group_events", {"req_id": 3}),
        update,
    )
    shown = [(one["req_id"], one["contract_info"]) for one in told]
    assert shown[:3] == [(2, "none"), (3, "none"), (4, "none")]
    assert shown[3:] == [(2, "265598@SMART"), (3, "265598@SMART"), (2, "265598@SMART")]


def test_a_scan_finds_the_stocks_of_its_location() -> None:
    row = ("0", "265598", "AAPL", "STK", "", "0.0", "", "SMART", "USD", "AAPL", "NMS", "NMS", "", "", "", "")
    us = scan(1, "STK.US.MAJOR", number_of_rows=1)
    assert frame_of(us, 200) == text("20", "3", "1", "1", *row)
    assert frame_of(us, 209) == raw(20, text("3", "1", "1", *row))
    contract = b"\x08\xfe\x9a\x10\x12\x04AAPL\x1a\x03STK\x29" + bytes(8)
    contract += b"\x42\x05SMART\x4a\x06NASDAQ\x52\x03USD\x5a\x04AAPL\x62\x03NMS"
    found = b"\x08\x00\x12" + bytes([len(contract)]) + contract + b"\x1a\x03NMS"
    assert frame_of(us, 210) == raw(220, b"\x08\x01\x12" + bytes([len(found)]) + found)
    for answer in asked(scan(1, "STK.US.MAJOR", number_of_rows=10), end="scanner_data").values():
        assert [(found["rank"], found["symbol"]) for found in rows(answer[0], "rows")] == [(0, "AAPL"), (1, "SPY")]
    for answer in asked(scan(1, "STK.EU.SBF"), end="scanner_data").values():
        assert [found["symbol"] for found in rows(answer[0], "rows")] == ["MC"]


def test_a_scan_that_finds_nothing_says_so_and_has_no_rows() -> None:
    for answer in asked(scan(1, "STK.NOWHERE"), end="scanner_data").values():
        assert refused(answer) == [(165, 1)]
        assert answer[-1]["rows"] == ()


@pytest.mark.parametrize("version", [178, 225])
def test_a_scan_ends_with_an_error_and_once_only(version: int) -> None:
    cancel = Message("cancel_scanner_subscription", {"req_id": 1})
    answer = conversation(version, scan(1, "STK.US"), scan(1, "STK.US"), cancel, cancel, scan(1, "STK.US"))
    assert names(answer) == ["scanner_data", "error", "error", "error", "scanner_data"]
    assert refused(answer) == [(385, 1), (162, 1), (365, 1)]
    assert str(answer[2]["text"]).endswith("API scanner subscription cancelled: 1")


def test_the_parameters_of_the_scanner_are_a_document() -> None:
    xml = str(TRUTH["reference"]["scanner_parameters"])
    assert frame_of(Message("req_scanner_parameters"), 200) == text("19", "1", xml)
    for answer in asked(Message("req_scanner_parameters"), end="scanner_parameters").values():
        assert answer[0]["xml"] == xml
        assert {code for code in ("HOT_BY_VOLUME", "STK.US") if code not in xml} == set()


def test_the_holdings_of_an_account_are_told_and_those_of_a_model_are_none() -> None:
    request = Message("req_positions_multi", {"req_id": 3, "account": ACCOUNT})
    first: tuple[str, ...] = ("3", ACCOUNT, "265598", "AAPL", "STK", "", "0.0", "", "", "NASDAQ", "USD", "AAPL", "NMS")
    first += ("100", "187.25", "")
    assert frame_of(request, 200) == text("71", "1", *first)
    assert frame_of(request, 206) == raw(71, text("1", *first))
    assert frame_of(request, 207).startswith(raw(271, b"\x08\x03\x12\x09DU9000001\x1a"))
    for answer in asked(request, end="position_multi_end").values():
        held = [(one["con_id"], one["position"]) for one in answer[:-1]]
        assert held == [(TRUTH["contract"][row["contract"]]["con_id"], row["position"]) for row in TRUTH["position"]]
    of_model = Message("req_positions_multi", {"req_id": 3, "account": ACCOUNT, "model_code": "M"})
    for version, expected in ((200, text("72", "1", "3")), (207, raw(272, b"\x08\x03"))):
        assert frame_of(of_model, version) == expected


def pnl(con_id: int, account: str = ACCOUNT) -> Message:
    return Message("req_pnl_single", {"req_id": 1, "account": account, "con_id": con_id})


def test_a_holding_has_made_what_its_price_says() -> None:
    assert frame_of(pnl(265598), 200) == text("95", "1", "100", "100.0", "325.0", UNSET, "19050.0")
    assert frame_of(pnl(265598), 209) == raw(95, text("1", "100", "100.0", "325.0", UNSET, "19050.0"))
    daily, unrealized, value = (struct.pack("<d", number) for number in (100.0, 325.0, 19050.0))
    body = b"\x08\x01\x12\x03100\x19" + daily + b"\x21" + unrealized + b"\x31" + value
    assert frame_of(pnl(265598), 210) == raw(295, body)  # realized is absent, as captured


def test_the_days_of_the_holdings_are_that_of_the_account() -> None:
    assert sum(TRUTH["reference"]["daily_pnl"].values()) == TRUTH["pnl"]["daily"]


def test_without_a_holding_a_notice_comes_first() -> None:
    for answer in asked(pnl(8314), end="pnl_single").values():
        assert refused(answer) == [(2150, 1)]
        values = [answer[-1][name] for name in ("position", "unrealized_pnl", "value")]
        assert values == ["0", None, None]


@pytest.mark.parametrize("version", [178, 200, 225])
def test_an_account_that_is_none_is_refused(version: int) -> None:
    of_other = Message("req_positions_multi", {"req_id": 2, "account": "DU1"})
    assert refused(conversation(version, pnl(265598, "DU1"), of_other)) == [(321, 1), (321, 2)]


def test_who_is_no_advisor_may_not_ask_for_groups() -> None:
    ask, replace = Message("req_fa", {"fa_data_type": 1}), Message("replace_fa", {"req_id": 58, "xml": "<x/>"})
    assert refused(conversation(200, ask, replace)) == [(321, 2147483647), (321, 58)]
    answer = conversation(225, ask, replace)
    assert refused(answer) == [(321, 0), (321, 58)]
    assert [str(one["text"])[:27] for one in answer] == ["Error validating request.-'" for _ in answer]
    assert [str(one["text"])[27:29] for one in answer] == ["b4", "bW"]


@pytest.mark.parametrize("version", [178, 200, 225])
def test_events_need_a_subscription(version: int) -> None:
    answer = conversation(
        version,
        Message("req_wsh_meta_data", {"req_id": 1}),
        Message("req_wsh_event_data", {"req_id": 2, "con_id": 265598}),
        Message("cancel_wsh_meta_data", {"req_id": 1}),
        Message("cancel_wsh_event_data", {"req_id": 2}),
    )
    assert refused(answer) == [(10276, 1), (10276, 2)]
    assert {one["text"] for one in answer} == {"News feed is not allowed."}


@pytest.mark.parametrize(("gateway", "code"), [("10.30", 430), ("10.45", 430), ("10.50", 10358)])
def test_fundamentals_went_with_10_47_whatever_the_client_speaks(gateway: str, code: int) -> None:
    report: dict[str, Any] = {"symbol": "AAPL", "con_id": 265598, "sec_type": "STK"}
    answer = conversation(
        178,
        Message("req_fundamental_data", {"req_id": 1, **report, "report_type": "ReportSnapshot"}),
        Message("req_fundamental_data", {"req_id": 2, **report, "report_type": "ReportRatios"}),
        Message("cancel_fundamental_data", {"req_id": 1}),
        gateway=gateway,
    )
    assert refused(answer) == [(code, 1), (code, 2)]
    assert [str(one["text"]).endswith("Missing reportType") for one in answer] == [False, code == 430]


def test_fundamentals_of_no_contract_are_refused_as_such() -> None:
    unknown = Message("req_fundamental_data", {"req_id": 1, "symbol": "XYZZY"})
    assert refused(conversation(178, unknown, gateway="10.45")) == [(200, 1)]


@pytest.mark.parametrize("version", [178, 212, 226])
def test_what_a_gateway_does_not_answer_gets_none_and_harms_nothing(version: int) -> None:
    assert (
        conversation(
            version,
            Message("cancel_pnl_single", {"req_id": 9}),
            Message("cancel_positions_multi", {"req_id": 9}),
            Message("verify_request", {"api_name": "name", "api_version": "1"}),
            Message("verify_message", {"api_data": "data"}),
            Message("verify_and_auth_request", {"api_name": "name"}),
            Message("verify_and_auth_message", {"api_data": "data"}),
        )
        == []
    )
