"""Plain records of orders that we place; see `adapters.records` for what every record keeps to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.records import number

WORKING = frozenset({"PreSubmitted", "Submitted"})
"""Statuses of an order that the gateway has taken; PreSubmitted until the exchange opens."""

ENDED = frozenset({"Cancelled", "ApiCancelled", "Inactive", "Filled"})
"""Statuses after which nothing more happens to an order."""


@dataclass(frozen=True)
class PlacedOrder:
    """An order that the gateway took, and its status then."""

    order_id: int
    perm_id: int
    status: str


@dataclass(frozen=True)
class OrderPreview:
    """What an order would do to the account, in its base currency; None where the gateway does not say."""

    init_margin_change: float | None
    init_margin_after: float | None
    maint_margin_change: float | None
    maint_margin_after: float | None
    equity_with_loan_change: float | None
    equity_with_loan_after: float | None
    commission: float | None
    commission_currency: str


def preview(state: Any) -> OrderPreview:
    """Make the record of an order's state, whose commission ibapi 10.37 renamed."""
    renamed = hasattr(state, "commissionAndFees")
    return OrderPreview(
        init_margin_change=number(state.initMarginChange),
        init_margin_after=number(state.initMarginAfter),
        maint_margin_change=number(state.maintMarginChange),
        maint_margin_after=number(state.maintMarginAfter),
        equity_with_loan_change=number(state.equityWithLoanChange),
        equity_with_loan_after=number(state.equityWithLoanAfter),
        commission=number(state.commissionAndFees if renamed else state.commission),
        commission_currency=state.commissionAndFeesCurrency if renamed else state.commissionCurrency,
    )
