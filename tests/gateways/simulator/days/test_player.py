"""What a day makes of failures: of the port, which ends the gateway, and of our own, which end nothing."""

from __future__ import annotations

import socket

import pytest

from harness.gateways.simulator.days import happenings
from harness.shared.errors import GatewayError
from tests.gateways.simulator.days.passing import HEARS, Passing, day, errors, run
from tests.gateways.simulator.talk import until


def test_a_port_that_cannot_be_had_again_ends_the_gateway() -> None:
    async def scenario() -> None:
        async with Passing(day('at = "+10s"; what = "restart"; lasts = "35s"'), seed=None) as passing:
            await passing.goes_down(10)
            await until(lambda: passing.clock.due is not None)
            await passing.gateway._listener.close()
            with socket.socket() as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of before linger
                other.bind(("127.0.0.1", passing.gateway.port))
                other.listen()
                passing.clock.step(35)
                with pytest.raises(GatewayError, match="the port is in use"):
                    await passing.gateway.ended()

    run(scenario())


def test_an_event_that_fails_by_our_own_error_does_not_end_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(happenings, "_lose_link", fails)
    events = ('at = "+10s"; what = "link-lost"', 'at = "+5s"; what = "notice"; code = 1; text = "on"')

    async def scenario() -> list[object]:
        async with Passing(day(*events), seed=None) as passing:
            return [*errors((await passing.passes(20))[HEARS])]

    assert run(scenario()) == [(1, -1)]
