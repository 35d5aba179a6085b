"""Writes the protobuf bodies of messages whose fields are all bare values, without the protobuf runtime.

Ticks are such messages, and a gateway whose market moves writes tens of thousands of them a second, most of them to
many clients, so that what follows the id of the request is kept for the next. The bytes are those of the runtime:
fields by number, those that are not set left out.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from math import copysign

from harness.wire.catalogue import Field, Kind, catalogue
from harness.wire.message import Value
from harness.wire.values import check

_VARINT, _FIXED64, _LENGTH = 0, 1, 2
"""Wire types."""
_SEVEN, _MORE, _ALL = 7, 0x80, (1 << 64) - 1
_DOUBLE = struct.Struct("<d")

_Column = tuple[Field, bytes, Callable[[Value], bytes], bool]
"""A field, its tag, what writes its value, and whether false is left out."""


_SHARED = frozenset({"tick_price", "tick_size", "tick_string", "tick_generic"})
"""Messages that many clients get, each with a request id of its own, which is their first field."""
_KEPT = 4096
"""So many of them are kept; more than the ticks of a moment."""


def encode_flat(name: str, values: Mapping[str, Value]) -> bytes | None:
    """Return the body of a message; ``None`` if it has other fields than bare values.

    Args:
        name: of the message.
        values: every field's.

    Raises:
        ProtocolError: a value does not fit its field.
    """
    layout = flat_layout(name)
    if layout is None or name not in _SHARED:
        return None if layout is None else _written(layout, [values[column[0].name] for column in layout])
    first, *rest = [values[column[0].name] for column in layout]
    write = _after_the_id.__wrapped__ if any(map(_is_minus_zero, rest)) else _after_the_id
    return _written(layout[:1], [first]) + write(name, *rest)


def _is_minus_zero(value: Value) -> bool:
    """Return whether a value is the zero with a sign, which is equal to the other, and has other bytes."""
    return value.__class__ is float and not value and copysign(1.0, value) < 0


@lru_cache(maxsize=_KEPT, typed=True)
def _after_the_id(name: str, *values: Value) -> bytes:
    return _written((flat_layout(name) or ())[1:], values)


@cache
def flat_layout(name: str) -> tuple[_Column, ...] | None:
    """Return the fields of a message by number; ``None`` if not all of them are bare values beside each other."""
    fields = [field for field in catalogue().by_name[name].fields if field.path]
    if any(len(field.path) > 1 or field.kind is Kind.LIST for field in fields):
        return None
    return tuple(_column(field) for field in sorted(fields, key=lambda field: field.path))


def _written(layout: tuple[_Column, ...], values: Sequence[Value]) -> bytes:
    written = []
    for (field, tag, write, leaves_out_false), value in zip(layout, values, strict=True):
        check(field, value)
        if value is not None and value != "" and (value is not False or not leaves_out_false):
            written += [tag, write(value)]
    return b"".join(written)


def _column(field: Field) -> _Column:
    wire_type, write = _WRITERS[field.kind]
    return field, varint(field.path[0] << 3 | wire_type), write, field.default is not None


def varint(value: int) -> bytes:
    """Return a number that is not negative in groups of seven bits, the lowest first."""
    if value < _MORE:
        return bytes((value,))
    written = bytearray()
    while value >= _MORE:
        written.append(value & (_MORE - 1) | _MORE)
        value >>= _SEVEN
    written.append(value)
    return bytes(written)


def _text(value: Value) -> bytes:
    data = str(value).encode()
    return varint(len(data)) + data


_WRITERS: Mapping[Kind, tuple[int, Callable[[Value], bytes]]] = {
    Kind.STR: (_LENGTH, _text),
    Kind.DECIMAL: (_LENGTH, _text),
    Kind.INT: (_VARINT, lambda value: varint(int(value) & _ALL)),  # type: ignore[arg-type]
    Kind.LONG: (_VARINT, lambda value: varint(int(value) & _ALL)),  # type: ignore[arg-type]
    Kind.FLOAT: (_FIXED64, _DOUBLE.pack),
    Kind.NUMBER: (_FIXED64, lambda value: _DOUBLE.pack(float(str(value)))),
    Kind.BOOL: (_VARINT, lambda value: b"\x01" if value else b"\x00"),
}
"""By the type of a field its wire type and what writes it; a negative number has the bits of 64."""
