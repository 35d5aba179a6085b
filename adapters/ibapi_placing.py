"""Orders placed and cancelled with ibapi; on paper accounts only."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from ibapi.order import Order

from adapters.base import NOTICES, RequestTimeoutError, need_paper
from adapters.ibapi_market import contract_of
from adapters.ibapi_orders import ORDER, STATUS
from adapters.ibapi_requests import IbapiRequests, Rows, of_kind
from adapters.records_orders import ENDED, WORKING, OrderPreview, PlacedOrder, preview

if TYPE_CHECKING:
    from adapters.base import LimitOrder
    from adapters.records import ErrorCallback


def _order(order: LimitOrder) -> Order:
    made = Order()
    made.action, made.totalQuantity, made.orderType = order.action, order.quantity, "LMT"
    made.lmtPrice, made.tif, made.account = order.limit, "DAY", order.account
    # on by default up to 10.19, and refused by every Gateway since; users set them off
    made.eTradeOnly = made.firmQuoteOnly = False
    return made


def _statuses(rows: Rows) -> list[tuple[int, str]]:
    return [(perm_id, status) for _, perm_id, status in of_kind(rows, STATUS)]


class IbapiPlacing(IbapiRequests):
    """The requests that send orders; the gateway answers under the order id."""

    def what_if_order(self, order: LimitOrder, timeout: float) -> OrderPreview:
        """Ask what an order would do to the account."""
        need_paper(self.accounts)
        made = _order(order)
        made.whatIf = True
        rows = self._place(made, order, timeout, lambda rows: bool(of_kind(rows, ORDER)))[1]
        return preview(of_kind(rows, ORDER)[0][-1])

    def place_order(self, order: LimitOrder, timeout: float) -> PlacedOrder:
        """Place an order and wait until it works."""
        need_paper(self.accounts)

        def works(rows: Rows) -> bool:
            return any(status in WORKING for _, status in _statuses(rows))

        order_id, rows = self._place(_order(order), order, timeout, works)
        perm_id, status = _statuses(rows)[-1]
        return PlacedOrder(order_id, perm_id, status)

    def _place(self, made: Order, order: LimitOrder, timeout: float, until: Any) -> tuple[int, Rows]:
        order_id = self.next_order_id
        self.next_order_id += 1

        def send() -> None:
            self._app.placeOrder(order_id, contract_of(order.asked), made)

        rows = self._inbox.ask(order_id, send, timeout, until=until)
        if not until(rows):
            raise RequestTimeoutError(f"no such answer within {timeout:g} s: {rows}")
        return order_id, rows

    def cancel_order(self, order_id: int, timeout: float) -> str:
        """Cancel an order that was placed here and wait for its end."""

        def ended(rows: Rows) -> bool:
            return any(status in ENDED for _, status in _statuses(rows))

        rows = self._inbox.ask(order_id, lambda: self._send_cancel(order_id), timeout, until=ended)
        if not ended(rows):
            raise RequestTimeoutError(f"order {order_id} did not end within {timeout:g} s")
        return _statuses(rows)[-1][1]

    def _send_cancel(self, order_id: int) -> None:
        """Call ``cancelOrder``, which has taken a time since 10.19 and an object since 10.37."""
        method = self._app.cancelOrder
        if len(inspect.signature(method).parameters) == 1:
            method(order_id)
            return
        try:
            from ibapi.order_cancel import OrderCancel  # noqa: PLC0415 - newer versions only
        except ImportError:
            method(order_id, "")
        else:
            method(order_id, OrderCancel())

    def refused_open_orders(self, timeout: float) -> ErrorCallback:
        """Ask the working orders and wait for the error callback."""
        heard_before = len(self._inbox.callbacks)

        def refusals() -> list[ErrorCallback]:
            return [callback for callback in self._inbox.callbacks[heard_before:] if callback.code not in NOTICES]

        self._app.reqAllOpenOrders()
        if not self._inbox.wait(lambda: bool(refusals()), timeout) or not refusals():
            raise RequestTimeoutError(f"no error callback within {timeout:g} s")
        return refusals()[0]
