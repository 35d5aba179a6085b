"""Message bodies as text: fields that each end with a NUL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from harness.protocol.catalogue import Field, Kind, MessageType
from harness.protocol.errors import ProtocolError
from harness.protocol.message import Message, Value

MAX_ITEMS = 100_000
"""Longest list accepted; a count is checked before anything is made for it."""

_COUNT = re.compile(r"[0-9]{0,9}")


def encode_text(kind: MessageType, values: Mapping[str, Value], server_version: int) -> bytes:
    """Return the body of a message, without its id.

    Raises:
        ProtocolError: a value holds a NUL or is not of its field's type.
    """
    complete = kind.complete(values)
    parts = _write(kind.text_fields(server_version), complete)
    return "".join(f"{part}\0" for part in parts).encode()


def _write(fields: Iterable[Field], values: Mapping[str, Value]) -> list[str]:
    parts: list[str] = []
    for field in fields:
        if not field.wanted(values):
            continue
        if field.const is not None:
            parts.append(field.const)
        elif field.kind is Kind.LIST:
            parts += _write_list(field, values[field.name])
        else:
            parts.append(_write_value(field, values[field.name]))
    return parts


def _write_list(field: Field, value: Value) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ProtocolError(f"{field.name} is no list: {value!r}", offset=0)
    parts = [str(len(value))]
    for item in value:
        if not isinstance(item, Mapping):
            raise ProtocolError(f"an item of {field.name} is no mapping: {item!r}", offset=0)
        parts += _write(field.items, {**{f.name: f.default for f in field.items}, **item})
    return parts


def _write_value(field: Field, value: Value) -> str:
    if value is None:
        return ""
    text = str(int(value)) if isinstance(value, bool) else str(value)
    if "\0" in text:
        raise ProtocolError(f"{field.name} holds a NUL", offset=text.index("\0"), data=text.encode())
    return text


def decode_text(kind: MessageType, body: bytes, server_version: int, *, offset: int = 0) -> Message:
    """Read the body of a message.

    Args:
        kind: which message.
        body: the bytes after its id.
        server_version: the negotiated version.
        offset: where the body starts in the payload; only for the offsets in errors.

    Raises:
        ProtocolError: the body ends early or without a NUL, a field is no UTF-8 or not of its type.
    """
    reader = _Reader(kind.name, body, offset)
    values = {field.name: field.default for field in kind.fields if field.const is None}
    _read(kind.text_fields(server_version), reader, values)
    return Message(kind.name, values, surplus=reader.rest())


def _read(fields: Iterable[Field], reader: _Reader, values: dict[str, Value]) -> None:
    for field in fields:
        if not field.wanted(values):
            continue
        if field.const is not None:
            reader.next()
        elif field.kind is Kind.LIST:
            values[field.name] = _read_list(field, reader)
        else:
            values[field.name] = reader.value(field)


def _read_list(field: Field, reader: _Reader) -> tuple[dict[str, Value], ...]:
    count = reader.count(field)
    items: list[dict[str, Value]] = []
    for _ in range(count):
        item: dict[str, Value] = {}
        _read(field.items, reader, item)
        items.append(item)
    return tuple(items)


_FLAGS = {"0": False, "1": True, "false": False, "true": True}


def _flag(text: str) -> bool:
    if text not in _FLAGS:
        raise ValueError(text)
    return _FLAGS[text]


_PARSERS: Mapping[Kind, Callable[[str], Value]] = {
    Kind.STR: str,
    Kind.INT: int,
    Kind.LONG: int,
    Kind.FLOAT: float,
    Kind.DECIMAL: str,
    Kind.NUMBER: str,
    Kind.BOOL: _flag,
}


class _Reader:
    """Walks the fields of one body and knows where it is."""

    def __init__(self, name: str, body: bytes, offset: int) -> None:
        if body and not body.endswith(b"\0"):
            raise ProtocolError(f"the last field of {name} has no NUL", offset=offset + len(body), data=body[-16:])
        self._name = name
        self._parts = body.split(b"\0")[:-1]
        self._index = 0
        self._offset = offset

    def next(self) -> str:
        if self._index == len(self._parts):
            raise ProtocolError(f"{self._name} ends after {self._index} fields", offset=self._offset)
        part = self._parts[self._index]
        try:
            text = part.decode("utf-8")
        except UnicodeDecodeError as error:
            where = self._offset + error.start
            raise ProtocolError(f"field {self._index} of {self._name} is no UTF-8", offset=where, data=part) from None
        self._index += 1
        self._offset += len(part) + 1
        return text

    def value(self, field: Field) -> Value:
        start = self._offset
        text = self.next()
        if not text and field.kind is not Kind.DECIMAL:
            return field.default
        try:
            return _PARSERS[field.kind](text)
        except ValueError:
            raise ProtocolError(
                f"{field.name} of {self._name} is no {field.kind}", offset=start, data=text.encode()
            ) from None

    def count(self, field: Field) -> int:
        start = self._offset
        text = self.next()
        remaining = len(self._parts) - self._index
        if _COUNT.fullmatch(text) is None or int(text or 0) > min(remaining, MAX_ITEMS):
            raise ProtocolError(
                f"{self._name} cannot hold {text[:16]!r} {field.name}", offset=start, data=text.encode()
            )
        return int(text or 0)

    def rest(self) -> tuple[str, ...]:
        return tuple(part.decode("utf-8", "backslashreplace") for part in self._parts[self._index :])
