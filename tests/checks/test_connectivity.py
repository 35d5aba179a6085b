"""Lost and restored connectivity reaches the user."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.answers import _ANSWERS
from harness.gateways.simulator.truth import load
from harness.shared.status import Status
from tests.checks.conftest import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.gateways.simulator.client import Client
    from harness.wire.message import Message
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


@pytest.mark.parametrize("gateway", VERSIONS)
def test_every_library_passes_it_on(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("connectivity", row, gateway, scenario="loses-connectivity")
    assert (record.status, record.reason) == (Status.PASS, None)


def test_a_word_that_does_not_come_is_named(ask: Ask, row: LibraryRow) -> None:
    told = replace(load("paper"), connectivity=load("paper").connectivity[:1])
    record = ask("connectivity", row, scenario="loses-connectivity", told=told)
    assert record.status is Status.DEGRADED
    assert "told: expected ['1100 " in str(record.reason)


def test_a_quote_that_does_not_come_when_it_is_asked_anew_is_missed(
    ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, asked = _ANSWERS["req_market_data"], []

    def once(request: Message, client: Client) -> Iterator[Message]:
        asked.append(request)
        return begin(request, client) if len(asked) == 1 else iter(())

    monkeypatch.setitem(_ANSWERS, "req_market_data", once)
    record = ask("connectivity", some_row, scenario="loses-connectivity", timeout=0.5)
    assert record.status is Status.TIMEOUT
    assert len(asked) == 2
