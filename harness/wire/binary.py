"""Message bodies as protobuf.

On the wire an empty string and a false boolean are absent fields, as in captures of real Gateways; in a list of bare
values they are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Record

from harness.wire.catalogue import Field, Kind, MessageType, complete_items
from harness.wire.errors import ProtocolError
from harness.wire.malformed import first_bad
from harness.wire.message import Kept, Message, Value
from harness.wire.protobuf_classes import list_name, nested_name, record_class
from harness.wire.values import check, parse


def encode_protobuf(kind: MessageType, values: Mapping[str, Value]) -> bytes:
    """Return the body of a message; ``None``, empty text and false are absent fields.

    A message inside it is there even when it is empty: IBKR's client drops an order without its state, say.

    Args:
        kind: which message.
        values: every field's, as :meth:`MessageType.complete` gives them.

    Raises:
        ProtocolError: a value does not fit its field.
    """
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


def _is_set(value: Value) -> bool:
    """Tell a value from what is absent on the wire; zero is a value."""
    return value is not None and value != "" and value is not False


def _write(record: Record, fields: Iterable[Field], values: Mapping[str, Value]) -> None:
    for field in _carried(fields):
        value = values[field.name]
        parent = _parent(record, field)
        if field.wanted(values) or _is_set(value):
            parent.SetInParent()
        if field.kind is Kind.LIST:
            _write_list(_repeated(parent, field), field, value)
            continue
        check(field, value)
        if _is_set(value):
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
        raise ProtocolError(f"{field.name} cannot be {value!r}: a list of bare values has no gaps", offset=0)
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
        ProtocolError: the body is no protobuf, a string in it no UTF-8, or a decimal in it no number.
    """
    record = record_class(kind.name)()
    try:
        record.ParseFromString(body)
    except DecodeError:
        where = first_bad(body, 0, len(body), cast("Descriptor", record.DESCRIPTOR)) or 0
        raise ProtocolError(f"{kind.name} is no protobuf", offset=offset + where, data=body[where:]) from None
    values = dict(kind.defaults)
    try:
        values.update(_read(record, kind.fields))
    except ValueError as error:
        raise ProtocolError(f"{error} of {kind.name} is no number", offset=offset) from error
    return Message(kind.name, values)


def _read(record: Record, fields: Iterable[Field]) -> Iterator[tuple[str, Value]]:
    """Yield what is there.

    Raises:
        ValueError: the name of a decimal that is no number.
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
