"""Weighs orders: the margin that they take, and their commission, by the rules that the account's values follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.gateways.simulator.trading import account as accounts
from harness.gateways.simulator.trading.combos import Leg, is_combo, leg_prices
from harness.gateways.simulator.trading.commissions import charge
from harness.gateways.simulator.trading.margins import margin_of
from harness.gateways.simulator.trading.matching import price_of, takes_any
from harness.gateways.simulator.trading.order import Order, money_a_unit
from harness.wire.message import Value

if TYPE_CHECKING:
    from harness.gateways.simulator.trading.desk import Desk

_CENTS = 2
_BASE = "USD"
_MARGINS = {
    "init_margin": ("InitMarginReq",),
    "maint_margin": ("MaintMarginReq",),
    "equity_with_loan": ("EquityWithLoanValue", "NetLiquidation"),
}
"""What a preview tells, and the account's value that it is; the first that the account has."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What an order would do.

    Args:
        opens: margin that what it opens takes, in the account's currency.
        margin: by how much the account's margin changes; less than 0 if it closes.
        commission: in the contract's currency.
        cost: the same in the account's.
    """

    opens: float
    margin: float
    commission: float
    cost: float


def weigh(order: Order, desk: Desk) -> Weight | None:
    """Weigh what remains of an order, at its limit or else at the price of the moment; ``None`` without a price."""
    opens = margin = paid = cost = 0.0
    legs = list(_priced(order, desk))
    for leg, price in legs:
        contract = leg.contract
        rate = desk.ledger.rate(str(contract.get("currency", "")))
        many = float(order.remaining) * leg.ratio
        held = float(desk.ledger.position(order.account, int(str(contract["con_id"]))))
        after = held + (many if order.buys == leg.buys else -many)
        part = margin_of(str(contract.get("sec_type", ""))) * price * money_a_unit(contract) * rate
        opens += max(0.0, abs(after) - abs(held)) * part
        margin += (abs(after) - abs(held)) * part
        charged = charge(contract, many, many * price)
        paid, cost = paid + charged, cost + charged * rate
    return Weight(opens, margin, round(paid, 6), cost) if legs else None


def _priced(order: Order, desk: Desk) -> Iterator[tuple[Leg, float]]:
    quote, limit = desk.quote(order.contract), _limit(order)
    market = None if quote is None else price_of(quote, "ask" if order.buys else "bid")
    price = market if limit is None else limit
    if price is None:
        return
    if is_combo(order.contract):
        if quote is not None:
            yield from leg_prices(order.contract, price, desk.prices.quote, buys=order.buys)
    else:
        yield Leg(order.contract, 1, buys=True), price


def _limit(order: Order) -> float | None:
    """Return the limit of an order; ``None`` without one, be it that its type leaves out what was sent as such."""
    limit = None if takes_any(order) else order.price("limit_price")
    return limit if is_combo(order.contract) else limit or None  # a combination may cost nothing


def preview(order: Order, desk: Desk) -> dict[str, Value]:
    """Return what an order would do, as an open order tells it (form captured).

    A change is what is after less what is before, whatever noise that leaves (captured). Equity pays the commission.
    """
    weight = weigh(order, desk) or Weight(0.0, 0.0, 0.0, 0.0)
    rows = accounts.account_values(desk.truth, desk.ledger, order.account)
    known = {str(row["key"]): row["value"] for row in rows}
    told: dict[str, Value] = {"status": "PreSubmitted", "margin_currency": _BASE, "commission": weight.commission}
    told["commission_currency"] = str(order.contract.get("currency") or _BASE)
    for name, keys in _MARGINS.items():
        before = float(str(next((known[key] for key in keys if key in known), 0.0)))
        change = -weight.cost if name == "equity_with_loan" else weight.margin
        after = round(before + change, _CENTS)
        told |= {f"{name}_before": before, f"{name}_after": after, f"{name}_change": after - before}
    return told


def too_large(order: Order, desk: Desk) -> tuple[float, float] | None:
    """Return the account's available funds and what an order needs of them, if that is more; else ``None``."""
    weight, funds = weigh(order, desk), accounts.available(desk.truth, desk.ledger, order.account)
    return (funds, weight.opens) if weight is not None and funds is not None and weight.opens > funds else None
