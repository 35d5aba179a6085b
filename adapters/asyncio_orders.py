"""Requests orders and executions through ib_insync and ib_async; places and cancels orders on paper accounts only."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from adapters import reading
from adapters.base import RequestRejectedError, RequestTimeoutError, need_paper
from adapters.listening import guarded, heard_first
from adapters.records import whole
from adapters.records_orders import (
    ENDED,
    OF_THE_LIBRARY,
    WORKING,
    OrderPreview,
    OrderSeen,
    confirmed,
    in_turn,
    preview,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters import records
    from adapters.asyncio_asking import Asking
    from adapters.records_orders import LimitOrder


class AsyncioOrders:
    """The requests for orders and executions."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def open_orders(self, timeout: float) -> list[records.OpenOrder]:
        answer = self._asking.ask_without_id(self._asking.ib.reqAllOpenOrdersAsync, timeout)
        trades = [self._trade(row) for row in answer]
        return [
            reading.open_order(trade.order.orderId, trade.contract, trade.order, trade.orderStatus.status)
            for trade in trades
        ]

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


class _Placed:
    """An order that was placed here: the library's own object, and the statuses that the gateway sent for its trade."""

    def __init__(self, order: Any) -> None:
        self.order = order
        self.trade: Any = None
        self.statuses: list[str] = []

    @guarded
    def keep(self, trade: Any) -> None:
        """Keep the trade's new status."""
        if trade.orderStatus.status not in OF_THE_LIBRARY:
            self.statuses.append(trade.orderStatus.status)

    @property
    def ended(self) -> bool:
        """Whether the last status is a final one."""
        return bool(self.statuses) and self.statuses[-1] in ENDED

    @property
    def taken(self) -> bool:
        """Whether the gateway has accepted the order, whatever came later."""
        return self.ended or not WORKING.isdisjoint(self.statuses)


class AsyncioPlacing:
    """The requests that send orders."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._placed: dict[int, _Placed] = {}

    def what_if_order(self, order: LimitOrder, timeout: float) -> OrderPreview:
        """Ask with ``whatIfOrderAsync`` what an order would do to the account."""
        self._need_paper()
        contract, made = self._asking.contract(order.wanted), self._order(order)
        return preview(self._asking.ask(lambda: self._asking.ib.whatIfOrderAsync(contract, made), timeout))

    def new_order_id(self) -> int:
        """Return the next id of the library's one counter for requests and orders."""
        return int(self._asking.ib.client.getReqId())

    def place_order(self, order_id: int, order: LimitOrder, timeout: float) -> OrderSeen:
        self._need_paper()
        contract, made = self._asking.contract(order.wanted), self._order(order)
        made.orderId = order_id
        placed = self._placed[order_id] = _Placed(made)

        async def place() -> None:
            placed.trade = self._asking.ib.placeOrder(contract, made)
            placed.trade.statusEvent += placed.keep

        heard = len(self._asking.callbacks)
        self._asking.ask(place, timeout)
        self._until_told(order_id, lambda: placed.taken, heard, timeout)
        return self._seen(order_id)

    def cancel_order(self, order_id: int, timeout: float) -> OrderSeen:
        placed = self._placed[order_id]

        async def cancel() -> None:
            self._asking.ib.cancelOrder(placed.order)

        def ended() -> bool:
            return placed.ended and confirmed(self._asking.callbacks, order_id)

        heard = len(self._asking.callbacks)
        self._asking.ask(cancel, timeout)
        try:
            self._until_told(order_id, ended, heard, timeout)
        except RequestTimeoutError:
            if not placed.ended:
                raise
        return self._seen(order_id)

    def _until_told(self, order_id: int, reached: Callable[[], bool], heard_before: int, timeout: float) -> None:
        """Wait until an order has reached a state.

        Raises:
            RequestRejectedError: the gateway refused it first.
        """

        def told() -> bool:
            refused = refusal(self._asking.callbacks[heard_before:], order_id)
            if refused is not None:
                raise RequestRejectedError(refused.code, refused.message)
            return reached()

        self._asking.until(self._asking.ib.orderStatusEvent, told, timeout)

    def _seen(self, order_id: int) -> OrderSeen:
        placed = self._placed[order_id]
        perm_id = whole(placed.trade.orderStatus.permId) if placed.trade is not None else None
        return OrderSeen(
            order_id, perm_id or None, in_turn(placed.statuses), confirmed(self._asking.callbacks, order_id)
        )

    def _need_paper(self) -> None:
        need_paper((*self._asking.accounts, *self._asking.ib.managedAccounts()))

    def _order(self, order: LimitOrder) -> Any:
        return self._asking.module.Order(
            action=order.action,
            totalQuantity=order.quantity,
            orderType="LMT",
            lmtPrice=order.limit,
            tif="DAY",
            account=order.account,
        )
