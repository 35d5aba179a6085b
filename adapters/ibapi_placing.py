"""Places, changes and cancels orders through ibapi, on paper accounts only."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from ibapi.order import Order

from adapters import reading
from adapters.base import ConnectionLostError, RequestRejectedError, RequestTimeoutError, need_paper
from adapters.records import number, quantity
from adapters.records_orders import (
    ENDED,
    STOP,
    TAKEN,
    OrderFilled,
    OrderPreview,
    OrderSeen,
    StatusTold,
    all_filled,
    confirmed,
    filled,
    preview,
    refusal,
    seen,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.ibapi_asking import Asking, Rows
    from adapters.records import ErrorCallback, Execution, OpenOrder
    from adapters.records_orders import WantedOrder


def _order(order: WantedOrder, *, what_if: bool) -> Order:
    made = Order()
    made.action, made.totalQuantity, made.orderType = order.action, order.quantity, order.kind
    made.tif, made.account, made.transmit = "DAY", order.account, order.transmit
    setattr(made, "auxPrice" if order.kind == STOP else "lmtPrice", order.price)
    if order.parent_id:
        made.parentId = order.parent_id
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
        self._given = 0
        self._heard: dict[int, int] = {}
        """By order id: the error callbacks that came before the order was sent last."""

    def what_if_order(self, order: WantedOrder, timeout: float) -> OrderPreview:
        """Ask what an order would do to the account; the answer is an open order with a state."""
        self._need_paper()
        order_id = self.new_order_id()

        def send() -> None:
            self._asking.app.placeOrder(order_id, self._asking.contract(order.wanted), _order(order, what_if=True))

        rows = self._asking.inbox.ask(order_id, send, timeout, until=_weighed)
        return preview(rows[-1][0])

    def new_order_id(self) -> int:
        """Return the next id; the gateway sent the first one."""
        order_id = self._asking.next_order_id + self._given
        self._given += 1
        return order_id

    def send_order(self, order_id: int, order: WantedOrder) -> None:
        self._need_paper()
        self._heard[order_id] = len(self._asking.callbacks)
        self._asking.app.placeOrder(order_id, self._asking.contract(order.wanted), _order(order, what_if=False))

    def order_taken(self, order_id: int, timeout: float) -> OrderSeen:
        self._wait(order_id, lambda: any(each.status in TAKEN for each in self._told(order_id)), timeout)
        return self._seen(order_id)

    def order_filled(self, order_id: int, timeout: float) -> OrderFilled:
        self._wait(order_id, lambda: all_filled(self._told(order_id), self._fills(order_id)), timeout)
        return filled(order_id, self._told(order_id), self._fills(order_id))

    def order_ended(self, order_id: int, timeout: float) -> OrderSeen:
        last = self._asking.inbox.last_status

        def ended() -> bool:
            return last(order_id) in ENDED and confirmed(self._asking.callbacks, order_id)

        try:
            self._wait(order_id, ended, timeout)
        except RequestTimeoutError:
            if last(order_id) not in ENDED:
                raise
        return self._seen(order_id)

    def change_order(self, order_id: int, order: WantedOrder, timeout: float) -> OpenOrder:
        before = len(self._echoes(order_id))
        wanted = quantity(order.quantity), number(order.price)
        echoes: list[OpenOrder] = []

        def taken() -> bool:
            echoes[:] = self._echoes(order_id)[before:]
            return any((echo.quantity, echo.limit_price) == wanted for echo in echoes)

        self.send_order(order_id, order)
        self._wait(order_id, taken, timeout)
        return echoes[-1]

    def _echoes(self, order_id: int) -> list[OpenOrder]:
        rows = list(self._asking.inbox.orders.get(order_id, ()))
        return [reading.open_order(order_id, contract, order, state.status) for contract, order, state in rows]

    def cancel_order(self, order_id: int, timeout: float) -> OrderSeen:
        self._need_paper()
        self._heard[order_id] = len(self._asking.callbacks)
        self._send_cancel(order_id)
        return self.order_ended(order_id, timeout)

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

    def _wait(self, order_id: int, reached: Callable[[], bool], timeout: float) -> None:
        """Wait until an order has reached a state.

        Raises:
            RequestError: one of the errors of `adapters.base`.
            Exception: whatever the library raised.
        """

        def refused() -> ErrorCallback | None:
            return refusal(self._asking.callbacks[self._heard[order_id] :], order_id)

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

    def _told(self, order_id: int) -> list[StatusTold]:
        return list(self._asking.inbox.statuses.get(order_id, ()))

    def _fills(self, order_id: int) -> list[Execution]:
        rows, reports = list(self._asking.inbox.fills.get(order_id, ())), self._asking.inbox.commissions
        return [reading.execution(contract, fill, reports.get(fill.execId)) for contract, fill in rows]

    def _seen(self, order_id: int) -> OrderSeen:
        return seen(order_id, self._told(order_id), self._asking.callbacks)

    def _need_paper(self) -> None:
        need_paper((*self._asking.accounts, *(self._asking.inbox.accounts or ())))
