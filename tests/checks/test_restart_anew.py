"""A library connects again in a new event loop, if it does not keep the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.server import SimulatedGateway
from harness.shared.status import Status

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


def test_every_library_does_but_one(ask: Ask, row: LibraryRow) -> None:
    record = ask("restart_anew", row, scenario="restarts")
    if row.library == "ib_async==2.0.1":
        assert record.status is Status.FAIL
        assert "Event loop is closed" in str(record.reason)
    else:
        assert (record.status, record.reason) == (Status.PASS, None)


def test_a_gateway_that_keeps_the_client_id_is_seen(
    ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SimulatedGateway, "release", lambda *_: None)
    record = ask("restart_anew", some_row, scenario="restarts", timeout=0.5)
    assert record.status is Status.FAIL
