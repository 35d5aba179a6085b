"""Finds the ids that a client chose in the bytes of a message, and writes others in their place.

The rest keeps its bytes. Reading and writing all of an order, of a hundred fields, costs thirty times as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from harness.wire.catalogue import Kind, catalogue
from harness.wire.codec import Codec
from harness.wire.heads import head_of
from harness.wire.message import Encoding, Sender

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
"""How protobuf writes a value."""

_Path = tuple[int, ...]


class Ids:
    """The ids in a message.

    Args:
        name: the message.
        payload: its bytes.
        codec: of the version that it was written for.
        fields: which ids.

    Raises:
        ValueError: they cannot be found.
    """

    __slots__ = ("_body", "_head", "_parts", "_paths", "_places", "values")

    def __init__(self, name: str, payload: bytes, codec: Codec, fields: tuple[str, ...]) -> None:
        _, encoding, start = head_of(payload, codec.server_version, Sender.GATEWAY)
        self._head, self._body = payload[:start], payload[start:]
        self._paths: Mapping[str, _Path] = {}
        self._places: Mapping[str, int] = {}
        self._parts: list[bytes] = []
        if encoding is Encoding.TEXT:
            self._places, end = _places(name, codec.server_version, fields)
            parts = self._parts = self._body.split(b"\0", end)
            self.values = {field: int(parts[place] or 0) for field, place in self._places.items()}
        else:
            self._paths = _paths(name, fields)
            found = dict(_numbers(self._body, (), {path[:-1] for path in self._paths.values()}))
            self.values = {field: found.get(path, 0) for field, path in self._paths.items()}
        """The ids; 0 where there is none."""

    def written(self, values: Mapping[str, int]) -> bytes:
        """Return the payload with other ids.

        Raises:
            ValueError: there is no place for one.
        """
        if self._places:
            parts = self._parts.copy()
            for field, value in values.items():
                parts[self._places[field]] = b"%d" % value
            return self._head + b"\0".join(parts)
        changed = {self._paths[field]: value for field, value in values.items() if value != self.values[field]}
        body = _with_numbers(self._body, (), changed) if changed else self._body
        if changed:
            raise ValueError("an id is left out")
        return self._head + body


@cache
def _places(name: str, version: int, fields: tuple[str, ...]) -> tuple[Mapping[str, int], int]:
    """Return the places of ids in a text, and where the rest begins; raises a ValueError if they are not certain."""
    there, places = catalogue().by_name[name].in_text_at(version), dict[str, int]()
    for place, field in enumerate(there):
        if field.kind is Kind.LIST or field.when is not None:
            break
        if field.name in fields:
            places[field.name] = place
    if not places or any(field.name in fields and field.name not in places for field in there):
        raise ValueError(f"{name} has its ids at no certain place")
    return places, max(places.values()) + 1


@cache
def _paths(name: str, fields: tuple[str, ...]) -> Mapping[str, _Path]:
    return {each.name: each.path for each in catalogue().by_name[name].fields if each.name in fields and each.path}


def _numbers(body: bytes, path: _Path, within: set[_Path]) -> Iterator[tuple[_Path, int]]:
    """Yield the whole numbers of a message, and of those in it that are at some paths."""
    for number, kind, _, begin, end in _parts(body):
        here = (*path, number)
        if kind == _VARINT:
            yield here, _varint(body, begin)[0]
        elif kind == _BYTES and here in within:
            yield from _numbers(body[begin:end], here, within)


def _with_numbers(body: bytes, path: _Path, values: dict[_Path, int]) -> bytes:
    """Write other whole numbers at some paths, and take out of ``values`` what has been written."""
    written, copied = bytearray(), 0
    for number, kind, tag_end, begin, end in _parts(body):
        here = (*path, number)
        if kind == _VARINT and here in values:
            written += body[copied:begin] + varint(values.pop(here))
        elif kind == _BYTES and any(each[: len(here)] == here for each in values):
            inner = _with_numbers(body[begin:end], here, values)
            written += body[copied:tag_end] + varint(len(inner)) + inner
        else:
            continue
        copied = end
    return bytes(written + body[copied:])


def _parts(body: bytes) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield each field of a message: number and kind, and where its tag ends and its value begins and ends."""
    place, size = 0, len(body)
    while place < size:
        tag, tag_end = _varint(body, place)
        begin, kind = tag_end, tag & 7
        if kind == _VARINT:
            end = _varint(body, begin)[1]
        elif kind == _BYTES:
            length, begin = _varint(body, begin)
            end = begin + length
        elif kind in {_FIXED64, _FIXED32}:
            end = begin + (8 if kind == _FIXED64 else 4)
        else:
            raise ValueError("not as protobuf writes it")
        if end > size:
            raise ValueError("it ends too early")
        yield tag >> 3, kind, tag_end, begin, end
        place = end


def _varint(body: bytes, place: int) -> tuple[int, int]:
    """Return a whole number, and where it ends."""
    if place < len(body) and body[place] < 0x80:  # noqa: PLR2004 - as below; nearly all are that short
        return body[place], place + 1
    number = shift = 0
    for at in range(place, min(place + 10, len(body))):
        byte = body[at]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - seven bits in each byte
            return number - 2**64 if number >> 63 else number, at + 1
        shift += 7
    raise ValueError("a number does not end")


def varint(number: int) -> bytes:
    """Write a whole number as protobuf does."""
    rest, written = number % 2**64, bytearray()
    while rest >= 0x80:  # noqa: PLR2004 - as above
        written.append(rest & 0x7F | 0x80)
        rest >>= 7
    written.append(rest)
    return bytes(written)
