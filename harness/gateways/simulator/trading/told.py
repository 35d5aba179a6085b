"""Writes what clients are told of an order, one message after the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.gateways.simulator.trading.combos import Leg
from harness.gateways.simulator.trading.echo import fitted, open_order
from harness.gateways.simulator.trading.order import Order, Values, plain_number
from harness.wire.message import Message, Value

if TYPE_CHECKING:
    from harness.gateways.simulator.client import Client

_SIDES = {True: "BOT", False: "SLD"}
_ZONE = "US/Eastern"
_IN_SENTENCES = (10, 46)
"""From this application on the warning of a closed market is a sentence (captured at 225)."""

NOT_EXERCISED = (322, "Error processing request.Exercise/Lapse failed due to server rejection.")
"""Comes before the end of an exercise (captured)."""


def error(code: int, text: str, req_id: int) -> Message:
    """Return an error about an order."""
    return Message("error", {"req_id": req_id, "code": code, "text": text})


def closed_market(order: Order, opens: str, client: Client) -> str:
    """Return the warning that an order has to wait for its market (captured)."""
    contract = order.contract
    place = ".".join(str(contract.get(name) or "") for name in ("primary_exchange", "trading_class")).strip(".")
    what = f"{order.values['action']} {plain_number(order.total)} {contract.get('symbol', '')} {place}"
    your, end = ("Your", ".") if client.application >= _IN_SENTENCES else ("your", "")
    text = f"Warning: {your} order will not be placed at the exchange until {opens}{end}"
    return f"Order Message:\n{what}\n{text}"


def status(order: Order, why_held: str = "") -> Message:
    """Return an order's status; a cancelled one has as much remaining as before (captured)."""
    values: dict[str, Value] = {"order_id": order.order_id, "perm_id": order.perm_id, "client_id": order.client_id}
    values |= {"status": order.status, "remaining": plain_number(order.remaining)}
    if order.filled:
        values |= {"filled": plain_number(order.filled), "average_fill_price": order.average}
        values["last_fill_price"] = order.last_price
    if order.parent_id:
        values["parent_id"] = order.parent_id
    if why_held:
        values["why_held"] = why_held
    return Message("order_status", values)


def pair(order: Order, client: Client, why_held: str = "") -> Iterator[Message]:
    """Yield what comes with every change: the open order, and its status (captured)."""
    yield open_order(order, client)
    yield status(order, why_held)


def execution(row: Values, client: Client, req_id: int) -> Message:
    """Return the message of a fill; its time is by the client's clock, in the zone of the instrument."""
    when = dt.datetime.fromtimestamp(float(str(row["when"])), dt.UTC)
    zone = str(row.get("time_zone_id") or _ZONE)
    return fitted("execution_details", {**row, "time": client.clock.text(when, zone), "req_id": req_id})


def execution_row(order: Order, number: int, when: float, leg: Leg | None = None) -> dict[str, Value]:
    """Return a fill's contract, order and account; what was paid is added by who knows it.

    The id has four parts, and of a leg five, which has no trading class (captured); a correction would count up the
    last one.
    """
    contract = order.contract if leg is None else {**leg.contract, "trading_class": ""}
    venue = _venue(order, contract)
    buys = order.buys if leg is None else order.buys == leg.buys
    filled = order.filled if leg is None else order.filled * leg.ratio
    return {
        **{name: value for name, value in contract.items() if isinstance(value, (str, int, float))},
        "exchange": venue,
        "execution_exchange": venue,
        "exec_id": f"0000e0d5.{int(when):08x}.{number:02x}.01{'' if leg is None else '.01'}",
        "when": when,
        "order_id": order.order_id,
        "client_id": order.client_id,
        "perm_id": order.perm_id,
        "account": order.account,
        "side": _SIDES[buys],
        "order_ref": order.values.get("order_ref", ""),
        "model_code": order.values.get("model_code", ""),
        "cumulative_quantity": plain_number(filled),
        "average_price": order.average,
    }


def _venue(order: Order, contract: Values) -> str:
    """Return where an order was filled: the exchange that it names, for SMART a listing one (captured: MEMX, ARCA)."""
    named = str(order.values.get("exchange") or "SMART")
    if named != "SMART":
        return named
    own = contract.get("primary_exchange") or contract.get("exchange")
    if own and own != "SMART":
        return str(own)
    valid = str(contract.get("valid_exchanges") or "").split(",")
    return next((exchange for exchange in valid if exchange not in {"", "SMART"}), named)


def completed(order: Order, client: Client) -> Message:
    """Return an order that has ended; a filled one has no quantity but what was filled (captured)."""
    when = dt.datetime.fromtimestamp(order.ended_at, dt.UTC)
    zone = str(order.contract.get("time_zone_id") or _ZONE)
    filled = plain_number(order.filled)
    values = {**open_order(order, client).values, "perm_id": order.perm_id, "filled_quantity": filled}
    said = {"Filled": f"Filled Size: {filled}", "Cancelled": "Cancelled by Trader"}
    values |= {
        "completed_status": said.get(order.status, ""),
        "completed_time": client.clock.text(when, zone),
        "total_quantity": "0" if order.status == "Filled" else plain_number(order.total),
    }
    return fitted("completed_order", values)
