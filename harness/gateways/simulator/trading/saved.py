"""Defines what of a desk outlives the simulator, as records, and makes them from a desk and a desk from them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from harness.gateways.simulator.trading.ledger import DayBefore, Holding
from harness.gateways.simulator.trading.order import Order

if TYPE_CHECKING:
    from harness.gateways.simulator.trading.desk import Desk

VERSION = 1
_NOT_FINITE = "float"
"""Key of a number that JSON does not have, such as an infinite offset."""


def _decimal(value: str) -> str:
    try:
        finite = Decimal(value).is_finite()
    except InvalidOperation:
        finite = False
    if not finite:
        raise ValueError("expected a number as text")
    return value


DecimalText = Annotated[str, AfterValidator(_decimal)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SavedOrder(_Record):
    """One order, as :class:`Order` has it; what it was matched with last is not kept."""

    values: dict[str, Any]
    contract: dict[str, Any]
    perm_id: int
    transmitted: bool
    status: str
    is_truth: bool
    triggered: bool
    stop: Number | None
    filled: DecimalText
    paid: DecimalText
    last_price: Number
    commission: Number | None
    commission_currency: str
    rests: bool
    ended_at: Number
    oca_group: str
    pulled: bool
    parent_perm_id: int
    day_ends: Number | None
    exercises: bool = False
    is_built_in: bool = False
    pegged: Number | None = None
    since: Number = 0.0
    awaits_auction: bool = False
    auction_at: Number | None = None
    conditions_hold: bool = False


class SavedHolding(_Record):
    """One holding that was traded, as :class:`Holding` has it."""

    account: str
    contract: dict[str, Any]
    quantity: DecimalText
    basis: Number
    cost: Number
    price: Number
    realized: Number
    traded_at: Number = 0.0


class SavedExecution(_Record):
    """One fill, and its commission report."""

    execution: dict[str, Any]
    report: dict[str, Any]


class SavedAccount(_Record):
    """By how much an account's cash has changed, and what it has paid in commissions."""

    account: str
    cash: Number
    commissions: Number


class SavedBefore(_Record):
    """What an account, or a holding of it, had made when the day began."""

    account: str
    con_id: int | None = None
    realized: Number
    unrealized: Number


class SavedClient(_Record):
    """The highest order id that a client has used."""

    client_id: int
    highest_order_id: int


class Saved(_Record):
    """All of it."""

    version: Literal[1]
    gateway: str
    orders: list[SavedOrder]
    holdings: list[SavedHolding]
    executions: list[SavedExecution]
    accounts: list[SavedAccount]
    clients: list[SavedClient]
    began: Number | None = None
    """When the accounts began, in Unix seconds: what they held then depends on it, where the market moves."""
    day: str = ""
    before: list[SavedBefore] = []


def saved(desk: Desk, gateway: str) -> dict[str, Any]:
    """Return what of a desk is kept, as JSON has it.

    Args:
        desk: the desk.
        gateway: which gateway it is of, in words.
    """
    book, ledger = desk.book, desk.ledger
    return {
        "version": VERSION,
        "gateway": gateway,
        "began": desk.began,
        "day": ledger.before.day,
        "before": list(_before(ledger.before)),
        "orders": [_of(order, SavedOrder) for order in book.of(None)],
        "holdings": [
            {"account": account, **_of(holding, SavedHolding)} for (account, _), holding in ledger.traded.items()
        ],
        "executions": [
            {"execution": _plain(row), "report": _plain(report)}
            for row, report in zip(ledger.executions, ledger.reports, strict=True)
        ],
        "accounts": [
            {"account": account, "cash": cash, "commissions": ledger.commissions(account)}
            for account, cash in ledger.cash.items()
        ],
        "clients": [{"client_id": client, "highest_order_id": highest} for client, highest in book.highest.items()],
    }


def _before(before: DayBefore) -> Iterator[dict[str, Any]]:
    for account, (realized, unrealized) in before.accounts.items():
        yield {"account": account, "realized": realized, "unrealized": unrealized}
    for (account, con_id), (realized, unrealized) in before.holdings.items():
        yield {"account": account, "con_id": con_id, "realized": realized, "unrealized": unrealized}


def _day_before(kept: Saved) -> DayBefore:
    before = DayBefore(day=kept.day)
    for record in kept.before:
        made = record.realized, record.unrealized
        if record.con_id is None:
            before.accounts[record.account] = made
        else:
            before.holdings[record.account, record.con_id] = made
    return before


def restore(kept: Saved, desk: Desk) -> None:
    """Let a desk be as it was.

    Raises:
        ValueError, TypeError, LookupError: an order or a holding lacks what every one has.
    """
    names = {field.name for field in dataclasses.fields(Order)}
    orders = [Order(**_back(record, names)) for record in kept.orders]
    names = {field.name for field in dataclasses.fields(Holding)}
    traded = {}
    for record in kept.holdings:
        holding = Holding(**_back(record, names))
        traded[record.account, int(str(holding.contract["con_id"]))] = holding
    desk.book.restore(orders, {record.client_id: record.highest_order_id for record in kept.clients})
    ledger = desk.ledger
    ledger.traded = traded
    ledger.cash = {record.account: record.cash for record in kept.accounts}
    ledger.paid = {record.account: record.commissions for record in kept.accounts}
    ledger.before = _day_before(kept)
    ledger.executions = [_tupled(record.execution) for record in kept.executions]
    ledger.reports = [_tupled(record.report) for record in kept.executions]


def _of(thing: Order | Holding, record: type[_Record]) -> dict[str, Any]:
    return {name: _plain(getattr(thing, name)) for name in record.model_fields if hasattr(thing, name)}


def _back(record: _Record, names: set[str]) -> dict[str, Any]:
    values = {name: _tupled(value) for name, value in record if name in names}
    return values | {name: Decimal(values[name]) for name in ("filled", "paid", "quantity") if name in values}


def _plain(value: object) -> Any:
    """Return a value as JSON has it."""
    match value:
        case Decimal():
            return str(value)
        case float() if not math.isfinite(value):
            return {_NOT_FINITE: str(value)}
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case _:
            return value


def _tupled(value: Any) -> Any:
    """Return a value as it was."""
    if isinstance(value, dict):
        if set(value) == {_NOT_FINITE}:
            return float(value[_NOT_FINITE])
        return {key: _tupled(each) for key, each in value.items()}
    return tuple(_tupled(each) for each in value) if isinstance(value, list) else value
