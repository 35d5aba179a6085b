"""Answers requests to exercise an option, or to let it lapse.

Captured at server version 200: an exercise shows as an order of its request's id, whose limit is 0, and that waits; the
gateway of a paper account ended it as rejected by the server. Here, too, nothing is exercised: it ends so when it is
cancelled, or with the day (ours).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.gateways.simulator.answers.contracts import meant_one
from harness.gateways.simulator.answers.notices import error
from harness.gateways.simulator.answers.refusals import NOT_DONE, not_done, not_valid, refuse
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.trading.desk import PRESET, PRESET_TEXT
from harness.gateways.simulator.trading.order import PENDING, Order
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message, Value

EXERCISE, LAPSE = 1, 2
NOT_IN_THE_MONEY = "Error processing request.Exercise ignored because option is not in-the-money."
"""As captured."""
IN_THE_MONEY = "Error processing request.Lapse ignored because option is in-the-money."
"""Inferred from the other."""
NO_SUCH_ACTION = "Invalid exercise action or quantity"
NO_SUCH_ACCOUNT = "Invalid account code"
"""Ours are when these two are told, and the words of the first; those of the second are in logs of other requests."""

_KINDS = frozenset({"OPT", "FOP"})


def _exercise(request: Message, client: Client) -> Iterator[Message]:
    contract = meant_one(request, client, _KINDS)
    refuse(_refusal(request, client, contract))
    order = _order(request, client, contract)
    desk = client.desk
    order.transmitted, order.day_ends = True, desk.hours.day_ends(order, desk.now())
    desk.book.keep(order)
    desk.tell_owner(order, PRESET, PRESET_TEXT)
    desk.move(order, PENDING)
    desk.wake()
    yield from client.outbox.drain()


def _refusal(request: Message, client: Client, contract: Values) -> Message | None:
    """Return why nothing is done; what is against an option's natural action needs to be overridden (documented)."""
    action, order_id = request.number("exercise_action"), request.number("order_id")
    if action not in {EXERCISE, LAPSE} or request.number("exercise_quantity") < 1:
        return not_valid(request, client, NO_SUCH_ACTION)
    if request["account"] not in {"", *client.truth.accounts}:
        return not_valid(request, client, NO_SUCH_ACCOUNT)
    if client.desk.book.find(client.client_id, order_id) is not None:
        return not_done(request, client, "Duplicate ticker id")
    if not request["override"] and _in_the_money(contract, client) != (action == EXERCISE):
        return error(NOT_DONE, NOT_IN_THE_MONEY if action == EXERCISE else IN_THE_MONEY, order_id)
    return None


def _in_the_money(contract: Values, client: Client) -> bool:
    """Return whether an option is worth exercising; one whose underlying has no price is not (inferred)."""
    model = client.prices.model(contract)
    if model is None:
        return False
    above = model[1] - float(str(contract["strike"]))
    return above > 0 if contract["right"] == "C" else above < 0


def _order(request: Message, client: Client, contract: Values) -> Order:
    order_id = request.number("order_id")
    perm_id = client.desk.book.new_perm_id(client.client_id, order_id)
    told = {name: value for name, value in contract.items() if name not in {"exchange", "primary_exchange"}}
    own: dict[str, Value] = {
        "order_id": order_id,
        "client_id": client.client_id,
        "perm_id": perm_id,
        "account": request["account"] or client.truth.accounts[0],
        "exchange": request["exchange"] or contract["exchange"],
        "action": "BUY",
        "total_quantity": str(request["exercise_quantity"]),
        "order_type": "LMT",
        "limit_price": 0.0,
        "time_in_force": "DAY",
        "transmit": True,
    }
    return Order(values={**told, **own}, contract=contract, perm_id=perm_id, exercises=True)


ANSWERS: Mapping[str, Answer] = {"exercise_options": _exercise}
