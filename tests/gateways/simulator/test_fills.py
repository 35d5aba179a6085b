"""Orders are filled by the quotes of a market that is moved by hand: when, at which price, in how many parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from harness.gateways.simulator.timing import SteppedTime
from harness.gateways.simulator.truth import load
from harness.wire.message import Message, Value
from tests.gateways.simulator.market import (
    AAPL,
    ACCOUNT,
    EMPTY_BOOK,
    ENDED,
    ORDER,
    HandPrices,
    fill,
    heard,
    limit,
    order,
    pair,
    told,
)
from tests.gateways.simulator.talk import Client, connected, run, simulated

START = 1795206660.0
VERSIONS = (157, 176, 202, 203, 226)
Life = Callable[[Client, HandPrices, Callable[[], Awaitable[None]]], Awaitable[Any]]


def lived(life: Life, version: int = 226, **options: Any) -> Any:
    """Let a client live in a market of its own; ``beat()`` lets a second pass, and the desk look."""
    prices, clock = HandPrices(), SteppedTime(START)

    async def scenario() -> Any:
        async with (
            simulated(**{"prices": prices, "timing": clock, "truth": EMPTY_BOOK, **options}) as gateway,
            connected(gateway, 5, version) as client,
        ):

            async def beat() -> None:
                await clock.awaited()
                clock.step(1)

            return await life(client, prices, beat)

    return run(scenario())


def of(messages: list[Message], name: str) -> list[Message]:
    return [message for message in messages if message.name == name]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_market_order_is_filled_at_once_at_the_opposite_side(version: int) -> None:
    async def life(client: Client, prices: HandPrices, _beat: object) -> list[Message]:
        prices.set(AAPL, 99.5, 100.25)
        return await heard(client, order())

    messages = lived(life, version)
    assert [(each.name, each.values.get("status")) for each in messages] == [
        ("open_order", "Submitted"),
        ("order_status", "Submitted"),
        ("execution_details", None),
        *[("open_order", "Filled"), ("order_status", "Filled")] * 2,
        ("commission_report", None),
    ]
    (execution,) = of(messages, "execution_details")
    told_of_it = ("req_id", "side", "shares", "price", "cumulative_quantity", "average_price", "last_liquidity")
    assert [execution[name] for name in told_of_it] == [-1, "BOT", "100", 100.25, "100", 100.25, 2]
    assert (execution["execution_exchange"], execution["order_id"]) == ("NASDAQ", 101)
    last = of(messages, "order_status")[-1]
    shown = ("filled", "remaining", "average_fill_price", "last_fill_price")
    assert [last[name] for name in shown] == ["100", "0", 100.25, 100.25]
    assert [each["commission"] for each in of(messages, "open_order")] == [None, None, 1.0]
    (report,) = of(messages, "commission_report")
    assert (report["exec_id"], report["commission"], report["currency"]) == (execution["exec_id"], 1.0, "USD")
    assert report["realized_pnl"] is None


def test_what_is_larger_than_the_size_shown_is_filled_in_parts_each_one_step_worse() -> None:
    async def life(client: Client, prices: HandPrices, _beat: object) -> list[Message]:
        prices.set(AAPL, 99.0, 100.0, size="100")
        return await heard(client, order(total_quantity="500"))

    messages = lived(life)
    parts = [(each["shares"], each["price"], each["cumulative_quantity"]) for each in of(messages, "execution_details")]
    assert parts == [("100", 100.0, "100"), ("200", 100.01, "300"), ("200", 100.02, "500")]
    statuses = [(each["status"], each["filled"], each["remaining"]) for each in of(messages, "order_status")[1:]]
    assert statuses == [
        *[("Submitted", "100", "400")] * 2,
        *[("Submitted", "300", "200")] * 2,
        *[("Filled", "500", "0")] * 2,
    ]
    assert of(messages, "order_status")[-1]["average_fill_price"] == pytest.approx(100.012)
    assert sum(float(str(each["commission"])) for each in of(messages, "commission_report")) == pytest.approx(2.5)


def test_a_limit_order_takes_what_its_limit_allows_and_rests_until_the_market_comes() -> None:
    async def life(client: Client, prices: HandPrices, beat: Callable[[], Awaitable[None]]) -> list[list[Message]]:
        prices.set(AAPL, 99.0, 100.0, size="100")
        said = [await heard(client, limit(price=100.0, total_quantity="150"))]
        await beat()
        said.append(await heard(client))
        prices.set(AAPL, 98.0, 99.0)
        await beat()
        return [*said, [await client.message() for _ in range(6)]]

    first, still, later = lived(life)
    assert [(each["shares"], each["price"]) for each in of(first, "execution_details")] == [("100", 100.0)]
    assert still == []
    (rest,) = of(later, "execution_details")
    assert [rest[name] for name in ("shares", "price", "last_liquidity")] == ["50", 100.0, 1]
    assert [each["status"] for each in of(later, "order_status")] == ["Filled", "Filled"]


def test_a_limit_order_away_from_the_market_rests() -> None:
    async def life(client: Client, _prices: HandPrices, _beat: object) -> list[tuple[str, Any]]:
        return await told(client, limit())

    assert lived(life) == [*pair("PreSubmitted"), *pair("Submitted")]


@pytest.mark.parametrize(
    ("fields", "moves_to", "price"),
    [
        ({"order_type": "STP", "aux_price": 105.0}, 105.0, 105.0),
        ({"order_type": "STP", "aux_price": 95.0, "action": "SELL"}, 95.0, 95.0),
        ({"order_type": "STP LMT", "aux_price": 105.0, "limit_price": 106.0}, 105.0, 105.0),
        ({"order_type": "MIT", "aux_price": 95.0}, 95.0, 95.0),
        ({"order_type": "LIT", "aux_price": 105.0, "limit_price": 105.0, "action": "SELL"}, 105.0, 105.0),
        ({"order_type": "TRAIL", "aux_price": 5.0, "action": "SELL"}, 95.0, 95.0),
        ({"order_type": "TRAIL", "trailing_percent": 5.0}, 105.0, 105.0),
        ({"order_type": "TRAIL LIMIT", "aux_price": 5.0, "limit_price_offset": 0.5}, 105.0, 105.0),
    ],
    ids=lambda fields: str(fields.get("order_type")) if isinstance(fields, dict) else None,
)
def test_a_stop_waits_for_its_price(fields: dict[str, Value], moves_to: float, price: float) -> None:
    async def life(client: Client, prices: HandPrices, beat: Callable[[], Awaitable[None]]) -> list[Any]:
        held = await heard(client, Message("place_order", {**ORDER, **fields}))
        prices.set(AAPL, moves_to, moves_to)
        await beat()
        return [held, [await client.message() for _ in range(8)]]

    held, filled = lived(life)
    assert [each["status"] for each in held] == ["PreSubmitted"] * 4
    why = "" if fields["order_type"] in {"MIT", "LIT"} else "trigger"
    assert {each["why_held"] for each in of(held, "order_status")} == {why}
    assert [each["price"] for each in of(filled, "execution_details")] == [price]
    assert [each["status"] for each in of(filled, "order_status")] == ["Submitted", "Filled", "Filled"]


def test_a_trailing_stop_follows_the_market_and_never_goes_back() -> None:
    async def life(client: Client, prices: HandPrices, beat: Callable[[], Awaitable[None]]) -> list[Any]:
        await heard(client, order(order_type="TRAIL", aux_price=5.0, action="SELL"))
        stops = []
        for price in (110.0, 107.0):
            prices.set(AAPL, price, price)
            await beat()
            opened, _ = await client.ask(Message("req_open_orders"), end="order_status")
            stops.append(opened["trail_stop_price"])
            await client.message()
        prices.set(AAPL, 105.0, 105.0)
        await beat()
        return [*stops, await client.ask(Message("req_ids"), end="execution_details")]

    first, second, last = lived(life)
    assert (first, second) == (105.0, 105.0)
    assert last[-1]["price"] == 105.0


@pytest.mark.parametrize("version", [176, 226])
def test_an_order_for_now_or_never_is_cancelled_where_nothing_is_to_be_had(version: int) -> None:
    async def life(client: Client, _prices: HandPrices, _beat: object) -> list[tuple[str, Any]]:
        return await told(client, limit(time_in_force="IOC"))

    assert lived(life, version) == [*pair("PreSubmitted"), *pair("Submitted"), *pair("PendingCancel"), *ENDED]


def test_one_for_now_takes_a_part_and_one_for_all_takes_none() -> None:
    async def life(client: Client, prices: HandPrices, _beat: object) -> list[list[tuple[str, Any]]]:
        prices.set(AAPL, 99.0, 100.0, size="30")
        now = await told(client, limit(price=100.0, time_in_force="IOC"))
        whole = limit(102, 100.0, time_in_force="FOK", exchange="NASDAQ")
        return [now, await told(client, whole)]

    now, whole = lived(life)
    assert now[4:] == [*fill("30", "Submitted"), *pair("PendingCancel"), *ENDED]
    assert whole[4:] == [*pair("PendingCancel"), *ENDED]


@pytest.mark.parametrize(("size", "shares"), [("99", []), ("100", ["100"])])
def test_an_order_for_all_or_none_takes_what_is_exactly_enough(size: str, shares: list[str]) -> None:
    async def life(client: Client, prices: HandPrices, _beat: object) -> list[Message]:
        prices.set(AAPL, 99.0, 100.0, size=size)
        return await heard(client, limit(price=100.0, all_or_none=True))

    assert [each["shares"] for each in lived(life) if each.name == "execution_details"] == shares


@pytest.mark.parametrize(("action", "first"), [("SELL", ["Submitted"]), ("BUY", ["PreSubmitted", "Submitted"])])
def test_a_market_order_is_told_as_held_only_where_the_side_that_it_takes_has_no_price(
    action: str, first: list[str]
) -> None:
    async def life(client: Client, prices: HandPrices, _beat: object) -> list[Message]:
        prices.set(AAPL, 99.0, None)
        return await heard(client, order(action=action))

    told_of_it = [each["status"] for each in lived(life) if each.name == "order_status"]
    assert told_of_it == [*first, *(["Filled"] * 2 if action == "SELL" else [])]


def test_an_order_good_till_a_date_ends_by_itself() -> None:
    async def life(client: Client, _prices: HandPrices, beat: Callable[[], Awaitable[None]]) -> list[Any]:
        await heard(client, limit(time_in_force="GTD", good_till_date="20261120-20:31:02"))
        await beat()
        before = await heard(client)
        await beat()
        return [before, [await client.message() for _ in range(2)]]

    before, after = lived(life)
    assert before == []
    assert [(each.name, each.values.get("status")) for each in after] == [
        ("order_status", "Cancelled"),
        ("error", None),
    ]


def test_a_pair_without_a_quote_is_not_filled_until_there_is_one() -> None:
    async def life(client: Client, prices: HandPrices, beat: Callable[[], Awaitable[None]]) -> list[Any]:
        del prices.by_con_id[AAPL]
        first = await told(client, order())
        prices.set(AAPL, 99.0, 101.0)
        await beat()
        return [first, [await client.message() for _ in range(6)]]

    first, filled = lived(life)
    assert first == [*pair("PreSubmitted"), *pair("Submitted")]
    assert filled[0]["price"] == 101.0


def test_a_still_market_fills_by_the_quotes_of_the_truth() -> None:
    async def scenario() -> list[Message]:
        async with simulated() as gateway, connected(gateway, 5) as client:
            return await heard(client, order(total_quantity="300"))

    parts = [(each["shares"], each["price"]) for each in of(run(scenario()), "execution_details")]
    assert parts == [("200", 190.5), ("100", 190.51)]


def test_an_order_for_an_amount_of_money_buys_what_it_is_enough_for() -> None:
    async def life(client: Client, _prices: HandPrices, _beat: object) -> list[Message]:
        return await heard(client, order(total_quantity="0", cash_quantity=250.0))

    messages = lived(life)
    assert [each["shares"] for each in of(messages, "execution_details")] == ["2.5"]


def test_the_truths_own_order_is_filled_where_the_market_moves() -> None:
    async def life(client: Client, _prices: HandPrices, beat: Callable[[], Awaitable[None]]) -> list[Message]:
        await beat()
        return await client.ask(Message("req_executions", {"req_id": 1, "client_id": 7}), end="execution_details_end")

    own = [each for each in lived(life, truth=load("paper")) if each.name == "execution_details"]
    assert [(each["order_id"], each["shares"]) for each in own] == [(6, "100"), (7, "10")]


PENCE = 100


def test_in_a_market_that_moves_a_london_stock_costs_pence() -> None:
    clock = SteppedTime(dt.datetime(2026, 12, 4, 15, tzinfo=dt.UTC).timestamp())
    stock: dict[str, Value] = {"con_id": 0, "symbol": "VOD", "currency": "GBP", "total_quantity": "1000"}

    async def scenario() -> tuple[list[Message], float, float]:
        async with simulated(timing=clock, seed=7) as gateway, connected(gateway, 5) as client:
            ledger = gateway.desk.ledger
            before = ledger.changes(ACCOUNT)["cash"]
            messages = await heard(client, Message("place_order", {**ORDER, **stock}))
            return messages, ledger.changes(ACCOUNT)["cash"] - before, ledger.rate("GBP")

    messages, paid, rate = run(scenario())
    parts = [(float(each.text("shares")), float(str(each["price"]))) for each in of(messages, "execution_details")]
    assert sum(shares for shares, _ in parts) == 1000
    value = sum(shares * price for shares, price in parts) / PENCE
    assert 1 < rate < 2
    assert paid == pytest.approx(-(value + max(3.0, value * 0.0005)) * rate)
