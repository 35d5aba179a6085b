"""Places, changes and cancels orders through ib_insync and ib_async, on paper accounts only."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from adapters import reading
from adapters.asyncio_orders import open_order
from adapters.base import RequestRejectedError, RequestTimeoutError, need_paper
from adapters.listening import guarded, heard_first
from adapters.records import number, order_number, quantity, whole
from adapters.records_orders import (
    ENDED,
    OF_THE_LIBRARY,
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
    from collections.abc import Callable, Iterator

    from adapters.asyncio_asking import Asking
    from adapters.records import Execution, OpenOrder
    from adapters.records_orders import WantedOrder


class _Placed:
    """An order that was placed here, or that the library knows: its own objects, and the statuses that came.

    ``heard`` is the number of error callbacks that came before the order was sent last.
    """

    def __init__(self, order: Any) -> None:
        self.order = order
        self.trade: Any = None
        self.told: list[StatusTold] = []
        self.heard = 0

    def follow(self, trade: Any) -> None:
        """Listen to a trade from now on."""
        self.trade = trade
        trade.statusEvent += self.keep

    @guarded
    def keep(self, trade: Any) -> None:
        """Keep the trade's new status."""
        said = trade.orderStatus
        if said.status in OF_THE_LIBRARY:
            return
        self.told.append(
            StatusTold(
                status=said.status,
                perm_id=whole(said.permId),
                filled=quantity(said.filled),
                remaining=quantity(said.remaining),
                average_price=number(said.avgFillPrice),
                parent_id=order_number(said.parentId),
                why_held=said.whyHeld or "",
            )
        )

    @property
    def unknown(self) -> bool:
        """Whether the library does not know the order, so that its statuses may not be told."""
        return self.trade is None

    @property
    def ended(self) -> bool:
        """Whether the last status is a final one."""
        return bool(self.told) and self.told[-1].status in ENDED

    @property
    def taken(self) -> bool:
        """Whether the gateway has accepted the order, whatever came later."""
        return any(each.status in TAKEN for each in self.told)

    @property
    def fills(self) -> list[Execution]:
        """The fills that the library has put to the trade."""
        return [_fill(fill) for fill in self.trade.fills]


def _fill(fill: Any) -> Execution:
    report = fill.commissionReport
    return reading.execution(fill.contract, fill.execution, report if report.execId else None)


class AsyncioPlacing:
    """The requests that send orders."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._placed: dict[int, _Placed] = {}

    def what_if_order(self, order: WantedOrder, timeout: float) -> OrderPreview:
        """Ask with ``whatIfOrderAsync`` what an order would do to the account."""
        self._need_paper()
        contract, made = self._asking.contract(order.wanted), self._order(order)
        return preview(self._asking.ask(lambda: self._asking.ib.whatIfOrderAsync(contract, made), timeout))

    def new_order_id(self) -> int:
        """Return the next id of the library's one counter for requests and orders."""
        return int(self._asking.ib.client.getReqId())

    def send_order(self, order_id: int, order: WantedOrder) -> None:
        self._need_paper()
        contract, made = self._asking.contract(order.wanted), self._order(order)
        made.orderId = order_id
        placed = self._placed[order_id] = _Placed(made)
        placed.heard = len(self._asking.callbacks)
        self._now(lambda: placed.follow(self._asking.ib.placeOrder(contract, made)))

    def order_taken(self, order_id: int, timeout: float) -> OrderSeen:
        placed = self._placed[order_id]
        self._until_told(order_id, lambda: placed.taken, timeout)
        return self._seen(order_id)

    def order_filled(self, order_id: int, timeout: float) -> OrderFilled:
        placed = self._placed[order_id]
        paid = self._asking.ib.commissionReportEvent
        self._until_told(order_id, lambda: all_filled(placed.told, placed.fills), timeout, paid)
        return filled(order_id, placed.told, placed.fills)

    def order_ended(self, order_id: int, timeout: float) -> OrderSeen:
        placed = self._placed[order_id]

        def ended() -> bool:
            return (placed.ended or placed.unknown) and confirmed(self._asking.callbacks, order_id)

        try:
            self._until_told(order_id, ended, timeout)
        except RequestTimeoutError:
            if not placed.ended:
                raise
        return self._seen(order_id)

    def change_order(self, order_id: int, order: WantedOrder, timeout: float) -> OpenOrder:
        self._need_paper()
        placed = self._placed[order_id]
        contract, made = self._asking.contract(order.wanted), placed.order
        made.totalQuantity, made.lmtPrice = order.quantity, order.price
        placed.heard = len(self._asking.callbacks)
        with self._echoes(order_id) as echoes:
            self._now(lambda: self._asking.ib.placeOrder(contract, made))
            wanted = quantity(order.quantity), number(order.price)
            self._until_told(order_id, lambda: wanted in echoes, timeout, self._asking.ib.openOrderEvent)
        return open_order(placed.trade)

    @contextmanager
    def _echoes(self, order_id: int) -> Iterator[list[tuple[str | None, float | None]]]:
        """Yield a list that collects quantity and limit of each open order that the gateway sends of an order.

        The trade does not tell: it has what was changed here before the gateway says anything.
        """
        wrapper = self._asking.ib.wrapper
        pass_on = wrapper.openOrder
        echoes: list[tuple[str | None, float | None]] = []

        @guarded
        def keep(number_of: int, _contract: Any, order: Any, _state: Any) -> None:
            if number_of == order_id:
                echoes.append((quantity(order.totalQuantity), number(order.lmtPrice)))

        wrapper.openOrder = heard_first(keep, pass_on)
        try:
            yield echoes
        finally:
            wrapper.openOrder = pass_on

    def cancel_order(self, order_id: int, timeout: float) -> OrderSeen:
        self._need_paper()
        placed = self._placed.get(order_id) or self._of_before(order_id)
        placed.heard = len(self._asking.callbacks)
        self._now(lambda: self._asking.ib.cancelOrder(placed.order))
        return self.order_ended(order_id, timeout)

    def _of_before(self, order_id: int) -> _Placed:
        """Return an order that was placed over an earlier connection.

        One that the library does not know can be cancelled all the same: it sends nothing but the id.
        """
        for trade in self._asking.ib.openTrades():
            if trade.order.orderId == order_id:
                placed = self._placed[order_id] = _Placed(trade.order)
                placed.follow(trade)
                return placed
        placed = self._placed[order_id] = _Placed(self._asking.module.Order(orderId=order_id))

        @guarded
        def keep(trade: Any) -> None:
            if trade.order.orderId == order_id:  # the gateway sent it again: the library knows it from now on
                placed.keep(trade)

        self._asking.ib.orderStatusEvent += keep
        return placed

    def _now(self, call: Callable[[], Any]) -> None:
        """Call the library while its loop runs."""

        async def called() -> None:
            call()

        self._asking.ask(called, _AT_ONCE)

    def _until_told(self, order_id: int, reached: Callable[[], bool], timeout: float, *events: Any) -> None:
        """Wait until an order has reached a state.

        Raises:
            RequestRejectedError: the gateway refused it first.
        """

        def told() -> bool:
            refused = refusal(self._asking.callbacks[self._placed[order_id].heard :], order_id)
            if refused is not None:
                raise RequestRejectedError(refused.code, refused.message)
            return reached()

        self._asking.until(self._asking.ib.orderStatusEvent, told, timeout, *events)

    def _seen(self, order_id: int) -> OrderSeen:
        return seen(order_id, self._placed[order_id].told, self._asking.callbacks)

    def _need_paper(self) -> None:
        need_paper((*self._asking.accounts, *self._asking.ib.managedAccounts()))

    def _order(self, order: WantedOrder) -> Any:
        price = "auxPrice" if order.kind == STOP else "lmtPrice"
        made = self._asking.module.Order(
            action=order.action,
            totalQuantity=order.quantity,
            orderType=order.kind,
            tif="DAY",
            account=order.account,
            transmit=order.transmit,
        )
        setattr(made, price, order.price)
        if order.parent_id:
            made.parentId = order.parent_id
        return made


_AT_ONCE = 60.0
"""Seconds for a call of the library that waits for nothing, on a machine that is very busy."""
