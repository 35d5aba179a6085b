"""Makes the lists of a world that hardly change: market rules, symbols to search, stocks to scan."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from harness.gateways.simulator.world.listing import Listing
from harness.gateways.simulator.world.making import con_id_of
from harness.gateways.simulator.world.tables import Document, KindTable

Row = Mapping[str, Any]

_SEARCHED = ("con_id", "symbol", "sec_type", "primary_exchange", "currency")
_SCANNED = (*_SEARCHED, "exchange", "local_symbol", "trading_class")
_NOT_SEARCHED = {"CFD", "BOND"}
"""A search names them as derivatives of something else, and the issuer of a bond, as captured."""


def reference(lasting: Iterable[Listing], document: Document, built_in: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the built-in lists, of contracts that a world has, with what it adds to them."""
    kinds = {con_id_of(table): document.kind[table.kind] for table in document.listing}
    listings = list(lasting)
    rules = [rule.model_dump() for rule in document.market_rule]
    known = {*kinds, *(listing.details.get("issuer_id") for listing in listings)} - {None}
    symbols = (_symbol(listing, kinds[listing.con_id]) for listing in listings if _is_searched(listing))
    scanned = (_scanned(listing, kinds[listing.con_id]) for listing in listings if kinds[listing.con_id].scanned)
    return {
        **built_in,
        "market_rules": [*built_in["market_rules"], *rules],
        "symbols": list(_joined(built_in["symbols"], symbols, known)),
        "scanned": list(_joined(built_in["scanned"], scanned, known)),
    }


def _joined(built_in: Iterable[Row], added: Iterable[Row], known: Container[Any]) -> Iterator[Row]:
    """Yield the built-in rows of known contracts and issuers, then those that there is none of yet."""
    kept = [row for row in built_in if row.get("con_id", row.get("issuer_id")) in known]
    yield from kept
    there = {row.get("con_id") for row in kept}
    yield from (row for row in added if row["con_id"] not in there)


def _is_searched(listing: Listing) -> bool:
    return listing.details["sec_type"] not in _NOT_SEARCHED


def _symbol(listing: Listing, kind: KindTable) -> Row:
    derivatives = {"derivative_sec_types": list(kind.derivatives)} if kind.derivatives else {}
    return {
        "primary_exchange": listing.details["exchange"],
        **_named(listing, _SEARCHED),
        **derivatives,
        "description": listing.details.get("long_name", ""),
    }


def _scanned(listing: Listing, kind: KindTable) -> Row:
    return {"locations": list(kind.scanned), **_named(listing, _SCANNED)}


def _named(listing: Listing, names: Iterable[str]) -> Row:
    return {name: listing.details[name] for name in names if name in listing.details}
