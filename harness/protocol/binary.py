"""Message bodies as protobuf.

The message classes are made at run time from the catalogue's field numbers; no definition file of anybody else's is
used. On the wire an empty string and a false boolean are absent fields, as in captures of real Gateways.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Record

from harness.protocol.catalogue import Field, Kind, MessageType, catalogue
from harness.protocol.errors import ProtocolError
from harness.protocol.message import Message, Value

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


def encode_protobuf(kind: MessageType, values: Mapping[str, Value]) -> bytes:
    """Return the body of a message; what ``values`` leave out is absent.

    Raises:
        ProtocolError: a value does not fit its field.
    """
    record = _record_class(kind.name)()
    for field in _carried(kind):
        value = values.get(field.name)
        if value is None or value == "" or value is False:
            continue
        try:
            setattr(_parent(record, field), field.name, float(str(value)) if field.kind is Kind.NUMBER else value)
        except (TypeError, ValueError) as error:
            raise ProtocolError(f"{field.name} of {kind.name} cannot be {value!r}: {error}", offset=0) from None
    return record.SerializeToString(deterministic=True)


def decode_protobuf(kind: MessageType, body: bytes, *, offset: int = 0) -> Message:
    """Read the body of a message; absent fields have their defaults, unknown ones are skipped.

    Args:
        kind: which message.
        body: the bytes after its id.
        offset: where the body starts in the payload; only for the offset in an error.

    Raises:
        ProtocolError: the body is no protobuf, or a string in it no UTF-8.
    """
    record = _record_class(kind.name)()
    try:
        record.ParseFromString(body)
    except DecodeError:
        where = _first_bad_field(body)
        raise ProtocolError(f"{kind.name} is no protobuf", offset=offset + where, data=body[where:]) from None
    values = {field.name: field.default for field in kind.fields if field.const is None}
    values |= {field.name: _read(_parent(record, field), field) for field in _carried(kind) if _present(record, field)}
    return Message(kind.name, values)


def _read(parent: Record, field: Field) -> Value:
    value: Value = getattr(parent, field.name)
    return _shortest(float(str(value))) if field.kind is Kind.NUMBER else value


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


def _first_bad_field(body: bytes) -> int:
    """Return where the first field begins that cannot be read; the runtime does not tell."""
    start = 0
    while start < len(body):
        end = _field_end(body, start)
        if end is None or end > len(body):
            return start
        start = end
    return 0


def _field_end(body: bytes, start: int) -> int | None:
    tag, position = _varint(body, start)
    match tag & 7:
        case 0:
            return _varint(body, position)[1]
        case 1:
            return position + 8
        case 2:
            length, position = _varint(body, position)
            return position + length
        case 5:
            return position + 4
        case _:
            return None


def _varint(body: bytes, start: int) -> tuple[int, int]:
    value = 0
    for position in range(start, min(start + 10, len(body))):
        value |= (body[position] & 0x7F) << 7 * (position - start)
        if body[position] < 0x80:  # noqa: PLR2004
            return value, position + 1
    return value, len(body) + 1
