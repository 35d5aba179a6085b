"""Requests orders and executions through ibapi; places and cancels orders on paper accounts only."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from ibapi.execution import ExecutionFilter
from ibapi.order import Order

from adapters import reading
from adapters.base import ConnectionLostError, RequestRejectedError, RequestTimeoutError, need_paper
from adapters.ibapi_asking import IbapiCallbacks, of_kind
from adapters.records import number, whole
from adapters.records_orders import ENDED, WORKING, OrderPreview, OrderSeen, confirmed, in_turn, preview, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters import records
    from adapters.ibapi_asking import Asking, Rows
    from adapters.records import ErrorCallback
    from adapters.records_orders import LimitOrder

# ruff: noqa: N802, N803 - callbacks and their arguments are named by the library


ORDER, STATUS = "order", "status"
"""The kinds of rows of open orders: an order, or the status of one, which its permanent id names."""


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
        """Hear one completed order."""
        self._inbox.add("completed_orders", contract, order, orderState)

    def completedOrdersEnd(self) -> None:
        """Hear the end of the completed orders."""
        self._inbox.finish("completed_orders")

    def commissionReport(self, commissionReport: Any) -> None:
        """Hear the commission of a fill, which comes after the fill."""
        self.commissions[commissionReport.execId] = commissionReport

    def commissionAndFeesReport(self, commissionAndFeesReport: Any) -> None:
        """Hear the commission under the name that the callback has since ibapi 10.37."""
        self.commissionReport(commissionAndFeesReport)

    def execDetails(self, reqId: int, contract: Any, execution: Any) -> None:
        """Hear one fill."""
        self._inbox.add(reqId, contract, execution)

    def execDetailsEnd(self, reqId: int) -> None:
        """Hear the end of the fills."""
        self._inbox.finish(reqId)


TAKEN = WORKING | ENDED


def _order(order: LimitOrder, *, what_if: bool) -> Order:
    made = Order()
    made.action, made.totalQuantity, made.orderType = order.action, order.quantity, "LMT"
    made.lmtPrice, made.tif, made.account = order.limit, "DAY", order.account
    made.whatIf = what_if
    # on by default in 9.81, and refused by every Gateway since (error 10268): its users set them off
    made.eTradeOnly = made.firmQuoteOnly = False
    return made


def _weighed(rows: Rows) -> bool:
    """Return whether the margins came: a gateway may send the order without them first, with a warning.

    Source: https://github.com/erdewit/ib_insync/issues/380
    """
    return any(number(state.initMarginChange) is not None for (state,) in rows)


class IbapiPlacing:
    """The requests that send orders; the gateway answers under the order id."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._order_ids: list[int] = []

    def what_if_order(self, order: LimitOrder, timeout: float) -> OrderPreview:
        """Ask what an order would do to the account; the answer is an open order with a state."""
        self._need_paper()
        order_id = self.new_order_id()

        def send() -> None:
            self._asking.app.placeOrder(order_id, self._asking.contract(order.wanted), _order(order, what_if=True))

        rows = self._asking.inbox.ask(order_id, send, timeout, until=_weighed)
        return preview(rows[-1][0])

    def new_order_id(self) -> int:
        """Return the next id; the gateway sent the first one."""
        order_id = self._asking.next_order_id + len(self._order_ids)
        self._order_ids.append(order_id)
        return order_id

    def place_order(self, order_id: int, order: LimitOrder, timeout: float) -> OrderSeen:
        self._need_paper()
        heard = len(self._asking.callbacks)
        self._asking.app.placeOrder(order_id, self._asking.contract(order.wanted), _order(order, what_if=False))
        self._wait(order_id, lambda: self._last_status(order_id) in TAKEN, heard, timeout)
        return self._seen(order_id)

    def cancel_order(self, order_id: int, timeout: float) -> OrderSeen:
        if order_id not in self._order_ids:
            raise KeyError(order_id)

        def ended() -> bool:
            return self._last_status(order_id) in ENDED and confirmed(self._asking.callbacks, order_id)

        heard = len(self._asking.callbacks)
        self._send_cancel(order_id)
        try:
            self._wait(order_id, ended, heard, timeout)
        except RequestTimeoutError:
            if self._last_status(order_id) not in ENDED:
                raise
        return self._seen(order_id)

    def _send_cancel(self, order_id: int) -> None:
        """Call ``cancelOrder``, which has taken a time since 10.19 and an object since 10.30."""
        method = self._asking.app.cancelOrder
        if len(inspect.signature(method).parameters) == 1:
            method(order_id)
            return
        try:
            from ibapi.order_cancel import OrderCancel  # noqa: PLC0415 - newer versions only
        except ImportError:
            method(order_id, "")
        else:
            method(order_id, OrderCancel())

    def _wait(self, order_id: int, reached: Callable[[], bool], heard_before: int, timeout: float) -> None:
        """Wait until an order has reached a state.

        Raises:
            RequestError: one of the errors of `adapters.base`.
            Exception: whatever the library raised.
        """

        def refused() -> ErrorCallback | None:
            return refusal(self._asking.callbacks[heard_before:], order_id)

        self._asking.inbox.wait(lambda: reached() or refused() is not None, timeout)
        if (error := refused()) is not None:
            raise RequestRejectedError(error.code, error.message)
        if reached():
            return
        if self._asking.inbox.failure is not None:
            raise self._asking.inbox.failure
        if self._asking.inbox.ended:
            raise ConnectionLostError("the connection ended before the answer came")
        raise RequestTimeoutError(f"no answer within {timeout:g} s")

    def _last_status(self, order_id: int) -> str:
        told = self._asking.inbox.statuses.get(order_id)
        return told[-1][0] if told else ""

    def _seen(self, order_id: int) -> OrderSeen:
        told = self._asking.inbox.statuses.get(order_id, [])
        perm_id = whole(told[-1][1]) if told else None
        statuses = in_turn([status for status, _ in told])
        return OrderSeen(order_id, perm_id or None, statuses, confirmed(self._asking.callbacks, order_id))

    def _need_paper(self) -> None:
        need_paper((*self._asking.accounts, *(self._asking.inbox.accounts or ())))
