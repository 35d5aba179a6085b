"""Where a protobuf body is malformed; the runtime does not tell.

Deprecated groups count as malformed.
"""

from __future__ import annotations

from google.protobuf.descriptor import Descriptor, FieldDescriptor

_DELIMITED = 2
_MAX_FIELD_NUMBER = 2**29 - 1
_SIZES = {FieldDescriptor.TYPE_DOUBLE: 8}


def first_bad(body: bytes, start: int, end: int, known: Descriptor) -> int | None:
    """Return where the first field begins that cannot be read, or the first byte that is no UTF-8."""
    while start < end:
        tag, position = _varint(body, start, end)
        length, content = _length(tag & 7, body, position, end)
        if length is None or content + length > end or not 0 < tag >> 3 <= _MAX_FIELD_NUMBER:
            return start
        field = known.fields_by_number.get(tag >> 3)
        if field is not None and tag & 7 == _DELIMITED:
            inside = _bad_inside(body, content, content + length, field)
            if inside is not None:
                return inside
        start = content + length
    return None


def _bad_inside(body: bytes, start: int, end: int, field: FieldDescriptor) -> int | None:
    if field.message_type is not None:
        return first_bad(body, start, end, field.message_type)
    if field.type == FieldDescriptor.TYPE_STRING:
        try:
            body[start:end].decode("utf-8")
        except UnicodeDecodeError as error:
            return start + error.start
    elif not field.has_presence:  # so it is repeated, as every other field of the catalogue has presence
        return _bad_packed(body, start, end, _SIZES.get(field.type))
    return None


def _bad_packed(body: bytes, start: int, end: int, size: int | None) -> int | None:
    """Return where the value begins that is cut off, in a run of values without tags."""
    while start < end:
        following = _varint(body, start, end)[1] if size is None else start + size
        if following > end:
            return start
        start = following
    return None


def _length(wire_type: int, body: bytes, position: int, end: int) -> tuple[int | None, int]:
    """Return how long a field's content is and where it begins; ``None`` for a wire type that does not exist."""
    match wire_type:
        case 0:
            return 0, _varint(body, position, end)[1]
        case 1:
            return 8, position
        case 2:
            return _varint(body, position, end)
        case 5:
            return 4, position
        case _:
            return None, position


def _varint(body: bytes, start: int, end: int) -> tuple[int, int]:
    """Return a number and where it ends; past ``end`` if it does not."""
    value = 0
    for position in range(start, min(start + 10, end)):
        value |= (body[position] & 0x7F) << 7 * (position - start)
        if body[position] < 0x80:  # noqa: PLR2004
            return value, position + 1
    return value, end + 1
