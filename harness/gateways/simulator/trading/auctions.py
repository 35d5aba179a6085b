"""Finds when the auctions of a market are, and their prices: the first and the last trade of its regular hours.

That the price of an auction is that of the first or last trade is documented; that all orders are filled is ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.gateways.simulator.trading import waits
from harness.gateways.simulator.trading.combos import is_combo
from harness.gateways.simulator.trading.kinds import Waits
from harness.gateways.simulator.trading.matching import REMOVED, Part, allows, price_of
from harness.gateways.simulator.trading.order import AT_AUCTION, Order

if TYPE_CHECKING:
    from harness.gateways.simulator.trading.desk import Desk


def waits_for(order: Order) -> Waits:
    """Return whether an order waits for the opening or the closing auction, by its type or its time in force."""
    if order.time_in_force in AT_AUCTION:
        return Waits.OPEN
    return order.rule.waits if order.rule.waits in {Waits.OPEN, Waits.CLOSE} else Waits.NOTHING


def moment(order: Order, desk: Desk) -> float | None:
    """Return when the auction is that an order waits for; ``None`` if there is none, as without hours.

    It is not before the order begins to work.
    """
    begins = waits.begins(order, desk.now())
    match waits_for(order):
        case Waits.OPEN:
            return desk.hours.next_open(order.contract, begins)
        case Waits.CLOSE:
            return desk.hours.next_close(order.contract, begins)
        case _:
            return None


def price(order: Order, desk: Desk) -> float | None:
    """Return the price of an auction that an order has waited for; ``None`` if there was none."""
    at, opens = order.auction_at or 0.0, waits_for(order) is Waits.OPEN
    found = None if is_combo(order.contract) else desk.prices.auction(order.contract, at, opens=opens)
    if found is not None:
        return found
    quote = desk.quote(order.contract)
    return None if quote is None else price_of(quote, "last") or price_of(quote, "ask" if order.buys else "bid")


def hold(order: Order, desk: Desk) -> None:
    """Fill an order in the auction that it waited for; what is not filled there ends, or waits for the next."""
    found = None if desk.by_hand or waits.is_kept_back(order, desk) else price(order, desk)
    opens = waits_for(order) is Waits.OPEN
    order.awaits_auction = not opens
    order.auction_at = None if opens else moment(order, desk)
    if found is not None and not order.waits_for_trigger and allows(order, found):
        desk.fill(order, Part(price=found, shares=order.remaining, liquidity=REMOVED))
    elif opens and order.time_in_force != "AUC" and not desk.by_hand:
        desk.end(order)
