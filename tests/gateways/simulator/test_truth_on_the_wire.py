"""Every request is answered with what the truth says, at every version, in the encoding of that version."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Mapping
from typing import Any

import pytest

from harness.gateways.simulator.answers import _ANSWERS
from harness.gateways.simulator.truth import document
from harness.wire.catalogue import catalogue
from harness.wire.framing import FrameReader
from harness.wire.message import Message, Sender
from tests.gateways.simulator.talk import Client, connected, run, simulated

VERSIONS = (157, 163, 176, 178, 187, 194, 200, 201, 203, 204, 207, 208, 211, 213, 215, 217, 219, 223, 225, 226)
TRUTH = document()
ACCOUNT = "DU9000001"
TAGS = "AccountType,NetLiquidation,BuyingPower,NoSuchTag"

PROTOBUF_SINCE = {
    "open_order": 203,
    "order_status": 203,
    "open_orders_end": 203,
    "error": 201,
    "account_value": 207,
    "portfolio_value": 207,
    "account_update_time": 207,
    "account_download_end": 207,
    "next_valid_id": 213,
    "execution_details": 201,
    "execution_details_end": 201,
    "managed_accounts": 207,
    "current_time": 213,
    "current_time_in_millis": 213,
    "commission_report": 211,
    "position": 207,
    "position_end": 207,
    "account_summary": 207,
    "account_summary_end": 207,
    "account_update_multi": 207,
    "account_update_multi_end": 207,
    "completed_order": 204,
    "completed_orders_end": 204,
}
"""Since which server version a Gateway's message is protobuf, as captured; kept apart from the catalogue on purpose."""


def contract(name: str) -> dict[str, Any]:
    return dict(TRUTH["contract"][name])


def shown(message: Message, expected: Mapping[str, Any]) -> dict[str, Any]:
    return {key: message[key] for key in expected}


def asked(request: Message, *, end: str) -> dict[int, list[Message]]:
    """The answer to a request at every version, asked of one gateway by clients of those maxima at once."""

    async def one(port: int, version: int) -> list[Message]:
        client = await Client.connect(port, version)
        await client.greet()
        await client.start(7 if version == VERSIONS[0] else version)
        answer = await client.ask(request, end=end)
        await client.leave()
        return answer

    async def everybody() -> list[list[Message]]:
        async with simulated() as gateway:
            return await asyncio.gather(*(one(gateway.port, version) for version in VERSIONS))

    return dict(zip(VERSIONS, run(everybody()), strict=True))


def names(messages: list[Message]) -> list[str]:
    return [message.name for message in messages]


def test_the_account_summary_holds_the_tags_that_were_asked_for() -> None:
    request = Message("req_account_summary", {"req_id": 9001, "group": "All", "tags": TAGS})
    wanted = [
        {"req_id": 9001, "account": ACCOUNT, "tag": row["key"], "value": row["value"], "currency": row["currency"]}
        for row in sorted(TRUTH["account_value"], key=lambda row: row["key"])
        if row["key"] in TAGS.split(",")
    ]
    for answer in asked(request, end="account_summary_end").values():
        assert [dict(message.values) for message in answer[:-1]] == wanted
        assert answer[-1]["req_id"] == 9001
    assert len(wanted) == 3


def test_account_updates_hold_values_portfolio_time_and_end() -> None:
    request = Message("req_account_updates", {"subscribe": True, "account": ACCOUNT})
    worth = {"AAPL": (19050.0, 325.0), "ES": (-250212.5, -87.0), "EUR": (21800.55, 50.0), "SPY": (2500.0, 30.88)}
    for version, answer in asked(request, end="account_download_end").items():
        values = [dict(message.values) for message in answer if message.name == "account_value"]
        assert values == [{**row, "account": ACCOUNT} for row in TRUTH["account_value"]]
        portfolio = [message for message in answer if message.name == "portfolio_value"]
        for message, row in zip(portfolio, TRUTH["position"], strict=True):
            expected = {**contract(row["contract"]), **row, "account": ACCOUNT}
            del expected["contract"]
            expected.pop("exchange" if version < PROTOBUF_SINCE["portfolio_value"] else "primary_exchange", None)
            assert shown(message, expected) == expected
            assert (message["market_value"], message["unrealized_pnl"]) == worth[message.text("symbol")]
        each = ["portfolio_value", "account_update_time"]
        assert names(answer)[len(values) :] == [*each * len(portfolio), "account_update_time", "account_download_end"]
        assert answer[-1]["account"] == ACCOUNT


def test_account_updates_without_an_account_are_those_of_the_first() -> None:
    answers = asked(Message("req_account_updates", {"subscribe": True}), end="account_download_end")
    assert {answer[-1]["account"] for answer in answers.values()} == {ACCOUNT}


def test_account_updates_multi_hold_every_value() -> None:
    values: dict[str, Any] = {"req_id": 5, "account": ACCOUNT, "model_code": "", "ledger_and_nlv": False}
    wanted = [{**row, "req_id": 5, "account": ACCOUNT, "model_code": ""} for row in TRUTH["account_value"]]
    for answer in asked(Message("req_account_updates_multi", values), end="account_update_multi_end").values():
        assert [dict(message.values) for message in answer[:-1]] == wanted
        assert answer[-1]["req_id"] == 5


def test_positions_are_all_of_them() -> None:
    for answer in asked(Message("req_positions"), end="position_end").values():
        for message, row in zip(answer[:-1], TRUTH["position"], strict=True):
            expected = {**contract(row["contract"]), **row, "account": ACCOUNT}
            del expected["contract"], expected["market_price"]
            expected.pop("primary_exchange", None)
            assert shown(message, expected) == expected


def order_as_told() -> dict[str, Any]:
    (row,) = TRUTH["open_order"]
    expected = {**contract(row["contract"]), **row, "account": ACCOUNT}
    del expected["contract"]
    return expected


def test_all_open_orders_are_told_with_their_status() -> None:
    expected = order_as_told()
    status = {"order_id": 7, "client_id": 7, "perm_id": 1234567890, "status": "Submitted", "remaining": "10"}
    for answer in asked(Message("req_all_open_orders"), end="open_orders_end").values():
        assert names(answer) == ["open_order", "order_status", "open_orders_end"]
        assert shown(answer[0], expected) == expected
        assert shown(answer[1], status) == status


def test_open_orders_are_the_clients_own() -> None:
    answers = asked(Message("req_open_orders"), end="open_orders_end")
    own = answers.pop(VERSIONS[0])  # the only client with id 7
    assert shown(own[0], order_as_told()) == order_as_told()
    assert all(names(answer) == ["open_orders_end"] for answer in answers.values())


def test_completed_orders_are_told_with_how_they_ended() -> None:
    (row,) = TRUTH["completed_order"]
    expected = {**contract(row["contract"]), **row, "account": ACCOUNT}
    del expected["contract"]
    for answer in asked(Message("req_completed_orders", {"api_only": False}), end="completed_orders_end").values():
        assert names(answer) == ["completed_order", "completed_orders_end"]
        assert shown(answer[0], expected) == expected


def test_executions_are_told_with_their_commission() -> None:
    (row,) = TRUTH["execution"]
    commission = {"exec_id": row["exec_id"], "commission": 1.0, "currency": "USD", "realized_pnl": None, "yield": None}
    expected = {**contract(row["contract"]), **row, "account": ACCOUNT, "req_id": 3}
    for key in ("contract", "commission", "commission_currency", "time"):  # test_times_on_the_wire has the times
        del expected[key]
    for answer in asked(Message("req_executions", {"req_id": 3}), end="execution_details_end").values():
        assert names(answer) == ["execution_details", "commission_report", "execution_details_end"]
        assert shown(answer[0], expected) == expected
        assert shown(answer[1], commission) == commission
        assert answer[2]["req_id"] == 3


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"symbol": "AAPL", "sec_type": "STK", "client_id": 7, "account": ACCOUNT}, True),
        ({"side": "BUY"}, True),
        ({"side": "BOT"}, True),
        ({"side": "SELL"}, False),
        ({"symbol": "MSFT"}, False),
        ({"client_id": 8}, False),
        ({"account": "DU1"}, False),
    ],
)
def test_executions_are_those_that_the_filter_lets_through(wanted: dict[str, Any], found: bool) -> None:  # noqa: FBT001
    answers = asked(Message("req_executions", {"req_id": 3, **wanted}), end="execution_details_end")
    assert {names(answer)[0] == "execution_details" for answer in answers.values()} == {found}


def test_the_time_is_now_in_seconds_and_in_milliseconds() -> None:
    before = int(time.time())
    seconds = asked(Message("req_current_time"), end="current_time")
    millis = asked(Message("req_current_time_in_millis"), end="current_time_in_millis")
    after = int(time.time()) + 1
    assert all(before <= answer[0].number("time") <= after for answer in seconds.values())
    assert all(before <= answer[0].number("time_ms") / 1000 <= after for answer in millis.values())


def test_accounts_and_the_next_id_are_told_again_when_asked_for() -> None:
    accounts = asked(Message("req_managed_accounts"), end="managed_accounts")
    ids = asked(Message("req_ids", {"count": 1}), end="next_valid_id")
    assert {answer[0]["accounts"] for answer in accounts.values()} == {ACCOUNT}
    assert {answer[0]["order_id"] for answer in ids.values()} == {101}


@pytest.mark.parametrize(
    "request_",
    [
        Message("cancel_account_summary", {"req_id": 1}),
        Message("cancel_account_updates_multi", {"req_id": 1}),
        Message("cancel_positions"),
        Message("req_account_updates", {"subscribe": False, "account": ACCOUNT}),
        Message("set_server_log_level", {"level": 5}),
        Message("start_api", {"client_id": 9}),
    ],
    ids=lambda message: message.name,
)
def test_what_needs_no_answer_gets_none_and_harms_nothing(request_: Message) -> None:
    async def scenario(version: int) -> None:
        async with simulated() as gateway, connected(gateway, 7, version) as client:
            client.say(request_)
            assert names(await client.ask(Message("req_ids"), end="next_valid_id")) == ["next_valid_id"]
            assert gateway.clients == {7}

    run(scenario(178))
    run(scenario(226))


def test_every_request_of_the_catalogue_has_an_answer() -> None:
    requests = {name for name, kind in catalogue().by_name.items() if kind.sender is Sender.CLIENT}
    assert set(_ANSWERS) == requests


@pytest.mark.parametrize("version", VERSIONS)
def test_every_message_is_encoded_as_its_family_is_at_that_version(version: int) -> None:
    requests = [
        Message("req_account_updates", {"subscribe": True}),
        Message("req_account_summary", {"req_id": 1, "tags": TAGS}),
        Message("req_account_updates_multi", {"req_id": 2, "account": ACCOUNT}),
        Message("req_positions"),
        Message("req_all_open_orders"),
        Message("req_completed_orders"),
        Message("req_executions", {"req_id": 3}),
        Message("req_managed_accounts"),
        Message("req_current_time"),
        Message("req_current_time_in_millis"),
    ]

    async def scenario() -> bytes:
        async with simulated() as gateway:
            client = await Client.connect(gateway.port, version)
            await client.greet()
            for request in (Message("start_api", {"client_id": 7}), *requests):
                client.say(request)
            client.writer.write_eof()
            wire = await client.reader.read()
            await client.leave()
            return wire

    ids = {
        kind.id: name
        for (sender, _), kind in catalogue().by_id.items()
        if sender is Sender.GATEWAY
        for name in (kind.name,)
    }
    heard: dict[str, bool] = {}
    for payload in FrameReader().feed(run(scenario())):
        number = struct.unpack_from(">I", payload)[0] if version >= 201 else int(payload.split(b"\0")[0])
        heard[ids[number % 200 if number > 200 else number]] = number > 200
    assert heard == {name: version >= since for name, since in PROTOBUF_SINCE.items()}
