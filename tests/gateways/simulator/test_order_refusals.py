"""Orders that a simulated gateway refuses, with which code and text; and that it takes all types that there are."""

from __future__ import annotations

import math
from typing import Any

import pytest

from harness.gateways.simulator.trading.documents import document
from harness.gateways.simulator.trading.kinds import kinds
from harness.gateways.simulator.truth import those_with
from harness.wire.message import Message, Value
from tests.gateways.simulator.market import (
    EMPTY_BOOK,
    ES,
    EURUSD,
    ORDER,
    HandPrices,
    brief,
    cancel,
    heard,
    limit,
    order,
    pair,
    told,
)
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.simulator.trader import Trader
from tests.gateways.simulator.worlds import FRIDAY, world

VERSIONS = (176, 203, 226)
NO_CONTRACT = 200
EURO: dict[str, Value] = {"con_id": EURUSD, "symbol": "EUR", "sec_type": "CASH", "exchange": "IDEALPRO"}
FUTURE: dict[str, Value] = {"con_id": ES, "symbol": "ES", "sec_type": "FUT", "exchange": "CME"}


def refused(values: dict[str, Value], version: int = 226, **options: Any) -> list[Message]:
    """What comes of an order with those values, and of its cancellation."""

    async def scenario() -> list[Message]:
        async with (
            simulated(prices=HandPrices(), **(options or {"truth": EMPTY_BOOK})) as gateway,
            connected(gateway, 5, version) as client,
        ):
            return await heard(client, Message("place_order", {**ORDER, **values}), cancel())

    return run(scenario())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("values", "code", "text"),
    [
        ({"order_type": "FEELINGS"}, 321, "Invalid order type was entered"),
        ({"action": "STEAL"}, 321, "Invalid side"),
        ({"total_quantity": "0"}, 321, "The size value cannot be zero"),
        ({"total_quantity": "-5"}, 321, "The size value cannot be zero"),
        ({"exchange": ""}, 321, "Missing order exchange"),
        ({"sec_type": "SHARE"}, 321, "Please enter a valid security type"),
        ({"con_id": 0, "symbol": "NOSUCH"}, 200, "No security definition has been found for the request"),
        (
            {"con_id": 0, "symbol": "ES", "sec_type": "FUT", "exchange": "CME"},
            200,
            "The contract description specified for ES",
        ),
        ({"order_type": "STP"}, 321, "Please enter a stop price"),
        (
            {"order_type": "LMT", "limit_price": 90.001},
            110,
            "The price does not conform to the minimum",
        ),
        ({"order_type": "STP", "aux_price": 90.001}, 110, "The price does not conform to the minimum"),
        ({"trigger_method": 99}, 321, "Invalid trigger method"),
        ({"what_if": True, "transmit": False}, 321, "What-If order should have transmit flag set to TRUE."),
        ({"time_in_force": "SOMETIME"}, 10052, "Invalid time in force:SOMETIME"),
        *[
            (values, 343, "The date, time, or time-zone entered is invalid.")
            for values in (
                {"good_after_time": "20261032 10:00:00 US/Eastern"},
                {"good_after_time": "20261030 10:00:00 Nowhere/Else"},
                {"time_in_force": "GTD", "good_till_date": "tomorrow"},
                {"time_in_force": "GTD"},
            )
        ],
        ({**FUTURE, "total_quantity": "1.5"}, 10245, "This financial instrument does not support fractional shares"),
        ({**FUTURE, "total_quantity": "0", "cash_quantity": 9e4}, 10244, "Cash Quantity cannot be used for this order"),
        ({"order_type": "PASSV REL"}, 387, "Unsupported order type for this exchange and security type."),
        ({"algo_strategy": "Hope"}, 439, "Order processing failed. Algorithm definition not found"),
        (
            {"algo_strategy": "Vwap", "algo_params": [{"tag": "maxPctVol", "value": "abc"}]},
            441,
            "Algo attributes validation failed:maxPctVol=abc",
        ),
        (
            {"algo_strategy": "Vwap", "algo_params": [{"tag": "strategyType", "value": "1"}]},
            443,
            "Order processing failed. Unknown algo attribute:strategyType",
        ),
        ({"parent_id": 99}, 10006, "Missing parent order."),
        ({"account": "DU9000002"}, 321, "Invalid account code 'DU9000002'."),
    ],
)
def test_an_order_is_refused_and_then_unknown(values: dict[str, Value], code: int, text: str, version: int) -> None:
    refusal, not_found = refused(values, version)
    assert (refusal["req_id"], refusal["code"]) == (101, code)
    said = refusal.text("text").partition(" : cause - ")
    assert (said[2] or said[0]).startswith(text)
    if code == NO_CONTRACT:  # the API holds the id until it is cancelled (captured)
        assert [not_found[name] for name in ("status", "order_id", "perm_id")] == ["ApiCancelled", 101, 0]
    else:
        assert not_found["code"] == 10147


@pytest.mark.parametrize("price", ["nan", "Infinity"])
def test_a_price_that_is_no_number_is_refused(price: str) -> None:
    """Our own codec writes no such price, so it is put into the text."""

    async def scenario() -> Message:
        async with simulated(prices=HandPrices(), truth=EMPTY_BOOK) as gateway, connected(gateway, 5, 176) as client:
            payload = client.side.send(limit())[4:].replace(b"\x0090.0\0", b"\0" + price.encode() + b"\0")
            client.writer.write(len(payload).to_bytes(4, "big") + payload)
            return await client.message()

    assert brief(run(scenario())) == ("error", 110)


@pytest.mark.parametrize("number", ["nan", "Infinity"])
def test_what_is_no_number_is_refused_and_the_orders_can_still_be_told(number: str) -> None:
    """A client below 203 sends it as text, which can be read; nobody could write it again."""

    async def scenario() -> tuple[Message, list[Any]]:
        async with simulated(prices=HandPrices(), truth=EMPTY_BOOK) as gateway, connected(gateway, 5, 176) as client:
            payload = client.side.send(limit(trailing_percent=12.5))[4:]
            payload = payload.replace(b"\x0012.5\0", b"\0" + number.encode() + b"\0")
            client.writer.write(len(payload).to_bytes(4, "big") + payload)
            return await client.message(), await told(client, Message("req_all_open_orders"))

    refusal, listed = run(scenario())
    assert (refusal["code"], refusal.text("text")) == (
        320,
        "Error reading request. trailing_percent is no finite number",
    )
    assert listed == [("open_orders_end", None)]


@pytest.mark.parametrize(
    "values",
    [
        {"total_quantity": "-5", "cash_quantity": 100.0},
        {"total_quantity": "0", "cash_quantity": -500.0},
        {"total_quantity": "10", "cash_quantity": -500.0},
        {"total_quantity": "0", "cash_quantity": 0.00001},
        {"total_quantity": "0", "cash_quantity": 1e308},
        {"total_quantity": "1e-400"},
        {"total_quantity": "1e300"},
        {"total_quantity": "0", "cash_quantity": 100.0, **EURO},  # nobody knows its price
    ],
)
def test_a_size_that_is_none_is_refused_in_money_too(values: dict[str, Value]) -> None:
    refusal = Trader().place(order(), **values)
    assert [brief(each) for each in refusal] == [("error", 321)]
    assert refusal[0].text("text").endswith("The size value cannot be zero")


@pytest.mark.parametrize("order_type", ["LMT", "MKT"])
@pytest.mark.parametrize("price", [1e308, -1e308])
def test_a_preview_of_an_absurd_price_is_refused(price: float, order_type: str) -> None:
    preview = order(order_type=order_type, limit_price=price, total_quantity="1000", what_if=True)
    assert [brief(each) for each in Trader().place(preview)] == [("error", 110)]


def test_a_price_that_no_step_fits_is_refused_whatever_its_size() -> None:
    answers = [refused({"order_type": "LMT", "limit_price": price})[0] for price in (5e-324, 1e300)]
    assert brief(answers[0]) == ("error", 110)
    assert brief(answers[1]) != ("error", 320)


def test_an_id_below_one_that_was_used_is_refused() -> None:
    async def scenario() -> list[Any]:
        async with simulated() as gateway, connected(gateway, 5) as client:
            return [await told(client, limit(5)), await told(client, limit(105)), await told(client, limit(104))]

    assert run(scenario()) == [[("error", 103)], [*pair("PreSubmitted"), *pair("Submitted")], [("error", 103)]]


@pytest.mark.parametrize(("version", "expected"), [(226, [("error", 10052)]), (176, [("error", 10349)])])
def test_an_empty_time_in_force_is_refused_or_set(version: int, expected: list[Any]) -> None:
    messages = refused({"order_type": "LMT", "limit_price": 90.0, "time_in_force": ""}, version)
    assert [each for each in map(brief, messages) if each[0] == "error"][:1] == expected
    assert {each["time_in_force"] for each in messages if each.name == "open_order"} <= {"DAY"}


@pytest.mark.parametrize("field", ["customer_account", "professional_customer"])
def test_an_account_of_its_own_has_no_customers(field: str) -> None:
    refusal, _ = refused({field: "C123" if field == "customer_account" else True})
    assert refusal["code"] == 145
    assert refusal.text("text").endswith("for account DU9000001")


def test_a_trailing_stop_cannot_follow_a_market_order() -> None:
    async def scenario() -> list[Any]:
        async with simulated(prices=HandPrices(), truth=EMPTY_BOOK) as gateway, connected(gateway, 5) as client:
            trail = order(102, order_type="TRAIL", aux_price=1.0, action="SELL", parent_id=101)
            return await told(client, order(101, transmit=False), trail)

    assert run(scenario()) == [("error", 328)]


def test_several_accounts_must_be_told_apart() -> None:
    assert brief(refused({"account": ""}, scenario="several-accounts")[0]) == ("error", 435)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"order_type": "LMT", "limit_price": 90.0, "time_in_force": "FOK"}, "The time-in-force FOK is invalid"),
        (
            {"order_type": "PEG BEST", "compete_against_best_offset": math.inf},
            "This order type is not allowed w/o PostToAts",
        ),
        ({"total_quantity": "10000000"}, "YOUR ORDER IS NOT ACCEPTED."),
    ],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_an_order_is_rejected_after_it_was_taken(values: dict[str, Value], reason: str, version: int) -> None:
    *messages, late = refused(values, version)
    assert [brief(each) for each in messages] == [*pair("Inactive"), ("error", 201), *pair("Inactive")]
    assert messages[2].text("text").startswith(f"Order rejected - reason:{reason}")
    assert late.text("text").endswith("state: Inactive.")


@pytest.mark.parametrize("version", [157, 176, 202, 203, 226])
@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_type_of_order_is_told_again_and_none_ends_the_session(kind: str, version: int) -> None:
    prices: dict[str, Value] = {"limit_price": 90.0, "aux_price": 80.0, "trailing_percent": None, "volatility": 0.2}
    spread: dict[str, Value] = {"compete_against_best_offset": math.inf, "mid_offset_at_whole": 0.01, "delta": 0.5}
    messages = refused({"order_type": kind, **prices, **spread}, version)
    assert 320 not in {each.values.get("code") for each in messages}
    assert messages[0].name in {"open_order", "error"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_combo_is_taken_and_rests(version: int) -> None:
    legs: list[dict[str, Value]] = [{"con_id": 265598, "ratio": 1, "action": "BUY", "exchange": "SMART"}]
    legs += [{"con_id": 29621283, "ratio": 1, "action": "SELL", "exchange": "SMART"}]
    combo: dict[str, Value] = {"con_id": 0, "sec_type": "BAG", "combo_legs": legs}
    combo |= {"order_type": "LMT", "limit_price": 1.0}
    *messages, ended, confirmed = refused(combo, version)
    assert [brief(each) for each in messages] == [*pair("PreSubmitted"), *pair("Submitted")]
    told_legs: Any = messages[0]["combo_legs"]
    assert [(leg["con_id"], leg["ratio"]) for leg in told_legs] == [(265598, 1), (29621283, 1)]
    assert (ended["status"], confirmed["code"]) == ("Cancelled", 202)


def test_a_stop_outside_regular_hours_is_warned_of() -> None:
    messages = refused({"order_type": "STP", "aux_price": 120.0, "outside_rth": True})
    assert brief(messages[0]) == ("error", 2109)


def test_each_refusal_says_how_sure_it_is_and_where_it_was_seen() -> None:
    for name, row in document("refusals")["refusals"].items():
        assert row["sure"] in {"captured", "documented", "inferred"}, name
        assert row["source"], name


def test_nothing_is_placed_by_a_preview() -> None:
    async def scenario() -> list[Any]:
        async with simulated(prices=HandPrices(), truth=EMPTY_BOOK) as gateway, connected(gateway, 5) as client:
            return [await told(client, order(what_if=True)), await told(client, Message("req_all_open_orders"))]

    weighed, listed = run(scenario())
    assert [name for name, _ in weighed] == ["open_order"]
    assert [name for name, _ in listed] == ["open_orders_end"]


def test_an_index_is_not_traded() -> None:
    truth = world().truth("paper", FRIDAY)
    index = next(those_with(truth.contract_details, sec_type="IND", symbol="SPX"))
    wanted: dict[str, Any] = {name: index[name] for name in ("con_id", "symbol", "sec_type", "exchange")}
    assert [brief(each) for each in Trader(FRIDAY, truth=truth).place(order(**wanted))] == [("error", 412)]
