"""Keeps answers that were read and written once, for who asks again, as far as there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from harness.gateways.replay.playing import scheduled
from harness.gateways.replay.rewriting import Line, lines_of
from harness.gateways.replay.together import Together, together
from harness.recordings.indexed import IndexedExchange

ROOM = 16 * 2**20
"""Bytes that are kept in all."""

_OF_WHOLE_ONES = 8
"""The part of the room for answers that are told as a whole, which take no more than their bytes."""

MOST_MESSAGES = 2_000
"""An answer of more, such as quotes of an hour, is read while it is told."""

_OF_EACH = 1_000
_OF_EACH_BYTE = 8
"""What a message takes beside its bytes, and its values if it has to be written anew."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class KeptAnswers:
    """The answers that were told last."""

    def __init__(self) -> None:
        self._whole = _Kept[IndexedExchange, Together | None](ROOM // _OF_WHOLE_ONES)
        self._lines = _Kept[tuple[IndexedExchange, int], Sequence[Line]](ROOM - ROOM // _OF_WHOLE_ONES)

    def together(self, exchange: IndexedExchange) -> Together | None:
        """Return what answers a request as a whole, if it can be told so; raises as `scheduled`."""
        if len(exchange.lines) > MOST_MESSAGES:
            return None
        try:
            return self._whole.last(exchange)
        except KeyError:
            whole = together(exchange)
        self._whole.keep(exchange, whole, _OF_EACH + (0 if whole is None else len(whole.frames)))
        return whole

    def scheduled(self, exchange: IndexedExchange, version: int) -> Iterable[Line]:
        """Return what answers a request, for a client of that version.

        Raises:
            InputError: the recording is not as it was written; also while one reads what is returned.
        """
        key = (exchange, version)
        try:
            return self._lines.last(key)
        except KeyError:
            lines = scheduled(exchange, lines_of(exchange, version), version)
        if len(exchange.lines) > MOST_MESSAGES:
            return lines
        read = tuple(lines)
        self._lines.keep(key, read, sum([_OF_EACH + _OF_EACH_BYTE * len(each.told.payload) for each in read]))
        return read


class _Kept(Generic[Key, Value]):
    """What was used last.

    Args:
        room: bytes that it may take.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[Key, tuple[int, Value]] = OrderedDict()

    def last(self, key: Key) -> Value:
        """Return what was kept; raises a `KeyError` if it was not, or had to make room."""
        value = self._kept[key][1]
        self._kept.move_to_end(key)
        return value

    def keep(self, key: Key, value: Value, size: int) -> None:
        """Keep something of that many bytes."""
        self._room -= size
        self._kept[key] = size, value
        while self._room < 0:
            _, (freed, _) = self._kept.popitem(last=False)
            self._room += freed
