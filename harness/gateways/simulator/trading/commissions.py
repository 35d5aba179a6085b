"""Computes commissions from the rules of ``data/trading/commissions.toml``."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import tomllib

from harness.gateways.simulator.trading.order import Order, money_a_unit


@cache
def document(name: str) -> dict[str, Any]:
    """Return the tables of a file of ``data/trading/``."""
    file = resources.files("harness.gateways.simulator") / "data" / "trading" / f"{name}.toml"
    return tomllib.loads(file.read_text("utf-8"))


def commission(order: Order) -> float:
    """Return the commission of what is filled of an order so far: the least is that of the whole order."""
    rule = _rule(str(order.contract.get("sec_type", "")), str(order.contract.get("currency", "")))
    value = float(order.paid) * money_a_unit(order.contract)
    charged: float = max(rule["least"], rule["each"] * float(order.filled) + rule["of_value"] * value)
    most = rule.get("most_of_value")
    return round(charged if most is None else min(charged, float(most) * value), 6)


def _rule(sec_type: str, currency: str) -> dict[str, Any]:
    rules: list[dict[str, Any]] = document("commissions")["commission"]
    fits = (rule for rule in rules if rule["sec_type"] in {sec_type, ""} and rule["currency"] in {currency, ""})
    return next(fits)
