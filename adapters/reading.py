"""Makes records of the libraries' objects: all three kept IBKR's attribute names for contracts, orders and fills."""

from __future__ import annotations

from typing import Any

from adapters import records


def position(account: str, contract: Any, size: Any, average_cost: Any) -> records.Position:
    """Make the record of a holding."""
    return records.Position(
        account=account,
        con_id=contract.conId,
        symbol=contract.symbol,
        sec_type=contract.secType,
        expiry=contract.lastTradeDateOrContractMonth,
        strike=records.strike(contract.strike),
        right=records.right(contract.right),
        multiplier=records.quantity(contract.multiplier),
        currency=contract.currency,
        quantity=records.quantity(size),
        average_cost=records.number(average_cost),
    )


def open_order(order_id: Any, contract: Any, order: Any, status: str) -> records.OpenOrder:
    """Make the record of a working order; its id is that of the callback, ibapi 10.37 leaves it out of the order."""
    return records.OpenOrder(
        order_id=records.order_number(order_id),
        perm_id=records.whole(order.permId),
        client_id=records.whole(order.clientId),
        account=order.account,
        symbol=contract.symbol,
        sec_type=contract.secType,
        action=order.action,
        order_type=order.orderType,
        quantity=records.quantity(order.totalQuantity),
        limit_price=records.number(order.lmtPrice),
        status=status,
    )


def execution(contract: Any, fill: Any) -> records.Execution:
    """Make the record of a fill."""
    return records.Execution(
        exec_id=fill.execId,
        order_id=records.order_number(fill.orderId),
        perm_id=records.whole(fill.permId),
        client_id=records.whole(fill.clientId),
        account=fill.acctNumber,
        symbol=contract.symbol,
        sec_type=contract.secType,
        side=fill.side,
        shares=records.quantity(fill.shares),
        price=records.number(fill.price),
        time=records.utc_time(fill.time),
    )
