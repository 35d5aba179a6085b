"""The requests of ibapi: sent from our thread, answered on the library's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibapi.execution import ExecutionFilter

from adapters import reading, records
from adapters.base import SUMMARY_GROUP, SUMMARY_TAGS
from adapters.ibapi_app import HOLDING, ORDER, STATUS, VALUE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adapters.base import Stage
    from adapters.ibapi_connect import Session

FIRST_REQUEST_ID = 1_000_001
"""Far from order ids, because the error callback uses one number for both."""


class IbapiConnection:
    """A connected ``EClient``."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._app: Any = session.app
        self._inbox = session.inbox
        self._next_request_id = FIRST_REQUEST_ID
        self.server_version: int = session.app.negotiated or 0
        self.accounts: tuple[str, ...] = self._inbox.accounts or ()
        self.next_order_id: int = self._inbox.next_order_id or 0
        self.times: Mapping[Stage, float] = session.clock.times
        self.callbacks: Sequence[records.ErrorCallback] = self._inbox.callbacks

    def current_time(self, timeout: float) -> int:
        """Ask the gateway's clock: seconds since 1970 in UTC."""
        rows = self._inbox.ask("current_time", self._app.reqCurrentTime, timeout)
        return int(rows[0][0])

    def account_summary(self, timeout: float) -> list[records.AccountValue]:
        """Ask `SUMMARY_TAGS` of all accounts, and cancel the subscription that this starts."""
        request_id = self._request_id()

        def send() -> None:
            self._app.reqAccountSummary(request_id, SUMMARY_GROUP, SUMMARY_TAGS)

        try:
            rows = self._inbox.ask(request_id, send, timeout)
        finally:
            if self._app.isConnected():
                self._app.cancelAccountSummary(request_id)
        return [records.AccountValue(*row) for row in rows]

    def account_updates(self, timeout: float) -> records.AccountUpdates:
        """Subscribe to the first account until all of it came, and cancel the subscription."""
        account = self.accounts[0]

        def send() -> None:
            self._app.reqAccountUpdates(True, account)

        try:
            rows = self._inbox.ask("account_updates", send, timeout)
        finally:
            if self._app.isConnected():
                self._app.reqAccountUpdates(False, account)
        return records.AccountUpdates(
            values=[records.AccountValue(*row) for _, *row in _of_kind(rows, VALUE)],
            portfolio=[reading.portfolio_item(row) for _, *row in _of_kind(rows, HOLDING)],
        )

    def account_updates_multi(self, timeout: float) -> list[records.AccountValue]:
        """Subscribe to the first account's values by request id until all came, and cancel the subscription."""
        request_id = self._request_id()

        def send() -> None:
            self._app.reqAccountUpdatesMulti(request_id, self.accounts[0], "", False)

        try:
            rows = self._inbox.ask(request_id, send, timeout)
        finally:
            if self._app.isConnected():
                self._app.cancelAccountUpdatesMulti(request_id)
        return [records.AccountValue(*row) for row in rows]

    def positions(self, timeout: float) -> list[records.Position]:
        """Ask the holdings of all accounts, and cancel the subscription that this starts."""
        try:
            rows = self._inbox.ask("positions", self._app.reqPositions, timeout)
        finally:
            if self._app.isConnected():
                self._app.cancelPositions()
        return [reading.position(*row) for row in rows]

    def open_orders(self, timeout: float) -> list[records.OpenOrder]:
        """Ask the working orders of all clients; binds none of them to this client."""
        rows = self._inbox.ask("open_orders", self._app.reqAllOpenOrders, timeout)
        statuses = {perm_id: status for kind, perm_id, status in _of_kind(rows, STATUS)}
        return [
            reading.open_order(order_id, contract, order, statuses.get(order.permId, state.status))
            for _, order_id, contract, order, state in _of_kind(rows, ORDER)
        ]

    def completed_orders(self, timeout: float) -> list[records.CompletedOrder]:
        """Ask the orders that work no longer, whoever placed them."""

        def send() -> None:
            self._app.reqCompletedOrders(False)

        rows = self._inbox.ask("completed_orders", send, timeout)
        return [reading.completed_order(contract, order, state.status, state) for contract, order, state in rows]

    def executions(self, timeout: float) -> list[records.Execution]:
        """Ask the fills that the gateway still holds, with their commissions."""
        request_id = self._request_id()

        def send() -> None:
            self._app.reqExecutions(request_id, ExecutionFilter())

        rows = self._inbox.ask(request_id, send, timeout)
        reports = self._app.commissions
        return [reading.execution(contract, fill, reports.get(fill.execId)) for contract, fill in rows]

    def leave(self, timeout: float) -> None:
        """End the connection; nothing of it is needed to connect again."""
        self._session.end(timeout)

    def close(self, timeout: float) -> None:
        """End the connection and the library's threads; `CloseError` where one stays."""
        self._session.end(timeout)

    def _request_id(self) -> int:
        request_id = self._next_request_id
        self._next_request_id += 1
        return request_id


def _of_kind(rows: list[tuple[Any, ...]], kind: str) -> list[tuple[Any, ...]]:
    return [row for row in rows if row[0] == kind]
