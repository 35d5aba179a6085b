"""Requests orders and executions through ib_insync and ib_async."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from adapters import reading
from adapters.listening import guarded, heard_first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters import records
    from adapters.asyncio_asking import Asking


def open_order(trade: Any) -> records.OpenOrder:
    """Return the record of a working order, of which the library has a trade."""
    return reading.open_order(trade.order.orderId, trade.contract, trade.order, trade.orderStatus.status)


class AsyncioOrders:
    """The requests for orders and executions."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def open_orders(self, timeout: float) -> list[records.OpenOrder]:
        answer = self._asking.ask_without_id(self._asking.ib.reqAllOpenOrdersAsync, timeout)
        return [open_order(self._trade(row)) for row in answer]

    def own_orders(self, timeout: float) -> list[records.OpenOrder]:
        answer = self._asking.ask_without_id(self._asking.ib.reqOpenOrdersAsync, timeout)
        return [open_order(self._trade(row)) for row in answer]

    def known_orders(self) -> list[records.OpenOrder]:
        return [open_order(trade) for trade in self._asking.ib.openTrades()]

    def _trade(self, row: Any) -> Any:
        # ib_insync up to 0.9.70 answers with bare orders; the trade with the contract is beside them
        return row if hasattr(row, "contract") else self._asking.ib.wrapper.permId2Trade[row.permId]

    def completed_orders(self, timeout: float) -> list[records.CompletedOrder]:
        with self._completed_states() as states:
            answer = self._asking.ask_without_id(lambda: self._asking.ib.reqCompletedOrdersAsync(False), timeout)
        return [
            reading.completed_order(trade.contract, trade.order, trade.orderStatus.status, states[trade.order.permId])
            for trade in answer
        ]

    @contextmanager
    def _completed_states(self) -> Iterator[dict[int, Any]]:
        """Yield a dict that collects the states of completed orders, which the library decodes and then drops."""
        wrapper = self._asking.ib.wrapper
        pass_on = wrapper.completedOrder
        states: dict[int, Any] = {}

        @guarded
        def keep(_contract: Any, order: Any, state: Any) -> None:
            states[order.permId] = state

        wrapper.completedOrder = heard_first(keep, pass_on)
        try:
            yield states
        finally:
            wrapper.completedOrder = pass_on

    def executions(self, timeout: float) -> list[records.Execution]:
        answer = self._asking.ask(self._asking.ib.reqExecutionsAsync, timeout)
        return [
            reading.execution(fill.contract, fill.execution, self._commission(fill.execution.execId)) for fill in answer
        ]

    def _commission(self, exec_id: str) -> Any:
        # the library attaches a report to the fill that it saw first, not to the one of a later answer
        fill = self._asking.ib.wrapper.fills.get(exec_id)
        return fill.commissionReport if fill is not None and fill.commissionReport.execId else None
