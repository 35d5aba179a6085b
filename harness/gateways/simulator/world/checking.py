"""Checks what one table of a world says of others: names, con ids, market rules, strikes."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any

from harness.gateways.simulator import truth
from harness.gateways.simulator.world.chains import MOST_STRIKES, Chain
from harness.gateways.simulator.world.files import Problem, one_of
from harness.gateways.simulator.world.making import con_id_of
from harness.gateways.simulator.world.tables import Document, ListingTable

_NUMBERED = "a con_id if it is publicly known, else a number, and not both"


def check(document: Document) -> None:
    """Make sure that all tables go together.

    Raises:
        Problem: they do not.
    """
    _check_kinds(document)
    _check_con_ids(document)
    _check_underlyings(document)
    _check_unique("future", [(table.number, table.symbol) for table in document.future], ("number", "symbol"))
    _check_unique(
        "chain", [(table.number, table.trading_class) for table in document.chain], ("number", "trading_class")
    )


def check_strikes(chain: Chain, document: Document) -> None:
    """Make sure that the strikes of a chain have numbers.

    Raises:
        Problem: there are none, they are too high, or not multiples of the smallest step.
    """
    steps = [band.step / chain.unit for band in chain.table.strikes]
    if not chain.strikes or chain.strikes[-1] / chain.unit >= MOST_STRIKES or any(step % 1 for step in steps):
        place = document.chain.index(chain.table)
        what = f"steps that are multiples of the smallest, and strikes below {MOST_STRIKES} times that"
        raise Problem(("chain", place, "strikes"), [band.model_dump() for band in chain.table.strikes], what)


def _check_kinds(document: Document) -> None:
    rules = {rule.market_rule_id for rule in document.market_rule} | built_in_rules()
    for name, kind in document.kind.items():
        one_of(("kind", name, "session"), kind.session, document.session)
        _check_rules(("kind", name), kind.market_rules, rules)
    for top, place, table in _rows(document):
        one_of((top, place, "kind"), table.kind, document.kind)
        _check_rules((top, place), getattr(table, "market_rules", None) or (), rules)


def _check_rules(location: tuple[int | str, ...], ids: tuple[int, ...], known: Container[int]) -> None:
    for number in ids:
        if number not in known:
            raise Problem((*location, "market_rules"), number, "the id of a [[market_rule]]")


def built_in_rules() -> set[int]:
    """Return the ids of the market rules of the built-in truth."""
    rules: list[Mapping[str, Any]] = truth.load("paper").reference["market_rules"]
    return {rule["market_rule_id"] for rule in rules}


def _rows(document: Document) -> Iterator[tuple[str, int, Any]]:
    for top in ("listing", "future", "chain"):
        for place, table in enumerate(getattr(document, top)):
            yield top, place, table


def _check_con_ids(document: Document) -> None:
    seen: set[int] = set()
    for place, table in enumerate(document.listing):
        if (table.con_id is None) == (table.number is None):
            raise Problem(("listing", place, "con_id"), table.con_id, _NUMBERED)
        if con_id_of(table) in seen:
            key = "number" if table.con_id is None else "con_id"
            raise Problem(("listing", place, key), table.con_id or table.number, "one that no other listing has")
        seen.add(con_id_of(table))


def _check_underlyings(document: Document) -> None:
    prices = {con_id_of(table): table.price for table in document.listing}
    for place, table in enumerate(document.listing):
        _check_price(table, place, prices)
    symbols = [table.symbol for table in document.future]
    for place, future in enumerate(document.future):
        for key in ("index", "underlying"):
            if getattr(future, key) not in {None, *prices}:
                raise Problem(("future", place, key), getattr(future, key), "the con id of a [[listing]]")
    for place, chain in enumerate(document.chain):
        if (chain.underlying is None) == (chain.future is None):
            raise Problem(("chain", place, "underlying"), chain.underlying, "an underlying or a future, and not both")
        if chain.future is not None:
            one_of(("chain", place, "future"), chain.future, symbols)
        elif prices.get(chain.underlying or 0) is None:
            raise Problem(("chain", place, "underlying"), chain.underlying, "the con id of a [[listing]] with a price")


def _check_price(table: ListingTable, place: int, prices: Mapping[int, float | None]) -> None:
    if (table.price is None) == (table.underlying is None):
        raise Problem(("listing", place, "price"), table.price, "a price or an underlying, and not both")
    if table.underlying is not None and prices.get(table.underlying) is None:
        what = "the con id of a [[listing]] with a price"
        raise Problem(("listing", place, "underlying"), table.underlying, what)


def _check_unique(top: str, rows: list[tuple[int, str]], keys: tuple[str, str]) -> None:
    for column, key in enumerate(keys):
        values = [row[column] for row in rows]
        for place, value in enumerate(values):
            if value in values[:place]:
                raise Problem((top, place, key), value, f"one that no other [[{top}]] has")
