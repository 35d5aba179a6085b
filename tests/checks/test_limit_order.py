"""An order is placed, seen and cancelled, whatever the library and the encoding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.simulator.answers import _ANSWERS
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
    monkeypatch.setattr("harness.simulator.book.Book.working", lambda _: iter(()))
    monkeypatch.setattr("harness.simulator.answers.placing.LIFE", ("Submitted",))  # else the next status shows it, too
    record = ask("limit_order", row)
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


def test_an_order_whose_time_in_force_was_set_is_taken_for_cancelled_by_some(ask: Ask, row: LibraryRow) -> None:
    record = ask("limit_order", row, scenario="order-preset")
    if row.adapter == "ibapi":
        assert (record.status, record.reason) == (Status.PASS, None)
    else:
        assert record.status is Status.FAIL
        assert str(record.reason).startswith("error 10349: the library shows Cancelled")


@pytest.mark.parametrize("check", ["executions", "positions"])
def test_what_has_no_end_times_out(ask: Ask, row: LibraryRow, check: str) -> None:
    if check == "executions" and row.adapter == "ib_insync":
        pytest.skip("it does not even get ready, which matrices/known.toml expects")
    record = ask(check, row, scenario=f"no-{check}-end", timeout=0.5)
    assert record.status is Status.TIMEOUT
