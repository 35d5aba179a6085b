"""Answers requests for orders and executions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.checks.expected import instant
from harness.gateways.simulator.answers import moments
from harness.gateways.simulator.answers.clock_and_ids import settings
from harness.gateways.simulator.answers.refusals import not_valid
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.today import day_of, is_recent
from harness.gateways.simulator.trading import told, waits
from harness.gateways.simulator.trading.documents import document
from harness.gateways.simulator.trading.order import Order
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message

_EXECUTION_FILTERS = ("client_id", "account", "symbol", "sec_type", "exchange", "side")
_SIDES = {"BUY": "BOT", "SELL": "SLD", "SSHORT": "SLD"}
"""A filter names the side of the order, an execution the side of the trade."""
_MOST_DAYS = 7
"""Of executions that can be asked for (captured)."""
_BINDS = 0
"""The client id that may bind orders of others (captured)."""


def _open_orders(_request: Message, client: Client) -> Iterator[Message]:
    return _listed(client.desk.book.working(client.client_id), client)


def _all_open_orders(_request: Message, client: Client) -> Iterator[Message]:
    return _listed(client.desk.book.working(), client)


def _listed(orders: Iterable[Order], client: Client) -> Iterator[Message]:
    yield from pairs(orders, client)
    yield Message("open_orders_end")


def pairs(orders: Iterable[Order], client: Client) -> Iterator[Message]:
    """Yield each order and its status."""
    for order in orders:
        yield from told.pair(order, client, waits.why_held(order, client.desk))


def at_start(client: Client) -> Iterator[Message]:
    """Yield a client's working orders, which come unasked, before its accounts (captured); nothing without any.

    The truth's own orders are left out, so that a gateway of a matrix starts as it always did (ours).
    """
    orders = [order for order in client.desk.heard_by(client) if not order.is_truth]
    if orders and settings(client)["download_open_orders"] and not client.behaviour.read_only:
        yield from _listed(orders, client)


def _bind(request: Message, client: Client) -> Iterator[Message]:
    """Bind orders that were placed by hand: there are none here."""
    if client.client_id != _BINDS:
        yield not_valid(request, client, document("refusals")["refusals"]["auto_bind"]["text"])


def _completed_orders(_request: Message, client: Client) -> Iterator[Message]:
    for row in client.truth.completed_orders:
        yield Message("completed_order", row)
    for order in client.desk.book.of(None):
        if order.ended and is_recent(order.ended_at, client):
            yield told.completed(order, client)
    yield Message("completed_orders_end")


def _executions(request: Message, client: Client) -> Iterator[Message]:
    """Yield all that match, of all clients, then their commissions, then the end (captured)."""
    req_id, ledger = request.number("req_id"), client.desk.ledger
    if (warned := moments.warning(request, "time")) is not None:
        yield warned
    fits = [_filter(request, row) for row in client.truth.executions]
    told_before = [row for row, fit in zip(client.truth.executions, fits, strict=True) if fit]
    for row in told_before:
        yield Message("execution_details", {**row, "time": _told(row, client), "req_id": req_id})
    own = [_filter(request, row) and _is_of_days(request, row, client) for row in ledger.executions]
    for row, fit in zip(ledger.executions, own, strict=True):
        if fit:
            yield told.execution(row, client, req_id)
    for report, fit in zip((*client.truth.commissions, *ledger.reports), (*fits, *own), strict=True):
        if fit and report:  # a combination has none: its legs have
            yield Message("commission_report", report)
    yield Message("execution_details_end", {"req_id": req_id})


def _filter(request: Message, row: Values) -> bool:
    """Return whether an execution is asked for."""
    wanted = {key: request[key] for key in _EXECUTION_FILTERS if request[key]}
    if "side" in wanted:
        wanted["side"] = _SIDES.get(request.text("side").upper(), wanted["side"])
    if wanted.get("exchange") == "SMART":
        del wanted["exchange"]
    return all(row.get(key) == value for key, value in wanted.items()) and _after(request, row)


def _is_of_days(request: Message, row: Values, client: Client) -> bool:
    """Return whether an execution is of the days asked for: of today, or of the last days, up to seven (captured).

    That today is one of the last days, and what named days are, is inferred.
    """
    when, named = float(str(row["when"])), _named_days(request)
    if named and client.prices.moves:
        return f"{day_of(when, client.behaviour.login_zone):%Y%m%d}" in named
    days = request.values.get("last_n_days")
    return is_recent(when, client, min(max(1, int(str(days or 1))), _MOST_DAYS))


def _named_days(request: Message) -> frozenset[str]:
    """Return the days that a request names, such as 20261204."""
    rows: Any = request.values.get("specific_dates") or ()
    return frozenset(str(row["date"]) for row in rows)


def _after(request: Message, row: Values) -> bool:
    """Return whether it is not before the time asked for; a time that is none filters nothing.

    A time that ends in the name of UTC finds nothing (in users' logs).
    """
    if request.text("time").endswith(" UTC"):
        return False
    try:
        begins = moments.read(request.text("time")) if request["time"] else None
    except ValueError:
        return True
    return begins is None or _moment(row) >= begins


def _moment(row: Values) -> dt.datetime:
    if "when" in row:
        return dt.datetime.fromtimestamp(float(str(row["when"])), dt.UTC)
    return instant(str(row["time"])).moment


def _told(row: Values, client: Client) -> str:
    """Write the time of an execution; the true time names the zone of the instrument."""
    truth = instant(str(row["time"]))
    return client.clock.text(truth.moment, truth.wire.rpartition(" ")[2])


ANSWERS: Mapping[str, Answer] = {
    "req_all_open_orders": _all_open_orders,
    "req_auto_open_orders": _bind,
    "req_completed_orders": _completed_orders,
    "req_executions": _executions,
    "req_open_orders": _open_orders,
}
