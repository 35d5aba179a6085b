"""Requests orders and executions through ibapi, and hears what becomes of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibapi.execution import ExecutionFilter

from adapters import reading
from adapters.ibapi_asking import IbapiCallbacks, of_kind
from adapters.records import number, order_number, quantity, whole
from adapters.records_orders import ENDED, StatusTold

if TYPE_CHECKING:
    from adapters import records
    from adapters.ibapi_asking import Asking, Rows

# ruff: noqa: N802, N803 - callbacks and their arguments are named by the library


ORDER, STATUS = "order", "status"
"""The kinds of rows of open orders: an order, or the status of one, which its permanent id names."""


def _open_orders(rows: Rows) -> list[records.OpenOrder]:
    statuses = {perm_id: status for kind, perm_id, status in of_kind(rows, STATUS)}
    return [
        reading.open_order(order_id, contract, order, statuses.get(order.permId, state.status))
        for _, order_id, contract, order, state in of_kind(rows, ORDER)
    ]


class IbapiOrders:
    """The requests for orders and executions."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def open_orders(self, timeout: float) -> list[records.OpenOrder]:
        return _open_orders(self._asking.inbox.ask("open_orders", self._asking.app.reqAllOpenOrders, timeout))

    def own_orders(self, timeout: float) -> list[records.OpenOrder]:
        return _open_orders(self._asking.inbox.ask("open_orders", self._asking.app.reqOpenOrders, timeout))

    def known_orders(self) -> list[records.OpenOrder]:
        inbox = self._asking.inbox
        told = [(order_id, *rows[-1]) for order_id, rows in list(inbox.orders.items())]
        known = [
            reading.open_order(order_id, contract, order, inbox.last_status(order_id) or state.status)
            for order_id, contract, order, state in told
        ]
        return [order for order in known if order.status not in ENDED]

    def completed_orders(self, timeout: float) -> list[records.CompletedOrder]:

        def send() -> None:
            self._asking.app.reqCompletedOrders(False)

        rows = self._asking.inbox.ask("completed_orders", send, timeout)
        return [reading.completed_order(contract, order, state.status, state) for contract, order, state in rows]

    def executions(self, timeout: float) -> list[records.Execution]:
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqExecutions(request_id, ExecutionFilter())

        rows = self._asking.inbox.ask(request_id, send, timeout)
        reports = self._asking.inbox.commissions
        return [reading.execution(contract, fill, reports.get(fill.execId)) for contract, fill in rows]


class OrderCallbacks(IbapiCallbacks):
    """The callbacks for orders and executions."""

    def openOrder(self, orderId: int, contract: Any, order: Any, orderState: Any) -> None:
        """Hear one working order, or what an order would do."""
        if order.whatIf:
            self._inbox.add(orderId, orderState)
        else:
            self._inbox.add("open_orders", ORDER, orderId, contract, order, orderState)
            self._inbox.note_order(orderId, contract, order, orderState)

    def orderStatus(self, orderId: int, status: str, *rest: Any) -> None:
        """Hear the status of an order; the first eleven arguments are the same in every version."""
        filled, remaining, average_price, perm_id, parent_id, _last_price, _client_id, why_held, *_ = rest
        self._inbox.add("open_orders", STATUS, perm_id, status)
        told = StatusTold(
            status=status,
            perm_id=whole(perm_id),
            filled=quantity(filled),
            remaining=quantity(remaining),
            average_price=number(average_price),
            parent_id=order_number(parent_id),
            why_held=why_held or "",
        )
        self._inbox.note_status(orderId, told)

    def openOrderEnd(self) -> None:
        """Hear the end of the working orders."""
        self._inbox.finish("open_orders")

    def completedOrder(self, contract: Any, order: Any, orderState: Any) -> None:
        """Hear one completed order."""
        self._inbox.add("completed_orders", contract, order, orderState)

    def completedOrdersEnd(self) -> None:
        """Hear the end of the completed orders."""
        self._inbox.finish("completed_orders")

    def commissionReport(self, commissionReport: Any) -> None:
        """Hear the commission of a fill, which comes after the fill."""
        self._inbox.note_commission(commissionReport)

    def commissionAndFeesReport(self, commissionAndFeesReport: Any) -> None:
        """Hear the commission under the name that the callback has since ibapi 10.37."""
        self.commissionReport(commissionAndFeesReport)

    def execDetails(self, reqId: int, contract: Any, execution: Any) -> None:
        """Hear one fill."""
        if reqId < 0:
            self._inbox.note_fill(contract, execution)
        else:
            self._inbox.add(reqId, contract, execution)

    def execDetailsEnd(self, reqId: int) -> None:
        """Hear the end of the fills."""
        self._inbox.finish(reqId)
