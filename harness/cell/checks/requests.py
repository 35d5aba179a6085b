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


def positions(connection: Connection, timeout: float) -> dict[str, Any]:
    """Ask the holdings."""
    return _as_detail(connection.positions(timeout))


def open_orders(connection: Connection, timeout: float) -> dict[str, Any]:
    """Ask the working orders."""
    return _as_detail(connection.open_orders(timeout))


def executions(connection: Connection, timeout: float) -> dict[str, Any]:
    """Ask the fills."""
    return _as_detail(connection.executions(timeout))


def _as_detail(records: Sequence[Any]) -> dict[str, Any]:
    return {"records": [dict(vars(record)) for record in records]}


REQUESTS = (
    Request("current_time", "a request that needs no account is answered", current_time),
    Request("account_summary", "account values come through, and the subscription to them ends", account_summary),
    Request("positions", "holdings are decoded, and the subscription to them ends", positions),
    Request("open_orders", "working orders of all clients are decoded", open_orders),
    Request("executions", "fills are decoded", executions),
)
