"""Makes records of the libraries' objects: all three kept IBKR's attribute names for contracts, orders and fills."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters import records

if TYPE_CHECKING:
    from collections.abc import Sequence


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


def portfolio_item(row: Sequence[Any]) -> records.PortfolioItem:
    """Make the record of a holding and its worth; ``row`` has the arguments of IBKR's callback, in its order."""
    contract, size, price, value, average_cost, unrealized, realized, account = row
    return records.PortfolioItem(
        account=account,
        con_id=contract.conId,
        symbol=contract.symbol,
        sec_type=contract.secType,
        currency=contract.currency,
        quantity=records.quantity(size),
        market_price=records.number(price),
        market_value=records.number(value),
        average_cost=records.number(average_cost),
        unrealized_pnl=records.number(unrealized),
        realized_pnl=records.number(realized),
    )


def completed_order(contract: Any, order: Any, status: str, completed: Any) -> records.CompletedOrder:
    """Make the record of an order that works no longer; ``completed`` has its time and words."""
    return records.CompletedOrder(
        perm_id=records.whole(order.permId),
        account=order.account,
        symbol=contract.symbol,
        sec_type=contract.secType,
        action=order.action,
        order_type=order.orderType,
        quantity=records.quantity(order.totalQuantity),
        filled=records.quantity(order.filledQuantity),
        limit_price=records.number(order.lmtPrice),
        status=status,
        completed_time=completed.completedTime,
        completed_status=completed.completedStatus,
    )


def commission(report: Any) -> float | None:
    """Give the commission of a report, which ibapi 10.37 renamed."""
    renamed = hasattr(report, "commissionAndFees")
    return records.number(report.commissionAndFees if renamed else report.commission)


def execution(contract: Any, fill: Any, report: Any) -> records.Execution:
    """Make the record of a fill and of its commission report, None where there was none."""
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
        time=records.time(fill.time),
        commission=None if report is None else commission(report),
        commission_currency=None if report is None else report.currency,
    )
