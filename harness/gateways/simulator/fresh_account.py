"""Empties the accounts of a truth: for programs that want to find in them only what they did themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.gateways.simulator.truth import Truth

_WITHOUT_HOLDINGS = ("GrossPositionValue", "MaintMarginReq", "InitMarginReq")


def emptied(truth: Truth) -> Truth:
    """Return a truth without holdings, orders, executions and profit; its cash stays, and is all that it is worth."""
    cash = next(str(row["value"]) for row in truth.account_values if row["key"] == "TotalCashValue")
    become: Mapping[str, str] = {"NetLiquidation": cash, **dict.fromkeys(_WITHOUT_HOLDINGS, "0.00")}
    return replace(
        truth,
        positions=(),
        portfolio=(),
        open_orders=(),
        completed_orders=(),
        executions=(),
        commissions=(),
        account_values=tuple(
            {**row, "value": become.get(str(row["key"]), row["value"])} for row in truth.account_values
        ),
        pnl=dict.fromkeys(truth.pnl, 0.0),
    )
