"""Orders wait for their market to open, and day orders end with its day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from harness.gateways.simulator.sessions import Session
from harness.gateways.simulator.timing import SteppedTime
from harness.gateways.simulator.trading.hours import Hours
from harness.gateways.simulator.trading.order import Order
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message
from tests.gateways.simulator.market import AAPL, EMPTY_BOOK, ENDED, HandPrices, brief, heard, limit, order, pair
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.simulator.worlds import world

NEW_YORK = ZoneInfo("US/Eastern")
MINUTE = 60


def at(hour: int, minute: int = 0) -> float:
    """A moment of a Friday."""
    return dt.datetime(2026, 12, 4, hour, minute, tzinfo=NEW_YORK).timestamp()


def session(contract: Values) -> Session | None:
    listing = world().listings.get(int(str(contract["con_id"])))
    return None if listing is None else listing.session


def lived(begins: float, request: Message, *, after: float, gateway: str = "10.50") -> list[list[Message]]:
    """What is heard of an order, and after so many seconds; the beat comes once in them."""
    clock, prices = SteppedTime(begins), HandPrices()

    async def scenario() -> list[list[Message]]:
        async with (
            simulated(gateway, timing=clock, prices=prices, sessions=session, truth=EMPTY_BOOK) as one,
            connected(one, 5) as client,
        ):
            await heard(client)
            said = [await heard(client, request)]
            clock.step(after)
            one.desk.tick()
            return [*said, await heard(client)]

    return run(scenario())


WARNINGS: list[tuple[str, Callable[[str], str]]] = [
    ("10.45", lambda opens: f"Warning: your order will not be placed at the exchange until {opens}"),
    ("10.50", lambda opens: f"Warning: Your order will not be placed at the exchange until {opens}."),
]


@pytest.mark.parametrize(("gateway", "words"), WARNINGS)
def test_an_order_before_the_open_is_warned_of_held_and_filled_at_the_open(gateway: str, words: Any) -> None:
    first, opened = lived(at(9, 29), order(), after=MINUTE, gateway=gateway)
    warning, *rest = first
    assert brief(warning) == ("error", 399)
    what = "BUY 100 AAPL NASDAQ.NMS"
    assert warning["text"] == f"Order Message:\n{what}\n{words('2026-12-04 09:30:00 US/Eastern')}"
    assert [brief(each) for each in rest] == pair("PreSubmitted")
    assert [each["status"] for each in opened if each.name == "order_status"] == ["Submitted", "Filled", "Filled"]


def test_at_the_weekend_it_waits_for_monday() -> None:
    saturday = at(12) + 24 * 60 * MINUTE
    (warning, *_), still = lived(saturday, limit(), after=MINUTE)
    assert "until 2026-12-07 09:30:00 US/Eastern" in warning.text("text")
    assert still == []


def test_an_order_outside_regular_hours_is_filled_before_the_open() -> None:
    first, _ = lived(at(9, 29), limit(price=100.0, outside_rth=True), after=MINUTE)
    assert 399 not in {each.values.get("code") for each in first}
    assert [each["price"] for each in first if each.name == "execution_details"] == [100.0]


def test_a_day_order_ends_with_the_day_and_one_good_till_cancelled_does_not() -> None:
    day, ended = lived(at(15, 59), limit(), after=MINUTE)
    assert [brief(each) for each in day] == [*pair("PreSubmitted"), *pair("Submitted")]
    assert [brief(each) for each in ended] == ENDED
    _, stays = lived(at(15, 59), limit(time_in_force="GTC"), after=MINUTE)
    assert stays == []


def test_a_price_that_comes_after_the_close_fills_nothing() -> None:
    clock, prices = SteppedTime(at(15, 59)), HandPrices()

    async def scenario() -> list[Message]:
        async with (
            simulated(timing=clock, prices=prices, sessions=session, truth=EMPTY_BOOK) as gateway,
            connected(gateway, 5) as client,
        ):
            await heard(client, limit(time_in_force="GTC"))
            clock.step(5 * MINUTE)
            prices.set(AAPL, 80.0, 80.0)
            gateway.desk.tick()
            return await heard(client)

    assert run(scenario()) == []


def test_a_day_order_lives_through_the_break_at_noon() -> None:
    tokyo = ZoneInfo("Japan")
    toyota = next(one for one in world().lasting.values() if one.details["symbol"] == "7203")
    contract: Values = toyota.details
    waiting = Order(values={**limit().values, "client_id": 5}, contract=contract, perm_id=1)
    morning, noon, evening = (dt.datetime(2026, 12, 4, hour, 0, tzinfo=tokyo).timestamp() for hour in (10, 12, 18))
    hours = Hours(session)
    last = [hours.day_ends(waiting, when) for when in (morning, noon)]
    assert last[0] == last[1]
    assert last[0] is not None
    assert noon < last[0] < evening
    monday = hours.day_ends(waiting, evening)
    assert monday == last[0] + 3 * 86400
    assert hours.opens(waiting, evening) == "2026-12-07 09:00:00 Japan"
