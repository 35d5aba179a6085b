"""Orders placed and cancelled. None is ever filled: here the market stands still."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.protocol.message import Message
from harness.simulator.answers.notices import error
from harness.simulator.client import Answer, Client
from harness.simulator.truth import Values

CANCELED, NOT_FOUND, PRESET = 202, 10147, 10349
LIFE = ("PreSubmitted", "Submitted")
"""The statuses of an order from its placing on."""


def status(order: Values, name: str) -> Message:
    """Return the status of an order of which nothing was filled."""
    carried = {key: order[key] for key in ("order_id", "perm_id", "client_id")}
    remaining = "0" if name == "Cancelled" else order["total_quantity"]
    return Message("order_status", {**carried, "status": name, "remaining": remaining})


def _place(request: Message, client: Client) -> Iterator[Message]:
    if request["what_if"]:
        preview = {"status": LIFE[0], "what_if": True, "perm_id": 0, **client.truth.what_if}
        order = {name: request[name] for name in ("order_id", "account", "action", "total_quantity", "order_type")}
        contract = {name: request[name] for name in ("con_id", "symbol", "sec_type", "exchange", "currency")}
        yield Message("open_order", {**contract, **order, "client_id": client.client_id, **preview})
        return
    order_ = client.book.take(request, client.client_id)
    for name in LIFE:
        yield Message("open_order", {**order_, "status": name})
        yield status(order_, name)
    if client.behaviour.order_preset:
        yield error(PRESET, "Order TIF was set to DAY based on order preset.", int(str(order_["order_id"])))


def _cancel(request: Message, client: Client) -> Iterator[Message]:
    order_id = request.number("order_id")
    order = client.book.drop(order_id)
    if order is None:
        yield error(NOT_FOUND, f"OrderId {order_id} that needs to be cancelled is not found.", order_id)
        return
    yield status(order, "Cancelled")
    yield error(CANCELED, "Order Canceled - reason:", order_id)


def _cancel_all(_request: Message, client: Client) -> Iterator[Message]:
    for order in list(client.book.working()):
        client.book.drop(int(str(order["order_id"])))
        yield status(order, "Cancelled")


ANSWERS: Mapping[str, Answer] = {
    "cancel_order": _cancel,
    "place_order": _place,
    "req_global_cancel": _cancel_all,
}
