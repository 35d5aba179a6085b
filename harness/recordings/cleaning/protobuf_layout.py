"""Walks through the body of a protobuf message along its layout in the catalogue.

Fields that the catalogue does not have are dropped: any of them may be personal, and a message without them is whole.
What is not replaced keeps its bytes and its place.
"""

from __future__ import annotations

import dataclasses
import re
import struct
from collections.abc import Sequence
from functools import cache

from google.protobuf.message import DecodeError

from harness.recordings.cleaning.replacements import Replacements
from harness.recordings.cleaning.rewriting import Siblings, Slot, UncleanableError, fill
from harness.recordings.cleaning.rules import KEYS, Rule, Treatment, field_rule
from harness.wire.binary import read_varint
from harness.wire.catalogue import Field, Kind, catalogue
from harness.wire.flat_protobuf import varint
from harness.wire.protobuf_classes import record_class
from harness.wire.values import parse

_VARINT, _FIXED64, _DELIMITED = 0, 1, 2
_FIXED = {_FIXED64: 8, 5: 4}
"""Wire types of a size of their own, in bytes."""
_DOUBLE = struct.Struct("<d")
_ALL = (1 << 64) - 1
_SIGN = 1 << 63
_MORE = 0x80
"""From there on, a byte has another one after it."""
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
"""What most decimals look like."""
_FORMS = {
    Kind.STR: _DELIMITED,
    Kind.DECIMAL: _DELIMITED,
    Kind.INT: _VARINT,
    Kind.LONG: _VARINT,
    Kind.BOOL: _VARINT,
    Kind.FLOAT: _FIXED64,
    Kind.NUMBER: _FIXED64,
}
"""The wire type of each type of field."""


@dataclasses.dataclass(slots=True)
class _Node:
    """What is known of a field number.

    Args:
        field: for a bare value, the catalogue's field.
        rule: how that is replaced; ``None`` for what holds no text and is impersonal.
        inside: for a message, its fields by their tags.
        repeated: whether each occurrence is an item of a list.
    """

    field: Field | None = None
    rule: Rule | None = None
    inside: dict[int, _Node] = dataclasses.field(default_factory=dict)
    repeated: bool = False

    def stays(self, *, suspect: bool) -> bool:
        """Return whether it need not be read: it is a number, or a text without anything that looks personal."""
        if self.field is None or self.field.kind is Kind.DECIMAL or self.field.name in KEYS:
            return False
        return self.rule is None or (self.rule.treatment is Treatment.STAYS and not suspect)


_Piece = bytes | tuple[bytes, Slot] | tuple[bytes, list["_Piece"]]
"""Bytes that stay, or the tag of a field with what is replaced in it."""


@cache
def _layout(name: str) -> dict[int, _Node]:
    root: dict[int, _Node] = {}
    for each in catalogue().by_name[name].fields:
        if each.path:
            _place(root, each, name)
    return root


def _place(nodes: dict[int, _Node], each: Field, where: str) -> None:
    for number in each.path[:-1]:
        nodes = nodes.setdefault(_tag(number, _DELIMITED), _Node()).inside
    place, number = f"{where}.{each.name}", each.path[-1]
    if each.kind is not Kind.LIST:
        nodes[_tag(number, _FORMS[each.kind])] = _Node(each, field_rule(place, each))
    elif (bare := each.scalar) is not None:
        node = _Node(bare, field_rule(f"{place}.{bare.name}", bare), repeated=True)
        nodes |= {_tag(number, form): node for form in (_FORMS[bare.kind], _DELIMITED)}  # numbers may be packed
    else:
        items = nodes.setdefault(_tag(number, _DELIMITED), _Node(repeated=True)).inside
        for item in each.items:
            if item.path:
                _place(items, item, place)


def _tag(number: int, form: int) -> int:
    return number << 3 | form


def clean_protobuf(name: str, body: bytes, given: Replacements) -> tuple[bytes, bool]:
    """Return the body of a protobuf message with its personal fields replaced, and whether any were dropped.

    Raises:
        UncleanableError: the body is not a message of this name.
    """
    try:
        record_class(name)().ParseFromString(body)
    except DecodeError:
        raise UncleanableError("it is not protobuf") from None
    walk = _Walk(body, given)
    pieces = walk.take(0, len(body), _layout(name), Siblings())
    fill(walk.slots, given)
    return _joined(pieces), walk.dropped


class _Walk:
    """One way through the bytes of one body, which the protobuf runtime could read."""

    def __init__(self, body: bytes, given: Replacements) -> None:
        self._body = body
        self._suspects = given.suspects
        self._suspect = given.suspects(body.decode("utf-8", "replace"))
        self.slots: list[Slot] = []
        self.dropped = False

    def take(self, start: int, end: int, nodes: dict[int, _Node], beside: Siblings) -> list[_Piece]:
        """Return the pieces of a message."""
        pieces: list[_Piece] = []
        body, copied = self._body, start
        while start < end:
            tag, content = body[start], start + 1
            if tag >= _MORE:
                tag, content = read_varint(body, start, end)
            content, after = self._content(tag & 7, content, end)
            node = nodes.get(tag)
            piece: _Piece | None = b""
            if node is None:
                self.dropped = True
            elif node.stays(suspect=self._suspect):
                piece = None
            else:
                piece = self._piece(tag, node, content, after, beside)
            if piece is not None:
                pieces += (body[copied:start], piece)
                copied = after
            start = after
        pieces.append(body[copied:end])
        return pieces

    def _content(self, form: int, start: int, end: int) -> tuple[int, int]:
        """Return where a field's content begins and ends."""
        if form in _FIXED:
            return start, start + _FIXED[form]
        if form not in {_VARINT, _DELIMITED}:
            raise UncleanableError("it has groups")
        number, after = self._body[start], start + 1
        if number >= _MORE:
            number, after = read_varint(self._body, start, end)
        return (start, after) if form == _VARINT else (after, after + number)

    def _piece(self, tag: int, node: _Node, start: int, end: int, beside: Siblings) -> _Piece | None:
        """Return what comes into the place of a field; ``None`` if it stays."""
        if node.field is None:
            inside = self.take(start, end, node.inside, Siblings() if node.repeated else beside)
            return None if len(inside) == 1 else (varint(tag), inside)
        if node.field.kind is Kind.STR or node.field.kind is Kind.DECIMAL:
            slot = self._text(node.field, node.rule, self._body[start:end].decode("utf-8"), beside)
        else:
            slot = self._number(node.rule, tag & 7, start, beside)
        if slot is None:
            return None
        self.slots.append(slot)
        return varint(tag), slot

    def _text(self, each: Field, rule: Rule | None, text: str, beside: Siblings) -> Slot | None:
        if each.name in KEYS:
            beside.key = text
        if each.kind is Kind.DECIMAL and _DECIMAL.fullmatch(text) is None:
            _check_number(each, text)
        if rule is None or not text or (rule.treatment is Treatment.STAYS and not self._suspects(text)):
            return None
        return Slot(rule, text, beside)

    def _number(self, rule: Rule | None, form: int, start: int, beside: Siblings) -> Slot | None:
        if rule is None:
            return None
        if form == _FIXED64:
            return Slot(rule, _DOUBLE.unpack_from(self._body, start)[0], beside)
        value = read_varint(self._body, start, len(self._body))[0] & _ALL
        return Slot(rule, value - (1 << 64) if value & _SIGN else value, beside)


def _check_number(each: Field, text: str) -> None:
    """Refuse a decimal that is no number: it might be any text."""
    try:
        parse(each, text)
    except ValueError:
        raise UncleanableError("a field is not of its type") from None


def _joined(pieces: Sequence[_Piece]) -> bytes:
    return b"".join(piece if isinstance(piece, bytes) else piece[0] + _content(piece[1]) for piece in pieces)


def _content(content: Slot | list[_Piece]) -> bytes:
    if isinstance(content, list):
        return _delimited(_joined(content))
    value = content.value
    if isinstance(value, str):
        return _delimited(value.encode())
    return _DOUBLE.pack(value) if isinstance(value, float) else varint(value & _ALL)


def _delimited(data: bytes) -> bytes:
    return varint(len(data)) + data
