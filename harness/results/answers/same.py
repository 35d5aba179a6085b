"""Defines when an answer equals the truth: all rules of normalisation, selected by the type of the truth.

=============  ==================================================================================================
truth          an answer is the same when it is
=============  ==================================================================================================
text, whole    equal, and of the same type
float          a number, and equal but for the rounding of a double: one part in a thousand million
decimal        text of a number of the same value: ``100``, ``100.0`` and ``1E+2`` are one size
instant        ISO 8601 with an offset, of the same moment in UTC; or the gateway's own text, if the library passes
               it on unread
host's clock   seconds since 1970 (or thousandths) between request and answer, give or take its tolerance, or
               `CLOCK_TOLERANCE`; of a replay any, as it tells when it was recorded
since          as its value says, if the negotiated server version has it, else anything
near           a number, at most as far off as the truth allows; of a replay also the time of the request
any of         as any of its values says
positive       a whole number above zero
unknown        anything
list of text   the same texts in the same order
none           none: the wire has no value
not a number   not a number
=============  ==================================================================================================

If the truth is what the gateway sent (`Asked.heard`), an absent value equals zero and empty text: protobuf leaves zeros
out, and libraries fill in their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from harness.checks.expected import AnyOf, Expected, HostClock, Instant, Near, Positive, Since, Unknown

RELATIVE_TOLERANCE = 1e-9
CLOCK_TOLERANCE = 2.0
"""Seconds by which a gateway's clock may be off; it has whole seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """When a cell was asked: seconds since 1970 by this computer's clock."""

    began: float
    ended: float
    server_version: int | None = None
    """The negotiated server version; ``None`` if the cell did not get that far."""
    heard: bool = False
    """Whether the truth is what the gateway sent, according to the transcript."""
    replayed: bool = False
    """Whether a recording answered, perhaps in another version than the recorded one."""


def same(expected: Expected, got: object, asked: Asked) -> bool:
    """Return whether a library's answer is the truth."""
    match expected:
        case Since():
            return _before(expected, asked) or same(expected.value, got, asked)
        case AnyOf():
            return any(same(value, got, asked) for value in expected.values)
        case Unknown():
            return True
        case Positive():
            return type(got) is int and got > 0
        case Near():
            return _is_number(got) and _is_near(float(str(got)), expected, asked)
        case _:
            return (asked.heard and _is_nothing(expected) and _is_nothing(got)) or _same(expected, got, asked)


def _is_nothing(value: object) -> bool:
    return value in (None, "", 0, "0") and value is not False


def _before(expected: Since, asked: Asked) -> bool:
    return asked.server_version is not None and asked.server_version < expected.version


def _same(expected: Expected, got: object, asked: Asked) -> bool:
    match expected:
        case HostClock():
            return _is_number(got) and (asked.replayed or _at(float(str(got)), expected, asked))
        case Instant():
            return got == expected.wire or moment_of(got) == expected.moment
        case Decimal():
            return isinstance(got, str) and _same_size(_decimal(got), expected)
        case float():
            return _is_number(got) and _same_number(float(str(got)), expected)
        case tuple():
            return isinstance(got, (list, tuple)) and tuple(got) == expected
        case _:
            return type(got) is type(expected) and got == expected


def shown(expected: Expected, asked: Asked) -> str:
    """The truth in words, for a reason that also names the actual value."""
    match expected:
        case Since():
            return shown(expected.value, asked)
        case AnyOf():
            return " or ".join(dict.fromkeys(shown(value, asked) for value in expected.values))
        case Near():
            return f"{expected.value!r} or about that"
        case Positive():
            return "a number above zero"
        case Unknown():
            return "anything"
        case _:
            return _shown(expected, asked)


def _shown(expected: Expected, asked: Asked) -> str:
    match expected:
        case HostClock():
            began, ended = asked.began + expected.ahead, asked.ended + expected.ahead
            whose = "the gateway's" if expected.ahead else "this computer's"
            return f"{began:.0f} to {ended:.0f} by {whose} clock"
        case Instant():
            return repr(expected.moment.isoformat())
        case Decimal():
            return repr(format(expected, "f"))
        case tuple():
            return repr(list(expected))
        case _:
            return repr(expected)


def _is_near(got: float, expected: Near, asked: Asked) -> bool:
    """Whether a number is near; a library that takes its own clock for a recorded time is as near as it can be."""
    if asked.replayed and asked.began - expected.within <= got <= asked.ended + expected.within:
        return True
    return abs(got - (expected.value or 0.0)) <= expected.within


def _at(told: float, clock: HostClock, asked: Asked) -> bool:
    off = CLOCK_TOLERANCE if clock.tolerance is None else clock.tolerance
    seconds = told / clock.per_second - clock.ahead
    return asked.began - off <= seconds <= asked.ended + off


def _same_number(got: float, expected: float) -> bool:
    return math.isclose(got, expected, rel_tol=RELATIVE_TOLERANCE) or (math.isnan(got) and math.isnan(expected))


def _same_size(got: Decimal | None, expected: Decimal) -> bool:
    return got == expected or (got is not None and got.is_nan() and expected.is_nan())


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def moment_of(value: object) -> datetime | None:
    """Read ISO 8601 with an offset as a moment in UTC; ``None`` if it is not one."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None else None
