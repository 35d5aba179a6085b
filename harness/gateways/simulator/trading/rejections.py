"""Says which accepted orders their destination, or the account, rejects with 201.

The rules are in ``data/trading/rejections.toml``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.gateways.simulator.trading import account as accounts
from harness.gateways.simulator.trading.commissions import document
from harness.gateways.simulator.trading.matching import price_of
from harness.gateways.simulator.trading.order import Order, money_a_unit

if TYPE_CHECKING:
    from harness.gateways.simulator.trading.desk import Desk

_MARGIN = 0.25
"""Part of an order's value that it takes of the available funds; as ``data/trading/account.toml``."""


def rejection(order: Order, desk: Desk) -> str | None:
    """Return why an order is rejected; ``None`` if it is not."""
    for rule in document("rejections")["rejection"]:
        place = order.values.get("exchange"), order.contract.get("sec_type")
        of_kind = order.time_in_force == rule.get("time_in_force") or order.kind == rule.get("order_type")
        if of_kind and place == (rule["exchange"], rule["sec_type"]):
            reason: str = rule["reason"]
            return reason
    return _too_large(order, desk)


def _too_large(order: Order, desk: Desk) -> str | None:
    """Refuse what opens more than the available funds carry; what has no price is not weighed."""
    quote = desk.prices.quote(order.contract) if order.contract.get("con_id") else None
    price = order.price("limit_price") or (quote and price_of(quote, "ask" if order.buys else "bid"))
    funds = accounts.available(desk.truth, desk.ledger, order.account)
    if not price or funds is None:
        return None
    held = desk.ledger.position(order.account, int(str(order.contract["con_id"])))
    after = held + order.remaining if order.buys else held - order.remaining
    opens = max(0.0, float(abs(after) - abs(held)))
    rate = desk.ledger.rate(str(order.contract.get("currency", "")))
    needs = opens * price * money_a_unit(order.contract) * rate * _MARGIN
    if needs <= funds:
        return None
    text: str = document("rejections")["too_large"]
    return text.format(funds=f"{funds:.2f}", needs=f"{needs:.2f}", currency="USD")
