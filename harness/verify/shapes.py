"""Reduces values to what must be equal in them, though they differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from enum import StrEnum
from math import isfinite

from harness.wire.message import Value


class Shape(StrEnum):
    """How values are compared that need not be equal; ``rules.toml`` says what each means."""

    NUMBER = "number"
    MOMENT = "moment"
    FORM = "form"
    CLOCK = "clock"
    ACCOUNT = "account"
    TEXT = "text"
    SOME = "some"
    FARM = "farm"


_DIGIT = re.compile(r"[0-9]")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_FARM = re.compile(r"(:|demand\.)[^:]*$")
_CLOCK_PARTS = 2


def reduced(shape: Shape, value: Value) -> Hashable:
    """Return what must be equal in a value that is neither a list nor an account."""
    if shape is Shape.NUMBER:
        return "number" if _is_number(value) else plain(value)
    if not isinstance(value, str):
        return plain(value)
    return _OF_TEXT[shape](value)


def plain(value: Value) -> Hashable:
    """Return a value in a form that can be compared quickly."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(tuple((name, plain(each)) for name, each in item.items()) for item in value)
    return value


def _is_number(value: Value) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    try:
        return isfinite(float(value))
    except ValueError:
        return False


def _moment(text: str) -> str:
    return _DIGIT.sub("9", text)


def _form(text: str) -> str:
    return _NUMBER.sub("9", text)


def _clock(text: str) -> str:
    return " ".join(_moment(text).split(" ")[:_CLOCK_PARTS])


_OF_TEXT: Mapping[Shape, Callable[[str], Hashable]] = {
    Shape.MOMENT: _moment,
    Shape.FORM: _form,
    Shape.CLOCK: _clock,
    Shape.TEXT: bool,
    Shape.FARM: lambda text: _FARM.sub(r"\1", text),
    Shape.ACCOUNT: str,
    Shape.SOME: str,
}
