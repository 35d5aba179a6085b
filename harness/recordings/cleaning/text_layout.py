"""Walks through the body of a text message along its layout in the catalogue: each field is checked, none is reordered.

What is not replaced keeps its bytes, so that a gateway's own way to write numbers stays in a recording.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from harness.recordings.cleaning.replacements import Replacements
from harness.recordings.cleaning.rewriting import Siblings, Slot, UncleanableError, fill
from harness.recordings.cleaning.rules import KEYS, Rule, Treatment, field_rule
from harness.wire.catalogue import Field, Kind, catalogue
from harness.wire.message import Value
from harness.wire.text import MAX_FIELDS, escape, unescape
from harness.wire.values import parse

_MAX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class _Step:
    """A field of a layout.

    Args:
        field: the catalogue's.
        rule: how it is replaced; ``None`` for what holds no text and is impersonal.
        is_key: whether it is a key of an account's value.
        decides: whether another field depends on it.
        escaped: whether it is written with escapes at this version.
        items: the layout of a list's items.
    """

    field: Field
    rule: Rule | None
    is_key: bool
    decides: bool
    escaped: bool
    items: _Layout


@dataclass(frozen=True, slots=True)
class _Layout:
    """The fields of a message or an item at a server version, and what those hold that decide and are not there."""

    steps: tuple[_Step, ...]
    defaults: Mapping[str, Value]


@cache
def _layout(name: str, server_version: int) -> _Layout:
    return _described(name, catalogue().by_name[name].fields, server_version)


def _described(where: str, fields: Sequence[Field], server_version: int) -> _Layout:
    deciding = {field.when for field in fields}
    there = [field for field in fields if field.in_text_at(server_version)]
    return _Layout(
        steps=tuple(_step(where, field, server_version, decides=field.name in deciding) for field in there),
        defaults={field.name: field.default for field in fields if field.name in deciding},
    )


def _step(where: str, field: Field, server_version: int, *, decides: bool) -> _Step:
    place = f"{where}.{field.name}"
    return _Step(
        field=field,
        rule=field_rule(place, field),
        is_key=field.name in KEYS,
        decides=decides,
        escaped=server_version >= field.escaped_since,
        items=_described(place, field.items, server_version),
    )


def clean_text(name: str, body: bytes, server_version: int, given: Replacements) -> bytes:
    """Return the body of a text message with its personal fields replaced; the same object if it has none.

    Raises:
        UncleanableError: the body is not a message of this name and version, or has more fields.
    """
    if body and not body.endswith(b"\0"):
        raise UncleanableError("its last field does not end")
    if body.count(b"\0") > MAX_FIELDS:
        raise UncleanableError(f"it has over {MAX_FIELDS} fields")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise UncleanableError("it is not UTF-8") from None
    walk = _Walk(text, given)
    walk.take(_layout(name, server_version), Siblings())
    return walk.filled(given) or body


class _Walk:
    """One way through the fields of one body."""

    def __init__(self, text: str, given: Replacements) -> None:
        self._parts = text.split("\0")[:-1]
        self._next = 0
        self._slots: list[tuple[int, bool, Slot]] = []
        self._suspects = given.suspects
        self._suspect = given.suspects(text)
        self._changed = False

    def take(self, layout: _Layout, beside: Siblings) -> None:
        """Go along a layout."""
        decided = dict(layout.defaults)
        for step in layout.steps:
            field = step.field
            if field.when is not None and not field.wanted(decided):
                continue
            if self._next == len(self._parts):
                raise UncleanableError("it ends early")
            place = self._next
            text = self._parts[place]
            self._next += 1
            if field.const is not None:
                self._constant(place, field.const)
            elif field.kind is Kind.LIST:
                decided[field.name] = self._list(step, text)
            else:
                self._value(step, place, text, decided, beside)

    def _constant(self, place: int, const: str) -> None:
        """Keep the version of a message; in other places nobody reads, such as that of a profile, nothing stays."""
        text = self._parts[place]
        is_version = const.isdecimal() and text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS
        if text != const and not is_version:
            self._parts[place] = const
            self._changed = True

    def _value(self, step: _Step, place: int, text: str, decided: dict[str, Value], beside: Siblings) -> None:
        field, rule = step.field, step.rule
        if step.is_key:
            beside.key = text
        value: Value = text
        if field.kind is not Kind.STR or step.decides:
            try:
                value = parse(field, text)
            except ValueError:
                raise UncleanableError("a field is not of its type") from None
        if step.decides:
            decided[field.name] = value
        if rule is None or not text or value is None:
            return
        escaped = step.escaped and "\\" in text
        if rule.treatment is not Treatment.STAYS or escaped or (self._suspect and self._suspects(text)):
            self._slots.append((place, escaped, Slot(rule, unescape(text) if escaped else text, beside)))

    def _list(self, step: _Step, text: str) -> int:
        text = text or "0"
        remaining = len(self._parts) - self._next
        if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS and int(text) <= remaining):
            raise UncleanableError("a list is not whole")
        for _ in range(int(text)):
            self.take(step.items, Siblings())
        return int(text)

    def filled(self, given: Replacements) -> bytes | None:
        """Return the body with the replaced fields; ``None`` if nothing changes.

        Raises:
            UncleanableError: there are more fields than the layout has, which may be anything.
        """
        if self._next < len(self._parts):
            raise UncleanableError("it has fields that are not known")
        before = [slot.value for _, _, slot in self._slots]
        fill((slot for _, _, slot in self._slots), given)
        for (place, escaped, slot), old in zip(self._slots, before, strict=True):
            if slot.value != old:
                new = str(slot.value)
                self._parts[place] = escape(new) if escaped else new
                self._changed = True
        return "".join(f"{part}\0" for part in self._parts).encode() if self._changed else None
