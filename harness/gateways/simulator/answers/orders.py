"""Answers requests for orders and executions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.checks.expected import instant
from harness.gateways.simulator.answers.clock_and_ids import nothing
from harness.gateways.simulator.answers.placing import status
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message

_EXECUTION_FILTERS = ("client_id", "account", "symbol", "sec_type", "side")
_SIDES = {"BUY": "BOT", "SELL": "SLD", "SSHORT": "SLD"}
"""A filter names the side of the order, an execution the side of the trade."""


def _open_orders(_request: Message, client: Client) -> Iterator[Message]:
    own = [row for row in client.truth.open_orders if row["client_id"] == client.client_id]
    return _orders([*own, *client.book.working()])


def _all_open_orders(_request: Message, client: Client) -> Iterator[Message]:
    return _orders([*client.truth.open_orders, *client.book.working()])


def _orders(rows: list[Values]) -> Iterator[Message]:
    for row in rows:
        yield Message("open_order", row)
        yield status(row, str(row["status"]))
    yield Message("open_orders_end")


def _completed_orders(_request: Message, client: Client) -> Iterator[Message]:
    for row in client.truth.completed_orders:
        yield Message("completed_order", row)
    yield Message("completed_orders_end")


def _executions(request: Message, client: Client) -> Iterator[Message]:
    req_id = request["req_id"]
    wanted = {key: request[key] for key in _EXECUTION_FILTERS if request[key]}
    if "side" in wanted:
        wanted["side"] = _SIDES.get(request.text("side").upper(), wanted["side"])
    for row, commission in zip(client.truth.executions, client.truth.commissions, strict=True):
        if all(row[key] == value for key, value in wanted.items()):
            yield Message("execution_details", {**row, "time": _told(row, client), "req_id": req_id})
            yield Message("commission_report", commission)
    yield Message("execution_details_end", {"req_id": req_id})


def _told(row: Values, client: Client) -> str:
    """Write the time of an execution; the true time names the zone of the instrument."""
    truth = instant(str(row["time"]))
    return client.clock.text(truth.moment, truth.wire.rpartition(" ")[2])


ANSWERS: Mapping[str, Answer] = {
    "req_all_open_orders": _all_open_orders,
    "req_auto_open_orders": nothing,
    "req_completed_orders": _completed_orders,
    "req_executions": _executions,
    "req_open_orders": _open_orders,
}
