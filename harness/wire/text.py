r"""Encodes and decodes message bodies as text: fields that each end with a NUL.

Characters outside ASCII may be written as ``\uXXXX``, one for each UTF-16 unit, as Java writes them. From server
version 153 on, every client library decodes such escapes in the long name of a contract, and IBKR's own also in the
text of errors. It is inferred that a Gateway doubles a backslash of the text itself: clients read two as one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from harness.wire.catalogue import Field, Kind, MessageType, complete_items
from harness.wire.message import Kept, Message, Value
from harness.wire.values import INFINITY, check, parse
from harness.wire.wire_errors import ProtocolError

MAX_FIELDS = 500_000
"""Most fields accepted in one message."""

_MAX_DIGITS = 9


def encode_text(kind: MessageType, values: Mapping[str, Value], server_version: int) -> bytes:
    """Return the body of a message, without its id.

    Args:
        kind: which message.
        values: every field's, as from :meth:`MessageType.complete`.
        server_version: the negotiated version.

    Raises:
        ProtocolError: a value does not fit its field.
    """
    parts = _write(kind.in_text_at(server_version), values, server_version)
    return "".join(f"{part}\0" for part in parts).encode()


def _write(fields: Iterable[Field], values: Mapping[str, Value], server_version: int) -> list[str]:
    """Return the parts that these fields make, all of which are there at that version."""
    parts: list[str] = []
    for field in fields:
        if field.when is not None and not field.wanted(values):
            continue
        if field.const is not None:
            parts.append(field.const)
        elif field.kind is Kind.LIST:
            parts += _write_list(field, values[field.name], server_version)
        elif server_version >= field.escaped_since:
            parts.append(escape(_write_value(field, values[field.name])))
        else:
            parts.append(_write_value(field, values[field.name]))
    return parts


def _write_list(field: Field, value: Value, server_version: int) -> list[str]:
    there = [one for one in field.items if one.in_text_at(server_version)]
    if not isinstance(value, Kept):
        return _items(field, there, value, server_version)
    ways = [(one.in_text_at(server_version), server_version >= one.escaped_since) for one in field.items]
    way = ("text", field.name, *ways)  # most lists are the same at every version
    return [value.written(way, lambda: "\0".join(_items(field, there, value, server_version)))]


def _items(field: Field, there: Sequence[Field], value: Value, server_version: int) -> list[str]:
    items = complete_items(field, value)
    return [str(len(items)), *(part for item in items for part in _write(there, item, server_version))]


def _write_value(field: Field, value: Value) -> str:
    check(field, value)
    if value is None:
        return field.unset_text
    if field.infinite and value == math.inf:
        return INFINITY
    return field.words[value] if isinstance(value, bool) else str(value)


def decode_text(kind: MessageType, body: bytes, server_version: int, *, offset: int = 0) -> Message:
    """Read the body of a message.

    Args:
        kind: which message.
        body: the bytes after its id.
        server_version: the negotiated version.
        offset: where the body starts in the payload; only for the offsets in errors.

    Raises:
        ProtocolError: the body ends early or without a NUL, a field is not UTF-8 or not of its type.
    """
    reader = _Reader(kind.name, body, offset, server_version)
    values = dict(kind.defaults)
    try:
        _read(kind.in_text_at(server_version), reader, values)
    except ProtocolError as problem:
        if problem.field or reader.is_short:
            problem.read = Message(kind.name, reader.seen)
        raise
    return Message(kind.name, values, surplus=reader.rest())


def _read(fields: Iterable[Field], reader: _Reader, values: dict[str, Value]) -> None:
    for field in fields:
        if field.when is not None and not field.wanted(values):
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
    defaults = {one.name: one.default for one in field.items}
    there = [one for one in field.items if one.in_text_at(reader.server_version)]
    for _ in range(count):
        item = dict(defaults)
        _read(there, reader, item)
        items.append(item)
    return tuple(complete_items(field, items))


class _Reader:
    """Reads the fields of one body in order."""

    def __init__(self, name: str, body: bytes, offset: int, server_version: int) -> None:
        if body and not body.endswith(b"\0"):
            raise ProtocolError(f"the last field of {name} has no NUL", offset=offset + len(body), data=body[-16:])
        if body.count(b"\0") > MAX_FIELDS:
            raise ProtocolError(f"{name} has over {MAX_FIELDS} fields", offset=offset, data=body)
        self._name = name
        self._parts = body.split(b"\0")[:-1]
        self._index = 0
        self._offset = offset
        self.server_version = server_version
        self.seen: dict[str, Value] = {}
        self.is_short = False

    def next(self) -> str:
        if self._index == len(self._parts):
            self.is_short = True
            raise ProtocolError(f"{self._name} ends after {self._index} fields", offset=self._offset)
        part = self._parts[self._index]
        try:
            text = part.decode("utf-8")
        except UnicodeDecodeError as error:
            where = self._offset + error.start
            raise ProtocolError(f"field {self._index} of {self._name} is not UTF-8", offset=where, data=part) from None
        self._index += 1
        self._offset += len(part) + 1
        return text

    def value(self, field: Field) -> Value:
        start = self._offset
        text = self.next()
        try:
            value = parse(field, unescape(text) if self.server_version >= field.escaped_since else text)
        except ValueError:
            problem = ProtocolError(
                f"{field.name} of {self._name} is not of type {field.kind}", offset=start, data=text.encode()
            )
            problem.field, self.seen[field.name] = field.name, text
            raise problem from None
        self.seen[field.name] = value
        return value

    def count(self, field: Field) -> int:
        start = self._offset
        text = self.next() or "0"
        remaining = len(self._parts) - self._index
        if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS and int(text) <= remaining):
            raise ProtocolError(
                f"{self._name} cannot hold {text[:16]!r} {field.name}", offset=start, data=text.encode()
            )
        return int(text)

    def rest(self) -> tuple[str, ...]:
        return tuple(part.decode("utf-8", "backslashreplace") for part in self._parts[self._index :])


_ESCAPE = re.compile(r"\\(?:\\|u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))")


def escape(text: str) -> str:
    """Return the text in ASCII."""
    doubled = text.replace("\\", "\\\\")
    return doubled if doubled.isascii() else "".join(map(_escape_character, doubled))


def _escape_character(character: str) -> str:
    if character.isascii():
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))


def unescape(text: str) -> str:
    """Decode escapes; anything else, and half of a pair, stays unchanged."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(found: re.Match[str]) -> str:
    first, second, single = found.groups()
    if first is not None:
        return bytes.fromhex(first + second).decode("utf-16-be")
    if single is None:
        return "\\"
    code = int(single, 16)
    return found[0] if 0xD800 <= code <= 0xDFFF or code == 0 else chr(code)  # noqa: PLR2004 - surrogates and NUL
