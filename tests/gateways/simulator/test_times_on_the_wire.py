"""Times are written as real Gateways write them: by server version, and by the setting that says in whose zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.known.scenarios import Behaviour
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import connected, run, simulated

TOKYO, ZURICH = "Asia/Tokyo", "Europe/Zurich"
ES: Mapping[str, Value] = {
    "req_id": 3,
    "con_id": 495512563,
    "exchange": "CME",
    "bar_size": "5 mins",
    "duration": "1 D",
    "what_to_show": "TRADES",
    "format_date": 1,
}


def told(version: int, behaviour: Behaviour) -> tuple[Any, Any]:
    """Return the time of the execution, at 20:30:59 UTC in New York, and of the first bar, at 14:30 UTC in Chicago."""

    async def scenario() -> tuple[Any, Any]:
        async with simulated(behaviour=behaviour) as gateway, connected(gateway, 7, version) as client:
            client.say(Message("req_executions", {"req_id": 3}))
            execution = await client.message()
            while (await client.message()).name != "execution_details_end":
                pass
            client.say(Message("req_historical_data", ES))
            bars: Any = (await client.message())["bars"]
            return execution["time"], bars[0]["date"]

    return run(scenario())


@pytest.mark.parametrize("setting", ["instrument", "operator", "utc"])
@pytest.mark.parametrize("version", [157, 163, 173])
def test_below_174_they_are_by_the_clock_of_the_login_and_name_no_zone(version: int, setting: Any) -> None:
    behaviour = Behaviour(time_zone=setting, login_zone=TOKYO)
    assert told(version, behaviour) == ("20261121  05:30:59", "20261120  23:30:00")


@pytest.mark.parametrize(
    ("setting", "times"),
    [
        ("instrument", ("20261120 15:30:59 US/Eastern", "20261120 08:30:00 US/Central")),
        ("operator", (f"20261120 21:30:59 {ZURICH}", f"20261120 15:30:00 {ZURICH}")),
        ("utc", ("20261120-20:30:59", "20261120-14:30:00")),
    ],
)
@pytest.mark.parametrize("version", [174, 178, 200, 203, 226])
def test_from_174_on_a_setting_says_whose_zone_they_name_if_any(version: int, setting: Any, times: Any) -> None:
    assert told(version, Behaviour(time_zone=setting, login_zone=ZURICH)) == times
