"""Multiplies amounts by a secret factor; they keep their form, so that what read the real ones reads these."""

from __future__ import annotations

import re
import secrets
from fractions import Fraction

_PLAIN = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_UNSET = 1e300
"""Amounts above it mean "no value"."""
_STEPS = 1_000_000
_LEAST, _MOST = 1.5, 4.0
LONGEST = 400
"""Most characters of an amount."""


def new_factor() -> Fraction:
    """Return a factor between 1.5 and 4, or its inverse: far enough from 1 that every amount is another one."""
    span = int((_MOST - _LEAST) * _STEPS)
    factor = Fraction(int(_LEAST * _STEPS) + secrets.randbelow(span), _STEPS)
    return 1 / factor if secrets.randbelow(2) else factor


def is_number(text: str) -> bool:
    """Return whether a text is one number, as gateways write them."""
    return len(text) <= LONGEST and _NUMBER.fullmatch(text) is not None


def scaled(text: str, factor: Fraction) -> str:
    """Return a number times the factor, with as many digits after the point; only zero becomes zero."""
    if not is_number(text) or abs(float(text)) >= _UNSET:
        return text
    plain = _PLAIN.fullmatch(text)
    if plain is None:
        return str(float(text) * float(factor))
    sign, whole, decimals = plain[1], plain[2], plain[3]
    digits = int(whole + (decimals or ""))
    top, bottom = digits * factor.numerator, factor.denominator
    result = str(max(1, (2 * top + bottom) // (2 * bottom)) if digits else 0)  # a Fraction rounds, too, but takes long
    if decimals is None:
        return sign + result
    result = result.zfill(len(decimals) + 1)
    place = len(result) - len(decimals)
    return f"{sign}{result[:place]}.{result[place:]}"


def scaled_float(value: float, factor: Fraction) -> float:
    """Return an amount times the factor, rounded to the digits that it had."""
    return float(scaled(repr(value), factor))


def ratio(new: str, old: str) -> Fraction | None:
    """Return by what a quantity was multiplied; ``None`` if it was zero or has none."""
    if not (is_number(new) and is_number(old)) or not 0 < abs(float(old)) < _UNSET:
        return None
    return Fraction(new) / Fraction(old)
