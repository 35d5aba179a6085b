"""Real libraries send nothing more about orders once a gateway shows a live account: not even a cancellation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.gateways.simulator.answers import _ANSWERS, clock_and_ids
from harness.gateways.simulator.client import Client
from harness.shared.status import Status
from harness.wire.message import Message
from tests.checks.conftest import Ask, ask, workers  # noqa: F401 - fixtures
from tests.orders.conftest import CANCEL, PLACE, Wire
from tests.rows import LibraryRow
from tests.worker.conftest import row, start  # noqa: F401 - fixtures

LIVE = Message("managed_accounts", {"accounts": "U9000001"})


@pytest.fixture
def turning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let gateways show the live account from the second connection on."""
    shown, told = clock_and_ids.managed_accounts, iter([True])
    monkeypatch.setattr(clock_and_ids, "managed_accounts", lambda client: shown(client) if next(told, False) else LIVE)


@pytest.mark.usefixtures("turning")
def test_over_a_further_connection_what_works_is_not_cancelled_but_named(
    ask: Ask,  # noqa: F811
    row: LibraryRow,  # noqa: F811
    wire: Wire,
) -> None:
    record = ask("unsolicited_orders", row)
    assert len(wire.sent) == 2
    assert wire.orders() == [[PLACE]]
    assert record.status is Status.ERROR
    assert "MAY STILL BE WORKING" in str(record.reason)


@pytest.mark.usefixtures("turning")
def test_over_a_further_connection_nothing_is_placed(
    ask: Ask,  # noqa: F811
    row: LibraryRow,  # noqa: F811
    wire: Wire,
) -> None:
    record = ask("order_id_after_reconnect", row)
    assert len(wire.sent) == 2
    assert wire.orders() == [[PLACE, CANCEL]]
    assert record.status is Status.ERROR
    assert "MAY STILL BE WORKING" not in str(record.reason)


def test_over_a_connection_that_shows_it_late(
    ask: Ask,  # noqa: F811
    row: LibraryRow,  # noqa: F811
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = _ANSWERS["place_order"]

    def placed(request: Message, client: Client) -> Iterator[Message]:
        yield LIVE
        yield from place(request, client)

    monkeypatch.setitem(_ANSWERS, "place_order", placed)
    record = ask("modify_order", row)
    assert wire.orders() == [[PLACE]]
    assert record.status is Status.ERROR
    assert "MAY STILL BE WORKING" in str(record.reason)
