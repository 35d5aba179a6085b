"""Where gateways come from: each kind yields an address, and takes down what it brought up."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from harness.diagnose.control import probe
from harness.gateways.kinds import open_gateway
from harness.gateways.opened import OpenGateway
from harness.known.scenarios import Behaviour
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.matrix.recorded import read_spec
from harness.recordings.recording import Framed
from harness.shared.errors import GatewayError, ResultsError, SelectionError, UsageError
from harness.shared.evidence import ProbeRecord
from harness.wire.message import Message, Sender
from tests.gateways.simulator.talk import run
from tests.recordings.made import SESSION, frame, packed

NEXT_ID = frame(Message("next_valid_id", {"order_id": 1}))


def spec(**changes: Any) -> GatewaySpec:
    values: dict[str, Any] = {
        "name": "gateway-10.37-paper",
        "product": "gateway",
        "version": "10.37",
        "mode": "paper",
        "kind": "simulator",
        "host": "127.0.0.1",
        "port": 0,
        "profile": "gateway-10.37",
        "client_ids": (7300, 7399),
        "concurrency": 24,
        "account": None,
    }
    return GatewaySpec(**{**values, **changes})


async def _probed(wanted: GatewaySpec) -> tuple[OpenGateway, ProbeRecord, ProbeRecord]:
    """The open gateway, and what the control says inside and outside."""
    async with open_gateway(wanted) as opened:
        inside = await probe(opened.host, opened.port, client_id=1, timeout=5)
    return opened, inside, await probe(opened.host, opened.port, client_id=1, timeout=5)


def test_a_simulated_gateway_is_up_inside_and_gone_outside() -> None:
    opened, inside, outside = run(_probed(spec()))
    assert opened.port > 0
    assert opened.evidence.startswith("measured: a Gateway answered 203")
    assert not opened.delicate
    assert (inside.passed, inside.server_version, inside.accounts) == (True, 203, ("DU9000001",))
    assert (outside.passed, outside.stage) == (False, "tcp")


def test_a_simulated_gateway_takes_its_mode_and_the_port_it_is_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    opened, inside, _ = run(_probed(spec(mode="live", port=port)))
    assert opened.port == port
    assert inside.accounts == ("U9000001",)


def test_a_simulated_gateways_name_will_do_where_it_names_no_profile() -> None:
    _, inside, _ = run(_probed(spec(name="tws-10.45", profile=None)))
    assert inside.server_version == 223


def test_a_simulated_gateway_plays_its_scenario_with_the_keys_laid_over_it() -> None:
    held = Behaviour.model_validate({"held_client_ids": [[1, 1]]})
    _, inside, _ = run(_probed(spec(scenario="client-id-in-use", behaviour=held)))
    assert inside.stage == "ready"
    assert [notice.code for notice in inside.notices] == [326]
    others = Behaviour.model_validate({"held_client_ids": [[2, 9]]})
    assert run(_probed(spec(scenario="client-id-in-use", behaviour=others)))[1].passed


def test_a_simulated_gateway_may_be_called_by_a_name() -> None:
    opened, inside, _ = run(_probed(spec(scenario="ipv4-only")))
    assert opened.host == "localhost"
    assert inside.passed


def test_an_address_is_yielded_as_it_is_given_and_left_alone() -> None:
    opened, inside, outside = run(_probed(spec(kind="address", host="127.0.0.1", port=1, profile=None)))
    assert opened == OpenGateway(host="127.0.0.1", port=1, evidence="", delicate=True)
    assert inside.reason == outside.reason


def test_an_unknown_kind_is_wrong_use_that_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"gateway mine: kind 'cloud' is not one of .*replay, simulator"):
        open_gateway(spec(name="mine", kind="cloud"))


def test_an_unknown_profile_is_told_on_entering() -> None:
    with pytest.raises(SelectionError, match=r"gateway-9\.99"):
        run(_probed(spec(profile="gateway-9.99")))


def test_a_port_in_use_is_told_on_entering() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(GatewayError, match="in use"):
        run(_probed(spec(port=taken.getsockname()[1])))


def test_a_replayed_gateway_answers_from_its_recording_and_is_gone_outside(tmp_path: Path) -> None:
    file = packed(tmp_path, [*SESSION[:5], Framed(at=0.0055, connection=1, sender=Sender.GATEWAY, payload=NEXT_ID)])
    opened, inside, outside = run(_probed(spec(kind="replay", profile=None, recording=read_spec(file, None))))
    assert opened.evidence.startswith("recorded on 2026-11-30")
    assert (opened.delicate, opened.truth) == (False, None)
    assert (inside.server_version, inside.accounts) == (203, ("DU9000001",))
    assert (outside.passed, outside.stage) == (False, "tcp")


def test_a_recording_that_is_gone_when_it_is_to_be_replayed_is_named(tmp_path: Path) -> None:
    file = packed(tmp_path, SESSION)
    wanted = spec(kind="replay", profile=None, recording=read_spec(file, None))
    file.unlink()
    with pytest.raises(ResultsError, match=r"made\.ibrec"):
        run(_probed(wanted))
