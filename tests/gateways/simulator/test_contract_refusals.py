"""What a Gateway says to a contract that it cannot tell, and to the cancellation of what is not there (users' logs)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.gateways.simulator.answers.contracts import ambiguous
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import run
from tests.gateways.simulator.test_moving_market import AAPL, Exchange

OPTION: Mapping[str, Value] = {**AAPL, "con_id": 0, "sec_type": "OPT"}
FUTURE: Mapping[str, Value] = {**AAPL, "con_id": 0, "symbol": "ES", "sec_type": "FUT", "exchange": "CME"}
NONE_NAMED = "The symbol or the local-symbol or the security id must be entered"


def asked(*requests: Message, version: int = 226) -> list[Message]:
    async def scenario() -> list[Message]:
        async with Exchange(version=version) as exchange:
            return await exchange.asked(*requests)

    return run(scenario())


def errors(*requests: Message) -> list[tuple[Value, Value, str]]:
    told = [message for message in asked(*requests) if message.name == "error"]
    return [(one["req_id"], one["code"], one.text("text").rpartition(" : cause - ")[2]) for one in told]


@pytest.mark.parametrize("name", ["req_market_data", "req_head_timestamp", "req_tick_by_tick"])
@pytest.mark.parametrize(
    ("contract", "code", "text"),
    [
        pytest.param({**AAPL, "sec_type": "SHARE"}, 321, "Please enter a valid security type", id="type"),
        pytest.param({**AAPL, "exchange": ""}, 321, "Please enter exchange", id="exchange"),
        pytest.param(FUTURE, 321, "Please enter a local symbol or an expiry", id="month"),
        pytest.param({**AAPL, "con_id": 0, "symbol": ""}, 321, NONE_NAMED, id="nothing"),
        pytest.param(OPTION, 200, "The contract description specified for AAPL is ambiguous.", id="ambiguous"),
    ],
)
def test_a_contract_that_is_not_clear_is_refused_in_the_words_of_a_real_one(
    name: str, contract: Mapping[str, Value], code: int, text: str
) -> None:
    asks = {"tick_type": "Last"} if name == "req_tick_by_tick" else {}
    assert errors(Message(name, {**contract, **asks})) == [(3, code, text)]


def test_details_are_told_of_all_that_fits_and_refused_for_what_says_nothing() -> None:
    future = Message("req_contract_data", FUTURE)
    assert len([one for one in asked(future) if one.name == "contract_data"]) > 1
    assert errors(Message("req_contract_data", {"req_id": 3})) == [(3, 321, NONE_NAMED)]


def test_an_ambiguous_contract_is_refused_with_what_tells_its_matches_apart() -> None:
    request = Message("req_market_data", {"req_id": 3, "symbol": "VIX"})
    found = [
        {"symbol": "VIX", "multiplier": times, "trading_class": name} for times, name in (("100", "VX"), ("1", "VM"))
    ]
    text = "The contract description specified for VIX is ambiguous; you must specify the multiplier or trading class."
    assert ambiguous(request, found)["text"] == text


@pytest.mark.parametrize(
    ("cancel", "code", "text"),
    [
        (Message("cancel_market_data", {"req_id": 7}), 300, "Can't find EId with tickerId:7"),
        (Message("cancel_market_depth", {"req_id": 7}), 310, "Can't find the subscribed market depth with tickerId:7"),
        (Message("cancel_historical_data", {"req_id": 7}), 366, "No historical data query found for ticker id:7"),
        (Message("cancel_scanner_subscription", {"req_id": 7}), 365, "No scanner subscription found for ticker id:7"),
        (Message("cancel_order", {"order_id": 77}), 10147, "OrderId 77 that needs to be cancelled is not found."),
    ],
)
def test_the_cancellation_of_what_is_not_there_draws_an_error_of_its_kind(
    cancel: Message, code: int, text: str
) -> None:
    assert errors(cancel) == [(cancel.values.get("order_id", 7), code, text)]


def test_others_that_are_not_there_are_cancelled_in_silence() -> None:
    names = ("head_timestamp", "histogram", "pnl", "pnl_single", "account_summary", "tick_by_tick")
    assert asked(*(Message(f"cancel_{name}", {"req_id": 7}) for name in names), Message("cancel_positions")) == []


def test_a_request_that_was_refused_cannot_be_cancelled() -> None:
    unknown = {**AAPL, "con_id": 1}
    bars: dict[str, Value] = {**unknown, "bar_size": "1 min", "duration": "60 S", "what_to_show": "TRADES"}
    told = errors(
        *(Message("req_market_data", unknown), Message("cancel_market_data", {"req_id": 3})),
        *(Message("req_historical_data", bars), Message("cancel_historical_data", {"req_id": 3})),
    )
    assert [code for _, code, _ in told] == [200, 300, 200, 366]


def test_what_runs_is_cancelled_in_silence_but_for_bars_and_scans() -> None:
    depth: dict[str, Value] = {**AAPL, "rows": 5, "smart_depth": True}
    scan: dict[str, Value] = {"instrument": "STK", "location_code": "STK.US"}
    bars: dict[str, Value] = {
        "bar_size": "1 min",
        "duration": "60 S",
        "what_to_show": "TRADES",
        "keep_up_to_date": True,
    }
    begun: list[Message] = [
        *(Message("req_market_data", AAPL), Message("req_market_depth", depth), Message("req_positions")),
        *(Message("req_tick_by_tick", {**AAPL, "tick_type": "Last"}), Message("req_historical_data", {**AAPL, **bars})),
        *(Message("req_pnl", {"req_id": 3}), Message("req_account_summary", {"req_id": 3, "tags": "NetLiquidation"})),
        Message("req_scanner_subscription", {"req_id": 3, **scan}),
    ]

    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            await exchange.asked(*begun)
            ended = ("market_data", "market_depth", "tick_by_tick", "pnl", "account_summary")
            cancels = [Message(f"cancel_{name}", {"req_id": 3}) for name in ended]
            other = [Message(f"cancel_{name}", {"req_id": 3}) for name in ("historical_data", "scanner_subscription")]
            return await exchange.asked(*cancels, Message("cancel_positions"), *other)

    told = [(one["code"], one.text("text").partition(":")[2]) for one in run(scenario())]
    assert told == [
        (162, "API historical data query cancelled: 3"),
        (162, "API scanner subscription cancelled: 3"),
    ]


@pytest.mark.parametrize(
    ("request_", "code", "text"),
    [
        (Message("req_market_data", AAPL), 322, "Duplicate ticker id"),
        (Message("req_market_depth", {**AAPL, "rows": 5, "smart_depth": True}), 322, "Duplicate ticker id"),
        (Message("req_pnl", {"req_id": 3, "account": "DU9000001"}), 102, "Duplicate ticker id"),
    ],
)
def test_the_number_of_what_runs_cannot_be_used_again(request_: Message, code: int, text: str) -> None:
    assert errors(request_, request_)[-1] == (3, code, text)


def test_a_regulatory_snapshot_without_its_subscription_is_an_error_without_a_code() -> None:
    snapshot: dict[str, Any] = {**AAPL, "regulatory_snapshot": True}
    assert errors(Message("req_market_data", snapshot)) == [(3, 0, "Internal server error")]


def test_no_ticks_one_by_one_of_a_combination() -> None:
    combo = {**AAPL, "con_id": 0, "sec_type": "BAG", "tick_type": "Last"}
    ((_, code, cause),) = errors(Message("req_tick_by_tick", combo))
    assert (code, cause[:39]) == (321, "'BAG' security type is not supported fo")
