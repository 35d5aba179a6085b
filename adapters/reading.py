"""Converts the libraries' objects to plain records, and wanted contracts to the libraries' contract objects.

All three libraries kept IBKR's attribute names for contracts, orders and fills.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters import records
from adapters.records_market import ContractDetails, OptionChain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from adapters.records_market import Wanted


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
    """Make the record of a working order, with the callback's id, because ibapi 10.37 leaves it out of the order."""
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
    """Return the record of a holding and its value; ``row`` has the arguments of IBKR's callback, in order."""
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
    """Return the record of a completed order; ``completed`` has the time and text of its completion."""
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
    """Return the commission from a report; ibapi 10.37 renamed the field."""
    renamed = hasattr(report, "commissionAndFees")
    return records.number(report.commissionAndFees if renamed else report.commission)


def execution(contract: Any, fill: Any, report: Any) -> records.Execution:
    """Return the record of a fill; ``report`` is its commission report, or None if there was none."""
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


def fill(contract: Any, wanted: Wanted) -> Any:
    """Fill an empty contract object of the library with the wanted contract, and return it."""
    contract.conId = wanted.con_id
    contract.symbol = wanted.symbol
    contract.secType = wanted.sec_type
    contract.exchange = wanted.exchange
    contract.currency = wanted.currency
    contract.lastTradeDateOrContractMonth = wanted.expiry
    contract.right = wanted.right
    if wanted.strike is not None:
        contract.strike = wanted.strike
    return contract


def contract_details(details: Any) -> ContractDetails:
    """Return the record of a contract's details; fields that a library does not have are empty or None."""
    contract = details.contract
    return ContractDetails(
        con_id=contract.conId,
        symbol=contract.symbol,
        sec_type=contract.secType,
        expiry=contract.lastTradeDateOrContractMonth,
        last_trade_time=details.lastTradeTime,
        strike=records.strike(contract.strike),
        right=records.right(contract.right),
        multiplier=records.quantity(contract.multiplier),
        exchange=contract.exchange,
        primary_exchange=contract.primaryExchange,
        currency=contract.currency,
        local_symbol=contract.localSymbol,
        trading_class=contract.tradingClass,
        market_name=details.marketName,
        min_tick=records.number(details.minTick),
        order_types=details.orderTypes,
        valid_exchanges=details.validExchanges,
        price_magnifier=records.whole(details.priceMagnifier),
        under_con_id=records.whole(details.underConId) or None,
        under_symbol=details.underSymbol,
        under_sec_type=details.underSecType,
        long_name=details.longName,
        contract_month=details.contractMonth,
        industry=details.industry,
        category=details.category,
        subcategory=details.subcategory,
        time_zone_id=details.timeZoneId,
        trading_hours=details.tradingHours,
        liquid_hours=details.liquidHours,
        sec_ids=tuple(sorted(f"{pair.tag}={pair.value}" for pair in details.secIdList or ())),
        agg_group=records.whole(details.aggGroup) or None,
        market_rule_ids=details.marketRuleIds,
        real_expiration_date=details.realExpirationDate,
        stock_type=details.stockType,
        **_sizes(details),
    )


def _sizes(details: Any) -> dict[str, str | None]:
    """Return the size fields, which only newer libraries have."""
    names = {
        "min_size": "minSize",
        "size_increment": "sizeIncrement",
        "suggested_size_increment": "suggestedSizeIncrement",
    }
    return {ours: records.quantity(getattr(details, theirs, None)) for ours, theirs in names.items()}


def option_chain(row: Iterable[Any]) -> OptionChain:
    """Return the record of an option chain; ``row`` has the arguments of IBKR's callback without the request id."""
    exchange, underlying_con_id, trading_class, multiplier, expirations, strikes = row
    return OptionChain(
        exchange=exchange,
        underlying_con_id=int(underlying_con_id),
        trading_class=trading_class,
        multiplier=records.quantity(multiplier),
        expirations=tuple(sorted(expirations)),
        strikes=tuple(str(records.quantity(strike)) for strike in sorted(strikes)),
    )
