"""Checks the life of an order: placed, seen, cancelled; on paper accounts only.

The order buys one share for 1.00, far from the market, good for the day, so that nothing is filled. Once it was sent,
it is cancelled whatever fails, and the reason says what became of it. Only a cell that is killed in between may leave
it working.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from adapters.base import LIQUID_STOCK
from adapters.records import CANCELLED
from adapters.records_orders import ENDED
from harness.checks.check import Check, CheckFailedError, Client, Phase
from harness.checks.expected import UNKNOWN, AnyOf, decimal, number, text
from harness.checks.heard import NotHeardError, any_of
from harness.checks.order import FAR_BELOW, NEEDS, cancelled_whatever_fails, find, order_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adapters.records_orders import OrderSeen
    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth

TOLD = ("symbol", "action", "order_type", "quantity", "limit_price", "account", "status")
"""The fields that the open orders should report for it."""


def ask(client: Client) -> dict[str, Any]:
    """Place an order, find it among the open orders, and cancel it, whatever goes wrong."""
    connection, timeout = client.connection, client.request_timeout
    connection.system.current_time(timeout)  # what fails here has sent no order
    with cancelled_whatever_fails(client) as working:
        order_id = connection.placing.new_order_id()
        placed = working.place(order_id, order_of(connection))
        listed = find(connection.orders.open_orders(timeout), placed, client.endpoint.client_id)
        ended = connection.placing.cancel_order(order_id, timeout)
    told = {name: vars(listed)[name] for name in TOLD}
    seen = {**told, "statuses": list(ended.statuses), "confirmed": "yes" if ended.confirmed else "no"}
    _hold_against(ended, client, seen)
    return seen


def _hold_against(ended: OrderSeen, client: Client, seen: dict[str, Any]) -> None:
    """Refuse an order that did not end as it was asked to, or that the library took for ended before."""
    if ended.statuses[-1] != "Cancelled":
        raise CheckFailedError(f"the order was not cancelled, it ended as {ended.statuses[-1]}", seen)
    before = [status for status in ended.statuses[:-1] if status in ENDED]
    if before:
        said = [each for each in client.callbacks if each.req_id == ended.order_id and each.code != CANCELLED]
        words = [f"error {each.code}: {each.message}" for each in said]
        raise CheckFailedError("; ".join([f"the library shows {before[0]} while the order works", *words]), seen)


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the order as it was placed, and its reported statuses."""
    statuses: tuple[str, ...] = tuple(truth.placing["statuses"])
    told: dict[str, Expected] = {
        "status": statuses[-1],
        "statuses": (*statuses, str(truth.placing["cancelled"]["status"])),
    }
    return {**wanted(truth.accounts, {}), **told}


def wanted(accounts: Sequence[str], _detail: Mapping[str, Any]) -> Mapping[str, Expected]:
    """Require the order as it was placed: no gateway may report it differently."""
    return {
        "symbol": LIQUID_STOCK.symbol,
        "action": "BUY",
        "order_type": "LMT",
        "quantity": Decimal(1),
        "limit_price": FAR_BELOW,
        "account": accounts[0] if accounts else UNKNOWN,
        "confirmed": "yes",
    }


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the order as the gateway reported it, and whether it confirmed the cancellation.

    A library may report any of the statuses at any time: any one that came may be the listed one.
    """
    ids = {request["order_id"] for request in said.requests("place_order") if not request["what_if"]}
    rows = [row for row in said.during("open_order") if row["order_id"] in ids and not row["what_if"]]
    if not rows:
        raise NotHeardError("the gateway sent nothing about the order")
    alone = [row for row in said.during("order_status") if row["order_id"] in ids]
    confirmed = any(row["code"] == CANCELLED and row["req_id"] in ids for row in said.during("error"))
    told: dict[str, Expected] = {
        name: any_of(text(row, name) for row in rows) for name in ("symbol", "action", "order_type", "account")
    }
    return {
        **told,
        "quantity": any_of(decimal(row, "total_quantity") for row in rows),
        "limit_price": any_of(number(row, "limit_price") for row in rows),
        "status": AnyOf(tuple(text(row, "status") for row in [*rows, *alone])),
        "confirmed": "yes" if confirmed else "no",
    }


CHECK = Check(
    name="limit_order",
    proves="an order is placed, seen among the open orders, and cancelled",
    phase=Phase.ORDER,
    ask=ask,
    expected=expected,
    heard=heard,
    wanted=wanted,
    varies=("status", "statuses", "confirmed"),
    needs=NEEDS,
    requests=5,
)
