"""Orders that are filled, in parts and as a whole, are told with everything that belongs to a fill."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.trading import matching, told
from harness.gateways.simulator.trading.desk import Desk
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.gateways.simulator.client import Client
    from harness.gateways.simulator.trading.order import Order
    from harness.wire.message import Message
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


def test_every_library_tells_of_them(ask: Ask, row: LibraryRow) -> None:
    record = ask("fills", row)
    assert (record.status, record.reason) == (Status.PASS, None)
    assert [fill["commission"] for fill in record.detail["fills"]] == [1.0, 1.5, 1.0]


def test_a_fill_at_another_price_is_named(ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = matching.parts

    def dearer(order: Order, quote: object, tick: float) -> Iterator[matching.Part]:
        yield from parts(order, quote, 2 * tick)  # type: ignore[arg-type]

    monkeypatch.setattr("harness.gateways.simulator.trading.desk.parts", dearer)
    record = ask("fills", some_row)
    assert record.status is Status.DEGRADED
    assert "order in parts, price 190.51: expected a record, got none" in str(record.detail["differences"])


def test_a_status_that_forgets_what_was_filled_is_named(
    ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = told.pair

    def forgetful(order: Order, client: Client, why_held: str = "") -> Iterator[Message]:
        for message in pair(order, client, why_held):
            if message.name == "order_status" and order.status == "Filled":
                message.values["average_fill_price"] = 1.25  # type: ignore[index]
            yield message

    monkeypatch.setattr(told, "pair", forgetful)
    record = ask("fills", some_row)
    assert record.status is Status.DEGRADED
    assert "order in parts: average_price: expected 190.506, got 1.25" in str(record.reason)


def test_a_fill_without_its_commission_is_missed(
    ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = Desk.tell

    def silent(desk: Desk, order: Order, make: object) -> None:
        tell(desk, order, lambda client: [each for each in make(client) if each.name != "commission_report"])  # type: ignore[operator]

    monkeypatch.setattr(Desk, "tell", silent)
    record = ask("fills", some_row, timeout=0.5)
    assert record.status is Status.FAIL
    assert str(record.reason).startswith("no answer within 0.5 s; no order is working: error 10148")
