"""Defines the plain records of what a gateway sent, and the error codes that decide how an answer is read.

The records are the same for every library. Every field is valid JSON. Quantities are text in one canonical form,
because the libraries disagree on their type (``float`` in ib_async, ``Decimal`` in newer ibapi). Prices are floats, as
in all three. A value that is unset on the wire is ``None``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from harness.shared import not_recorded

NOTICES = range(2100, 2200)
"""Codes of error callbacks that are not errors, such as 2104; the libraries draw the same line."""

CANCELLED = 202
"""Code by which a gateway confirms that an order was cancelled, in addition to the order's status."""

GOES_WITH_AN_ANSWER = frozenset({165, CANCELLED, 399, 404, 10167, 10349})
"""Codes of error callbacks that name a request and are no refusal of it: a scan finds nothing, which an empty answer
says, too; an order is cancelled as asked, waits for the market to open or for shares to borrow, has its time in force
set by the order preset; delayed data comes instead of live."""

READ_ONLY = 321
"""Code by which a gateway in Read-Only mode refuses whatever is about orders."""

NO_SUCH_CONTRACT = 200
"""Code by which a gateway says that it knows no such contract, or more than one."""

NO_REQUEST_IDS = frozenset({-1, 2**31 - 1})
"""Request ids in error callbacks that are about no request, or about one without an id."""

NOT_SUBSCRIBED = frozenset({309, 354, 420, 10089, 10090, 10091, 10092, 10168, 10186, 10189, 10197})
"""Codes by which a gateway says that the account is not subscribed to the requested market data: among them, that all
its books of depth are in use, that it has no permission for real-time bars (420, which is also said of their pacing),
that a contract has no depth."""

NEVER_COMES = NOT_SUBSCRIBED | {not_recorded.CODE}
"""Codes after which a stream brings nothing: those, and that a replayed gateway's recording has none."""


UNSET_NUMBERS = frozenset({float(2**31 - 1), float(2**63 - 1), 1.7976931348623157e308, float(2**127 - 1)})
"""The libraries' values for what is unset on the wire: the largest int, long, double and decimal."""


@dataclass(frozen=True)
class AccountValue:
    """One row of an account summary or of account updates; ``value`` is text as the gateway wrote it."""

    account: str
    tag: str
    value: str
    currency: str


@dataclass(frozen=True)
class Position:
    """One holding of one account; ``average_cost`` is per unit, in ``currency``.

    ``expiry``, ``strike``, ``right`` and ``multiplier`` are those of a derivative, else empty or None.
    """

    account: str
    con_id: int
    symbol: str
    sec_type: str
    expiry: str
    strike: float | None
    right: str
    multiplier: str | None
    currency: str
    quantity: str | None
    average_cost: float | None


@dataclass(frozen=True)
class PortfolioItem:
    """One holding in account updates, with its value in ``currency``."""

    account: str
    con_id: int
    symbol: str
    sec_type: str
    currency: str
    quantity: str | None
    market_price: float | None
    market_value: float | None
    average_cost: float | None
    unrealized_pnl: float | None
    realized_pnl: float | None


@dataclass(frozen=True)
class AccountUpdates:
    """The first answer to an account subscription: its values and its holdings."""

    values: list[AccountValue]
    portfolio: list[PortfolioItem]


@dataclass(frozen=True)
class OpenOrder:
    """One working order, of any client; ``order_id`` is None for an order that no API client placed."""

    order_id: int | None
    perm_id: int | None
    client_id: int | None
    account: str
    symbol: str
    sec_type: str
    action: str
    order_type: str
    quantity: str | None
    limit_price: float | None
    status: str


@dataclass(frozen=True)
class CompletedOrder:
    """One completed order; times and completion text are as the gateway wrote them."""

    perm_id: int | None
    account: str
    symbol: str
    sec_type: str
    action: str
    order_type: str
    quantity: str | None
    filled: str | None
    limit_price: float | None
    status: str
    completed_time: str
    completed_status: str


@dataclass(frozen=True)
class Execution:
    """One fill; ``time`` is as `time` gives it: ISO 8601, or the gateway's own text if the library passes that on.

    ``commission`` comes from the commission report with the same ``exec_id``; None if there was no report.
    """

    exec_id: str
    order_id: int | None
    perm_id: int | None
    client_id: int | None
    account: str
    symbol: str
    sec_type: str
    side: str
    shares: str | None
    price: float | None
    time: str
    commission: float | None
    commission_currency: str | None


@dataclass(frozen=True)
class ErrorCallback:
    """One call of the library's error callback: notices such as 2104 too. ``time_ms`` is the gateway's clock."""

    req_id: int
    code: int
    message: str
    time_ms: int | None = None


def number(value: Any) -> float | None:
    """Return a price or an amount as a float, or None if it is unset or empty."""
    if value is None or value == "":
        return None
    result = float(value)
    return None if result in UNSET_NUMBERS else result


def whole(value: Any) -> int | None:
    """Return an identifier as an int, or None if it is unset."""
    return None if number(value) is None else int(value)


def strike(value: Any) -> float | None:
    """Return a strike, or None if the contract has none (libraries show 0 or the largest double)."""
    return number(value) or None


def right(value: Any) -> str:
    """Return the right of an option, or empty text if the contract has none (gateways also write 0 and ?)."""
    return "" if value in {"0", "?", None} else str(value)


def order_number(value: Any) -> int | None:
    """Return an order id, or None if no API client assigned one (libraries show 0 or the largest int)."""
    return whole(value) or None


def quantity(value: Any) -> str | None:
    """Return a size as text without exponent and trailing zeros, so that 100, 100.0 and "1E+2" are equal."""
    if number(value) is None:
        return None
    exact = format(Decimal(str(value)), "f")
    plain = exact.rstrip("0").rstrip(".") if "." in exact else exact
    return "0" if plain in {"-0", ""} else plain


def time(value: Any) -> str:
    """Return a time as text, as the library gave it.

    A `datetime` with a zone becomes ISO 8601 in UTC, one without a zone ISO 8601 without an offset; text stays text.
    Zones are not resolved here, because a row's environment may lack time zone data. The host resolves them, and knows
    what a time without a zone means (`harness.shared.moments`).
    """
    if not isinstance(value, dt.datetime):
        return str(value)
    return value.isoformat() if value.tzinfo is None else value.astimezone(dt.timezone.utc).isoformat()
