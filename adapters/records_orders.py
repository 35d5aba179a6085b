"""Defines the plain records of orders that we place; `adapters.records` has the rules for all records."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from adapters.records import CANCELLED, GOES_WITH_AN_ANSWER, NOTICES, number, quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from adapters.records import ErrorCallback, Execution
    from adapters.records_market import Wanted

WORKING = frozenset({"PreSubmitted", "Submitted"})
"""Statuses of an order that the gateway has accepted; it is PreSubmitted until the exchange opens."""

FILLED = "Filled"
ENDED = frozenset({"Cancelled", "ApiCancelled", "Inactive", FILLED})
"""Statuses after which nothing more happens to an order."""

TAKEN = WORKING | ENDED
"""Statuses that show that the gateway has accepted an order, whatever came later."""

OF_THE_LIBRARY = frozenset({"PendingSubmit", "PendingCancel", "ValidationError"})
"""Statuses that ib_insync and ib_async themselves give an order: before the gateway has answered, and in ib_async 2
also at every warning, such as that the market is closed."""

NOT_WORKING = frozenset({135, 161, 10147, 10148})
"""Codes by which a gateway says that there is no such order to cancel, or that it no longer works."""

NEVER_PLACED = frozenset({110, 320, 321, 439, 441, 443})
"""Codes by which a gateway refuses an order without accepting it, because it cannot read it, or finds it invalid.

Recorded at paper Gateways of server versions 200 to 225: the id stays unknown to them afterwards.
"""


LIMIT, STOP = "LMT", "STP"
"""Types of the orders that are placed here."""


@dataclass(frozen=True)
class WantedOrder:
    """An order good for the day, of one account; ``price`` is its limit, or its stop, in the contract's currency.

    ``parent_id`` is the order id of the order that it waits for. An order that does not ``transmit`` waits at the
    gateway until one of its family does.
    """

    wanted: Wanted
    account: str
    action: str
    quantity: int
    price: float
    kind: str = LIMIT
    parent_id: int = 0
    transmit: bool = True


@dataclass(frozen=True)
class StatusTold:
    """One status of an order, as the gateway sent it; ``average_price`` is that of what was filled.

    ``parent_id`` is None for an order without a parent; ``why_held`` is empty for one that nothing holds.
    """

    status: str
    perm_id: int | None
    filled: str | None
    remaining: str | None
    average_price: float | None
    parent_id: int | None
    why_held: str


@dataclass(frozen=True)
class OrderSeen:
    """What the gateway reported about an order since it was placed, or known here.

    ``statuses`` are those that the gateway sent, in order, without consecutive repeats, and ``held`` the reasons why
    it was held, likewise. ``confirmed`` says whether an error callback with `CANCELLED` came, too.
    """

    order_id: int
    perm_id: int | None
    statuses: tuple[str, ...]
    confirmed: bool
    parent_id: int | None = None
    held: tuple[str, ...] = ()


@dataclass(frozen=True)
class OrderFilled:
    """What the gateway reported about an order that is filled.

    ``steps`` are what was filled and what remained, in turn: ``200 of 500``. ``last`` is the last status.
    """

    order_id: int
    steps: tuple[str, ...]
    last: StatusTold
    fills: tuple[Execution, ...]


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


def in_turn(said: Iterable[str]) -> tuple[str, ...]:
    """Return what the gateway sent, such as statuses, without consecutive repeats, which a library may leave out."""
    told = [each for each in said if each not in OF_THE_LIBRARY]
    return tuple(each for number, each in enumerate(told) if number == 0 or told[number - 1] != each)


def seen(order_id: int, told: Sequence[StatusTold], callbacks: Iterable[ErrorCallback]) -> OrderSeen:
    """Return the record of an order of which these statuses came."""
    last = told[-1] if told else None
    return OrderSeen(
        order_id=order_id,
        perm_id=(last.perm_id or None) if last else None,
        statuses=in_turn(each.status for each in told),
        confirmed=confirmed(callbacks, order_id),
        parent_id=last.parent_id if last else None,
        held=in_turn(each.why_held for each in told if each.why_held),
    )


def all_filled(told: Sequence[StatusTold], fills: Sequence[Execution]) -> bool:
    """Return whether an order is filled, and every fill came, with its commission."""
    if not told or told[-1].status != FILLED or any(fill.commission is None for fill in fills):
        return False
    return sum(Decimal(fill.shares or 0) for fill in fills) >= Decimal(told[-1].filled or 0) > 0


def filled(order_id: int, told: Sequence[StatusTold], fills: Sequence[Execution]) -> OrderFilled:
    """Return the record of an order that is filled."""
    parts = [each for each in told if each.filled not in {None, "0"}]
    steps = in_turn(
        f"{each.filled} of {quantity(Decimal(each.filled or 0) + Decimal(each.remaining or 0))}" for each in parts
    )
    return OrderFilled(order_id, steps, told[-1], tuple(fills))
