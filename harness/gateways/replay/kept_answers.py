"""Keeps answers that were read and written once, for who asks again, as far as there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from harness.gateways.replay.playing import Scheduled, scheduled
from harness.gateways.replay.rewriting import lines_of
from harness.recordings.indexed import IndexedExchange

ROOM = 16 * 2**20
"""Bytes that are kept in all."""

MOST_MESSAGES = 2_000
"""An answer of more, such as quotes of an hour, is read while it is told."""

_OF_EACH = 1_000
_OF_EACH_BYTE = 8
"""What a message takes beside its bytes, and its values if it has to be written anew."""


class KeptAnswers:
    """The answers that were told last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[IndexedExchange, int], tuple[int, Sequence[Scheduled]]] = OrderedDict()
        self._room = ROOM

    def scheduled(self, exchange: IndexedExchange, version: int) -> Iterable[Scheduled]:
        """Return what answers a request, for a client of that version.

        Raises:
            InputError: the recording is not as it was written; also while one reads what is returned.
        """
        key = (exchange, version)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][1]
        lines = scheduled(exchange, lines_of(exchange, version), version)
        if len(exchange.lines) > MOST_MESSAGES:
            return lines
        read = tuple(lines)
        self._keep(key, read)
        return read

    def _keep(self, key: tuple[IndexedExchange, int], read: Sequence[Scheduled]) -> None:
        size = sum(_OF_EACH + _OF_EACH_BYTE * len(each.line.told.payload) for each in read)
        self._room -= size
        self._kept[key] = size, read
        while self._room < 0:
            _, (freed, _) = self._kept.popitem(last=False)
            self._room += freed
