"""Says which of a gateway's messages answer which request of a recording.

A message with a number answers the request, or of an order the request about it, that bore it last on its connection;
one without, the request whose answer the catalogue says it belongs to. What answers nothing is kept as unasked, with
the request that it came after.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.recordings.attribution import Attribution
from harness.recordings.exchange import Dialogue, Exchange, Messages, Told
from harness.recordings.recording import Ended, Entry, Framed, Greeted, Omitted, Recording
from harness.wire.codec import Codec
from harness.wire.heads import head_of
from harness.wire.hello import HelloReader, VersionReply, parse_version_reply
from harness.wire.message import Message, Sender, UnknownMessage
from harness.wire.overflow_index import NUMBERS, number_of
from harness.wire.transcript import Change
from harness.wire.wire_errors import ProtocolError

_ENDS = frozenset({Change.HALF_CLOSED, Change.RESET, Change.CLOSED, Change.CUT_OFF})


def dialogues_of(recording: Recording) -> tuple[Dialogue, ...]:
    """Return the connections of a recording that began with a hello, in their order; nothing in it raises an error."""
    dialogues = Dialogues({client.connection: client.library for client in recording.manifest.clients})
    for entry in recording.entries:
        dialogues.take(entry)
    return dialogues.finish()


class Dialogues:
    """Takes the entries of a recording one by one.

    Args:
        libraries: library and version of a connection, by its number, if somebody knows them.
        keeps: whether the gateway's messages stay in memory; otherwise only what is known of them does.
    """

    def __init__(self, libraries: Mapping[int, str] | None = None, *, keeps: bool = True) -> None:
        self._libraries = libraries or {}
        self._keeps = keeps
        self._readers: dict[int, _Reader] = {}
        self._orders: dict[tuple[int | None, int], Exchange] = {}
        self._last = 0.0
        self._line = -1

    def take(self, entry: Entry) -> None:
        """Take the next entry."""
        self._line += 1
        self._last = max(self._last, entry.at)
        reader = self._readers.get(entry.connection)
        if reader is not None:
            reader.take(entry, self._line)
        elif isinstance(entry, Greeted):
            dialogue = self._greeted(entry)
            if dialogue is not None:
                self._readers[entry.connection] = _Reader(dialogue, self._orders, keeps=self._keeps)

    def finish(self) -> tuple[Dialogue, ...]:
        """Return the connections; the recording is over."""
        for reader in self._readers.values():
            reader.close(self._last)
        return tuple(reader.dialogue for reader in self._readers.values())

    def _greeted(self, entry: Greeted) -> Dialogue | None:
        try:
            read = HelloReader().feed(entry.data)
        except ProtocolError:
            return None
        if read is None:
            return None
        return Dialogue(
            connection=entry.connection,
            library=self._libraries.get(entry.connection, ""),
            at=entry.at,
            hello=read[0],
            greeting=Messages(kept=self._keeps),
            unasked=Messages(kept=self._keeps),
        )


class _Reader:
    """Takes what was said on a connection, one entry after the other.

    Args:
        dialogue: what is known of it so far.
        orders: the last request about each order, by client id and order id; shared by all connections.
        keeps: whether the messages stay in memory.
    """

    def __init__(self, dialogue: Dialogue, orders: dict[tuple[int | None, int], Exchange], *, keeps: bool) -> None:
        self.dialogue = dialogue
        self._codec: Codec | None = None
        self._early: list[tuple[Framed, int]] = []
        self._attribution = Attribution(dialogue, orders, keeps=keeps)
        self._open = True

    def take(self, entry: Entry, line: int) -> None:
        """Take the next entry of the connection, and how many lines of the recording come before it."""
        match entry:
            case Framed():
                self._frame(entry, line)
            case Omitted(sender=Sender.GATEWAY):
                self.dialogue.omitted += 1
                self._attribution.omitted(entry.kind)
            case Ended(change=change) if change in _ENDS and self._open:
                self._open = False
                self.dialogue.ended_by = entry.by
                self.dialogue.heard_until = entry.at
            case _:
                pass

    def _frame(self, entry: Framed, line: int) -> None:
        by_client = entry.sender is Sender.CLIENT
        if self._codec is None:
            self._early.append((entry, line)) if by_client else self._version_reply(entry)
        elif by_client:
            self._request(entry, line, self._codec)
        else:
            self._told(entry, line, self._codec)

    def close(self, last: float) -> None:
        """Say that the recording ended."""
        if self._open:
            self.dialogue.heard_until = last

    def _version_reply(self, entry: Framed) -> None:
        try:
            reply: VersionReply = parse_version_reply(entry.payload)
        except ProtocolError:
            return
        if reply.server_version <= 0:  # it sends the client elsewhere
            return
        self.dialogue.reply, self._codec = reply, Codec(reply.server_version)
        early, self._early = self._early, []
        for each, line in early:
            self._request(each, line, self._codec)

    def _request(self, entry: Framed, line: int, codec: Codec) -> None:
        try:
            message = codec.decode(entry.payload, Sender.CLIENT)
        except ProtocolError:
            return
        if isinstance(message, UnknownMessage):
            return
        if self.dialogue.start is None:
            self.dialogue.start = message if message.name == "start_api" else None
            return
        self._attribution.asked(message, number_in(message), entry.at, line)

    def _told(self, entry: Framed, line: int, codec: Codec) -> None:
        try:
            told = told_of(entry.at, entry.payload, line, codec.server_version)
        except ProtocolError:
            self._attribution.omitted(None)
            self.dialogue.omitted += 1
            return
        self._attribution.told(told)


def told_of(delay: float, payload: bytes, line: int, version: int, after: int = 0) -> Told:
    """Return a message of the gateway, of which only the beginning is read.

    Args:
        delay: when it came, from the moment from which that is counted.
        payload: its bytes.
        line: how many lines of the recording come before it.
        version: the negotiated one.
        after: how many requests the client had sent.

    Raises:
        ProtocolError: it is no message of that version.
    """
    kind, encoding, start = head_of(payload, version, Sender.GATEWAY)
    if kind is None:
        return Told(delay, after, "", None, payload, line)
    return Told(delay, after, kind.name, number_of(kind, encoding, payload[start:], version), payload, line)


def number_in(message: Message) -> int | None:
    """Return the id of a request, or of its order; ``None`` if it has none."""
    return next((message.number(name) for name in NUMBERS if message.values.get(name) is not None), None)
