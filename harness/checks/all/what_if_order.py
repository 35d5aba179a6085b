"""Checks a what-if order: its effect on the account. It is an order message, so it is sent on paper accounts only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import EVERYTHING, Check, Client, Phase
from harness.checks.expected import number, text
from harness.checks.heard import NotHeardError, any_of
from harness.checks.order import NEEDS, order_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth

WORDS = ("status", "commission_currency", "warning_text")
MARGINS = ("init_margin", "maint_margin", "equity_with_loan")
AMOUNTS = (
    *(f"{what}_{when}" for what in MARGINS for when in ("before", "change", "after")),
    *("commission", "min_commission", "max_commission"),
)


def ask(client: Client) -> dict[str, Any]:
    """Ask what buying one share far below the market would do."""
    return dict(vars(client.connection.placing.what_if_order(order_of(client.connection), client.request_timeout)))


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the true margins and commission."""
    words = {name: text(truth.what_if, name) for name in WORDS}
    return {**words, **{name: number(truth.what_if, name) for name in AMOUNTS}}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return what the gateway sent about the order, which is not placed."""
    ids = {request["order_id"] for request in said.requests("place_order") if request["what_if"]}
    rows = [row for row in said.during("open_order") if row["what_if"] and row["order_id"] in ids]
    if not rows:
        raise NotHeardError("no preview of the order arrived")
    words = {name: any_of(text(row, name) for row in rows) for name in WORDS}
    return {**words, **{name: any_of(number(row, name) for row in rows) for name in AMOUNTS}}


CHECK = Check(
    name="what_if_order",
    proves="margins and commission of an order are previewed, and nothing is placed",
    phase=Phase.PREVIEW,
    ask=ask,
    expected=expected,
    heard=heard,
    varies=(EVERYTHING,),
    needs=NEEDS,
)
