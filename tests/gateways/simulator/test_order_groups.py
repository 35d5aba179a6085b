"""Orders that belong together: brackets, and groups in which one cancels the others."""

from __future__ import annotations

from typing import Any

import pytest

from harness.wire.message import Message
from tests.gateways.simulator.market import (
    AAPL,
    EMPTY_BOOK,
    ENDED,
    HandPrices,
    brief,
    cancel,
    fill,
    heard,
    limit,
    order,
    pair,
    told,
)
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.simulator.trader import Trader

PARENT = limit(101, transmit=False)
TAKE = limit(102, 120.0, action="SELL", parent_id=101, transmit=False)
STOP = order(103, order_type="STP", aux_price=80.0, action="SELL", parent_id=101)
BRACKET = (PARENT, TAKE, STOP)


def lived(*steps: Any, version: int = 226) -> list[list[Message]]:
    """What is heard of each step: a request, several, or a price that the market moves to."""

    async def scenario() -> list[list[Message]]:
        prices = HandPrices()
        async with (
            simulated(prices=prices, truth=EMPTY_BOOK) as gateway,
            connected(gateway, 5, version) as client,
        ):
            said = []
            for step in steps:
                if isinstance(step, float):
                    prices.set(AAPL, step, step)
                    gateway.desk.tick()
                requests = () if isinstance(step, float) else step if isinstance(step, tuple) else (step,)
                said.append(await heard(client, *requests))
            return said

    return run(scenario())


Said = tuple[str, str, Any]


def briefly(messages: list[Message]) -> list[Said]:
    """The order, the name, and what tells it from others."""
    return [(str(each.values.get("order_id", each.values.get("req_id", ""))), *brief(each)) for each in messages]


def of(order_id: int, *said: tuple[str, Any]) -> list[Said]:
    return [(str(order_id), *each) for each in said]


@pytest.mark.parametrize("version", [157, 176, 203, 226])
def test_nothing_is_told_of_a_bracket_until_its_last_order_comes(version: int) -> None:
    first, second, last = lived(*BRACKET, version=version)
    assert (first, second) == ([], [])
    expected = [
        *of(101, *pair("PreSubmitted"), *pair("Submitted")),
        *of(102, *pair("PreSubmitted")),
        *of(103, *pair("PreSubmitted"), *pair("PreSubmitted")),
    ]
    assert briefly(last) == expected
    why = {each["order_id"]: each["why_held"] for each in last if each.name == "order_status"}
    assert why == {101: "", 102: "child", 103: "child,trigger"}
    echoes = {each["order_id"]: each for each in last if each.name == "open_order"}
    assert echoes[102]["oca_group"] == echoes[103]["oca_group"] == str(echoes[101]["perm_id"])
    assert (echoes[102]["oca_type"], echoes[102]["parent_id"]) == (3, 101)


def test_children_begin_when_the_parent_is_filled_and_one_that_is_filled_cancels_the_other() -> None:
    _, parent, child = lived(BRACKET, 90.0, 120.0)
    assert briefly(parent)[:5] == of(101, fill("100")[0], *pair("Filled"), *pair("Filled"))
    assert briefly(parent)[6:] == [*of(102, *pair("Submitted")), *of(103, *pair("PreSubmitted"))]
    assert [each["why_held"] for each in parent if each.name == "order_status"][-1] == "trigger"
    filled, rest = briefly(child)[:5], briefly(child)[6:]
    assert filled == of(102, fill("100")[0], *pair("Filled"), *pair("Filled"))
    assert rest == of(103, *pair("PendingCancel"), *ENDED)


def test_with_a_parent_end_its_children() -> None:
    _, ended, again = lived(BRACKET, cancel(101), cancel(103))
    assert briefly(ended) == [
        *of(101, *pair("PendingCancel")),
        *of(102, *pair("PreSubmitted")),
        *of(103, *pair("PreSubmitted")),
        *of(101, *ENDED),
        *of(102, *ENDED),
        *of(103, *ENDED),
    ]
    assert briefly(again) == of(103, ("error", 10148))


@pytest.mark.parametrize("together", [True, False])
def test_with_a_parent_that_is_rejected_end_its_children_and_nothing_else(*, together: bool) -> None:
    """The parent is rejected when it comes, or when it is changed."""
    group: dict[str, Any] = {"oca_group": "one", "oca_type": 1}
    much, held = (limit(102, total_quantity=many, transmit=False, **group) for many in ("10000000", "100"))
    children = limit(103, parent_id=102, transmit=False), limit(104, parent_id=102)
    family = (much, *children) if together else (held, *children, much)
    said, listed = lived((limit(101, **group), *family), Message("req_open_orders"))
    rejected = of(102, *pair("Inactive"), ("error", 201), *pair("Inactive"))
    assert briefly(said)[-9:] == [*rejected, *of(103, *ENDED), *of(104, *ENDED)]
    assert briefly(listed)[:-1] == of(101, *pair("Submitted"))


def test_an_order_that_has_ended_is_nobodys_parent_and_one_that_is_filled_may_be() -> None:
    child = limit(102, 120.0, action="SELL", parent_id=101, time_in_force="GTC")
    *_, late = lived(limit(), cancel(), child)
    assert briefly(late) == of(102, ("error", 10006))
    *_, late = lived(limit(), 90.0, child)
    assert briefly(late) == of(102, *pair("PreSubmitted"), *pair("Submitted"))


def test_an_order_of_a_group_that_is_cancelled_ends_the_others_first() -> None:
    group: dict[str, Any] = {"oca_group": "one", "oca_type": 1}
    _, ended, again = lived((limit(101, 90.0, **group), limit(102, 90.0, **group)), cancel(101), cancel(102))
    assert briefly(ended) == [*of(102, *pair("PendingCancel"), *ENDED), *of(101, *ENDED)]
    assert briefly(again) == of(102, ("error", 10148))


@pytest.mark.parametrize(("kind", "left"), [(1, None), (2, "60"), (3, "60")])
def test_a_part_of_an_order_ends_the_others_of_its_group_or_makes_them_smaller(kind: int, left: str | None) -> None:
    async def scenario() -> list[Message]:
        prices = HandPrices()
        group: dict[str, Any] = {"oca_group": "one", "oca_type": kind}
        async with simulated(prices=prices, truth=EMPTY_BOOK) as gateway, connected(gateway, 5) as client:
            await told(client, limit(101, 95.0, **group), limit(102, 90.0, **group))
            prices.set(AAPL, 94.0, 95.0, size="40")
            gateway.desk.tick()
            return [each for each in await heard(client) if each.values.get("order_id") == 102]

    messages = run(scenario())
    if left is None:
        assert [each["status"] for each in messages] == ["PendingCancel"] * 2 + ["Cancelled"]
    else:
        opened, status = messages
        assert (opened["total_quantity"], status["status"], status["remaining"]) == (left, "Submitted", left)


def test_groups_of_other_clients_have_other_orders() -> None:
    async def scenario() -> list[tuple[str, Any]]:
        async with simulated() as gateway, connected(gateway, 5) as client, connected(gateway, 6) as other:
            await told(client, limit(101, oca_group="one"))
            await told(other, limit(101, oca_group="one"))
            await told(other, cancel(101))
            return await told(client, Message("req_open_orders"))

    assert run(scenario()) == [*pair("Submitted"), ("open_orders_end", None)]


@pytest.mark.parametrize("version", [176, 226])
def test_a_change_keeps_the_status_and_may_be_filled(version: int) -> None:
    half, at_market = limit(price=91.0, total_quantity="50"), limit(price=100.0, total_quantity="50")
    _, changed, filled, late = lived(limit(), half, at_market, limit(), version=version)
    assert [brief(each) for each in changed] == pair("Submitted")
    assert (changed[0]["limit_price"], changed[1]["remaining"]) == (91.0, "50")
    assert [brief(each) for each in filled] == [*pair("Submitted"), *fill("50")]
    assert [brief(each) for each in late] == [("error", 104)]


def test_a_change_of_what_waits_is_one_pair() -> None:
    stop: dict[str, Any] = {"order_type": "STP", "action": "SELL"}
    _, changed = lived(order(101, aux_price=80.0, **stop), order(101, aux_price=85.0, **stop))
    assert [brief(each) for each in changed] == pair("PreSubmitted")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"action": "SELL"}, 105),
        ({"con_id": 29621283, "symbol": "MC", "currency": "EUR", "exchange": "SBF", "limit_price": 90.0}, 105),
        ({"order_type": "MKT"}, 329),
        ({"time_in_force": "GTC"}, 462),
    ],
)
def test_only_quantity_and_prices_can_be_changed(changes: dict[str, Any], code: int) -> None:
    changed = Message("place_order", {**limit().values, **changes})
    _, refused, listed = lived(limit(), changed, Message("req_open_orders"))
    assert [brief(each) for each in refused] == [("error", code)]
    assert listed[0]["action"] == "BUY"


def test_a_change_names_no_other_group_and_leaves_the_order_in_its_own() -> None:
    """A bracket's child that named a group of its own is held to its parent's, so it may not name its own again."""
    group: dict[str, Any] = {"oca_group": "one", "oca_type": 1}
    moved = limit(101, 91.0, oca_group="two", oca_type=1), limit(101, 91.0, oca_group="one", oca_type=2)
    _, other, kind, same, ended = lived(limit(101, **group), *moved, limit(101, 91.0, **group), limit(102, **group))
    assert [brief(each) for each in (*other, *kind)] == [("error", 10326), ("error", 10327)]
    assert same[0]["limit_price"] == 91.0
    assert ended[0]["oca_group"] == "one"
    own = limit(102, 120.0, action="SELL", parent_id=101, oca_group="mine")
    _, again, without = lived((PARENT, own), own, limit(102, 121.0, action="SELL", parent_id=101))
    assert [brief(each) for each in again] == [("error", 10326)]
    assert without[0]["limit_price"] == 121.0


def test_a_change_is_weighed_as_a_new_order_is() -> None:
    _, refused = lived(limit(), limit(total_quantity="10000000"))
    assert [brief(each) for each in refused] == [*pair("Inactive"), ("error", 201), *pair("Inactive")]


def test_an_order_that_works_at_night_too_is_not_changed_to_one_of_the_day() -> None:
    """Captured: it is held as another time in force than was sent, so that sending the same again changes it."""
    first, again = lived(limit(include_overnight=True), limit(include_overnight=True))
    assert first[0]["time_in_force"] == "OVERNIGHT + DAY"
    assert [brief(each) for each in again] == [("error", 462)]


def test_the_prices_of_legs_stay_as_they_were_told_first() -> None:
    legs = [{"con_id": number, "ratio": 1, "action": "BUY", "exchange": "SMART"} for number in (AAPL, 29621283)]
    combo: dict[str, Any] = {"con_id": 0, "sec_type": "BAG", "combo_legs": legs, "limit_price": None}
    prices: Any = [[{"price": price} for price in pair_] for pair_ in ((1.0, 2.0), (3.0, 4.0))]
    first, changed = (limit(order_combo_leg_prices=each, **combo) for each in prices)
    _, told_again = lived(first, changed)
    assert [leg["price"] for leg in told_again[0]["order_combo_leg_prices"]] == [1.0, 2.0]  # type: ignore[union-attr,index]


def test_an_order_that_was_not_transmitted_is_when_it_comes_again() -> None:
    first, listed, again = lived(limit(transmit=False), Message("req_all_open_orders"), limit())
    assert first == []
    assert [brief(each) for each in listed] == [("open_orders_end", None)]
    assert [brief(each) for each in again] == [*pair("PreSubmitted"), *pair("Submitted")]


def test_an_order_that_is_made_as_small_as_what_is_filled_is_filled_and_its_group_and_children_hear_of_it() -> None:
    trader = Trader()
    trader.prices.set(AAPL, 99.0, 100.0, size="40")
    trader.place(limit(101, 90.0, oca_group="one"))
    trader.place(limit(102, 100.0, oca_group="one", transmit=False))
    trader.place(limit(103, 120.0, action="SELL", parent_id=102))
    smaller = trader.place(limit(102, 100.0, oca_group="one", total_quantity="40"))
    told_of = [(each["order_id"], each["status"]) for each in smaller if each.name == "order_status"]
    assert told_of == [(102, "Filled"), (101, "PendingCancel"), (101, "Cancelled"), (103, "Submitted")]
