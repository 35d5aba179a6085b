"""Makes records of the libraries' contracts and option chains, and the libraries' contracts of what we want.

All three kept IBKR's attribute names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters import records
from adapters.records_contracts import ContractDetails, OptionChain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.records_contracts import Wanted


def fill(contract: Any, wanted: Wanted) -> Any:
    """Write what we want into an empty contract of the library, and give it back."""
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
    """Make the record of a contract's details; what a library does not know of is empty or None."""
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
        min_size=records.quantity(getattr(details, "minSize", None)),
        size_increment=records.quantity(getattr(details, "sizeIncrement", None)),
        suggested_size_increment=records.quantity(getattr(details, "suggestedSizeIncrement", None)),
    )


def option_chain(row: Iterable[Any]) -> OptionChain:
    """Make the record of an option chain; ``row`` has the arguments of IBKR's callback but the request's id."""
    exchange, underlying_con_id, trading_class, multiplier, expirations, strikes = row
    return OptionChain(
        exchange=exchange,
        underlying_con_id=int(underlying_con_id),
        trading_class=trading_class,
        multiplier=records.quantity(multiplier),
        expirations=tuple(sorted(expirations)),
        strikes=tuple(str(records.quantity(strike)) for strike in sorted(strikes)),
    )
