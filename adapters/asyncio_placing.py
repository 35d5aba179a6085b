"""Orders placed and cancelled with ib_insync and ib_async; on paper accounts only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.asyncio_market import AsyncioMarket
from adapters.base import NOTICES, RequestRejectedError, need_paper
from adapters.records_orders import ENDED, WORKING, OrderPreview, PlacedOrder, preview

if TYPE_CHECKING:
    from adapters.base import LimitOrder
    from adapters.records import ErrorCallback


class AsyncioPlacing(AsyncioMarket):
    """The requests that send orders."""

    def what_if_order(self, order: LimitOrder, timeout: float) -> OrderPreview:
        """Ask what an order would do to the account."""
        need_paper(self.accounts)
        contract, made = self._contract(order.asked), self._order(order)
        return preview(self._ask(lambda: self._ib.whatIfOrderAsync(contract, made), timeout))

    def place_order(self, order: LimitOrder, timeout: float) -> PlacedOrder:
        """Place an order and wait until it works."""
        need_paper(self.accounts)
        trade = self._ib.placeOrder(self._contract(order.asked), self._order(order))
        self._trades[trade.order.orderId] = trade
        self._until(trade.statusEvent, lambda: self._taken(trade), timeout)
        return PlacedOrder(trade.order.orderId, trade.order.permId, trade.orderStatus.status)

    def _taken(self, trade: Any) -> bool:
        if trade.orderStatus.status in ENDED:
            said = [callback for callback in self.callbacks if callback.req_id == trade.order.orderId]
            code, text = (said[-1].code, said[-1].message) if said else (0, "without a word")
            raise RequestRejectedError(code, f"the library shows {trade.orderStatus.status}: {text}")
        return trade.orderStatus.status in WORKING and bool(trade.order.permId)

    def cancel_order(self, order_id: int, timeout: float) -> str:
        """Cancel an order that was placed here and wait for its end."""
        trade = self._trades[order_id]
        self._ib.cancelOrder(trade.order)
        self._until(trade.statusEvent, lambda: trade.orderStatus.status in ENDED, timeout)
        return str(trade.orderStatus.status)

    def refused_open_orders(self, timeout: float) -> ErrorCallback:
        """Send the request itself: the library's own method would wait for an answer that never comes."""
        heard_before = len(self.callbacks)

        def refusals() -> list[ErrorCallback]:
            return [callback for callback in self.callbacks[heard_before:] if callback.code not in NOTICES]

        self._ib.client.reqAllOpenOrders()
        self._until(self._ib.errorEvent, lambda: bool(refusals()), timeout)
        return refusals()[0]

    def _order(self, order: LimitOrder) -> Any:
        return self._module.Order(
            action=order.action,
            totalQuantity=order.quantity,
            orderType="LMT",
            lmtPrice=order.limit,
            tif="DAY",
            account=order.account,
        )
