"""Computations of options: what a price and a volatility imply, in the bytes of each version."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.gateways.simulator import option_model
from harness.gateways.simulator.option_model import Computed, Option, implied_volatility
from harness.gateways.simulator.timing import SteppedTime
from harness.wire.message import Message, Value
from tests.gateways.simulator.test_ticks_on_the_wire import AAPL, ES, refused, told

SPY_CALL: Mapping[str, Value] = {"req_id": 3, "con_id": 700123456, "exchange": "SMART"}
CALL_ENDS = 1797627600.0
"""2026-12-18 16:00 in New York."""


def priced(option: Option, volatility: float) -> Computed:
    """Price and Greeks of an option that has them."""
    found = option_model.computed(option, volatility)
    assert found is not None
    return found


def test_a_price_and_the_volatility_that_it_implies_agree() -> None:
    for is_call in (True, False):
        option = Option(is_call=is_call, strike=600.5, years=0.1, underlying=595.0)
        found = priced(option, 0.25)
        assert implied_volatility(option, found.price) == pytest.approx(0.25)
        higher = priced(Option(is_call=is_call, strike=600.5, years=0.1, underlying=595.5), 0.25)
        assert (higher.price - found.price) / 0.5 == pytest.approx(found.delta, abs=0.01)
        assert priced(option, 0.26).price - found.price == pytest.approx(found.vega, rel=0.01)
        assert implied_volatility(option, 0.0) is None


@pytest.mark.parametrize("version", [155, 157, 205, 206, 226])
def test_an_option_is_computed_as_the_client_asks(version: int) -> None:
    clock = SteppedTime(CALL_ENDS - 36.5 * 86400)
    option = Option(is_call=True, strike=600.5, years=0.1, underlying=595.0)
    expected = priced(option, 0.25)
    request = Message("req_calculate_option_price", {**SPY_CALL, "volatility": 0.25, "underlying_price": 595.0})
    (answer,) = told(request, version=version, timing=clock)
    assert (answer["tick_type"], answer["attributes"], answer["pv_dividend"]) == (53, 0, -1.0)
    assert answer["option_price"] == pytest.approx(expected.price, rel=1e-9)
    assert answer["delta"] == pytest.approx(expected.delta, rel=1e-9)

    asked_back = {**SPY_CALL, "option_price": expected.price, "underlying_price": 595.0}
    (back,) = told(Message("req_calculate_implied_volatility", asked_back), version=version, timing=clock)
    assert back["implied_volatility"] == pytest.approx(0.25)
    assert {back[name] for name in ("delta", "gamma", "vega", "theta")} == {-2.0}


def test_what_cannot_be_computed_says_so() -> None:
    clock = SteppedTime(CALL_ENDS)
    asked_for = {**SPY_CALL, "volatility": 0.25, "underlying_price": 595.0}
    (ended,) = told(Message("req_calculate_option_price", asked_for), timing=clock)
    assert (ended["option_price"], ended["delta"]) == (-1.0, -2.0)
    assert refused("req_calculate_option_price", {**AAPL, "volatility": 0.25})[:2] == (3, 200)
    assert refused("req_calculate_implied_volatility", {**ES, "option_price": 2.0})[:2] == (3, 200)
