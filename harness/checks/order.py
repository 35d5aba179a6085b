"""Defines the one order that checks send, and the reasons why a cell may not send it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.base import LIQUID_STOCK, LiveAccountError, need_paper
from adapters.records_orders import LimitOrder

if TYPE_CHECKING:
    from adapters.base import Connection

FAR_BELOW = 1.0
"""In dollars, for one share: nobody sells that one for so little."""


def order_of(connection: Connection) -> LimitOrder:
    """Make the order, for the first account of the connection."""
    return LimitOrder(LIQUID_STOCK, connection.accounts[0], "BUY", 1, FAR_BELOW)


def why_no_order(connection: Connection, *, asked_for: bool) -> str | None:
    """Say why no order may be sent over a connection, whatever the plan says; None if one may.

    Args:
        connection: the open one; all its accounts must be paper accounts, however the library reports them.
        asked_for: whether the user asked for orders and the gateway's mode is paper, as the job says.
    """
    if not asked_for:
        return "orders were not asked for, or the gateway's mode is not paper"
    try:
        need_paper((*connection.accounts, *connection.managed_accounts()))
    except LiveAccountError as error:
        return str(error)
    return None
