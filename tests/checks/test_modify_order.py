"""An order that works is changed, whatever the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator.trading.desk import Desk
from harness.shared.status import Status

if TYPE_CHECKING:
    from tests.checks.conftest import Ask
    from tests.rows import LibraryRow


def test_every_library_does_it(ask: Ask, row: LibraryRow) -> None:
    record = ask("modify_order", row)
    assert (record.status, record.reason) == (Status.PASS, None)


def test_a_change_that_the_gateway_does_not_take_is_seen(
    ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Desk, "change", lambda desk, order, *_, **__: desk.move(order, order.status))
    record = ask("modify_order", some_row, timeout=0.5)
    assert record.status is Status.FAIL
    assert record.reason == "no answer within 0.5 s; the order has ended: PreSubmitted, Submitted, Cancelled"


def test_a_change_that_is_told_and_forgotten_is_named(
    ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = Desk.change

    def forgotten(desk: Desk, order: object, values: dict[str, object], *, transmit: bool) -> None:
        change(desk, order, values, transmit=transmit)  # type: ignore[arg-type]
        order.values |= {"total_quantity": "1"}  # type: ignore[attr-defined]

    monkeypatch.setattr(Desk, "change", forgotten)
    record = ask("modify_order", some_row)
    assert record.status is Status.DEGRADED
    assert record.reason == "not the truth: quantity: expected '2', got '1'"
