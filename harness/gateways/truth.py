"""What each check should read from a simulated gateway: its ground truth, in the shape of a check's detail.

The records have the fields of those that the adapters make, written down here a second time because the host does not
import the adapters; a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from harness.simulator.truth import Truth, Values

SUMMARY_TAGS = ("AccountType", "NetLiquidation", "TotalCashValue", "BuyingPower", "AvailableFunds")
"""What the adapters ask of an account summary."""


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment; ``wire`` is how the gateway writes it."""

    moment: datetime
    wire: str


@dataclass(frozen=True, slots=True)
class HostClock:
    """The moment of the asking, by the clock of this computer; in seconds since 1970."""


Expected = int | float | str | Decimal | Instant | HostClock | tuple[str, ...] | None
"""A value; its type says by which rule an answer is the same (`harness.run.same`)."""

Record = Mapping[str, Expected]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Records, in any order; the fields of ``key`` tell one from the other."""

    key: tuple[str, ...]
    rows: tuple[Record, ...]


GroundTruth = Mapping[str, Mapping[str, Expected | Records]]
"""By check, then by key of the check's detail."""


def ground_truth(truth: Truth) -> GroundTruth:
    """What every check should read from a gateway that answers with ``truth``."""
    return {
        "ready": {"accounts": truth.accounts, "next_order_id": truth.next_order_id},
        "reconnect": {"accounts": truth.accounts, "next_order_id": truth.next_order_id},
        "current_time": {"epoch_seconds": HostClock()},
        "account_summary": {"records": _account_values(truth, SUMMARY_TAGS)},
        "account_updates": {
            "records": _account_values(truth),
            "portfolio": _records(("account", "con_id"), map(_portfolio_item, truth.portfolio)),
        },
        "account_updates_multi": {"records": _account_values(truth)},
        "positions": {"records": _records(("account", "con_id"), map(_position, truth.positions))},
        "open_orders": {"records": _records(("perm_id",), map(_open_order, truth.open_orders))},
        "completed_orders": {"records": _records(("perm_id",), map(_completed_order, truth.completed_orders))},
        "executions": {
            "records": _records(("exec_id",), map(_execution, truth.executions, truth.commissions)),
        },
    }


def _records(key: tuple[str, ...], rows: Iterable[Record]) -> Records:
    return Records(key=key, rows=tuple(rows))


def _account_values(truth: Truth, tags: Sequence[str] | None = None) -> Records:
    """What a summary of some tags should read, or of all: every account has the same."""
    rows = (
        {"account": account, "tag": row["key"], "value": row["value"], "currency": row["currency"]}
        for account in truth.accounts
        for row in truth.account_values
        if tags is None or str(row["key"]) in tags
    )
    return _records(("account", "tag", "currency"), (_plain(row) for row in rows))


def _plain(row: Mapping[str, object]) -> Record:
    return {key: str(value) for key, value in row.items()}


def _position(row: Values) -> Record:
    return {
        "account": _text(row, "account"),
        "con_id": _whole(row, "con_id"),
        "symbol": _text(row, "symbol"),
        "sec_type": _text(row, "sec_type"),
        "expiry": _text(row, "last_trade_date"),
        "strike": _number(row, "strike"),
        "right": _text(row, "right"),
        "multiplier": _decimal(row, "multiplier"),
        "currency": _text(row, "currency"),
        "quantity": _decimal(row, "position"),
        "average_cost": _number(row, "average_cost"),
    }


def _portfolio_item(row: Values) -> Record:
    return {
        "account": _text(row, "account"),
        "con_id": _whole(row, "con_id"),
        "symbol": _text(row, "symbol"),
        "sec_type": _text(row, "sec_type"),
        "currency": _text(row, "currency"),
        "quantity": _decimal(row, "position"),
        "market_price": _number(row, "market_price"),
        "market_value": _number(row, "market_value"),
        "average_cost": _number(row, "average_cost"),
        "unrealized_pnl": _number(row, "unrealized_pnl"),
        "realized_pnl": _number(row, "realized_pnl") or 0.0,
    }


def _completed_order(row: Values) -> Record:
    return {
        "perm_id": _whole(row, "perm_id"),
        "account": _text(row, "account"),
        "symbol": _text(row, "symbol"),
        "sec_type": _text(row, "sec_type"),
        "action": _text(row, "action"),
        "order_type": _text(row, "order_type"),
        "quantity": _decimal(row, "total_quantity"),
        "filled": _decimal(row, "filled_quantity"),
        "limit_price": _number(row, "limit_price"),
        "status": _text(row, "status"),
        "completed_time": _text(row, "completed_time"),
        "completed_status": _text(row, "completed_status"),
    }


def _open_order(row: Values) -> Record:
    return {
        "order_id": _whole(row, "order_id"),
        "perm_id": _whole(row, "perm_id"),
        "client_id": _whole(row, "client_id"),
        "account": _text(row, "account"),
        "symbol": _text(row, "symbol"),
        "sec_type": _text(row, "sec_type"),
        "action": _text(row, "action"),
        "order_type": _text(row, "order_type"),
        "quantity": _decimal(row, "total_quantity"),
        "limit_price": _number(row, "limit_price"),
        "status": _text(row, "status"),
    }


def _execution(row: Values, commission: Values) -> Record:
    return {
        "exec_id": _text(row, "exec_id"),
        "order_id": _whole(row, "order_id"),
        "perm_id": _whole(row, "perm_id"),
        "client_id": _whole(row, "client_id"),
        "account": _text(row, "account"),
        "symbol": _text(row, "symbol"),
        "sec_type": _text(row, "sec_type"),
        "side": _text(row, "side"),
        "shares": _decimal(row, "shares"),
        "price": _number(row, "price"),
        "time": _instant(_text(row, "time")),
        "commission": _number(commission, "commission"),
        "commission_currency": _text(commission, "currency"),
    }


def _text(row: Values, key: str) -> str:
    return str(row.get(key, ""))


def _whole(row: Values, key: str) -> int:
    return int(str(row[key]))


def _number(row: Values, key: str) -> float | None:
    value = row.get(key)
    return None if value is None else float(str(value))


def _decimal(row: Values, key: str) -> Decimal | None:
    value = row.get(key)
    return None if value is None else Decimal(str(value))


def _instant(wire: str) -> Instant:
    """Read a time as gateways write it, with the name of its zone."""
    day_and_clock, _, zone = wire.rpartition(" ")
    local = datetime.strptime(day_and_clock, "%Y%m%d %H:%M:%S").replace(tzinfo=ZoneInfo(zone))
    return Instant(local.astimezone(UTC), wire)
