"""Defines a decoded message: its name in the catalogue and its values."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any, TypeVar

Value = str | int | float | bool | None | Sequence[Mapping[str, "Value"]]
"""What a field holds; quantities (decimals) are text, lists hold one mapping an item."""


T = TypeVar("T")


class Kept(tuple[Mapping[str, Value], ...]):  # noqa: SLOT001 - it has what was written of it
    """The items of a list that is sent again and again, and too long to be written anew each time.

    What was written of it is kept with it, for each way of writing.
    """

    def __init__(self, _items: Iterable[Mapping[str, Value]] = ()) -> None:
        self._made: dict[Hashable, Any] = {}

    def written(self, way: Hashable, write: Callable[[], T]) -> T:
        """Return what ``write`` returned when it was asked for that way first."""
        if way not in self._made:
            self._made[way] = write()
        made: T = self._made[way]
        return made


class Sender(StrEnum):
    """Who sends a message; message ids mean different things in the two directions."""

    CLIENT = "client"
    GATEWAY = "gateway"


class Encoding(Enum):
    """How a message's body is written."""

    TEXT = "text"
    PROTOBUF = "protobuf"


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Args:
        name: as in ``messages/*.toml``.
        values: by field name. A message to send may leave out fields, which then have their defaults; a message that
            was read has them all.
        surplus: text fields after the last known one, as a newer Gateway may send.
    """

    name: str
    values: Mapping[str, Value] = field(default_factory=dict)
    surplus: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Value:
        return self.values[name]

    def text(self, name: str) -> str:
        """Return a field that is text."""
        value = self.values[name]
        if not isinstance(value, str):
            raise TypeError(f"{self.name}.{name} is not text: {value!r}")
        return value

    def number(self, name: str) -> int:
        """Return a field that is a whole number."""
        value = self.values[name]
        if not isinstance(value, int):
            raise TypeError(f"{self.name}.{name} is not a whole number: {value!r}")
        return value


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A message whose id is not in the catalogue, kept unchanged.

    Args:
        sender: who sent it.
        id: the base id, without the 200 that marks protobuf.
        encoding: how its body is written.
        body: the bytes after the id.
    """

    sender: Sender
    id: int
    encoding: Encoding
    body: bytes
