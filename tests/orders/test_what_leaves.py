"""No order leaves unless it was asked for, on paper: proven by the bytes that a gateway got from real libraries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from harness.checks.all import BY_NAME
from harness.checks.order import FAR_ABOVE, FAR_BELOW
from harness.gateways.simulator import truth
from harness.shared.evidence import CellOutcome, RunOutcome
from harness.shared.status import Status
from tests.orders.conftest import ROWS, TRADES, Wire

FILLED = {("BUY", FAR_ABOVE, None)}
"""Those of `fills`, and the parent of `bracket_filled`: action, limit, stop."""

ENDS_WITH_THE_PROFIT = ("SELL", None, FAR_BELOW)
"""The stop loss of `bracket_filled`."""

CHECKS = {check.name for check in BY_NAME.values() if check.sends_order}


def simulated(mode: str = "paper", more: str = "") -> str:
    return f'\n[[gateway]]\nproduct = "gateway"\nversion = "10.45"\nkind = "simulator"\nmode = "{mode}"\n{more}'


def cells(outcome: RunOutcome) -> list[CellOutcome]:
    assert len(outcome.outcomes) == ROWS
    assert all(cell.negotiated for cell in outcome.outcomes), "a cell that never connected proves nothing"
    return list(outcome.outcomes)


def asked(outcomes: Iterable[CellOutcome]) -> set[str]:
    return {check.name for cell in outcomes for check in cell.checks}


@pytest.mark.slow
def test_without_orders_none_leaves(run: Any, wire: Wire) -> None:
    assert not asked(cells(run(simulated()))) & CHECKS
    assert len(wire.sent) > 2 * ROWS
    assert wire.orders() == []


@pytest.mark.slow
def test_from_a_live_gateway_none_leaves_whatever_was_asked_for(run: Any, wire: Wire) -> None:
    assert not asked(cells(run(simulated("live"), "orders = true", orders=True, allow_live=True))) & CHECKS
    assert wire.orders() == []


@pytest.mark.slow
def test_with_an_account_that_is_no_paper_account_none_leaves(
    run: Any, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed = replace(truth.load("paper"), accounts=("DU9000001", "U9000001"))
    monkeypatch.setattr("harness.gateways.simulator.server.told_by", lambda *_: mixed)
    for cell in cells(run(simulated(), orders=True)):
        by_name = {check.name: check for check in cell.checks}
        for name in CHECKS:
            assert by_name[name].status is Status.SKIPPED
            assert by_name[name].reason == "orders are sent only if every account is a paper account (DU… or DF…)"
    assert wire.orders() == []


@pytest.mark.slow
@pytest.mark.parametrize("orders", [False, True])
def test_from_a_read_only_gateway_none_leaves(run: Any, wire: Wire, *, orders: bool) -> None:
    cells(run(simulated(more='scenario = "read-only"\n'), orders=orders))
    assert wire.orders() == []


@pytest.mark.slow
@pytest.mark.parametrize(("defaults", "options"), [("", {"orders": True}), ("orders = true", {})])
def test_with_orders_on_paper_exactly_those_of_the_checks_leave(
    run: Any, wire: Wire, defaults: str, options: dict[str, Any]
) -> None:
    outcomes = cells(run(simulated(), defaults, **options))
    assert sorted(wire.orders()) == sorted(TRADES * ROWS)
    whats = [order for order in wire.said("place_order") if order["what_if"]]
    assert len(whats) == ROWS
    for order in wire.said("place_order"):
        assert (order["account"], order["symbol"], order["time_in_force"]) == ("DU9000001", "AAPL", "DAY")
        assert order["action"] == "BUY" or order["parent_id"] != 0
    left = {(order["action"], order["limit_price"], order["aux_price"]) for order in wire.left_working()}
    assert left == {*FILLED, ENDS_WITH_THE_PROFIT}
    told = {(check.name, check.status) for cell in outcomes for check in cell.checks if check.name in CHECKS}
    assert told == {(name, Status.PASS) for name in CHECKS}
