"""Converts field values to and from text."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Mapping

from harness.wire.catalogue import Field, Kind
from harness.wire.message import Value
from harness.wire.wire_errors import ProtocolError

_INT_MAX = 2**31 - 1
_LONG_MAX = 2**63 - 1
_FLOAT_MAX = sys.float_info.max

_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?|[+-]?(?i:infinity|nan)")
_LONGEST_NUMBER = 400
INFINITY = "Infinity"
_INFINITE = "Infinite"
"""How ib_insync and ib_async write infinity; IBKR's own client writes ``Infinity``."""

_FLAGS = {"0": False, "1": True, "false": False, "true": True}

_UNSET: Mapping[Kind, frozenset[Value]] = {
    Kind.INT: frozenset({_INT_MAX}),
    Kind.LONG: frozenset({_LONG_MAX}),
    Kind.FLOAT: frozenset({_FLOAT_MAX}),
    Kind.DECIMAL: frozenset({str(_INT_MAX), str(_LONG_MAX), str(-_LONG_MAX - 1), "1.7976931348623157E308"}),
}
"""What a Gateway writes for "no value", if it does not leave the field empty; seen in captures."""


def check(field: Field, value: Value) -> None:
    """Refuse a value that cannot be written; ``None`` always can.

    Raises:
        ProtocolError: it is not of the field's type, out of its range, or text that no frame can carry.
    """
    if value is not None and not _FITS[field.kind](value) and not (field.infinite and value == math.inf):
        raise ProtocolError(f"{field.name} cannot be {value!r:.80}: it is not of type {field.kind}", offset=0)


def parse(field: Field, text: str) -> Value:
    """Read a field from its text.

    Raises:
        ValueError: it is not of the field's type.
    """
    if not text or (field.default is None and text == field.unset_text):
        return field.default
    if field.kind is Kind.BOOL and text in field.words:
        return text == field.words[True]
    value = _PARSERS[field.kind](text)
    return None if field.default is None and value in _UNSET.get(field.kind, ()) else value


def _is_text(value: Value) -> bool:
    if not isinstance(value, str) or "\0" in value:
        return False
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _is_whole(value: Value, largest: int) -> bool:
    return type(value) is int and -largest - 1 <= value <= largest


def _is_float(value: Value) -> bool:
    return type(value) in {int, float} and abs(value) <= _FLOAT_MAX  # type: ignore[arg-type]


def _is_decimal(value: Value) -> bool:
    return isinstance(value, str) and _is_number(value) and abs(float(value)) <= _FLOAT_MAX


def _is_number(text: str) -> bool:
    return len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text) is not None


_FITS: Mapping[Kind, Callable[[Value], bool]] = {
    Kind.STR: _is_text,
    Kind.INT: lambda value: _is_whole(value, _INT_MAX),
    Kind.LONG: lambda value: _is_whole(value, _LONG_MAX),
    Kind.FLOAT: _is_float,
    Kind.DECIMAL: _is_decimal,
    Kind.NUMBER: lambda value: value == "" or _is_decimal(value),
    Kind.BOOL: lambda value: isinstance(value, bool),
}


def _whole(text: str, largest: int) -> int:
    if _WHOLE.fullmatch(text) is None or not _is_whole(value := int(text), largest):
        raise ValueError(text)
    return value


def _number(text: str) -> str:
    if not _is_number(text):
        raise ValueError(text)
    return text


def _flag(text: str) -> bool:
    if text not in _FLAGS:
        raise ValueError(text)
    return _FLAGS[text]


_PARSERS: Mapping[Kind, Callable[[str], Value]] = {
    Kind.STR: str,
    Kind.INT: lambda text: _whole(text, _INT_MAX),
    Kind.LONG: lambda text: _whole(text, _LONG_MAX),
    Kind.FLOAT: lambda text: float(_number(INFINITY if text == _INFINITE else text)),
    Kind.DECIMAL: _number,
    Kind.NUMBER: _number,
    Kind.BOOL: _flag,
}
