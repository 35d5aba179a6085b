"""Writes the open order: what was sent, the contract in full, and what a Gateway fills in by itself.

Captured, where nothing else is said: recordings of Gateways at server versions 164 to 225.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.gateways.simulator.trading.order import Order, plain_number
from harness.wire.catalogue import catalogue
from harness.wire.message import Message, Value

if TYPE_CHECKING:
    from harness.gateways.simulator.client import Client

_OPTIONS = frozenset({"OPT", "FOP", "WAR"})
_BY_ITSELF: dict[str, Value] = {
    "volatility_type": 0,
    "delta_neutral_order_type": "None",
    "reference_price_type": 0,
    "clearing_intent": "IB",
    "adjusted_order_type": "None",
    "dont_use_auto_price_for_hedge": True,
    "shareholder": "Not an insider or substantial shareholder",
}
_OCA_TYPE = 3
_TEXT_ALONE: dict[str, Value] = {"delta_neutral_open_close": "?", "cash_quantity": 0.0}
"""Seen as text, up to 202; not in recordings of protobuf."""
_OPEN_ORDER_PROTOBUF = 203
_COMPETE: dict[str, Value] = {"min_compete_size": 100, "compete_against_best_offset": 0.02}
_STOPS_ALONE = frozenset({"STP", "STPPRT"})
_MANAGED = frozenset({"LMT", "TRAILLIT", "PEGBEST", "PEGBENCH"})
"""Types whose price the Gateway manages: 1 up to 10.40, 0 by 10.46 (captured at 225)."""
_UNMANAGED_SINCE = (10, 46)


def open_order(order: Order, client: Client) -> Message:
    """Return the message for a client; an order of the truth is told as it is there."""
    if order.is_truth:
        return fitted("open_order", {**order.values, "status": order.status})
    values = {**order.values, **_price_fields(order), **_filled_in(order, client), **_state(order)}
    return fitted("open_order", values)


def fitted(name: str, values: dict[str, Value]) -> Message:
    """Return a message with those values that it has fields for."""
    fields = catalogue().by_name[name].defaults
    return Message(name, {key: value for key, value in values.items() if key in fields and value is not None})


def _price_fields(order: Order) -> dict[str, Value]:
    """Return prices: 0 where none was sent; a trailing stop price beyond a limit, or at a stop."""
    limit, aux = order.price("limit_price"), order.price("aux_price")
    told: dict[str, Value] = {"limit_price": limit or 0.0, "aux_price": aux or 0.0}
    if order.stop is not None:
        told["trail_stop_price"] = order.stop
    elif order.kind == "LMT" and limit is not None:
        told["trail_stop_price"] = round(limit + 1, 8)
    elif order.kind in _STOPS_ALONE and aux is not None:
        told["trail_stop_price"] = aux
    return told


def _filled_in(order: Order, client: Client) -> dict[str, Value]:
    own = {**_BY_ITSELF, "submitter": client.truth.placing["submitter"], "filled_quantity": plain_number(order.filled)}
    own |= {"oca_type": order.values.get("oca_type") or _OCA_TYPE, "oca_group": order.oca_group}
    managed = order.kind in _MANAGED or bool(order.values.get("algo_strategy"))
    if client.application >= _UNMANAGED_SINCE:
        own |= {"route_marketable_to_bbo": 0, "seek_price_improvement": 0}
    own["use_price_management_algo"] = int(managed and client.application < _UNMANAGED_SINCE)
    if client.server_version < _OPEN_ORDER_PROTOBUF:
        own |= {**_TEXT_ALONE, "shares_allocation": f"{order.perm_id}.0/{order.account}/100"}
        if order.values.get("sec_type") not in _OPTIONS:
            own["right"] = "?"
    if order.kind == "MKT" and order.values.get("exchange") == "SMART":
        own |= _COMPETE
    sent = {name: value for name, value in order.values.items() if name in own and value not in (None, "", 0, False)}
    return {**own, **sent, "oca_group": order.oca_group}


def _state(order: Order) -> dict[str, Value]:
    state: dict[str, Value] = {"status": order.status}
    if order.parent_perm_id:
        state["parent_perm_id"] = order.parent_perm_id
    if order.commission is not None:
        state |= {"commission": order.commission, "commission_currency": order.commission_currency}
    return state


def sent_values(request: Message) -> dict[str, Value]:
    """Return what a client sent of an order, with the names of ``open_order``, and what matching needs beside."""
    fields = catalogue().by_name["open_order"].defaults
    kept = {"transmit", "outside_rth", "conditions_ignore_rth"}
    return {
        name: value for name, value in request.values.items() if value is not None and (name in fields or name in kept)
    }
