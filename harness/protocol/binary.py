"""Message bodies as protobuf.

The message classes are made at run time from the catalogue's field numbers; no definition file of anybody else's is
used. On the wire an empty string and a false boolean are absent fields, as in captures of real Gateways.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import cast

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Record

from harness.protocol.catalogue import Field, Kind, MessageType, catalogue
from harness.protocol.errors import ProtocolError
from harness.protocol.message import Message, Value
from harness.protocol.values import check, parse

_Proto = descriptor_pb2.FieldDescriptorProto
_TYPES = {
    Kind.STR: _Proto.TYPE_STRING,
    Kind.INT: _Proto.TYPE_INT32,
    Kind.LONG: _Proto.TYPE_INT64,
    Kind.FLOAT: _Proto.TYPE_DOUBLE,
    Kind.DECIMAL: _Proto.TYPE_STRING,
    Kind.NUMBER: _Proto.TYPE_DOUBLE,
    Kind.BOOL: _Proto.TYPE_BOOL,
}


_DELIMITED = 2
_MAX_FIELD_NUMBER = 2**29 - 1


def encode_protobuf(kind: MessageType, values: Mapping[str, Value]) -> bytes:
    """Return the body of a message; ``None``, empty text and false are absent fields.

    A message inside it is there even when it is empty: IBKR's client drops an order without its state, say.

    Args:
        kind: which message.
        values: every field's, as :meth:`MessageType.complete` gives them.

    Raises:
        ProtocolError: a value does not fit its field.
    """
    record = _record_class(kind.name)()
    for field in _carried(kind):
        value = values[field.name]
        check(field, value)
        parent = _parent(record, field)
        parent.SetInParent()
        if value is not None and value != "" and value is not False:
            setattr(parent, field.name, float(str(value)) if field.kind is Kind.NUMBER else value)
    return record.SerializeToString(deterministic=True)


def decode_protobuf(kind: MessageType, body: bytes, *, offset: int = 0) -> Message:
    """Read the body of a message; absent fields have their defaults.

    Unknown fields are skipped, and so is a known field of another wire type, as every protobuf runtime does.

    Args:
        kind: which message.
        body: the bytes after its id.
        offset: where the body starts in the payload; only for the offset in an error.

    Raises:
        ProtocolError: the body is no protobuf, a string in it no UTF-8, or a decimal in it no number.
    """
    record = _record_class(kind.name)()
    try:
        record.ParseFromString(body)
    except DecodeError:
        where = _first_bad(body, 0, len(body), cast("Descriptor", record.DESCRIPTOR)) or 0
        raise ProtocolError(f"{kind.name} is no protobuf", offset=offset + where, data=body[where:]) from None
    values = dict(kind.defaults)
    for field in _carried(kind):
        if _present(record, field):
            try:
                values[field.name] = _read(_parent(record, field), field)
            except ValueError as error:
                raise ProtocolError(f"{field.name} of {kind.name} is no number", offset=offset) from error
    return Message(kind.name, values)


def _read(parent: Record, field: Field) -> Value:
    value: Value = getattr(parent, field.name)
    match field.kind:
        case Kind.NUMBER:
            return _shortest(float(str(value)))
        case Kind.DECIMAL:
            return parse(field, str(value))
        case _:
            return value


def _shortest(number: float) -> str:
    if not number:
        return ""
    return str(int(number)) if number.is_integer() else str(number)


def _carried(kind: MessageType) -> Iterator[Field]:
    return (field for field in kind.fields if field.path)


def _parent(record: Record, field: Field) -> Record:
    for number in field.path[:-1]:
        record = getattr(record, _nested_name(number))
    return record


def _present(record: Record, field: Field) -> bool:
    for number in field.path[:-1]:
        if not record.HasField(_nested_name(number)):
            return False
        record = getattr(record, _nested_name(number))
    return record.HasField(field.name)


def _nested_name(number: int) -> str:
    return f"nested_{number}"


@cache
def _record_class(name: str) -> type[Record]:
    file = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", package="ib_compat", syntax="proto3")
    _describe(file.message_type.add(), name, [(field.path, field) for field in _carried(catalogue().by_name[name])])
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"ib_compat.{name}"))


def _describe(target: descriptor_pb2.DescriptorProto, name: str, fields: list[tuple[tuple[int, ...], Field]]) -> None:
    target.name = name
    below: dict[int, list[tuple[tuple[int, ...], Field]]] = {}
    for path, field in fields:
        if len(path) > 1:
            below.setdefault(path[0], []).append((path[1:], field))
        else:
            _add_optional(target, field.name, path[0], _TYPES[field.kind])
    for number, rest in below.items():
        nested = _nested_name(number)
        _describe(target.nested_type.add(), nested.title(), rest)
        added = target.field.add(name=nested, number=number, type=_Proto.TYPE_MESSAGE, label=_Proto.LABEL_OPTIONAL)
        added.type_name = nested.title()


def _add_optional(
    target: descriptor_pb2.DescriptorProto,
    name: str,
    number: int,
    kind: descriptor_pb2.FieldDescriptorProto.Type.ValueType,
) -> None:
    """Add a proto3 ``optional`` field: it has presence, which takes a oneof of its own."""
    index = len(target.oneof_decl)
    target.oneof_decl.add(name=f"_{name}")
    target.field.add(
        name=name,
        number=number,
        type=kind,
        label=_Proto.LABEL_OPTIONAL,
        proto3_optional=True,
        oneof_index=index,
    )


def _first_bad(body: bytes, start: int, end: int, known: Descriptor) -> int | None:
    """Return where the first field begins that cannot be read, or the first byte that is no UTF-8.

    The runtime does not tell. Deprecated groups count as unreadable.
    """
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
        return _first_bad(body, start, end, field.message_type)
    if field.type == FieldDescriptor.TYPE_STRING:
        try:
            body[start:end].decode("utf-8")
        except UnicodeDecodeError as error:
            return start + error.start
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
