"""Makes the index of a recording while its entries pass by, without keeping the messages."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import pairwise

from harness.recordings.exchange import Dialogue, Exchange
from harness.recordings.exchanges import Dialogues
from harness.recordings.index import ConnectionIndexed, Record, RequestIndexed
from harness.recordings.meaning import keys_of
from harness.recordings.recording import Entry


class Indexing:
    """Takes the entries of a recording one by one."""

    def __init__(self) -> None:
        self._dialogues = Dialogues(keeps=False)

    def take(self, entry: Entry) -> None:
        """Take the next entry."""
        self._dialogues.take(entry)

    def finish(self) -> Iterator[Record]:
        """Yield the index; the recording is over."""
        for dialogue in self._dialogues.finish():
            yield _connection(dialogue)
            yield from map(_request, dialogue.exchanges)


def _connection(dialogue: Dialogue) -> ConnectionIndexed:
    return ConnectionIndexed(
        kind="connection",
        connection=dialogue.connection,
        at=dialogue.at,
        least=dialogue.hello.min_version,
        most=dialogue.hello.max_version,
        options=dialogue.hello.options,
        server_version=dialogue.server_version,
        connection_time=dialogue.reply.connection_time if dialogue.reply else "",
        started=dialogue.start is not None,
        client_id=dialogue.client_id,
        ready=dialogue.ready,
        cut_at_start=dialogue.cut_at_start,
        ended_by=dialogue.ended_by,
        heard_until=dialogue.heard_until,
        greeting=_steps(dialogue.greeting.lines),
        unasked=_steps(dialogue.unasked.lines),
    )


def _request(exchange: Exchange) -> RequestIndexed:
    keys = keys_of(exchange.meaning)
    return RequestIndexed(
        kind="request",
        line=exchange.line,
        at=exchange.at,
        name=exchange.request.name,
        number=exchange.number,
        follows=None if exchange.follows is None else exchange.follows.line,
        fate=exchange.fate,
        asks=keys.exactly,
        asks_at_any_time=keys.at_any_time if keys.at_any_time != keys.exactly else "",
        asks_under_any_name=keys.under_any_name if keys.names else "",
        says=tuple(sorted(exchange.answers.names)),
        answers=_steps(exchange.answers.lines),
    )


def _steps(lines: array[int]) -> tuple[int, ...]:
    """Return lines as the first, and how much further each next one is."""
    return (*lines[:1], *(line - before for before, line in pairwise(lines)))
