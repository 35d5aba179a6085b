"""What a check should read from a simulated gateway, in the shape of the check's detail.

The type of a value says by which rule an answer is the same as it (`harness.run.same`). Values that the simulator's
truth leaves out are unset: empty text, or None.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Union

from harness.cell.moment import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.simulator.truth import Truth, Values


@dataclass(frozen=True)
class Instant:
    """A moment; ``wire`` is how the gateway writes it."""

    moment: dt.datetime
    wire: str


@dataclass(frozen=True)
class HostClock:
    """The moment of the asking, by the clock of this computer; in seconds since 1970, or a multiple of them.

    ``per_second`` is 1000 where the answer is in milliseconds.
    """

    per_second: int = 1


@dataclass(frozen=True)
class Since:
    """What is on the wire from a server version on; what a library has before that is its own."""

    version: int
    value: Decimal | None


Expected = Union[int, float, str, Decimal, Instant, HostClock, Since, "tuple[str, ...]", None]


@dataclass(frozen=True)
class Records:
    """Records, in any order; the fields of ``key`` tell one from the other."""

    key: tuple[str, ...]
    rows: tuple[Mapping[str, Expected], ...]


def records(key: tuple[str, ...], rows: Iterable[Mapping[str, Expected]]) -> Records:
    """Make records of rows."""
    return Records(key, tuple(rows))


def text(row: Values, key: str) -> str:
    """Give a text of the truth."""
    return str(row.get(key, ""))


def whole(row: Values, key: str) -> int:
    """Give a whole number of the truth; it must be there."""
    return int(str(row[key]))


def number(row: Values, key: str) -> float | None:
    """Give a price or an amount of the truth."""
    value = row.get(key)
    return None if value is None else float(str(value))


def decimal(row: Values, key: str) -> Decimal | None:
    """Give a size of the truth."""
    value = row.get(key)
    return None if value is None else Decimal(str(value))


def account_values(truth: Truth, accounts: Iterable[str], tags: Sequence[str] | None = None) -> Records:
    """Give the values of some accounts, of some tags or of all; every account has the same."""
    rows = (
        {"account": account, "tag": str(row["key"]), "value": str(row["value"]), "currency": str(row["currency"])}
        for account in accounts
        for row in truth.account_values
        if tags is None or str(row["key"]) in tags
    )
    return records(("account", "tag", "currency"), rows)


def digests(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Give a short digest of each field of many rows, in their order, so that a wrong field is named."""
    columns: dict[str, Any] = {}
    for row in rows:
        for key, value in row.items():
            columns.setdefault(key, hashlib.sha256()).update(f"{value!r}\n".encode())
    return {f"digest of {key}": column.hexdigest()[:16] for key, column in columns.items()}


def instant(wire: str) -> Instant:
    """Read a time as gateways write it, with the name of its zone; `ValueError` where it is none."""
    read = moment(wire)
    if read is None:
        raise ValueError(f"not a time: {wire!r}")
    return Instant(read, wire)
