"""An order is placed, seen and cancelled, whatever the library and the encoding."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.simulator.answers import _ANSWERS
from harness.simulator.truth import load
from harness.status import Status
from tests.checks.conftest import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.protocol.message import Message
    from harness.simulator.client import Client
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


@pytest.mark.parametrize("gateway", VERSIONS)
def test_every_library_does_it(ask: Ask, row: LibraryRow, gateway: str) -> None:
    record = ask("limit_order", row, gateway)
    assert (record.status, record.reason) == (Status.PASS, None)


def test_an_order_that_is_not_shown_is_seen(ask: Ask, row: LibraryRow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.simulator.book.Book.working", lambda _: [])
    truth = load("paper")
    once = {**truth.placing, "statuses": ["Submitted"]}  # else the second status would show it, too
    record = ask("limit_order", row, told=replace(truth, placing=once))
    assert record.status is Status.FAIL
    assert str(record.reason).endswith("is not among the open orders; Cancelled")


def test_an_order_that_cannot_be_cancelled_is_shouted_about(
    ask: Ask, row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deaf(_request: Message, _client: Client) -> Iterator[Message]:
        return iter(())

    monkeypatch.setitem(_ANSWERS, "cancel_order", deaf)
    record = ask("limit_order", row, timeout=1.0)
    assert record.status is Status.FAIL
    assert "MAY STILL BE WORKING" in str(record.reason)
