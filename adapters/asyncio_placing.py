"""Orders placed and cancelled with ib_insync and ib_async; on paper accounts only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.asyncio_market import AsyncioMarket
from adapters.base import RequestRejectedError, RequestTimeoutError, need_paper
from adapters.listening import guarded
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
    import asyncio
    from collections.abc import Callable
    from types import ModuleType

    from adapters.asyncio_connect import Attempt
    from adapters.base import LimitOrder


class _Placed:
    """An order that was placed here: the library's own, and the statuses that the gateway told of its trade."""

    def __init__(self, order: Any) -> None:
        self.order = order
        self.trade: Any = None
        self.statuses: list[str] = []

    @guarded
    def keep(self, trade: Any) -> None:
        """Hear that the status has changed."""
        if trade.orderStatus.status not in OF_THE_LIBRARY:
            self.statuses.append(trade.orderStatus.status)

    @property
    def ended(self) -> bool:
        """Whether the last status is one after which nothing happens."""
        return bool(self.statuses) and self.statuses[-1] in ENDED

    @property
    def taken(self) -> bool:
        """Whether the gateway has taken it, whatever came after."""
        return self.ended or not WORKING.isdisjoint(self.statuses)


class AsyncioPlacing(AsyncioMarket):
    """The requests that send orders."""

    def __init__(self, module: ModuleType, loop: asyncio.AbstractEventLoop, attempt: Attempt) -> None:
        super().__init__(module, loop, attempt)
        self._placed: dict[int, _Placed] = {}

    def what_if_order(self, order: LimitOrder, timeout: float) -> OrderPreview:
        """Ask with ``whatIfOrderAsync`` what an order would do to the account."""
        self._need_paper()
        contract, made = self._contract(order.wanted), self._order(order)
        return preview(self._ask(lambda: self._ib.whatIfOrderAsync(contract, made), timeout))

    def new_order_id(self) -> int:
        """Give the next of the ids that the library counts for requests and orders alike."""
        return int(self._ib.client.getReqId())

    def place_order(self, order_id: int, order: LimitOrder, timeout: float) -> OrderSeen:
        """Place an order and wait until it works."""
        self._need_paper()
        contract, made = self._contract(order.wanted), self._order(order)
        made.orderId = order_id
        placed = self._placed[order_id] = _Placed(made)

        async def place() -> None:
            placed.trade = self._ib.placeOrder(contract, made)
            placed.trade.statusEvent += placed.keep

        heard = len(self.callbacks)
        self._ask(place, timeout)
        self._until_told(order_id, lambda: placed.taken, heard, timeout)
        return self._seen(order_id)

    def cancel_order(self, order_id: int, timeout: float) -> OrderSeen:
        """Cancel an order that was placed here and wait until it has ended."""
        placed = self._placed[order_id]

        async def cancel() -> None:
            self._ib.cancelOrder(placed.order)

        def ended() -> bool:
            return placed.ended and confirmed(self.callbacks, order_id)

        heard = len(self.callbacks)
        self._ask(cancel, timeout)
        try:
            self._until_told(order_id, ended, heard, timeout)
        except RequestTimeoutError:
            if not placed.ended:
                raise
        return self._seen(order_id)

    def _until_told(self, order_id: int, reached: Callable[[], bool], heard_before: int, timeout: float) -> None:
        """Wait until an order has come so far; `RequestRejectedError` where the gateway refuses it meanwhile."""

        def told() -> bool:
            refused = refusal(self.callbacks[heard_before:], order_id)
            if refused is not None:
                raise RequestRejectedError(refused.code, refused.message)
            return reached()

        self._until(self._ib.orderStatusEvent, told, timeout)

    def _seen(self, order_id: int) -> OrderSeen:
        placed = self._placed[order_id]
        perm_id = whole(placed.trade.orderStatus.permId) if placed.trade is not None else None
        return OrderSeen(order_id, perm_id or None, in_turn(placed.statuses), confirmed(self.callbacks, order_id))

    def _need_paper(self) -> None:
        need_paper((*self.accounts, *self._ib.managedAccounts()))

    def _order(self, order: LimitOrder) -> Any:
        return self._module.Order(
            action=order.action,
            totalQuantity=order.quantity,
            orderType="LMT",
            lmtPrice=order.limit,
            tif="DAY",
            account=order.account,
        )
