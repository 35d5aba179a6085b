"""Makes what instruments of one kind have in common, and the instruments that last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.gateways.simulator.sessions import Session
from harness.gateways.simulator.world.listing import Listing
from harness.gateways.simulator.world.tables import BondTable, KindTable, ListingTable

OWN_CON_IDS = 980_000_000
"""Con ids from here on are our own: real ones were below 900 million in 2026 (seen in users' logs)."""
_OF_KIND = ("volatility", "spread", "trades", "lot", "traded", "entitlement")


def common(kind: KindTable, session: Session, **own: Any) -> dict[str, Any]:
    """Return what contract details of a kind have, with what an instrument has of its own.

    Args:
        kind: what instruments of this kind have in common.
        session: when they trade.
        own: values of ``kind`` that are different here; ``None`` for those that are not.
    """
    has = kind.model_dump() | {name: value for name, value in own.items() if value is not None}
    exchanges: Sequence[str] = has["valid_exchanges"]
    group = {} if kind.agg_group is None else {"agg_group": kind.agg_group}
    return {
        "sec_type": kind.sec_type,
        "last_trade": "",
        "exchange": has["exchange"],
        "currency": has["currency"],
        "min_tick": has["min_tick"],
        "md_size_multiplier": kind.md_size_multiplier,
        "order_types": ",".join(kind.order_types),
        "valid_exchanges": ",".join(exchanges),
        "price_magnifier": has["price_magnifier"],
        "time_zone_id": session.zone,
        "market_rule_ids": ",".join(map(str, _for_each(has["market_rules"], len(exchanges)))),
        "size_min_tick": "1",
        "min_size": kind.min_size,
        "size_increment": kind.size_increment,
        "suggested_size_increment": kind.suggested_size_increment,
        **group,
    }


def _for_each(rules: Sequence[int], count: int) -> Sequence[int]:
    """Return one rule for each exchange; the last one given counts for all further ones."""
    return [rules[min(place, len(rules) - 1)] for place in range(count)]


def trading(kind: KindTable, **own: Any) -> Mapping[str, Any]:
    """Return how instruments of a kind trade, as fields of a listing."""
    given = {name: value for name, value in own.items() if value is not None}
    return {name: given.get(name, getattr(kind, name)) for name in _OF_KIND}


def con_id_of(table: ListingTable) -> int:
    """Return a contract's number: the one that is known, or one of our own."""
    return table.con_id or OWN_CON_IDS + (table.number or 0)


def lasting(table: ListingTable, kind: KindTable, session: Session, price: float) -> Listing:
    """Return an instrument that lasts."""
    names = ("exchange", "currency", "min_tick", "valid_exchanges", "market_rules")
    return Listing(
        details=common(kind, session, **{name: getattr(table, name) for name in names}) | _own(table, kind),
        session=session,
        price=price,
        underlying=table.underlying,
        **trading(kind, **table.model_dump(include=set(_OF_KIND))),
    )


def _of_bond(bond: BondTable, con_id: int) -> dict[str, Any]:
    """Return what is told of a bond alone; its local symbol is as in a user's log (2025)."""
    return {**bond.model_dump(), "local_symbol": f"IBCID{con_id}", "last_trade_date": bond.last_trade}


def _own(table: ListingTable, kind: KindTable) -> dict[str, Any]:
    currency = table.currency or kind.currency
    is_pair = kind.sec_type in {"CASH", "CRYPTO"}
    local_symbol = table.local_symbol or (f"{table.symbol}.{currency}" if is_pair else table.symbol)
    trading_class = table.trading_class or kind.trading_class
    if not trading_class:
        trading_class = local_symbol if kind.sec_type == "CASH" else table.symbol
    told: dict[str, Any] = {
        "con_id": con_id_of(table),
        "symbol": table.symbol,
        "local_symbol": local_symbol,
        "trading_class": trading_class,
        "market_name": trading_class,
        "long_name": table.long_name,
        "primary_exchange": table.primary_exchange or kind.primary_exchange,
        "industry": table.industry,
        "category": table.category,
        "subcategory": table.subcategory,
        "stock_type": table.stock_type or kind.stock_type,
    }
    told |= {"sec_ids": [{"tag": "ISIN", "value": table.isin}]} if table.isin else {}
    told |= _of_bond(table.bond, con_id_of(table)) if table.bond else {}
    told |= {"under_con_id": table.underlying} if table.underlying and kind.sec_type == "CFD" else {}
    return {name: value for name, value in told.items() if value != ""}
