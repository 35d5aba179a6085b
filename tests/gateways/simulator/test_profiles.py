"""What changed from Gateway 10.40 to 10.51, each from the server version or the application that brought it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.gateways.simulator.gateway_profiles import load
from harness.gateways.simulator.timing import SteppedTime
from harness.wire.message import Message, Value
from tests.gateways.simulator.market import EMPTY_BOOK, HandPrices, heard, limit
from tests.gateways.simulator.talk import connected, run, simulated
from tests.gateways.simulator.test_moving_market import AAPL, FRIDAY

PROFILES = [name for name in load() if name.startswith(("gateway-10.4", "gateway-10.5"))]
CONFIG, UPDATE, FOUR_MINUTES, PRECISIONS = 219, 221, 222, 224
"""Server versions that brought them."""
SHARE: Mapping[str, Value] = {**AAPL, "report_type": "ReportSnapshot"}
BARS = Message("req_historical_data", {**AAPL, "bar_size": "4 mins", "duration": "1 D", "what_to_show": "TRADES"})
OPTION: Mapping[str, Value] = {"req_id": 5, "symbol": "AAPL", "sec_type": "OPT", "last_trade_date": "20261218"}
FUTURE: Mapping[str, Value] = {"req_id": 6, "symbol": "ES", "sec_type": "FUT", "last_trade_date": "202612"}


def version_of(profile: str) -> int:
    return load()[profile].server_version


def asked(profile: str, *requests: Message, **options: Any) -> list[Message]:
    """What comes of requests, without the notice of the desupport."""

    async def scenario() -> list[Message]:
        async with simulated(profile, **options) as gateway, connected(gateway, 5) as client:
            await heard(client)
            return await heard(client, *requests)

    return run(scenario())


@pytest.mark.parametrize("profile", PROFILES)
def test_settings_are_told_and_changed_from_the_versions_that_brought_that(profile: str) -> None:
    requests = [Message("req_config", {"req_id": 1})] if version_of(profile) >= CONFIG else []
    requests += [Message("update_config", {"req_id": 2})] if version_of(profile) >= UPDATE else []
    told = {message.name for message in asked(profile, *requests)}
    expected = {"config"} if version_of(profile) >= CONFIG else set()
    assert told == expected | ({"update_config_response"} if version_of(profile) >= UPDATE else set())


@pytest.mark.parametrize("profile", PROFILES)
def test_bars_of_four_minutes_and_fundamentals_depend_on_the_gateway(profile: str) -> None:
    """Fundamentals went with 10.47 without a new server version (IBKR's release notes)."""
    bars, fundamentals = asked(profile, BARS, Message("req_fundamental_data", SHARE))
    assert bars["code"] == (321 if version_of(profile) < FOUR_MINUTES else 162)
    assert fundamentals["code"] == (430 if profile < "gateway-10.47" else 10358)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_line_tells_volume_in_shares_and_precisions_from_their_versions_on(profile: str) -> None:
    line = Message("req_market_data", {**AAPL, "generic_ticks": "233"})
    told = asked(profile, line, seed=1, timing=SteppedTime(FRIDAY))
    (volume,) = (tick["size"] for tick in told if tick.name == "tick_size" and tick["tick_type"] == 8)
    (whole,) = (str(tick["value"]).split(";")[3] for tick in told if tick.values.get("tick_type") == 48)
    assert int(whole) // int(str(volume)) == (100 if version_of(profile) < 220 else 1)
    (parameters,) = (message for message in told if message.name == "tick_req_params")
    assert parameters["last_price_precision"] == ("0.000001" if version_of(profile) >= PRECISIONS else None)


@pytest.mark.parametrize("profile", PROFILES)
def test_details_name_the_settlement_from_10_50_on(profile: str) -> None:
    """Captured of an option of a stock, and of ES, at 225."""
    requests = (
        Message("req_contract_data", {**OPTION, "strike": 190.0, "right": "C"}),
        Message("req_contract_data", FUTURE),
    )
    told = asked(profile, *requests, seed=1, timing=SteppedTime(FRIDAY))
    methods = [message["settlement_method"] for message in told if message.name == "contract_data"]
    assert methods == (["Physical Delivery", "Cash"] if profile >= "gateway-10.50" else ["", ""])


@pytest.mark.parametrize("profile", PROFILES)
def test_an_order_is_told_again_with_what_its_version_knows(profile: str) -> None:
    options: Mapping[str, Any] = {"prices": HandPrices(), "truth": EMPTY_BOOK}
    opened = asked(profile, limit(), **options)[0]
    by_then = profile >= "gateway-10.46"
    assert opened["use_price_management_algo"] == (0 if by_then else 1)
    assert opened["route_marketable_to_bbo"] == (0 if by_then else None)
