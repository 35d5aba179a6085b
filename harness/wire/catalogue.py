"""Reads the catalogue of messages from ``messages/``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

import tomllib

from harness.wire.message import Encoding, Sender, Value
from harness.wire.wire_errors import ProtocolError

NEVER = 1_000_000
"""A server version that no Gateway reaches."""


class Kind(StrEnum):
    """The type of a field."""

    STR = "str"
    INT = "int"
    LONG = "long"
    FLOAT = "float"
    DECIMAL = "decimal"
    NUMBER = "number"
    BOOL = "bool"
    LIST = "list"


_DEFAULTS: Mapping[Kind, Value] = {
    Kind.STR: "",
    Kind.INT: 0,
    Kind.LONG: 0,
    Kind.FLOAT: 0.0,
    Kind.DECIMAL: "0",
    Kind.NUMBER: "",
    Kind.BOOL: False,
    Kind.LIST: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a message; the keys of ``messages/README.md``, with groups resolved.

    ``shares`` says that another list of the message has the same path: each holds some fields of the same items.
    """

    name: str
    kind: Kind
    path: tuple[int, ...]
    since: int
    until: int
    const: str | None
    default: Value
    unset_text: str
    escaped_since: int
    when: str | None
    choices: frozenset[str | int]
    items: tuple[Field, ...]
    shares: bool
    words: tuple[str, str]
    infinite: bool

    @property
    def scalar(self) -> Field | None:
        """What a list repeats as bare values; ``None`` if it repeats messages."""
        return None if any(item.path for item in self.items) else self.items[0]

    def in_text_at(self, server_version: int) -> bool:
        """Return whether the field is part of the text form at that version."""
        return self.since <= server_version < self.until

    def wanted(self, values: Mapping[str, Value]) -> bool:
        """Return whether the field is there, given those before it."""
        if self.when is None:
            return True
        value = values[self.when]
        if self.choices:
            return value in self.choices
        return value > 0 if isinstance(value, int | float) else bool(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A message that ends the answer to a request, before the server version ``until``."""

    name: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageType:
    """One message of the catalogue.

    ``ends`` are the messages that end the answer to a request, provided that its field ``ends_if``, if any, is true.
    ``answers`` are those of its answer that bear no number of it. It ``cancels`` a request, unless its field
    ``cancels_unless``, if any, is true.
    """

    name: str
    sender: Sender
    id: int
    protobuf_since: int
    fields: tuple[Field, ...]
    defaults: Mapping[str, Value]
    ends: tuple[End, ...] = ()
    ends_if: str | None = None
    answers: frozenset[str] = frozenset()
    cancels: str | None = None
    cancels_unless: str | None = None
    _in_text: dict[int, tuple[Field, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The fields at each server version that was asked for: every message of it needs them."""

    def in_text_at(self, server_version: int) -> tuple[Field, ...]:
        """Return the fields that are part of the text form at that version."""
        if server_version not in self._in_text:
            self._in_text[server_version] = tuple(each for each in self.fields if each.in_text_at(server_version))
        return self._in_text[server_version]

    def has_end(self, values: Mapping[str, Value]) -> bool:
        """Return whether the answer to a request with these values ends by itself."""
        return bool(self.ends) and (self.ends_if is None or bool(values[self.ends_if]))

    def is_cancel(self, values: Mapping[str, Value]) -> bool:
        """Return whether a request with these values ends an earlier one."""
        return self.cancels is not None and (self.cancels_unless is None or not values[self.cancels_unless])

    def ends_at(self, server_version: int) -> frozenset[str]:
        """Return the messages any of which ends the answer at that version; none of what has no answer with an end."""
        return frozenset(end.name for end in self.ends if server_version < end.until)

    def encoding_at(self, server_version: int) -> Encoding:
        """Return how the message is written at that version."""
        return Encoding.PROTOBUF if server_version >= self.protobuf_since else Encoding.TEXT

    def complete(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return the values with the default of every field that they leave out.

        Raises:
            ProtocolError: the message has no field of such a name.
        """
        return complete(self.name, self.defaults, values)


def complete(name: str, defaults: Mapping[str, Value], values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values with the defaults that they leave out; refuse those that are not among the defaults."""
    whole = {**defaults, **values}
    if len(whole) != len(defaults):
        raise ProtocolError(f"{name} has no {', '.join(sorted(set(values) - set(defaults)))}", offset=0)
    return whole


def complete_items(field: Field, value: Value) -> list[dict[str, Value]]:
    """Return a list's items with the defaults that they leave out.

    Raises:
        ProtocolError: it is not a list, or an item is not a mapping or has a field that the list does not have.
    """
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ProtocolError(f"{field.name} is not a list: {value!r:.80}", offset=0)
    defaults = {item.name: item.default for item in field.items}
    return [_complete_item(field, defaults, item) for item in value]


def _complete_item(field: Field, defaults: Mapping[str, Value], item: object) -> dict[str, Value]:
    if not isinstance(item, Mapping):
        raise ProtocolError(f"an item of {field.name} is not a mapping: {item!r:.80}", offset=0)
    return complete(field.name, defaults, item)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All messages, by name and by sender and id."""

    by_name: Mapping[str, MessageType]
    by_id: Mapping[tuple[Sender, int], MessageType]


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that comes with the package; read once."""
    folder = resources.files("harness.wire") / "messages"
    groups = tomllib.loads((folder / "groups.toml").read_text("utf-8"))
    types = [
        _message_type(sender, name, table, groups)
        for sender in Sender
        for file in sorted((folder / sender).iterdir(), key=lambda file: file.name)
        for name, table in tomllib.loads(file.read_text("utf-8")).items()
    ]
    return Catalogue(by_name={t.name: t for t in types}, by_id={(t.sender, t.id): t for t in types})


def _message_type(sender: Sender, name: str, table: Mapping[str, Any], groups: Mapping[str, Any]) -> MessageType:
    fields = _mark_shared(tuple(_expand(table["fields"], groups)))
    defaults = {each.name: each.default for each in fields if each.const is None}
    return MessageType(
        name=name,
        sender=sender,
        id=table["id"],
        protobuf_since=table["protobuf"],
        fields=fields,
        defaults=defaults,
        ends=tuple(_end(end) for end in table.get("ends", ())),
        ends_if=table.get("ends_if"),
        answers=frozenset(table.get("answers", ())),
        cancels=table.get("cancels"),
        cancels_unless=table.get("cancels_unless"),
    )


def _end(entry: str | Mapping[str, Any]) -> End:
    return End(name=entry, until=NEVER) if isinstance(entry, str) else End(name=entry["name"], until=entry["until"])


def _mark_shared(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    used = Counter(field.path for field in fields if field.kind is Kind.LIST and field.path)
    return tuple(replace(field, shares=used[field.path] > 1) for field in fields)


def _expand(tables: list[Mapping[str, Any]], groups: Mapping[str, Any]) -> Iterator[Field]:
    for table in tables:
        if "use" not in table:
            yield _field(table)
            continue
        prefix = _path(table.get("pb", ""))
        for each in _expand(groups[table["use"]]["fields"], groups):
            yield replace(each, path=prefix + each.path) if each.path else each


def _field(table: Mapping[str, Any]) -> Field:
    kind = Kind(table.get("type", "str"))
    unset = table.get("unset")
    return Field(
        name=table.get("name", ""),
        kind=kind,
        path=_path(table.get("pb", "")),
        since=table.get("since", 0),
        until=table.get("until", NEVER),
        const=table.get("const"),
        default=table.get("default", _DEFAULTS[kind]) if unset is None else None,
        unset_text=unset or "",
        escaped_since=table.get("escaped", NEVER),
        infinite=table.get("infinite", False),
        when=table.get("when"),
        choices=frozenset(table.get("is", ())),
        items=tuple(_field(item) for item in table.get("fields", ())),
        shares=False,
        words=tuple(table.get("words", ("0", "1"))),
    )


def _path(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(".")) if text else ()
