"""Defines the plain records of orders that we place; `adapters.records` has the rules for all records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.records import CANCELLED, GOES_WITH_AN_ANSWER, NOTICES, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.records import ErrorCallback
    from adapters.records_market import Wanted

WORKING = frozenset({"PreSubmitted", "Submitted"})
"""Statuses of an order that the gateway has accepted; it is PreSubmitted until the exchange opens."""

ENDED = frozenset({"Cancelled", "ApiCancelled", "Inactive", "Filled"})
"""Statuses after which nothing more happens to an order."""

OF_THE_LIBRARY = frozenset({"PendingSubmit", "PendingCancel", "ValidationError"})
"""Statuses that ib_insync and ib_async themselves give an order: before the gateway has answered, and in ib_async 2
also at every warning, such as that the market is closed."""

NOT_WORKING = frozenset({135, 161, 10147, 10148})
"""Codes by which a gateway says that there is no such order to cancel, or that it no longer works."""

NEVER_PLACED = frozenset({110, 320, 321, 439, 441, 443})
"""Codes by which a gateway refuses an order without accepting it, because it cannot read it, or finds it invalid.

Recorded at paper Gateways of server versions 200 to 225: the id stays unknown to them afterwards.
"""


@dataclass(frozen=True)
class LimitOrder:
    """An order good for the day, of one account; ``limit`` is in the contract's currency."""

    wanted: Wanted
    account: str
    action: str
    quantity: int
    limit: float


@dataclass(frozen=True)
class OrderSeen:
    """What the gateway reported about an order since it was placed.

    ``statuses`` are those that the gateway sent, in order, without consecutive repeats. ``confirmed`` says whether an
    error callback with `CANCELLED` came, too.
    """

    order_id: int
    perm_id: int | None
    statuses: tuple[str, ...]
    confirmed: bool


@dataclass(frozen=True)
class OrderPreview:
    """What an order would do to the account, in its base currency; None if the gateway does not say.

    The commission is in ``commission_currency``; if it is not known exactly, its bounds may be.
    """

    status: str
    init_margin_before: float | None
    init_margin_change: float | None
    init_margin_after: float | None
    maint_margin_before: float | None
    maint_margin_change: float | None
    maint_margin_after: float | None
    equity_with_loan_before: float | None
    equity_with_loan_change: float | None
    equity_with_loan_after: float | None
    commission: float | None
    min_commission: float | None
    max_commission: float | None
    commission_currency: str
    warning_text: str


def preview(state: Any) -> OrderPreview:
    """Return the record of an order's state; ibapi 10.37 renamed its commission."""
    fees = "AndFees" if hasattr(state, "commissionAndFees") else ""
    return OrderPreview(
        status=state.status,
        init_margin_before=number(state.initMarginBefore),
        init_margin_change=number(state.initMarginChange),
        init_margin_after=number(state.initMarginAfter),
        maint_margin_before=number(state.maintMarginBefore),
        maint_margin_change=number(state.maintMarginChange),
        maint_margin_after=number(state.maintMarginAfter),
        equity_with_loan_before=number(state.equityWithLoanBefore),
        equity_with_loan_change=number(state.equityWithLoanChange),
        equity_with_loan_after=number(state.equityWithLoanAfter),
        commission=number(getattr(state, f"commission{fees}")),
        min_commission=number(getattr(state, f"minCommission{fees}")),
        max_commission=number(getattr(state, f"maxCommission{fees}")),
        commission_currency=getattr(state, f"commission{fees}Currency"),
        warning_text=state.warningText,
    )


def refusal(callbacks: Iterable[ErrorCallback], order_id: int) -> ErrorCallback | None:
    """Return the error callback that refused an order or its cancellation, if there is one."""
    for callback in callbacks:
        harmless = callback.code in GOES_WITH_AN_ANSWER or callback.code in NOTICES
        if callback.req_id == order_id and not harmless:
            return callback
    return None


def confirmed(callbacks: Iterable[ErrorCallback], order_id: int) -> bool:
    """Return whether the gateway confirmed the cancellation of an order, in addition to its status."""
    return any(callback.req_id == order_id and callback.code == CANCELLED for callback in callbacks)


def in_turn(statuses: list[str]) -> tuple[str, ...]:
    """Return the statuses that the gateway sent, without consecutive repeats, which a library may leave out."""
    told = [status for status in statuses if status not in OF_THE_LIBRARY]
    return tuple(status for number, status in enumerate(told) if number == 0 or told[number - 1] != status)
