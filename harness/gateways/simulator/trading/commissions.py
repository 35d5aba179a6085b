"""Computes commissions from the rules of ``data/trading/commissions.toml``."""

from __future__ import annotations

from typing import Any

from harness.gateways.simulator.trading.documents import document
from harness.gateways.simulator.trading.order import Order, Values, money_a_unit


def commission(order: Order) -> float:
    """Return the commission of what is filled of an order so far: the least is that of the whole order."""
    return charge(order.contract, float(order.filled), float(order.paid))


def charge(contract: Values, quantity: float, paid: float) -> float:
    """Return the commission of an order.

    Args:
        contract: what is traded.
        quantity: how many.
        paid: their prices, added up.
    """
    rule = _rule(str(contract.get("sec_type", "")), str(contract.get("currency", "")))
    value = paid * money_a_unit(contract)
    charged: float = max(rule["least"], rule["each"] * quantity + rule["of_value"] * value)
    most = rule.get("most_of_value")
    return round(charged if most is None else min(charged, float(most) * value), 6)


def _rule(sec_type: str, currency: str) -> dict[str, Any]:
    rules: list[dict[str, Any]] = document("commissions")["commission"]
    fits = (rule for rule in rules if rule["sec_type"] in {sec_type, ""} and rule["currency"] in {currency, ""})
    return next(fits)
