"""Turns what a library returns into text that is the same in every run, and names its type."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import sys
from decimal import Decimal
from enum import Enum
from typing import Any

UNSET = {sys.float_info.max: "UNSET_DOUBLE", 2**31 - 1: "UNSET_INTEGER"}
"""Numbers by which IBKR says that there is none."""

UNSET_DECIMAL = Decimal(2**127 - 1)
"""The same of ibapi's decimal numbers."""

_PLAIN = (str, int, float, bool, bytes, type(None))
_BUILT_IN = (tuple, list, dict, set, frozenset, str, int, float)

_MASKED = (
    (re.compile(r"\bib_(?:async|insync)\b"), "LIBRARY"),
    (re.compile(r"127\.0\.0\.1:\d+"), "ADDRESS"),
    (re.compile(r"\('127\.0\.0\.1', \d+\)"), "ADDRESS"),
    (re.compile(r"datetime\.datetime\([^()]*(?:\([^()]*\))?[^()]*\)"), "TIME"),
    (re.compile(r" at 0x[0-9a-f]+"), " at PLACE"),
    (re.compile(r"\d[\d.]* ?[kM]?B (sent|received)"), r"BYTES \1"),
    (re.compile(r"(session time) [\d.]+ ?[mu]?s"), r"\1 SECONDS"),
    (re.compile(r"permId=\d+"), "permId=NUMBER"),
    (re.compile(r"\b17976931348623157\d{292}(?:\.0+)?"), "UNSET_DOUBLE"),
)
"""What differs from run to run, or from library to library, and says nothing; and a number that is none, in full."""


def masked(text: str) -> str:
    """Return a text of a library without what differs from run to run."""
    for pattern, word in _MASKED:
        text = pattern.sub(word, text)
    return text


def type_of(value: object) -> str:
    """Name a type; of a class what built-in type it extends, since code may rely on it."""
    kind = type(value)
    built_in = next((base.__name__ for base in kind.__mro__[1:] if base in _BUILT_IN), "")
    return f"{kind.__name__} (a {built_in})" if built_in else kind.__name__


def shown(value: object) -> str:
    """Return a value as text."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value in UNSET:
        return UNSET[value]
    if isinstance(value, Decimal) and value == UNSET_DECIMAL:
        return "UNSET_DECIMAL"
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, (dt.datetime, dt.date, dt.timedelta)):
        return str(value)
    names = None if isinstance(value, _PLAIN) else fields_of(value)
    if names is not None:
        return f"{type(value).__name__}({', '.join(f'{name}={shown(getattr(value, name))}' for name in names)})"
    return _of_several(value)


def _of_several(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{shown(key)}: {shown(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(shown, value))) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(shown, value)) + "]"
    return masked(repr(value))


def fields_of(value: Any) -> list[str] | None:
    """Return the names of the fields of a record, sorted; ``None`` for what is none."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return sorted(field.name for field in dataclasses.fields(value))
    if type(value).__module__.startswith("ibapi."):
        return sorted(getattr(value, "__dict__", ())) or None
    named = getattr(value, "_fields", None)
    return sorted(named) if isinstance(value, tuple) and named else None
