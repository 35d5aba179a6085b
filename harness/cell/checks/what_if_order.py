"""What an order would do to the account; asked with an order message, so on paper accounts only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK, LimitOrder
from harness.cell.check import EVERYTHING, Check, Client, Phase, only_on_paper
from harness.cell.expected import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.cell.expected import Expected
    from harness.simulator.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Ask what buying one share far below the market would do."""
    connection = only_on_paper(client)
    order = LimitOrder(LIQUID_STOCK, connection.accounts[0], "BUY", 1, 1.0)
    return dict(vars(connection.what_if_order(order, client.request_timeout)))


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Give margins and commission."""
    names = [f"{what}_{when}" for what in ("init_margin", "maint_margin", "equity_with_loan") for when in WHEN]
    amounts = {name: number(truth.what_if, name) for name in (*names, "commission")}
    return {**amounts, "commission_currency": str(truth.what_if["commission_currency"])}


WHEN = ("change", "after")

CHECK = Check(
    name="what_if_order",
    proves="an order's margins and commission are told beforehand, and nothing is placed",
    phase=Phase.ORDER,
    ask=ask,
    expected=expected,
    varies=(EVERYTHING,),
    needs="orders = true, and paper accounts only (DU… or DF…)",
)
