"""A gateway that restarts is noticed, and connected to again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.server import SimulatedGateway
from harness.known.scenarios import Behaviour
from harness.shared.status import Status

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


def test_every_library_comes_through_it(ask: Ask, row: LibraryRow) -> None:
    record = ask("restart", row, scenario="restarts", behaviour=Behaviour(restart_takes=1.0))
    assert (record.status, record.reason) == (Status.PASS, None)
    assert set(record.detail["refused"]) == {"refused"}


def test_a_gateway_that_does_not_come_back_is_told_of(
    ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(gateway: SimulatedGateway) -> None:
        await gateway.go_down()

    monkeypatch.setattr(SimulatedGateway, "_restart", gone)
    record = ask("restart", some_row, scenario="restarts", timeout=0.5)
    assert record.status is Status.FAIL
    assert str(record.reason).startswith("tcp: ")


def test_a_gateway_that_stays_is_seen(ask: Ask, some_row: LibraryRow) -> None:
    record = ask("restart", some_row)
    assert record.status is Status.FAIL
    assert record.reason == "the gateway answered instead of restarting"
