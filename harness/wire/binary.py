"""Encodes and decodes message bodies as protobuf.

On the wire an empty string and a false boolean are absent fields, as in captures of real Gateways; in a list of bare
values they are present, and so is a false boolean that may be unset. The protobuf runtime does not say where a body is
malformed, so `first_bad` finds the place.
Deprecated groups count as malformed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Record

from harness.wire.catalogue import Field, Kind, MessageType, complete_items
from harness.wire.flat_protobuf import encode_flat
from harness.wire.message import Kept, Message, Value
from harness.wire.protobuf_classes import list_name, nested_name, record_class
from harness.wire.values import check, parse
from harness.wire.wire_errors import ProtocolError


def encode_protobuf(kind: MessageType, values: Mapping[str, Value]) -> bytes:
    """Return the body of a message; ``None``, empty text and false are absent fields.

    A message inside it is there even when it is empty: IBKR's client drops an order without its state, say.

    Args:
        kind: which message.
        values: every field's, as from :meth:`MessageType.complete`.

    Raises:
        ProtocolError: a value does not fit its field.
    """
    if (flat := encode_flat(kind.name, values)) is not None:
        return flat
    kept = [field for field in kind.fields if isinstance(values.get(field.name), Kept) and len(field.path) == 1]
    body = _serialized(kind, [field for field in kind.fields if field not in kept], values)
    return b"".join([body, *(_kept(kind, field, values) for field in kept)])


def _serialized(kind: MessageType, fields: Iterable[Field], values: Mapping[str, Value]) -> bytes:
    record = record_class(kind.name)()
    _write(record, fields, values)
    return record.SerializeToString(deterministic=True)


def _kept(kind: MessageType, field: Field, values: Mapping[str, Value]) -> bytes:
    """Return a field alone; a message is its fields one after the other, in any order."""
    items = values[field.name]
    assert isinstance(items, Kept)  # noqa: S101 - the caller chose it for that
    return items.written(("protobuf", kind.name, field.name), lambda: _serialized(kind, [field], values))


def _is_set(field: Field, value: Value) -> bool:
    """Return whether a value is on the wire; zero is, and so is false if the field may be unset."""
    return value is not None and value != "" and (value is not False or field.default is None)


def _write(record: Record, fields: Iterable[Field], values: Mapping[str, Value]) -> None:
    for field in _carried(fields):
        value = values[field.name]
        parent = _parent(record, field)
        if field.wanted(values) or _is_set(field, value):
            parent.SetInParent()
        if field.kind is Kind.LIST:
            _write_list(_repeated(parent, field), field, value)
            continue
        check(field, value)
        if _is_set(field, value):
            setattr(parent, field.name, _as_carried(field, value))


def _write_list(repeated: Any, field: Field, value: Value) -> None:
    items = complete_items(field, value)
    if field.scalar is not None:
        repeated.extend([_bare(field.scalar, item[field.scalar.name]) for item in items])
        return
    for place, item in enumerate(items):
        _write(repeated[place] if place < len(repeated) else repeated.add(), field.items, item)


def _bare(field: Field, value: Value) -> Value:
    check(field, value)
    if value is None or (field.kind is Kind.NUMBER and value == ""):
        raise ProtocolError(f"{field.name} cannot be {value!r}: a list of bare values cannot have gaps", offset=0)
    return _as_carried(field, value)


def _as_carried(field: Field, value: Value) -> Value:
    return float(str(value)) if field.kind is Kind.NUMBER else value


def decode_protobuf(kind: MessageType, body: bytes, *, offset: int = 0) -> Message:
    """Read the body of a message; absent fields have their defaults.

    Unknown fields are skipped, and so is a known field of another wire type, as every protobuf runtime does.

    Args:
        kind: which message.
        body: the bytes after its id.
        offset: where the body starts in the payload; only for the offset in an error.

    Raises:
        ProtocolError: the body is not protobuf, a string in it is not UTF-8, or a decimal in it is not a number.
    """
    record = record_class(kind.name)()
    try:
        record.ParseFromString(body)
    except DecodeError:
        where = first_bad(body, 0, len(body), cast("Descriptor", record.DESCRIPTOR)) or 0
        raise ProtocolError(f"{kind.name} is not protobuf", offset=offset + where, data=body[where:]) from None
    values = dict(kind.defaults)
    try:
        values.update(_read(record, kind.fields))
    except ValueError as error:
        raise ProtocolError(f"{error} of {kind.name} is not a number", offset=offset) from error
    return Message(kind.name, values)


def _read(record: Record, fields: Iterable[Field]) -> Iterator[tuple[str, Value]]:
    """Yield what is there.

    Raises:
        ValueError: the name of a decimal that is not a number.
    """
    for field in _carried(fields):
        parent = _present_parent(record, field)
        if parent is None:
            continue
        if field.kind is Kind.LIST:
            yield field.name, _read_list(_repeated(parent, field), field)
        elif parent.HasField(field.name):
            yield field.name, _as_held(field, getattr(parent, field.name))


def _read_list(repeated: Any, field: Field) -> tuple[dict[str, Value], ...]:
    if field.scalar is not None:
        return tuple({field.scalar.name: _as_held(field.scalar, value)} for value in repeated)
    found = [dict(_read(record, field.items)) for record in repeated]
    if field.shares and not any(found):
        return ()
    return tuple(complete_items(field, found))


def _as_held(field: Field, value: Value) -> Value:
    match field.kind:
        case Kind.NUMBER:
            return _shortest(float(str(value)))
        case Kind.DECIMAL:
            return _decimal(field, str(value))
        case _:
            return value


def _decimal(field: Field, text: str) -> Value:
    try:
        return parse(field, text)
    except ValueError:
        raise ValueError(field.name) from None


def _shortest(number: float) -> str:
    if not number:
        return ""
    return str(int(number)) if number.is_integer() else str(number)


def _carried(fields: Iterable[Field]) -> Iterator[Field]:
    return (field for field in fields if field.path)


def _parent(record: Record, field: Field) -> Record:
    for number in field.path[:-1]:
        record = getattr(record, nested_name(number))
    return record


def _present_parent(record: Record, field: Field) -> Record | None:
    for number in field.path[:-1]:
        if not record.HasField(nested_name(number)):
            return None
        record = getattr(record, nested_name(number))
    return record


def _repeated(parent: Record, field: Field) -> Any:
    return getattr(parent, list_name(field.path[-1]))


_DELIMITED = 2
_MAX_FIELD_NUMBER = 2**29 - 1
_SIZES = {FieldDescriptor.TYPE_DOUBLE: 8}


def first_bad(body: bytes, start: int, end: int, known: Descriptor) -> int | None:
    """Return where the first field begins that cannot be read, or the first byte that is not UTF-8."""
    while start < end:
        tag, position = read_varint(body, start, end)
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
    """Return the offset of the truncated value in a run of values without tags."""
    while start < end:
        following = read_varint(body, start, end)[1] if size is None else start + size
        if following > end:
            return start
        start = following
    return None


def _length(wire_type: int, body: bytes, position: int, end: int) -> tuple[int | None, int]:
    """Return length and offset of a field's content; ``None`` for a wire type that does not exist."""
    match wire_type:
        case 0:
            return 0, read_varint(body, position, end)[1]
        case 1:
            return 8, position
        case 2:
            return read_varint(body, position, end)
        case 5:
            return 4, position
        case _:
            return None, position


def read_varint(body: bytes, start: int, end: int) -> tuple[int, int]:
    """Return a number and the offset of its end; past ``end`` if it does not end."""
    value = 0
    for position in range(start, min(start + 10, end)):
        value |= (body[position] & 0x7F) << 7 * (position - start)
        if body[position] < 0x80:  # noqa: PLR2004
            return value, position + 1
    return value, end + 1
