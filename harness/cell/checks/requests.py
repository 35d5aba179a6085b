"""The checks that ask the gateway something. None of them changes anything: there is no order among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.cell.checks.model import Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.base import Connection


def current_time(connection: Connection, timeout: float) -> dict[str, Any]:
    """Ask the gateway's clock."""
    return {"epoch_seconds": connection.current_time(timeout)}


def account_summary(connection: Connection, timeout: float) -> dict[str, Any]:
    """Ask a few values of every account."""
    return _as_detail(connection.account_summary(timeout))


def account_updates(connection: Connection, timeout: float) -> dict[str, Any]:
    """Subscribe to an account: values and holdings."""
    answer = connection.account_updates(timeout)
    return {**_as_detail(answer.values), "portfolio": _plain(answer.portfolio)}


def account_updates_multi(connection: Connection, timeout: float) -> dict[str, Any]:
    """Subscribe to an account's values by request id."""
    return _as_detail(connection.account_updates_multi(timeout))


def positions(connection: Connection, timeout: float) -> dict[str, Any]:
    """Ask the holdings."""
    return _as_detail(connection.positions(timeout))


def open_orders(connection: Connection, timeout: float) -> dict[str, Any]:
    """Ask the working orders."""
    return _as_detail(connection.open_orders(timeout))


def completed_orders(connection: Connection, timeout: float) -> dict[str, Any]:
    """Ask the orders that work no longer."""
    return _as_detail(connection.completed_orders(timeout))


def executions(connection: Connection, timeout: float) -> dict[str, Any]:
    """Ask the fills and their commissions."""
    return _as_detail(connection.executions(timeout))


def _as_detail(records: Sequence[Any]) -> dict[str, Any]:
    return {"records": _plain(records)}


def _plain(records: Sequence[Any]) -> list[dict[str, Any]]:
    return [dict(vars(record)) for record in records]


REQUESTS = (
    Request("current_time", "a request that needs no account is answered", current_time),
    Request("account_summary", "account values come through, and the subscription to them ends", account_summary),
    Request("account_updates", "an account's values and holdings come through, and all of them", account_updates),
    Request("account_updates_multi", "an account's values come through by request id", account_updates_multi),
    Request("positions", "holdings are decoded, and the subscription to them ends", positions),
    Request("open_orders", "working orders of all clients are decoded", open_orders),
    Request("completed_orders", "orders that work no longer are decoded", completed_orders),
    Request("executions", "fills are decoded, and their commissions joined to them", executions),
)
