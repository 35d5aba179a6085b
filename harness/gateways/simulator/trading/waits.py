"""Says what keeps an order from being filled, whatever the price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.gateways.simulator.trading import groups
from harness.gateways.simulator.trading.combos import legs_of
from harness.gateways.simulator.trading.hours import moment_of
from harness.gateways.simulator.trading.kinds import Waits
from harness.gateways.simulator.trading.order import Order

if TYPE_CHECKING:
    from harness.gateways.simulator.trading.desk import Desk


def why_held(order: Order, desk: Desk) -> str:
    """Return what an order tells that it waits for: ``child``, ``trigger``, or both."""
    why = ["child"] if groups.is_held_by_parent(order, desk.book) else []
    return ",".join(why + (["trigger"] if order.waits_for_trigger and order.rule.waits is Waits.STOP else []))


def is_held(order: Order, desk: Desk) -> bool:
    """Return whether an order cannot be filled yet, whatever the price."""
    return order.awaits_auction or is_kept_back(order, desk) or not desk.hours.is_open(order, desk.now())


def is_kept_back(order: Order, desk: Desk) -> bool:
    """Return whether it cannot be filled, be its market open or not."""
    cut_off = desk.conditions is not None and not desk.conditions.linked
    if order.exercises or cut_off or groups.is_held_by_parent(order, desk.book) or _awaits_conditions(order):
        return True
    return bool(order.values.get("good_after_time")) and begins(order, desk.now()) > desk.now()


def begins(order: Order, now: float) -> float:
    """Return when an order begins to work, in Unix seconds: now, or at a time that it names."""
    named = order.values.get("good_after_time")
    return max(now, moment_of(named, order.contract, order.since) or now) if named else now


def _awaits_conditions(order: Order) -> bool:
    conditions = order.values.get("conditions")
    return bool(conditions) and not order.values.get("conditions_cancel_order") and not order.conditions_hold


def expires(order: Order, desk: Desk) -> float | None:
    """Return when an order ends by itself: at its own time, or with what it is for."""
    ends = [desk.prices.expires(leg.contract) for leg in legs_of(order.contract)]
    return min((moment for moment in (_own_end(order), *ends) if moment is not None), default=None)


def _own_end(order: Order) -> float | None:
    """Return when the time of an order is over: of a day order with its market's day (documented)."""
    if order.time_in_force == "GTD":
        return moment_of(order.values.get("good_till_date"), order.contract, order.since)
    return order.day_ends if order.time_in_force == "DAY" else None
