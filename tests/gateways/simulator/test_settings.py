"""What a simulated gateway says of its own settings is what it plays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.known.scenarios import Behaviour
from harness.wire.message import Message
from tests.gateways.simulator.talk import connected, run, simulated


def told(version: int = 219, **played: Any) -> Mapping[str, Any]:
    """The answer of a gateway to the request of its settings."""

    async def asked() -> Mapping[str, Any]:
        async with simulated(behaviour=Behaviour(**played)) as gateway, connected(gateway, 5, version) as client:
            return (await client.ask(Message("req_config", {"req_id": 7}), end="config"))[-1].values

    return run(asked())


def test_an_ordinary_one_says_what_the_truth_has() -> None:
    values = told()

    assert (values["req_id"], values["read_only"], values["localhost_only"]) == (7, False, True)
    assert values["trusted_ips"] == ({"address": "127.0.0.1"},)
    assert (values["master_client_id"], values["socket_port"]) == (None, None)


def test_one_that_is_played_as_read_only_says_so() -> None:
    assert told(read_only=True)["read_only"] is True


def test_each_setting_can_be_played_by_its_own_name() -> None:
    played = {
        "socket_port": 4001,
        "master_client_id": 0,
        "trusted_ips": ("10.0.0.7", "10.0.0.8"),
        "localhost_only": False,
        "rejects_above_max_rate": True,
        "sends_lots": True,
        "time_zone": "utc",
    }
    values = told(226, **played)

    assert values["trusted_ips"] == ({"address": "10.0.0.7"}, {"address": "10.0.0.8"})
    assert {name: values[name] for name in played if name != "trusted_ips"} == {
        name: value for name, value in played.items() if name != "trusted_ips"
    }
