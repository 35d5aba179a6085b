"""What a Gateway adds to an order when it tells it again (recordings at server versions 164 to 225)."""

from __future__ import annotations

from typing import Any

import pytest

from harness.gateways.simulator.timing import SteppedTime
from harness.known.scenarios import Behaviour
from harness.wire.message import Message
from tests.gateways.simulator.market import EMPTY_BOOK, HandPrices, heard, limit, order
from tests.gateways.simulator.talk import connected, run, simulated

EVERYWHERE: dict[str, Any] = {
    "oca_type": 3,
    "delta_neutral_order_type": "None",
    "clearing_intent": "IB",
    "adjusted_order_type": "None",
    "dont_use_auto_price_for_hedge": True,
    "strike": 0.0,
    "exchange": "SMART",
    "trading_class": "NMS",
}


def echo(request: Message, version: int = 226, gateway: str = "10.50", **options: Any) -> Message:
    async def scenario() -> Message:
        async with (
            simulated(gateway, prices=HandPrices(), truth=EMPTY_BOOK, **options) as simulated_one,
            connected(simulated_one, 5, version) as client,
        ):
            return next(each for each in await heard(client, request) if each.name == "open_order")

    return run(scenario())


@pytest.mark.parametrize("version", [157, 164, 173, 176, 200, 203, 226])
def test_every_order_has_what_the_gateway_fills_in(version: int) -> None:
    told = echo(limit(), version)
    assert {name: told[name] for name in EVERYWHERE} == EVERYWHERE
    assert (told["limit_price"], told["aux_price"], told["trail_stop_price"]) == (90.0, 0.0, 91.0)


@pytest.mark.parametrize("version", [157, 176, 202])
def test_as_text_there_are_signs_of_what_is_not_there(version: int) -> None:
    told = echo(limit(), version)
    assert (told["right"], told["delta_neutral_open_close"], told["cash_quantity"]) == ("?", "?", 0.0)
    assert told["shares_allocation"] == f"{told['perm_id']}.0/DU9000001/100"


@pytest.mark.parametrize("version", [203, 226])
def test_as_protobuf_there_is_more(version: int) -> None:
    told = echo(limit(), version)
    assert (told["right"], told["filled_quantity"], told["submitter"]) == ("", "0", "simulated1")
    assert told["shareholder"] == "Not an insider or substantial shareholder"


@pytest.mark.parametrize("version", [176, 226])
def test_prices_that_were_not_sent_are_zero_and_a_stop_is_where_it_is(version: int) -> None:
    market = echo(order(), version)
    assert (market["limit_price"], market["trail_stop_price"]) == (0.0, None)
    assert (market["min_compete_size"], market["compete_against_best_offset"]) == (100, 0.02)
    stop = echo(order(order_type="STP", aux_price=120.0), version)
    assert (stop["limit_price"], stop["aux_price"], stop["trail_stop_price"]) == (0.0, 120.0, 120.0)


@pytest.mark.parametrize(("gateway", "managed"), [("10.45", 1), ("10.50", 0)])
def test_the_price_of_a_limit_order_was_managed_by_older_gateways(gateway: str, managed: int) -> None:
    assert echo(limit(), 178, gateway)["use_price_management_algo"] == managed


def test_what_was_sent_stands() -> None:
    told = echo(limit(oca_type=1, clearing_intent="Away", use_price_management_algo=1), 226)
    assert [told[name] for name in ("oca_type", "clearing_intent", "use_price_management_algo")] == [1, "Away", 1]


@pytest.mark.parametrize(
    ("kind", "managed"),
    [("STP", 0), ("TRAIL", 0), ("TRAIL MIT", 0), ("MKT", 0), ("TRAIL LIT", 1), ("PEG BENCH", 1), ("LMT", 1)],
)
def test_which_prices_a_gateway_10_40_manages_depends_on_the_type(kind: str, managed: int) -> None:
    told = echo(limit(order_type=kind, aux_price=80.0, starting_price=88.0), 215, "10.40")
    assert told["use_price_management_algo"] == managed


def test_a_benchmarks_price_begins_where_it_was_told_to() -> None:
    told = echo(limit(order_type="PEG BENCH", starting_price=88.0))
    assert (told["starting_price"], told["aux_price"]) == (88.0, 88.0)


SEPTEMBER, OCTOBER = 1790607600.0, 1790953200.0
"""28 September and 2 October 2026."""


@pytest.mark.parametrize(
    ("now", "outside", "until"),
    [(SEPTEMBER, False, "20261231 22:00:00 Europe/Zurich"), (OCTOBER, True, "20270401 06:00:00 Europe/Zurich")],
)
def test_an_order_good_till_cancelled_ends_with_the_next_quarter(now: float, outside: bool, until: str) -> None:  # noqa: FBT001
    """Moments and form are captured; there the zone had the name of Windows."""
    request = limit(time_in_force="GTC", outside_rth=outside)
    options: dict[str, Any] = {"behaviour": Behaviour(login_zone="Europe/Zurich"), "timing": SteppedTime(now)}
    assert echo(request, **options)["auto_cancel_date"] == until
    assert echo(limit(), **options)["auto_cancel_date"] == ""


@pytest.mark.parametrize(
    ("sent", "told", "outside"),
    [
        ({"time_in_force": "GTX"}, "GTC", False),
        ({"time_in_force": "DTC"}, "DTC", False),
        ({"time_in_force": "IOC"}, "IOC", True),
        ({"include_overnight": True}, "OVERNIGHT + DAY", False),
    ],
)
def test_how_long_an_order_works_is_told_in_the_gateways_words(sent: dict[str, Any], told: str, outside: bool) -> None:  # noqa: FBT001
    opened = echo(limit(**sent))
    assert (opened["time_in_force"], opened["outside_rth"]) == (told, outside)


def test_a_combination_is_told_as_one_contract_with_its_legs_in_words() -> None:
    legs: list[Any] = [
        {"con_id": number, "ratio": 1, "action": side} for number, side in ((265598, "BUY"), (29621283, "SELL"))
    ]
    told = echo(limit(con_id=0, sec_type="BAG", symbol="AAPL,MC", combo_legs=legs, limit_price=1.0))
    assert [told[name] for name in ("con_id", "trading_class")] == [28812380, "COMB"]
    assert told["combo_legs_description"] == "265598|1,29621283|-1"
    assert [leg["con_id"] for leg in told["combo_legs"]] == [265598, 29621283]  # type: ignore[union-attr,index]


def test_the_moment_of_a_condition_comes_back_in_the_zone_of_the_instrument() -> None:
    later: list[Any] = [{"kind": 3, "conjunction": True, "is_more": True, "time": "20260824-20:48:09"}]
    conditions: Any = echo(limit(conditions=later))["conditions"]
    (condition,) = conditions
    assert condition["time"] == "20260824 16:48:09 US/Eastern"
