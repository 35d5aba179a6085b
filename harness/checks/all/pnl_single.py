"""Checks the profit and loss of single holdings: one of whole shares, and one whose size is a fraction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK
from harness.checks.all.fx_quote import EURUSD
from harness.checks.check import EVERYTHING, Check, Client, plain
from harness.checks.expected import Since, decimal, number, records, whole
from harness.checks.heard import told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected, Records
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth, Values

CON_IDS = (LIQUID_STOCK.con_id, EURUSD.con_id)
"""An account that does not hold them is told a size of 0."""

FRACTIONS_SINCE = 163
"""Below that server version clients cannot read fractions; how a Gateway tells them of such a holding is inferred."""


def ask(client: Client) -> dict[str, Any]:
    """Subscribe to the profit and loss of one holding after the other until it came once."""
    account, timeout = client.connection.account, client.request_timeout
    return {"records": plain([account.pnl_single(con_id, timeout) for con_id in CON_IDS])}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return the truth about the first account's holdings; realized is not set before something was sold."""
    held = {row["con_id"]: row for row in truth.portfolio if row["account"] == truth.accounts[0]}
    return {"records": records(("con_id",), (_true(con_id, held.get(con_id), truth) for con_id in CON_IDS))}


def _true(con_id: int, held: Values | None, truth: Truth) -> Mapping[str, Expected]:
    if held is None:
        return _row(con_id, {"position": "0", "daily_pnl": 0.0})
    daily = truth.reference["daily_pnl"].get(str(con_id), 0.0)
    return _row(con_id, {**held, "daily_pnl": daily, "value": held["market_value"]})


def _row(con_id: int, row: Values) -> Mapping[str, Expected]:
    amounts = {name: number(row, f"{name}_pnl") for name in ("daily", "unrealized", "realized")}
    position = Since(FRACTIONS_SINCE, decimal(row, "position"))
    return {"con_id": con_id, "position": position, **amounts, "value": number(row, "value")}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return what the gateway sent; it may have sent several values before the library was read."""
    answers = said.answers("req_pnl_single")
    asked = {answer.request["req_id"]: whole(answer.request, "con_id") for answer in answers}

    def make(row: Values) -> Mapping[str, Expected]:
        return _row(asked[row["req_id"]], row)

    return {"records": told(("con_id",), answers, "pnl_single", make)}


CHECK = Check(
    name="pnl_single",
    asks="req_pnl_single",
    proves="the profit and loss of single holdings arrives, also of fractions, and the subscriptions end",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=(EVERYTHING,),
    requests=len(CON_IDS),
)
