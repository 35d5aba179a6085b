"""What a Gateway adds to an order when it tells it again (recordings at server versions 164 to 225)."""

from __future__ import annotations

from typing import Any

import pytest

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


def echo(request: Message, version: int, gateway: str = "10.50") -> Message:
    async def scenario() -> Message:
        async with (
            simulated(gateway, prices=HandPrices(), truth=EMPTY_BOOK) as simulated_one,
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
