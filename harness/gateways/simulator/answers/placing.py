"""Answers orders that are placed, changed and cancelled: the desk of the gateway has them, and says what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from harness.gateways.simulator.answers import order_numbers, order_refusals
from harness.gateways.simulator.answers.contracts import NO_SUCH_CONTRACT
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import RefusedError, refuse
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.trading import told
from harness.gateways.simulator.trading.desk import REJECTED
from harness.gateways.simulator.trading.documents import document
from harness.gateways.simulator.trading.echo import open_order, sent_values
from harness.gateways.simulator.trading.matching import price_of
from harness.gateways.simulator.trading.order import Order, plain_number
from harness.gateways.simulator.trading.rejections import rejection
from harness.gateways.simulator.trading.weighing import preview
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message, Value

NOT_FOUND, NOT_CANCELLABLE = 10147, 10148
API_CANCELLED = "ApiCancelled"
"""The status of an id that was held by the API alone (captured)."""
ENDED_ALREADY = 161
ENDED_ALREADY_TEXT = "Cancel attempted when order is not in a cancellable state.  Order permId ={}"
"""Captured with a global cancel, which says so of each order of the client that has ended."""


def _place(request: Message, client: Client) -> Iterator[Message]:
    """Take an order, or a change of one; what it leads to comes out of the client's outbox."""
    order_id, book = request.number("order_id"), client.desk.book
    order = book.find(client.client_id, order_id)
    try:
        if order is None:
            refuse(order_refusals.of_id(request, client))
        contract = _contract(request, client)
        if order is not None:
            refuse(order_refusals.of_change(order, request, client, contract))
        refuse(order_refusals.refusal(request, client, contract))
    finally:
        book.use(client.client_id, order_id)
    values = _values(request, client, contract)
    if request["what_if"]:
        yield _weighed(_order(values, contract), client)
        return
    transmit = bool(request["transmit"])
    if order is None and order_refusals.is_stopped(request, client):
        yield from _discarded(_order(values, contract), client)
        return
    if order is None:
        client.desk.place(_order(values, contract), transmit=transmit)
    else:
        client.desk.change(order, {**values, "perm_id": order.perm_id}, transmit=transmit)
    yield from client.outbox.drain()


def _contract(request: Message, client: Client) -> Values:
    """Return an order's contract; the id of one that nobody knows is held by the API all the same (captured)."""
    try:
        return order_refusals.contract_of(request, client)
    except RefusedError as refused:
        if refused.message["code"] == NO_SUCH_CONTRACT:
            client.desk.book.without_contract.add((client.client_id, request.number("order_id")))
        raise


def _values(request: Message, client: Client, contract: Values) -> dict[str, Value]:
    """Return what was sent, and the contract in full; the exchange stays the one that was asked for (captured)."""
    not_told = {"exchange", "primary_exchange", "legs"}
    in_full = {name: value for name, value in contract.items() if name not in not_told}
    in_force = str(request["time_in_force"])
    bought = _for_cash(request, client, contract)
    own: dict[str, Value] = {
        "account": request["account"] or client.truth.accounts[0],
        "client_id": client.client_id,
        "perm_id": client.desk.book.new_perm_id(client.client_id, request.number("order_id")),
        "time_in_force": order_refusals.rules()["becomes"].get(in_force, in_force) or "DAY",
        "preset": not in_force,
        **({"total_quantity": bought} if bought else {}),
    }
    return {**sent_values(request), **in_full, **own}


def _for_cash(request: Message, client: Client, contract: Values) -> str:
    """Return how much an order for an amount of money is of, by the price that it would pay; empty of any other.

    Raises:
        RefusedError: it buys nothing, or nobody knows what it costs.
    """
    if order_numbers.size_of(request):
        return ""
    quote = client.desk.quote(contract) if contract.get("con_id") else None
    price = None if quote is None else price_of(quote, "ask" if request["action"] == "BUY" else "bid")
    bought = order_numbers.bought_for(request["cash_quantity"], price) if price and price > 0 else Decimal(0)
    if not order_numbers.is_size(bought):
        raise RefusedError(order_refusals.refused("size", request, client))
    return plain_number(bought)


def _order(values: dict[str, Value], contract: Values) -> Order:
    group = str(values.get("oca_group") or "")
    return Order(values=values, contract=contract, perm_id=int(str(values["perm_id"])), oca_group=group)


def _discarded(order: Order, client: Client) -> Iterator[Message]:
    """Yield what becomes of an order that a precaution stops (captured): there is no open order of it."""
    for name in ("precaution", "discarded"):
        row = document("refusals")["refusals"][name]
        if name == "discarded":
            order.status = client.truth.placing["cancelled"]["status"]
            yield told.status(order)
        yield error(row["code"], row["text"], order.order_id)


def _weighed(order: Order, client: Client) -> Message:
    """Return what an order would do; one that would be rejected has no open order (captured)."""
    if (reason := rejection(order, client.desk)) is not None:
        return error(REJECTED, f"Order rejected - reason:{reason}", order.order_id)
    return Message("open_order", {**open_order(order, client).values, **preview(order, client.desk)})


def _cancel(request: Message, client: Client) -> Iterator[Message]:
    """Cancel an order of the client's own: order ids are each client's (captured)."""
    order_id = request.number("order_id")
    order = client.desk.book.find(client.client_id, order_id)
    if order is None and (client.client_id, order_id) in client.desk.book.without_contract:
        client.desk.book.without_contract.discard((client.client_id, order_id))
        unset: Values = {"average_fill_price": None, "last_fill_price": None}
        yield Message(
            "order_status", {"order_id": order_id, "status": API_CANCELLED, "client_id": client.client_id, **unset}
        )
    elif order is None:
        yield error(NOT_FOUND, f"OrderId {order_id} that needs to be cancelled is not found.", order_id)
    elif order.ended:
        text = f"OrderId {order_id} that needs to be cancelled cannot be cancelled, state: {order.status}."
        yield error(NOT_CANCELLABLE, text, order_id)
    else:
        client.desk.cancel(order)
        yield from client.outbox.drain()


def _cancel_all(_request: Message, client: Client) -> Iterator[Message]:
    """Cancel the orders of all clients; each is told of its own (documented)."""
    desk = client.desk
    ended = [order for order in desk.book.of(client.client_id) if order.ended]
    for order in desk.book.working():
        desk.end(order)
    yield from client.outbox.drain()
    for order in ended:
        yield error(ENDED_ALREADY, ENDED_ALREADY_TEXT.format(order.perm_id), order.order_id)


ANSWERS: Mapping[str, Answer] = {
    "cancel_order": _cancel,
    "place_order": _place,
    "req_global_cancel": _cancel_all,
}
