"""Describes the entries of a recording in words, one after the other, as a transcript's are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.recordings.recording import Ended, Entry, Framed, Greeted, Omitted, Opened
from harness.wire.catalogue import catalogue
from harness.wire.conversation import Conversation, Mask, Said
from harness.wire.message import Sender
from harness.wire.transcript import Change
from harness.wire.transcript_words import Line

MOST_EARLY = 1_000
"""Messages of a client that wait for the version reply, without which nobody can read them."""


def in_words(entries: Iterable[Entry], *, mask: Mask = str) -> Iterator[Line]:
    """Yield a line for each entry; what only one connection holds is in memory until it is over.

    Args:
        entries: in the order of time.
        mask: hides account numbers in a text.
    """
    connections: dict[int, _Connection] = {}
    for entry in entries:
        connection = connections.setdefault(entry.connection, _Connection(mask))
        yield from connection.lines(entry)
        if isinstance(entry, Ended) and entry.change is not Change.HALF_CLOSED:
            del connections[entry.connection]
    for number, connection in connections.items():
        yield from connection.unread(number)


class _Connection:
    """One connection: what it says depends on what it said before."""

    def __init__(self, mask: Mask) -> None:
        self._conversation = Conversation(mask)
        self._mask = mask
        self._at = 0.0
        self._early = 0

    def lines(self, entry: Entry) -> Iterator[Line]:
        number, self._at = entry.connection, entry.at
        match entry:
            case Opened():
                yield Line(at=entry.at, connection=number, sender=None, text="opened")
            case Greeted():
                yield from self._lines(number, self._conversation.hear(entry.at, Sender.CLIENT, entry.data))
            case Framed():
                heard = self._conversation.hear_whole(entry.at, entry.sender, entry.payload, entry.pieces)
                yield from self._lines(number, heard)
            case Omitted():
                text = self._mask(_omitted(entry))
                yield Line(at=entry.at, connection=number, sender=entry.sender, text=text, left_out=True)
            case Ended():
                if entry.change is not Change.HALF_CLOSED:
                    yield from self.unread(number)
                by = f" by the {entry.by.value}" if entry.by is not None else ""
                yield Line(at=entry.at, connection=number, sender=None, text=f"{entry.change.value}{by}")

    def unread(self, number: int) -> Iterator[Line]:
        """Yield what a client said before a version reply that never came."""
        for said in self._conversation.end(self._at, Sender.GATEWAY, ""):
            yield _line(number, said)

    def _lines(self, number: int, heard: Iterable[Said]) -> Iterator[Line]:
        waits = True
        for said in heard:
            waits = False
            yield _line(number, said)
        self._early += waits
        if self._early > MOST_EARLY:
            self._early = 0
            yield from self.unread(number)


def _line(number: int, said: Said) -> Line:
    return Line(
        at=said.at,
        connection=number,
        sender=said.sender,
        text=said.text,
        pieces=said.pieces,
        spoken=said.spoken,
        problem=said.problem,
    )


def _omitted(entry: Omitted) -> str:
    kind = None if entry.kind is None else catalogue().by_id.get((entry.sender, entry.kind))
    name = f"message {entry.kind}" if kind is None else kind.name.replace("_", " ")
    what = f"{entry.count} messages" if entry.count != 1 else "something" if entry.kind is None else name
    return f"omitted: {what} of {entry.size} bytes: {entry.why}"
