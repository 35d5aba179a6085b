"""Empties the accounts of a truth: for programs that want to find in them only what they did themselves."""

from __future__ import annotations

from dataclasses import replace

from harness.gateways.simulator.trading.account import rules
from harness.gateways.simulator.truth import Truth, Values
from harness.gateways.simulator.world.account import same_as


def emptied(truth: Truth) -> Truth:
    """Return a truth without holdings, orders, executions and profit; its cash stays, and is all that it is worth."""
    cash = next(float(str(row["value"])) for row in truth.account_values if row["key"] == "TotalCashValue")
    return replace(
        truth,
        positions=(),
        portfolio=(),
        open_orders=(),
        completed_orders=(),
        executions=(),
        commissions=(),
        account_values=tuple(_of_cash_alone(row, cash) for row in truth.account_values),
        pnl=dict.fromkeys(truth.pnl, 0.0),
        reference={**truth.reference, "daily_pnl": {}},
    )


def _of_cash_alone(row: Values, cash: float) -> Values:
    """Return what a value is without holdings: so much of the cash as it follows; one that follows nothing stays."""
    key = str(row["key"])
    rule = rules().get(key) or rules().get(same_as(key))
    return row if rule is None else {**row, "value": f"{rule.get('cash', 0.0) * cash:.2f}"}
