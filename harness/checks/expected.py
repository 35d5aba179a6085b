"""Computes what a check should read from a simulated gateway, in the shape of the check's detail.

The type of a value decides which rule compares an answer with it (`harness.results.answers.same`). Values that the
simulator's truth leaves out are unset: empty text, or None.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Union

from adapters.records import number as set_number
from adapters.records import quantity
from harness.shared.moments import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.checks.truth import Truth, Values


@dataclass(frozen=True)
class Instant:
    """A moment; ``wire`` is how the gateway writes it."""

    moment: dt.datetime
    wire: str


@dataclass(frozen=True)
class HostClock:
    """The moment of the request, by this computer's clock; in seconds since 1970, or a multiple of them.

    ``per_second`` is 1000 if the answer is in milliseconds; ``tolerance`` is how many seconds it may be off, and
    None if gateway and answer are on this computer; ``ahead`` is by how many its clock is ahead on purpose.
    """

    per_second: int = 1
    tolerance: float | None = None
    ahead: float = 0.0


@dataclass(frozen=True)
class Since:
    """What is on the wire from a server version on; what a library has before that is its own."""

    version: int
    value: Decimal | str | None


@dataclass(frozen=True)
class Near:
    """A number, give or take ``within``: what a library may take from its own clock instead."""

    value: float | None
    within: float


@dataclass(frozen=True)
class AnyOf:
    """Several right values: the gateway sent more than one."""

    values: tuple[Expected, ...]


@dataclass(frozen=True)
class Unknown:
    """Nobody knows, so whatever was read may be right."""


@dataclass(frozen=True)
class Positive:
    """A whole number above zero, such as an id that IBKR assigns."""


UNKNOWN, POSITIVE = Unknown(), Positive()

CLOCKS_APART = 300.0
"""Seconds that the clock of a real gateway may be off this computer's: none that is kept is off as far as that."""

Expected = Union[
    int, float, str, Decimal, Instant, HostClock, Since, Near, AnyOf, Unknown, Positive, "tuple[str, ...]", None
]


@dataclass(frozen=True)
class Records:
    """Records, in any order; the fields of ``key`` identify a record.

    ``beside`` may be there and need not be. ``repeats``: a record may come as often as it is in rows, and once is
    enough, with what any of them says. ``others``: any other record may be there.
    """

    key: tuple[str, ...]
    rows: tuple[Mapping[str, Expected], ...]
    beside: tuple[Mapping[str, Expected], ...] = ()
    repeats: bool = False
    others: bool = False


@dataclass(frozen=True)
class Every:
    """What some fields of each record must be; ``key`` has the fields that name a record."""

    key: tuple[str, ...]
    fields: Mapping[str, Expected]


Shape = Mapping[str, Expected | Records | Every]
"""What a check's detail should hold, by its keys."""


def records(key: tuple[str, ...], rows: Iterable[Mapping[str, Expected]]) -> Records:
    """Make records of rows."""
    return Records(key, tuple(rows))


def text(row: Values, key: str) -> str:
    """Return a text of the truth."""
    return str(row.get(key, ""))


def whole(row: Values, key: str) -> int:
    """Return a whole number of the truth; it must be there."""
    return int(str(row[key]))


def number(row: Values, key: str) -> float | None:
    """Return a price or an amount of the truth, or None if it has none, which may be written as a large number."""
    return set_number(row.get(key))


def decimal(row: Values, key: str) -> Decimal | None:
    """Return a size of the truth, or None if it has none."""
    value = row.get(key)
    text = None if value is None else quantity(value)
    return None if text is None else Decimal(text)


def account_values(truth: Truth, accounts: Iterable[str], tags: Sequence[str] | None = None) -> Records:
    """Return the values of some accounts, for some tags or all; every account has the same values."""
    rows = (
        {"account": account, "tag": str(row["key"]), "value": str(row["value"]), "currency": str(row["currency"])}
        for account in accounts
        for row in truth.account_values
        if tags is None or str(row["key"]) in tags
    )
    return records(("account", "tag", "currency"), rows)


def digests(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return a short digest of each field over many rows, in their order, so that a wrong field can be named."""
    columns: dict[str, list[str]] = {}
    for row in rows:
        for key, value in row.items():
            columns.setdefault(key, []).append(f"{value!r}\n")
    return {f"digest of {key}": _digest("".join(column)) for key, column in columns.items()}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def instant(wire: str) -> Instant:
    """Read a time as gateways write it, with the name of its zone; `ValueError` if it is not one."""
    read = moment(wire)
    if read is None:
        raise ValueError(f"not a time: {wire!r}")
    return Instant(read, wire)
