"""Says which accepted orders their destination, or the account, rejects with 201.

The rules are in ``data/trading/rejections.toml``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.gateways.simulator.trading.documents import document
from harness.gateways.simulator.trading.order import Order
from harness.gateways.simulator.trading.weighing import too_large

if TYPE_CHECKING:
    from harness.gateways.simulator.trading.desk import Desk


def rejection(order: Order, desk: Desk) -> str | None:
    """Return why an order is rejected; ``None`` if it is not."""
    for rule in document("rejections")["rejection"]:
        place = order.values.get("exchange"), order.contract.get("sec_type")
        of_kind = order.time_in_force == rule.get("time_in_force") or order.kind == rule.get("order_type")
        if order.values.get(rule.get("unless", "")):
            continue
        if of_kind and place == (rule["exchange"], rule["sec_type"]):
            reason: str = rule["reason"]
            return reason
    return _too_large(order, desk)


def _too_large(order: Order, desk: Desk) -> str | None:
    """Refuse what opens more than the available funds carry; what has no price is not weighed."""
    found = too_large(order, desk)
    if found is None:
        return None
    funds, needs = found
    text: str = document("rejections")["too_large"]
    return text.format(funds=f"{funds:.2f}", needs=f"{needs:.2f}", currency="USD")
