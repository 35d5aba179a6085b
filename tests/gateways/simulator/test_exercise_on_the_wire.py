"""Options that are exercised, or not, in a market that moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.gateways.simulator.timing import SteppedTime
from harness.wire.message import Message, Value
from tests.gateways.simulator.market import brief, heard
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.simulator.test_moving_market import FRIDAY, Exchange

SPY: dict[str, Value] = {"symbol": "SPY", "sec_type": "OPT", "exchange": "SMART", "currency": "USD"}
DEEP, AWAY = 400.0, 900.0
"""Strikes that the price of SPY is far from."""


def exercise(strike: float = DEEP, right: str = "C", **changes: Value) -> Message:
    contract = {**SPY, "last_trade_date": "20261218", "strike": strike, "right": right, "trading_class": "SPY"}
    asked: dict[str, Value] = {"order_id": 5, "exercise_action": 1, "exercise_quantity": 1, "account": "DU9000001"}
    return Message("exercise_options", {**contract, **asked, **changes})


def answered(*requests: Message, version: int = 226) -> list[Message]:
    async def scenario() -> list[Message]:
        async with Exchange(version=version) as exchange:
            return await exchange.asked(*requests)

    return run(scenario())


def codes(messages: list[Message]) -> list[tuple[Value, Value]]:
    return [(message["req_id"], message["code"]) for message in messages if message.name == "error"]


@pytest.mark.parametrize("version", [157, 180, 184, 203, 211, 226])
def test_an_exercise_shows_as_an_order_that_waits(version: int) -> None:
    """Captured: 10349, then an order to buy at a limit of 0, with the id of the request."""
    notice, order, status = answered(exercise(), version=version)
    assert (notice["req_id"], notice["code"]) == (5, 10349)
    assert (order.name, order["order_id"], order["strike"], order["status"]) == ("open_order", 5, DEEP, "PreSubmitted")
    told = [order[name] for name in ("action", "order_type", "limit_price", "total_quantity", "time_in_force")]
    assert told == ["BUY", "LMT", 0.0, "1", "DAY"]
    assert [status[name] for name in ("order_id", "status", "remaining")] == [5, "PreSubmitted", "1"]


def test_no_quote_fills_it_and_it_ends_as_rejected_by_the_server() -> None:
    """Captured, when it is cancelled: 322, the status, 202."""

    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            await exchange.asked(exercise())
            return [*await exchange.passes(30), *await exchange.asked(Message("req_global_cancel", {}))]

    ended = [
        message for message in run(scenario()) if message.values.get("order_id", message.values.get("req_id")) == 5
    ]
    assert [brief(message) for message in ended] == [("error", 322), ("order_status", "Cancelled"), ("error", 202)]
    assert ended[0]["text"] == "Error processing request.Exercise/Lapse failed due to server rejection."


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (exercise(AWAY), "Exercise ignored because option is not in-the-money."),
        (exercise(DEEP, "P"), "Exercise ignored because option is not in-the-money."),
        (exercise(DEEP, exercise_action=2), "Lapse ignored because option is in-the-money."),
    ],
)
def test_what_is_against_its_natural_action_is_refused_unless_it_is_overridden(request_: Message, text: str) -> None:
    (refused,) = answered(request_)
    assert (refused["req_id"], refused["code"], refused["text"]) == (5, 322, f"Error processing request.{text}")
    overridden = Message("exercise_options", {**request_.values, "override": True})
    assert [brief(message)[0] for message in answered(overridden)] == ["error", "open_order", "order_status"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exercise_action": 3}, 321),
        ({"exercise_quantity": 0}, 321),
        ({"account": "DU9000009"}, 321),
        ({"trading_class": "NONE"}, 200),
        ({"sec_type": "STK", "last_trade_date": "", "strike": 0.0, "right": "", "trading_class": ""}, 200),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], code: int) -> None:
    assert codes(answered(exercise(**changes))) == [(5, code)]


def test_an_id_that_is_in_use_is_refused() -> None:
    assert codes(answered(exercise(), exercise())) == [(5, 10349), (5, 322)]


def test_a_read_only_gateway_exercises_nothing() -> None:
    async def scenario() -> list[Message]:
        async with simulated(scenario="read-only") as gateway, connected(gateway, 5) as client:
            client.say(exercise())
            return (await client.ask(Message("req_current_time", {}), end="current_time"))[:-1]

    (refused,) = run(scenario())
    assert (refused["req_id"], refused["code"]) == (5, 321)


def test_it_still_waits_where_the_gateway_begins_again_with_its_state(tmp_path: Path) -> None:
    async def visited(*requests: Message) -> list[Message]:
        options = {"seed": 1, "timing": SteppedTime(FRIDAY), "state": tmp_path / "state.json"}
        async with simulated("10.45", **options) as gateway, connected(gateway, 7) as client:
            await heard(client)  # the notices that a gateway may have besides
            return await heard(client, *requests)

    async def scenario() -> list[Message]:
        await visited(exercise())
        return await visited(Message("cancel_order", {"order_id": 5}))

    assert [brief(message) for message in run(scenario())] == [
        *(("error", 322), ("order_status", "Cancelled"), ("error", 202))
    ]
