"""Answers orders that are placed and cancelled. None is ever filled: here the market stands still."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.gateways.simulator.answers.contracts import no_such_contract
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import not_valid, refuse
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.truth import Values
from harness.wire.catalogue import catalogue
from harness.wire.message import Message, Value

DUPLICATE_ID = 103
NOT_FOUND, NOT_CANCELLABLE, PRESET = 10147, 10148, 10349
"""IBKR's message codes."""

_BETWEEN_CLIENTS = 1000
"""Permanent ids are nobody else's."""


def status(order: Values, name: str) -> Message:
    """Return the status of an order of which nothing was filled; a cancelled one has as much remaining as before."""
    carried = {key: order[key] for key in ("order_id", "perm_id", "client_id")}
    return Message("order_status", {**carried, "status": name, "remaining": order["total_quantity"]})


def _place(request: Message, client: Client) -> Iterator[Message]:
    refuse(_refusal(request, client))
    order = _open_order(request, client)
    client.book.use(request.number("order_id"))
    if request["what_if"]:
        yield Message("open_order", {**order, **client.truth.what_if})
        return
    for name in client.truth.placing["statuses"]:
        client.book.keep({**order, "status": name})
        yield Message("open_order", {**order, "status": name})
        yield status(order, name)
    if client.behaviour.order_preset:
        yield error(PRESET, "Order TIF was set to DAY based on order preset.", request.number("order_id"))


def _refusal(request: Message, client: Client) -> Message | None:
    """Return the error by which a Gateway refuses an order, if it does."""
    order_id, account = request.number("order_id"), request.text("account")
    if client.book.has_ended(order_id):
        return error(DUPLICATE_ID, "Duplicate order id", order_id)
    for attribute in client.truth.refused_attributes:
        if request[str(attribute["name"])]:
            return error(int(str(attribute["code"])), str(attribute["text"]), order_id)
    if client.truth.contract_of(request.text("symbol"), request.number("con_id")) is None:
        return no_such_contract(request)
    if account and account not in client.truth.accounts:
        return not_valid(request, client, f"Invalid account code '{account}'.")
    return None


def _open_order(request: Message, client: Client) -> Values:
    """Return what a Gateway repeats of an order: everything that was sent, and the contract in full."""
    fields = catalogue().by_name["open_order"].defaults
    sent: dict[str, Value] = {name: request[name] for name in fields if request.values.get(name) is not None}
    contract: Values = client.truth.contract_of(request.text("symbol"), request.number("con_id")) or {}
    own: Values = {
        "account": request["account"] or client.truth.accounts[0],
        "client_id": client.client_id,
        "perm_id": _perm_id(request.number("order_id"), client),
    }
    return {"aux_price": 0.0, **sent, **contract, **own}


def _perm_id(order_id: int, client: Client) -> int:
    first: int = client.truth.placing["first_perm_id"]
    return first + _BETWEEN_CLIENTS * client.client_id + order_id


def _cancel(request: Message, client: Client) -> Iterator[Message]:
    order_id = request.number("order_id")
    order = client.book.find(order_id)
    if order is None:
        yield error(NOT_FOUND, f"OrderId {order_id} that needs to be cancelled is not found.", order_id)
    elif client.book.has_ended(order_id):
        text = f"OrderId {order_id} that needs to be cancelled cannot be cancelled, state: {order['status']}."
        yield error(NOT_CANCELLABLE, text, order_id)
    else:
        yield from _end(order, client)


def _cancel_all(_request: Message, client: Client) -> Iterator[Message]:
    for order in client.book.working():
        yield from _end(order, client)


def _end(order: Values, client: Client) -> Iterator[Message]:
    """Yield the status first and then the error, as a paper Gateway was seen to do."""
    cancelled = client.truth.placing["cancelled"]
    client.book.end({**order, "status": cancelled["status"]})
    yield status(order, cancelled["status"])
    yield error(cancelled["code"], cancelled["text"], int(str(order["order_id"])))


ANSWERS: Mapping[str, Answer] = {
    "cancel_order": _cancel,
    "place_order": _place,
    "req_global_cancel": _cancel_all,
}
