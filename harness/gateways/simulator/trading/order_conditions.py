"""Says whether what an order is conditioned on holds.

Kinds and fields are documented, and so is that an order waits for its conditions, or is cancelled by them. That *and*
binds closer than *or*, and which side a price goes by, is inferred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from harness.gateways.simulator.trading import account as accounts
from harness.gateways.simulator.trading import groups
from harness.gateways.simulator.trading.hours import moment_of
from harness.gateways.simulator.trading.matching import price_of
from harness.gateways.simulator.trading.order import Order, Values

if TYPE_CHECKING:
    from harness.gateways.simulator.trading.desk import Desk


class Condition(IntEnum):
    """What a condition is about, by IBKR's numbers."""

    PRICE = 1
    TIME = 3
    MARGIN = 4
    EXECUTION = 5
    VOLUME = 6
    CHANGE = 7


_MIDPOINT = 8
_BY_SIDES = frozenset({1, 4, 7})
"""Methods of triggering that look at bid and ask."""

Row = Mapping[str, Any]


def of(order: Order) -> tuple[Row, ...]:
    """Return the conditions of an order."""
    rows: Any = order.values.get("conditions")
    return tuple(rows or ())


def hold(order: Order, desk: Desk) -> bool:
    """Return whether the conditions of an order hold: all of one of the groups that *or* parts."""
    return any(all(_holds(row, order, desk) for row in group) for group in _groups(of(order)))


def look(order: Order, desk: Desk) -> None:
    """Look at what an order is conditioned on, which holds once it was seen; a child's parent is filled first."""
    if order.conditions_hold or not of(order):
        return
    if not groups.is_held_by_parent(order, desk.book) and hold(order, desk):
        order.conditions_hold = True
        desk.book.changed()


def _groups(rows: tuple[Row, ...]) -> Iterator[list[Row]]:
    """Yield conditions that hold together: each says how it is joined to the next."""
    group: list[Row] = []
    for row in rows:
        group.append(row)
        if not row.get("conjunction"):
            yield group
            group = []
    if group:
        yield group


def _holds(row: Row, order: Order, desk: Desk) -> bool:
    look = _LOOKS.get(row.get("kind", 0))
    return look is not None and look(row, order, desk)


def _beyond(row: Row, value: float | None, wanted: object) -> bool:
    if value is None or wanted is None:
        return False
    bound = float(str(wanted))
    return value >= bound if row.get("is_more") else value <= bound


def _quote(row: Row, order: Order, desk: Desk) -> Values | None:
    """Return the quote of a condition's contract; ``None`` outside its regular hours, unless the order ignores them."""
    contract: Values = {"con_id": row.get("con_id") or 0}
    ignores = bool(order.values.get("conditions_ignore_rth"))
    return desk.prices.quote(contract) if ignores or desk.hours.is_liquid(contract, desk.now()) else None


def _price(row: Row, order: Order, desk: Desk) -> bool:
    quote, method = _quote(row, order, desk), row.get("trigger_method")
    if quote is None:
        return False
    if method == _MIDPOINT:
        bid, ask = price_of(quote, "bid"), price_of(quote, "ask")
        return _beyond(row, None if bid is None or ask is None else (bid + ask) / 2, row.get("price"))
    side = price_of(quote, "bid" if row.get("is_more") else "ask")
    last = None if method in _BY_SIDES else price_of(quote, "last")
    return _beyond(row, last or side, row.get("price"))


def _time(row: Row, order: Order, desk: Desk) -> bool:
    when = moment_of(row.get("time"), order.contract)
    return when is not None and (desk.now() >= when if row.get("is_more") else desk.now() <= when)


def _margin(row: Row, order: Order, desk: Desk) -> bool:
    """Look at the cushion of the account, in percent: excess liquidity of its net liquidation."""
    rows = accounts.account_values(desk.truth, desk.ledger, order.account)
    known = {str(each["key"]): each["value"] for each in rows}
    whole = float(str(known.get("NetLiquidation", 0)))
    cushion = 100 * float(str(known.get("ExcessLiquidity", 0))) / whole if whole else None
    return _beyond(row, cushion, row.get("percent"))


def _execution(row: Row, order: Order, desk: Desk) -> bool:
    """Look for a trade of the account since the order came; on SMART, and without an exchange, wherever it was."""
    anywhere = row.get("exchange") in {"", "SMART", None}
    for made in desk.ledger.executions:
        named = (made.get("symbol"), made.get("sec_type")) == (row.get("symbol"), row.get("sec_type"))
        here = anywhere or made.get("exchange") == row.get("exchange")
        if named and here and made["account"] == order.account and float(str(made["when"])) >= order.since:
            return True
    return False


def _volume(row: Row, order: Order, desk: Desk) -> bool:
    quote = _quote(row, order, desk)
    volume = None if quote is None else quote.get("volume")
    return _beyond(row, None if volume is None else float(str(volume)), row.get("volume"))


def _change(row: Row, order: Order, desk: Desk) -> bool:
    """Look at the change since the close of the day before, in percent."""
    quote = _quote(row, order, desk)
    last = None if quote is None else price_of(quote, "last") or price_of(quote, "bid")
    close = None if quote is None else price_of(quote, "close")
    change = None if last is None or close is None else 100 * (last / close - 1)
    return _beyond(row, change, row.get("change_percent"))


_LOOKS: Mapping[int, Callable[[Row, Order, Desk], bool]] = {
    Condition.PRICE: _price,
    Condition.TIME: _time,
    Condition.MARGIN: _margin,
    Condition.EXECUTION: _execution,
    Condition.VOLUME: _volume,
    Condition.CHANGE: _change,
}
