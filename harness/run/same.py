"""When an answer is the same as the truth. All rules of normalisation are here; the type of the truth picks one.

=============  ==================================================================================================
truth          an answer is the same when it is
=============  ==================================================================================================
text, whole    equal, and of the same type
float          a number, and equal but for the rounding of a double: one part in a thousand million
decimal        text of a number of the same value: ``100``, ``100.0`` and ``1E+2`` are one size
instant        ISO 8601 with an offset, of the same moment in UTC; or the gateway's own text, which the library left
               unread
host's clock   seconds since 1970 (or thousandths) between the asking and the answer, give or take `CLOCK_TOLERANCE`
since          as its value says, where the negotiated server version has it, else anything
list of text   the same texts in the same order
none           none: the wire has no value
=============  ==================================================================================================
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from harness.cell.expected import Expected, HostClock, Instant, Since

RELATIVE_TOLERANCE = 1e-9
CLOCK_TOLERANCE = 2.0
"""Seconds; a gateway's clock tells whole ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """When a cell was asked: seconds since 1970 by this computer's clock."""

    began: float
    ended: float
    server_version: int | None = None
    """As negotiated; ``None``: the cell did not come that far."""


def same(expected: Expected, got: object, asked: Asked) -> bool:
    """Tell whether a library's answer is the truth."""
    if isinstance(expected, Since):
        return _before(expected, asked) or same(expected.value, got, asked)
    return _same(expected, got, asked)


def _before(expected: Since, asked: Asked) -> bool:
    return asked.server_version is not None and asked.server_version < expected.version


def _same(expected: Expected, got: object, asked: Asked) -> bool:
    match expected:
        case HostClock():
            return _is_number(got) and _near(float(str(got)) / expected.per_second, asked)
        case Instant():
            return got == expected.wire or _moment(got) == expected.moment
        case Decimal():
            return isinstance(got, str) and _decimal(got) == expected
        case float():
            return _is_number(got) and math.isclose(float(str(got)), expected, rel_tol=RELATIVE_TOLERANCE)
        case tuple():
            return isinstance(got, (list, tuple)) and tuple(got) == expected
        case _:
            return type(got) is type(expected) and got == expected


def shown(expected: Expected, asked: Asked) -> str:
    """The truth as a person reads it in a reason, beside what was got."""
    match expected:
        case HostClock():
            return f"{asked.began:.0f} to {asked.ended:.0f} by this computer's clock"
        case Since():
            return shown(expected.value, asked)
        case Instant():
            return repr(expected.moment.isoformat())
        case Decimal():
            return repr(format(expected, "f"))
        case tuple():
            return repr(list(expected))
        case _:
            return repr(expected)


def _near(seconds: float, asked: Asked) -> bool:
    return asked.began - CLOCK_TOLERANCE <= seconds <= asked.ended + CLOCK_TOLERANCE


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None else None
