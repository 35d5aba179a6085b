"""The requests of ib_insync and ib_async, each sent anew: none is answered from the library's caches."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from adapters import reading, records
from adapters.asyncio_close import release
from adapters.base import (
    SUMMARY_GROUP,
    SUMMARY_TAGS,
    ConnectionLostError,
    RequestRejectedError,
    RequestTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from types import ModuleType

    from adapters.asyncio_connect import Attempt
    from adapters.base import Stage


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
        rows: list[Any] = []

        def keep(row: Any) -> None:
            rows.append(row)

        self._ib.accountSummaryEvent += keep
        try:
            self._ask(self._request_summary, timeout)
        finally:
            self._ib.accountSummaryEvent -= keep
        return [records.AccountValue(row.account, row.tag, row.value, row.currency) for row in rows]

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

    def executions(self, timeout: float) -> list[records.Execution]:
        """Ask the fills that the gateway still holds."""
        answer = self._ask(self._ib.reqExecutionsAsync, timeout)
        return [reading.execution(fill.contract, fill.execution) for fill in answer]

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
