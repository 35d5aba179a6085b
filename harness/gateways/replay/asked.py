"""Defines a request as a replay needs it: which it is, its number, and what it asks; all of it is read only if need be.

A program that does again what was recorded sends the same bytes in the same order, but for its numbers. Such a request
is recognised by its bytes: to read one, an order has a hundred fields, costs more than everything else of its answer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from harness.gateways.replay.numbered import numbered
from harness.recordings.exchanges import number_in
from harness.recordings.indexed import IndexedDialogue, IndexedExchange
from harness.recordings.meaning import Keys, keys_of, meaning_of
from harness.shared.errors import InputError
from harness.wire.catalogue import MessageType, catalogue
from harness.wire.codec import Codec
from harness.wire.heads import head_of
from harness.wire.message import Message, Sender
from harness.wire.overflow_index import number_of
from harness.wire.wire_errors import ProtocolError

_OF_THE_KIND_OF_DATA = frozenset({"req_market_data", "req_market_data_type"})
"""Requests that ask, or change, what their bytes do not say alone."""


class Asked:
    """A request of a client.

    Args:
        name: which.
        number: its id, or that of its order; ``None`` if it has none.
        keys: what it asks.
        read: reads all of it.
    """

    def __init__(self, name: str, number: int | None, keys: Keys, read: Callable[[], Message]) -> None:
        self.name = name
        self.number = number
        self.keys = keys
        self._read = read

    @classmethod
    def of(cls, message: Message, data_type: int) -> Asked:
        """Return a request that was read, and after which a client had asked for market data of a type."""
        return cls(message.name, number_in(message), keys_of(meaning_of(message, data_type)), lambda: message)

    @cached_property
    def message(self) -> Message:
        """All of it."""
        return self._read()

    @property
    def kind(self) -> MessageType:
        """Its place in the catalogue."""
        return catalogue().by_name[self.name]

    @property
    def is_cancel(self) -> bool:
        """Whether it ends an earlier one."""
        kind = self.kind
        return kind.cancels is not None and kind.is_cancel(self.message.values if kind.cancels_unless else {})


class Expected:
    """The request that comes next if a client does again what was recorded.

    Args:
        dialogue: the recorded connection that its own is like.
        version: that it speaks.
    """

    def __init__(self, dialogue: IndexedDialogue, version: int) -> None:
        self._dialogue = dialogue
        self._codec = Codec(version)
        self._place = 0
        self._next: tuple[IndexedExchange, bytes] | None = None
        self._looked = False

    def follows(self, exchange: IndexedExchange) -> None:
        """Say which recorded request a client has repeated."""
        if exchange.dialogue is self._dialogue:
            self._place, self._looked = exchange.place + 1, False

    def recognised(self, payload: bytes) -> Asked | None:
        """Return the request in a payload, if it is the expected one."""
        if not self._looked:
            self._next, self._looked = self._look(), True
        if self._next is None:
            return None
        exchange, recorded = self._next
        number = exchange.number
        if payload != recorded:
            number = numbered(recorded, self._codec.server_version, Sender.CLIENT).number_in(payload)
            if number is None:
                return None
        return Asked(exchange.name, number, exchange.keys, lambda: self._read(payload))

    def _look(self) -> tuple[IndexedExchange, bytes] | None:
        """Return the next request; ``None`` if its bytes do not tell what it is, or it is not there."""
        dialogue = self._dialogue
        if dialogue.server_version != self._codec.server_version or self._place >= len(dialogue.exchanges):
            return None
        exchange = dialogue.exchanges[self._place]
        if exchange.name in _OF_THE_KIND_OF_DATA:
            return None
        try:
            payload = dialogue.request(exchange)
            kind, encoding, start = head_of(payload, dialogue.server_version, Sender.CLIENT)
            if kind is None or kind.name != exchange.name:
                return None
            number = number_of(kind, encoding, payload[start:], dialogue.server_version)
        except (InputError, ProtocolError):
            return None  # whoever needs an answer that cannot be read hears of it
        return (exchange, payload) if number == exchange.number else None

    def _read(self, payload: bytes) -> Message:
        message = self._codec.decode(payload, Sender.CLIENT)
        if not isinstance(message, Message):
            raise ProtocolError("it is in no catalogue", offset=0)
        return message
