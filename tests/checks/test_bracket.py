"""A bracket is taken, held and cancelled as one; its children begin to work when the parent is filled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.gateways.simulator.trading import groups
from harness.gateways.simulator.trading import told as sent
from harness.gateways.simulator.truth import load
from harness.run.reader_process import read
from harness.shared.evidence import Against
from harness.shared.status import Status
from harness.wire.message import Message

if TYPE_CHECKING:
    from tests.checks.conftest import Ask, Books, Leave
    from tests.rows import LibraryRow


@pytest.mark.parametrize("check", ["bracket", "bracket_filled"])
def test_every_library_does_it(ask: Ask, row: LibraryRow, check: str) -> None:
    record = ask(check, row)
    assert (record.status, record.reason) == (Status.PASS, None)


def test_children_that_outlive_their_parent_are_missed_and_cancelled(
    ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "children", lambda *_: [])
    monkeypatch.setattr(groups, "family", lambda _, book: [each for each in book.live(None) if not each.is_truth])
    record = ask("bracket", some_row, timeout=0.5)
    assert record.status is Status.FAIL
    said, *fates = str(record.reason).split("; ")
    assert (said, len(fates)) == ("no answer within 0.5 s", 2)  # the parent was cancelled as asked
    assert all(fate.startswith(("no order is working: error 10148: ", "the order has ended: ")) for fate in fates)


@pytest.mark.parametrize(("field", "refused"), [("parent_id", "take profit"), ("aux_price", "stop loss")])
def test_a_child_that_is_refused_is_named_and_the_others_are_cancelled(
    ask: Ask, row: LibraryRow, books: Books, field: str, refused: str
) -> None:
    told = replace(load("paper"), refused_attributes=({"name": field, "code": 321, "text": "Not valid."},))
    record = ask("bracket", row, told=told)
    assert record.status is Status.FAIL
    said, *fates = str(record.reason).split("; ")
    assert said == f"the {refused} was refused: error 321: Not valid."
    assert all(fate.startswith(("no order is working: ", "the order has ended: ")) for fate in fates[:3])
    assert [order for book, client_id in books for order in book.working(client_id)] == []


def test_children_that_wait_for_nobody_are_named(
    ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "is_held_by_parent", lambda *_: False)
    record = ask("bracket", some_row)
    assert record.status is Status.DEGRADED
    assert "role take profit: statuses: expected ['PreSubmitted', 'Cancelled']" in str(record.reason)


def test_a_gateway_that_does_not_tell_the_parent_is_not_misread(
    leave: Leave, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = sent.status

    def orphaned(*args: Any) -> Message:
        said = status(*args)
        return Message(said.name, {**said.values, "parent_id": 0})

    monkeypatch.setattr(sent, "status", orphaned)
    left = leave(["bracket"], some_row)
    (record,) = (check for check in read(left).checks if check.name == "bracket")
    assert (record.status, record.detail["fields"]) == (Status.DEGRADED, ["child"])
    assert record.detail["against"] == Against.SIMULATOR
    (record,) = (check for check in read(replace(left, truth=None)).checks if check.name == "bracket")
    assert record.status is Status.PASS


def test_children_that_end_alone_are_missed(ask: Ask, some_row: LibraryRow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "others", lambda *_: [])
    record = ask("bracket_filled", some_row, timeout=0.5)
    assert record.status is Status.FAIL
    assert str(record.reason).startswith("no answer within 0.5 s; ")


def test_a_bracket_that_trades_is_asked_of_simulated_gateways_only(ask: Ask, some_row: LibraryRow) -> None:
    record = ask("bracket_filled", some_row, simulated=False)
    assert record.status is Status.SKIPPED
    assert record.reason == "it trades, which only simulated gateways are asked for"
