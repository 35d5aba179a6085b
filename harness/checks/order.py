"""Defines the orders that checks send, why a cell may not send them, and what becomes of them if something fails."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from adapters.base import LIQUID_STOCK, LiveAccountError, RequestError, RequestRejectedError, need_paper
from adapters.records_orders import NEVER_PLACED, NOT_WORKING, WantedOrder
from harness.checks.check import CheckFailedError, describe
from harness.checks.second_connect import connect_again

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.base import Connection
    from adapters.records import OpenOrder
    from adapters.records_orders import OrderSeen
    from harness.checks.check import Client

FAR_BELOW = 1.0
"""In dollars, for one share: nobody sells that one for so little."""

FAR_ABOVE = 1000.0
"""In dollars, for one share: nobody buys that one for so much; not even a child that lost its parent is sold."""

NEEDS = "orders = true, and paper accounts only (DU… or DF…)"
"""What a check that sends orders needs, in words."""


def order_of(connection: Connection) -> WantedOrder:
    """Make the order, for the first account of the connection."""
    return WantedOrder(LIQUID_STOCK, connection.accounts[0], "BUY", 1, FAR_BELOW)


def why_no_order(connection: Connection, *, asked_for: bool) -> str | None:
    """Say why no order may be sent over a connection, whatever the plan says; None if one may.

    Args:
        connection: the open one; all its accounts must be paper accounts, however the library reports them.
        asked_for: whether the user asked for orders and the gateway's mode is paper, as the job says.
    """
    if not asked_for:
        return "orders were not asked for, or the gateway's mode is not paper"
    try:
        _need_paper(connection)
    except LiveAccountError as error:
        return str(error)
    return None


def _need_paper(connection: Connection) -> None:
    need_paper((*connection.accounts, *connection.managed_accounts()))


def find(orders: list[OpenOrder], placed: OrderSeen, client_id: int) -> OpenOrder:
    """Return an order as it is listed, the last one, because a gateway may still be reporting its placement.

    Raises:
        CheckFailedError: it is not listed, or under another permanent id.
    """
    own = [order for order in orders if (order.order_id, order.client_id) == (placed.order_id, client_id)]
    if not own:
        raise CheckFailedError(f"order {placed.order_id} is not among the {len(orders)} open orders")
    if own[-1].perm_id != placed.perm_id:
        raise CheckFailedError(
            f"order {placed.order_id} has perm id {placed.perm_id}, and {own[-1].perm_id} when listed"
        )
    return own[-1]


class Working:
    """The orders of a check that may be working, by their ids."""

    def __init__(self, client: Client) -> None:
        self.order_ids: list[int] = []
        self.seen: set[int] = set()
        """Those that the gateway has reported: of the others a refusal says that they were not placed."""
        self._client = client

    def send(self, order_id: int, order: WantedOrder) -> None:
        """Send an order; from now on it may be working, unless the adapter says that it sent nothing."""
        self.order_ids.append(order_id)
        try:
            self._client.connection.placing.send_order(order_id, order)
        except LiveAccountError:
            self.order_ids.remove(order_id)
            raise

    def taken(self, order_id: int) -> OrderSeen:
        """Wait until the gateway reports an order: what it refuses from then on is something else."""
        taken = self._client.connection.placing.order_taken(order_id, self._client.request_timeout)
        self.seen.add(order_id)
        return taken

    def place(self, order_id: int, order: WantedOrder) -> OrderSeen:
        """Send an order, and wait until the gateway reports it."""
        self.send(order_id, order)
        return self.taken(order_id)

    def connect_again(self) -> Connection:
        """Connect again, if an order works even late, to cancel it.

        Raises:
            LiveAccountError: the new connection shows an account that is no paper account.
        """
        again = connect_again(self._client, to_cancel=bool(self.order_ids))
        _need_paper(again)
        return again

    def ended(self, *order_ids: int) -> None:
        """Note that orders have ended, so that nothing of them is left to cancel."""
        self.order_ids = [each for each in self.order_ids if each not in order_ids]


@contextmanager
def cancelled_whatever_fails(client: Client) -> Iterator[Working]:
    """Yield what sends the orders of a check; whatever fails, those that may be working are cancelled.

    Raises:
        CheckFailedError: something failed; the reason also says what became of each order.
        LiveAccountError: an account is no paper account; the same of those that were sent before.
    """
    working = Working(client)
    try:
        yield working
    except Exception as error:
        never = _refused(client) - working.seen  # before they are cancelled, which may be refused, too
        fates = [_end(client, order_id, never=order_id in never) for order_id in working.order_ids]
        reason = "; ".join([_words(error), *fates])
        if isinstance(error, LiveAccountError):
            raise LiveAccountError(reason) from error
        detail = error.detail if isinstance(error, CheckFailedError) else None
        raise CheckFailedError(reason, detail) from error


def _refused(client: Client) -> set[int]:
    """Return the ids of the orders that the gateway refused without accepting them, and of requests that it refused."""
    callbacks = [] if client.opened is None else client.opened.callbacks
    return {each.req_id for each in callbacks if each.code in NEVER_PLACED}


def _end(client: Client, order_id: int, *, never: bool) -> str:
    """Cancel what may have been placed, even if the gateway says that it ``never`` was; say what became of it."""
    if client.opened is None:
        return f"order {order_id} MAY STILL BE WORKING: no connection is open any more"
    try:
        _need_paper(client.opened)  # which may not be the connection, nor the account, of the order
        ended = client.opened.placing.cancel_order(order_id, client.request_timeout)
    except Exception as error:  # noqa: BLE001 - the library's; what failed first is the reason
        if isinstance(error, RequestRejectedError) and error.code in NOT_WORKING:
            return f"no order is working: {error}"
        if never:
            return "no order is working: it was refused when it was sent"
        return f"order {order_id} MAY STILL BE WORKING: it could not be cancelled: {_words(error)}"
    return f"the order has ended: {', '.join(ended.statuses) or 'its cancellation was confirmed'}"


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, (RequestError, CheckFailedError, LiveAccountError)) else describe(error)
