"""The requests of ib_insync and ib_async, each sent anew: none is answered from the library's caches."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from adapters import reading, records
from adapters.asyncio_close import disconnect, release
from adapters.base import (
    SUMMARY_GROUP,
    SUMMARY_TAGS,
    ConnectionLostError,
    RequestRejectedError,
    RequestTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
    from types import ModuleType

    from adapters.asyncio_connect import Attempt
    from adapters.base import Stage


@contextmanager
def _heard(event: Any) -> Iterator[list[Any]]:
    """Give what an event of the library tells meanwhile."""
    rows: list[Any] = []

    def keep(row: Any) -> None:
        rows.append(row)

    event += keep
    try:
        yield rows
    finally:
        event -= keep


def _account_value(row: Any) -> records.AccountValue:
    return records.AccountValue(row.account, row.tag, row.value, row.currency)


class AsyncioConnection:
    """A connected ``IB`` and the loop that it lives on; the loop runs only while a request waits."""

    def __init__(self, module: ModuleType, loop: asyncio.AbstractEventLoop, attempt: Attempt) -> None:
        self._loop = loop
        self._attempt = attempt  # kept alive: events of the library hold their listeners weakly
        self._ib: Any = attempt.ib
        self._request_error: type[Exception] = module.wrapper.RequestError
        self.server_version: int = self._ib.client.serverVersion()
        self.accounts: tuple[str, ...] = attempt.accounts or ()
        self.next_order_id: int = attempt.next_order_id or 0
        self.times: Mapping[Stage, float] = attempt.clock.times
        self.callbacks: Sequence[records.ErrorCallback] = attempt.callbacks
        # else an error answer would look like an empty one
        self._ib.RaiseRequestErrors = True

    def current_time(self, timeout: float) -> int:
        """Ask the gateway's clock: seconds since 1970 in UTC."""
        answer = self._ask(self._ib.reqCurrentTimeAsync, timeout)
        return int(answer.timestamp())

    def account_summary(self, timeout: float) -> list[records.AccountValue]:
        """Ask `SUMMARY_TAGS` of all accounts, and cancel the subscription that this starts."""
        with _heard(self._ib.accountSummaryEvent) as rows:
            self._ask(self._request_summary, timeout)
        return [_account_value(row) for row in rows]

    async def _request_summary(self) -> None:
        # the library's own reqAccountSummaryAsync keeps the request id to itself, so it could not be cancelled
        client = self._ib.client
        request_id = client.getReqId()
        answered = self._ib.wrapper.startReq(request_id)
        client.reqAccountSummary(request_id, SUMMARY_GROUP, SUMMARY_TAGS)
        try:
            await answered
        finally:
            if client.isConnected():
                client.cancelAccountSummary(request_id)

    def account_updates(self, timeout: float) -> records.AccountUpdates:
        """Subscribe to the first account until all of it came, and cancel the subscription."""
        with _heard(self._ib.accountValueEvent) as values, _heard(self._ib.updatePortfolioEvent) as holdings:
            self._ask(self._request_updates, timeout)
        return records.AccountUpdates(
            values=[_account_value(row) for row in values],
            portfolio=[reading.portfolio_item(row) for row in holdings],
        )

    async def _request_updates(self) -> None:
        account = self.accounts[0]
        try:
            await self._ib.reqAccountUpdatesAsync(account)
        finally:
            if self._ib.client.isConnected():
                self._ib.client.reqAccountUpdates(False, account)

    def account_updates_multi(self, timeout: float) -> list[records.AccountValue]:
        """Subscribe to the first account's values by request id until all came, and cancel the subscription."""
        with _heard(self._ib.accountValueEvent) as rows:
            self._ask(self._request_updates_multi, timeout)
        return [_account_value(row) for row in rows]

    async def _request_updates_multi(self) -> None:
        # as with the summary, the library's own method keeps the request id to itself
        client = self._ib.client
        request_id = client.getReqId()
        answered = self._ib.wrapper.startReq(request_id)
        client.reqAccountUpdatesMulti(request_id, self.accounts[0], "", False)
        try:
            await answered
        finally:
            if client.isConnected():
                client.cancelAccountUpdatesMulti(request_id)

    def positions(self, timeout: float) -> list[records.Position]:
        """Ask the holdings of all accounts, and cancel the subscription that this starts."""
        answer = self._ask(self._request_positions, timeout)
        return [reading.position(row.account, row.contract, row.position, row.avgCost) for row in answer]

    async def _request_positions(self) -> Any:
        try:
            return await self._ib.reqPositionsAsync()
        finally:
            if self._ib.client.isConnected():
                self._ib.client.cancelPositions()

    def open_orders(self, timeout: float) -> list[records.OpenOrder]:
        """Ask the working orders of all clients; binds none of them to this client."""
        answer = self._ask(self._ib.reqAllOpenOrdersAsync, timeout)
        trades = [self._trade(row) for row in answer]
        return [
            reading.open_order(trade.order.orderId, trade.contract, trade.order, trade.orderStatus.status)
            for trade in trades
        ]

    def _trade(self, row: Any) -> Any:
        # ib_insync up to 0.9.70 answers with bare orders; the trade with the contract is beside them
        return row if hasattr(row, "contract") else self._ib.wrapper.permId2Trade[row.permId]

    def completed_orders(self, timeout: float) -> list[records.CompletedOrder]:
        """Ask the orders that work no longer, whoever placed them."""
        with self._completed_states() as states:
            answer = self._ask(lambda: self._ib.reqCompletedOrdersAsync(False), timeout)
        return [
            reading.completed_order(trade.contract, trade.order, trade.orderStatus.status, states[trade.order.permId])
            for trade in answer
        ]

    def executions(self, timeout: float) -> list[records.Execution]:
        """Ask the fills that the gateway still holds, with their commissions."""
        answer = self._ask(self._ib.reqExecutionsAsync, timeout)
        return [
            reading.execution(fill.contract, fill.execution, self._commission(fill.execution.execId)) for fill in answer
        ]

    def _commission(self, exec_id: str) -> Any:
        # the library joins a report to the fill that it saw first, not to that of a later answer
        fill = self._ib.wrapper.fills.get(exec_id)
        return fill.commissionReport if fill is not None and fill.commissionReport.execId else None

    @contextmanager
    def _completed_states(self) -> Iterator[dict[int, Any]]:
        """Give the states of the completed orders that come meanwhile; the library decodes and then drops them."""
        wrapper = self._ib.wrapper
        pass_on = wrapper.completedOrder
        states: dict[int, Any] = {}

        def completed_order(contract: Any, order: Any, state: Any) -> None:
            states[order.permId] = state
            pass_on(contract, order, state)

        wrapper.completedOrder = completed_order
        try:
            yield states
        finally:
            wrapper.completedOrder = pass_on

    def leave(self, timeout: float) -> None:
        """End the connection and keep its loop, on which programs connect again."""
        disconnect(self._loop, self._ib, timeout)

    def close(self, timeout: float) -> None:
        """End the connection and its loop; `CloseError` where the library's socket stays open."""
        release(self._loop, self._ib, timeout)

    def _ask(self, request: Callable[[], Awaitable[Any]], timeout: float) -> Any:
        async def answer() -> Any:
            # called in here because the library's futures take the running loop
            return await asyncio.wait_for(request(), timeout)

        try:
            return self._loop.run_until_complete(answer())
        except asyncio.TimeoutError as error:
            raise RequestTimeoutError(f"no answer within {timeout:g} s") from error
        except ConnectionError as error:
            raise ConnectionLostError(f"the connection has ended ({type(error).__name__}: {error})") from error
        except self._request_error as error:
            said: Any = error
            raise RequestRejectedError(said.code, said.message) from error
