"""Says how much margin a holding takes: ``data/trading/account.toml``."""

from __future__ import annotations

from collections.abc import Mapping

from harness.gateways.simulator.trading.documents import document
from harness.gateways.simulator.trading.order import Values, money_a_unit


def margin_of(sec_type: str) -> float:
    """Return the part of a holding's value that its margin is."""
    parts: Mapping[str, float] = document("account")["margin"]
    return parts.get(sec_type, parts[""])


def margin_taken(held: Values) -> float:
    """Return the margin of a holding with its price, in the contract's currency."""
    value = abs(float(str(held["position"]))) * float(str(held["market_price"])) * money_a_unit(held)
    return value * margin_of(str(held["sec_type"]))
