"""Orders and executions, asked of ibapi."""

# ruff: noqa: N802, N803 - callbacks and their arguments are named by the library

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibapi.execution import ExecutionFilter

from adapters import reading
from adapters.ibapi_requests import IbapiCallbacks, of_kind

if TYPE_CHECKING:
    from adapters import records
    from adapters.ibapi_requests import Asking

ORDER, STATUS = "order", "status"
"""What a row of the open orders is: an order, or the status of one named by its permanent id."""


class IbapiOrders:
    """The requests for orders and executions."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def open_orders(self, timeout: float) -> list[records.OpenOrder]:
        rows = self._asking.inbox.ask("open_orders", self._asking.app.reqAllOpenOrders, timeout)
        statuses = {perm_id: status for kind, perm_id, status in of_kind(rows, STATUS)}
        return [
            reading.open_order(order_id, contract, order, statuses.get(order.permId, state.status))
            for _, order_id, contract, order, state in of_kind(rows, ORDER)
        ]

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
        reports = self._asking.app.commissions
        return [reading.execution(contract, fill, reports.get(fill.execId)) for contract, fill in rows]


class OrderCallbacks(IbapiCallbacks):
    """The callbacks for orders and executions."""

    commissions: dict[str, Any]
    """The last commission report of each execution; the callback does not say which request it answers."""

    def openOrder(self, orderId: int, contract: Any, order: Any, orderState: Any) -> None:
        """Hear one working order, or what an order would do."""
        if order.whatIf:
            self._inbox.add(orderId, orderState)
        else:
            self._inbox.add("open_orders", ORDER, orderId, contract, order, orderState)

    def orderStatus(self, orderId: int, status: str, *rest: Any) -> None:
        """Hear the status of an order; the permanent id is the sixth argument in every version."""
        _filled, _remaining, _average_price, perm_id, *_ = rest
        self._inbox.add("open_orders", STATUS, perm_id, status)
        self._inbox.note_status(orderId, status, perm_id)

    def openOrderEnd(self) -> None:
        """Hear the end of the working orders."""
        self._inbox.finish("open_orders")

    def completedOrder(self, contract: Any, order: Any, orderState: Any) -> None:
        """Hear one order that works no longer."""
        self._inbox.add("completed_orders", contract, order, orderState)

    def completedOrdersEnd(self) -> None:
        """Hear the end of the orders that work no longer."""
        self._inbox.finish("completed_orders")

    def commissionReport(self, commissionReport: Any) -> None:
        """Hear the commission of a fill, which follows it."""
        self.commissions[commissionReport.execId] = commissionReport

    def commissionAndFeesReport(self, commissionAndFeesReport: Any) -> None:
        """Hear the same under the name that it has since ibapi 10.37."""
        self.commissionReport(commissionAndFeesReport)

    def execDetails(self, reqId: int, contract: Any, execution: Any) -> None:
        """Hear one fill."""
        self._inbox.add(reqId, contract, execution)

    def execDetailsEnd(self, reqId: int) -> None:
        """Hear the end of the fills."""
        self._inbox.finish(reqId)
