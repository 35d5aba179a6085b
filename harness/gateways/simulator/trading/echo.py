"""Writes the open order: what was sent, the contract in full, and what a Gateway fills in by itself.

Captured, where nothing else is said: recordings of Gateways at server versions 164 to 225.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from harness.gateways.simulator.trading.hours import moment_of
from harness.gateways.simulator.trading.order import Order, plain_number
from harness.wire.catalogue import catalogue
from harness.wire.message import Message, Value

if TYPE_CHECKING:
    from harness.gateways.simulator.client import Client

_NEW_YORK = ZoneInfo("America/New_York")
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
    values = {**order.values, **_price_fields(order), **_filled_in(order, client), **_in_force(order, client)}
    values |= {**_conditions(order), **_state(order)}
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
    if order.kind == "PEGBENCH":
        told["aux_price"] = order.price("starting_price") or 0.0
    return told


def _in_force(order: Order, client: Client) -> dict[str, Value]:
    """Return how long an order works, in the Gateway's words, and until when one works that is good till cancelled."""
    told: dict[str, Value] = {"time_in_force": order.in_force_as_told}
    if order.time_in_force == "IOC":
        told["outside_rth"] = True
    if order.time_in_force == "GTC" and order.values.get("sec_type") not in _OPTIONS:
        told["auto_cancel_date"] = _cancelled_at(order, client)
    return told


def _cancelled_at(order: Order, client: Client) -> str:
    """Return the end of the quarter after the current one, in the computer's zone (captured)."""
    zone = ZoneInfo(client.behaviour.login_zone or "UTC")
    today = dt.datetime.fromtimestamp(client.now(), _NEW_YORK)
    first = (today.month - 1) // 3 * 3 + 7
    begins = dt.datetime(today.year + (first - 1) // 12, (first - 1) % 12 + 1, 1, tzinfo=_NEW_YORK)
    closes = (begins - dt.timedelta(days=1)).replace(hour=16)
    return f"{(begins if order.values.get('outside_rth') else closes).astimezone(zone):%Y%m%d %H:%M:%S} {zone.key}"


def _conditions(order: Order) -> dict[str, Value]:
    """Return the conditions; a moment that was sent in UTC comes back in the zone of the instrument (captured)."""
    sent: Any = order.values.get("conditions") or ()
    told = [{**one, "time": _in_zone(str(one["time"]), order)} if one.get("time") else one for one in sent]
    return {"conditions": told} if told else {}


def _in_zone(text: str, order: Order) -> str:
    moment = moment_of(text, order.contract) if "-" in text else None
    if moment is None:
        return text
    zone = str(order.contract.get("time_zone_id") or "US/Eastern")
    return f"{dt.datetime.fromtimestamp(moment, ZoneInfo(zone)):%Y%m%d %H:%M:%S} {zone}"


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
    if order.commission_currency:
        state["commission_currency"] = order.commission_currency
    if order.commission is not None:
        state["commission"] = order.commission
    return state


def sent_values(request: Message) -> dict[str, Value]:
    """Return what a client sent of an order, with the names of ``open_order``, and what matching needs beside."""
    fields = catalogue().by_name["open_order"].defaults
    kept = {"transmit", "outside_rth", "conditions_ignore_rth"}
    return {
        name: value for name, value in request.values.items() if value is not None and (name in fields or name in kept)
    }
